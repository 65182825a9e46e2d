import { link, mkdir, open, readdir, readFile, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuardStore } from './guard.ts';

const DIGITS = 16;

/**
 * A guard's record as files of a folder on another disk: each version is a file of its own, made by a hard link, which
 * fails if it is there. The newest one counts; older ones are removed.
 */
export function guardInFolder(dir: string, folder: string): GuardStore {
  const nameOf = (version: number) => `${folder}.${String(version).padStart(DIGITS, '0')}`;

  async function versions(): Promise<number[]> {
    const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw error;
    });
    const pattern = new RegExp(`^${folder}\\.(\\d{${DIGITS}})$`);
    return names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
  }

  return {
    place: dir,
    async read() {
      for (;;) {
        const newest = Math.max(0, ...(await versions()));
        if (newest === 0) return undefined;
        const text = await readFile(join(dir, nameOf(newest)), 'utf8').catch(
          (error: NodeJS.ErrnoException) => {
            // Replaced between the listing and here.
            if (error.code === 'ENOENT') return undefined;
            throw error;
          },
        );
        if (text !== undefined) return { version: newest, text };
      }
    },
    async replace(version, text) {
      // Otherwise a record that was removed would come back.
      if (Math.max(0, ...(await versions())) !== version) return false;
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const next = join(dir, nameOf(version + 1));
      const temporary = `${next}.${process.pid}.${Math.random().toString(36).slice(2)}.tmp`;
      try {
        await writeSynced(temporary, text);
        await link(temporary, next);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        await rm(temporary, { force: true });
      }
      await syncFolder(dir);
      const all = await versions();
      if (Math.max(...all) > version + 1) {
        // The version that was to be replaced is long gone: this one counts for nothing.
        await unlink(next).catch(() => {});
        return false;
      }
      for (const old of all) if (old < version) await rm(join(dir, nameOf(old)), { force: true });
      return true;
    },
  };
}

async function writeSynced(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
