import * as fs from 'node:fs';
import * as fsp from 'node:fs/promises';
import { dirname } from 'node:path';

/** A file that only grows. Writes go one after another; each is complete before the next begins. */
export type AppendFile = {
  /** Resolves when the bytes are with the operating system; they are not durable before `sync`. */
  append(bytes: Uint8Array): Promise<void>;
  /** Resolves when everything appended so far survives a power cut (fdatasync). After a rejection nothing is known. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

/**
 * The files that the ledger needs. A test's version loses, reorders and tears what was not synced. Paths are
 * absolute. Creating, renaming and removing become durable when the folder is synced.
 */
export type FilePort = {
  /** Makes a folder and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Names in a folder, sorted; none if it does not exist. */
  list(path: string): Promise<string[]>;
  /** The whole file; undefined if it does not exist. */
  read(path: string): Promise<Buffer | undefined>;
  /** Bytes from `offset` on, fewer than `length` at the end of the file. Rejects if it does not exist. */
  readPart(path: string, offset: number, length: number): Promise<Buffer>;
  /** Bytes in the file; undefined if it does not exist. */
  size(path: string): Promise<number | undefined>;
  /** Which file lies at a path (device and inode) and its bytes; undefined if none. Synchronous: one system call. */
  identify(path: string): { id: string; size: number } | undefined;
  /** Replaces the file's content, not atomically; not durable before `sync`. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Makes a file's content, or a folder's names, durable. */
  sync(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a folder with all in it, if it exists. */
  remove(path: string): Promise<void>;
  truncate(path: string, length: number): Promise<void>;
  /** Opens for writing from `offset` on, made if it does not exist. */
  openAppend(path: string, offset: number): Promise<AppendFile>;
};

const isAbsent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Undefined instead of a rejection when the file is not there. */
async function unlessAbsent<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The operating system's files. */
export function realFiles(): FilePort {
  return {
    async makeFolder(path) {
      await fsp.mkdir(path, { recursive: true });
    },
    async list(path) {
      return ((await unlessAbsent(fsp.readdir(path))) ?? []).sort();
    },
    read: (path) => unlessAbsent(readWhole(path)),
    readPart,
    async size(path) {
      return (await unlessAbsent(fsp.stat(path)))?.size;
    },
    identify(path) {
      const stat = fs.statSync(path, { throwIfNoEntry: false });
      return stat && { id: `${stat.dev}:${stat.ino}`, size: stat.size };
    },
    write: (path, bytes) => fsp.writeFile(path, bytes),
    async sync(path) {
      const handle = await fsp.open(path, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    rename: (from, to) => fsp.rename(from, to),
    remove: (path) => fsp.rm(path, { force: true, recursive: true }),
    truncate: (path, length) => fsp.truncate(path, length),
    openAppend,
  };
}

/** More than any file of a ledger holds but the journal's segments, which are read in parts. */
const WHOLE_BYTES_MAX = 2 ** 30;

/**
 * A folder that is verified may come from anybody: a pipe or a device put in a file's place would be read for ever.
 * @throws when the path names no plain file
 */
async function openPlain(path: string): Promise<{ handle: fsp.FileHandle; size: number }> {
  const handle = await fsp.open(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  const stat = await handle.stat();
  if (stat.isFile()) return { handle, size: stat.size };
  await handle.close();
  throw new Error(`${path} is not a plain file`);
}

async function readWhole(path: string): Promise<Buffer> {
  const { handle, size } = await openPlain(path);
  try {
    if (size > WHOLE_BYTES_MAX) throw new Error(`${path} is larger than any file of a ledger`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

async function readPart(path: string, offset: number, length: number): Promise<Buffer> {
  const { handle } = await openPlain(path);
  try {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** Plain descriptors with callbacks: a FileHandle costs about twice as much on the main thread. */
async function openAppend(path: string, offset: number): Promise<AppendFile> {
  const flags = fs.constants.O_WRONLY | fs.constants.O_CREAT;
  const fd = await new Promise<number>((resolve, reject) => {
    fs.open(path, flags, 0o600, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  let end = offset;
  const writeSome = (bytes: Uint8Array, from: number): Promise<number> =>
    new Promise((resolve, reject) => {
      fs.write(fd, bytes, from, bytes.length - from, end, (error, count) =>
        error ? reject(error) : resolve(count),
      );
    });
  return {
    async append(bytes) {
      for (let from = 0; from < bytes.length; ) {
        const count = await writeSome(bytes, from);
        from += count;
        end += count;
      }
    },
    sync: () =>
      new Promise((resolve, reject) => {
        fs.fdatasync(fd, (error) => (error ? reject(error) : resolve()));
      }),
    close: () =>
      new Promise((resolve, reject) => {
        fs.close(fd, (error) => (error ? reject(error) : resolve()));
      }),
  };
}

/** Ends the name of a file that is being written and will be renamed. */
export const TEMPORARY = '.tmp';

/** True for a file that a crash left half-made; it never counts as content. */
export const isTemporary = (name: string) => name.endsWith(TEMPORARY);

/** Replaces a file so that a reader sees the old or the new content, never a part. Not durable. */
export async function publishFile(files: FilePort, path: string, bytes: Uint8Array): Promise<void> {
  await files.write(path + TEMPORARY, bytes);
  await files.rename(path + TEMPORARY, path);
}

/** Replaces a file so that after a power cut too it holds the old or the new content, and once resolved, the new. */
export async function replaceFile(files: FilePort, path: string, bytes: Uint8Array): Promise<void> {
  await files.write(path + TEMPORARY, bytes);
  await files.sync(path + TEMPORARY);
  await files.rename(path + TEMPORARY, path);
  await files.sync(dirname(path));
}
