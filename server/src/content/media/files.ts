import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/**
 * The module's folder: `parts/` for what is arriving and being made, `kept/` for what is served. Names are ours alone,
 * random and without a separator. A method resolves when what it did is on disk, and leaves nothing when it fails.
 */
export type Files = {
  /** Writes a stream as a new part. @param bytesMax beyond it: PartTooLarge. @returns its path and size. */
  writePart(name: string, bytes: Readable, bytesMax: number): Promise<number>;
  /** Puts parts together, in this order, as a new part. */
  join(names: readonly string[], as: string): Promise<void>;
  /** Moves a part to where it is served from. */
  keep(part: string, name: string): Promise<void>;
  /** Nothing happens for what is not there. */
  dropPart(name: string): Promise<void>;
  dropKept(name: string): Promise<void>;
  parts(): string[];
  partPath(name: string): string;
  keptPath(name: string): string;
};

export class PartTooLarge extends Error {}

/** @param dir is made if it is not there; for its owner alone. */
export function openFiles(dir: string): Files {
  const parts = join(dir, 'parts');
  const kept = join(dir, 'kept');
  for (const folder of [dir, parts, kept]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partPath = (name: string) => join(parts, name);
  // Folders by the first two characters: file systems and people are slow in one with a million files.
  const shardOf = (name: string) => join(kept, name.slice(0, 2));
  const keptPath = (name: string) => join(shardOf(name), name);

  async function writing(name: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
    const path = partPath(name);
    const file = await open(path, 'wx', 0o600);
    try {
      await write(file);
      await file.sync();
      await file.close();
      await syncFolder(parts);
    } catch (error) {
      await file.close().catch(() => undefined);
      rmSync(path, { force: true });
      throw error;
    }
  }

  return {
    async writePart(name, bytes, bytesMax) {
      let size = 0;
      try {
        await writing(name, async (file) => {
          for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
            size += chunk.length;
            if (size > bytesMax) throw new PartTooLarge();
            await writeAll(file, chunk);
          }
        });
      } finally {
        if (!bytes.destroyed) bytes.destroy();
      }
      return size;
    },
    join: (names, as) =>
      writing(as, async (file) => {
        for (const name of names)
          for await (const chunk of createReadStream(partPath(name), { highWaterMark: COPY_BYTES }))
            await writeAll(file, chunk as Uint8Array);
      }),
    async keep(part, name) {
      mkdirSync(shardOf(name), { recursive: true, mode: 0o700 });
      await rename(partPath(part), keptPath(name));
      await syncFolder(shardOf(name));
      await syncFolder(kept);
    },
    dropPart: (name) => rm(partPath(name), { force: true }),
    dropKept: (name) => rm(keptPath(name), { force: true }),
    parts: () => readdirSync(parts),
    partPath,
    keptPath,
  };
}

const COPY_BYTES = 1 << 20;

/** A single write may take fewer bytes than it was given. */
async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  let at = 0;
  while (at < bytes.length) at += (await file.write(bytes, at)).bytesWritten;
}

/** A new name lasts once its folder is on disk. Windows cannot open a folder and keeps the order by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
