import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeAtomically } from '#kernel/file';

/** A data folder that this process owns until `release`. All of Parley's state lies in it, except the master key. */
export type Folder = {
  /** Absolute path. */
  path: string;
  /** Random, fixed at creation. */
  id: string;
  /** The operator's origin, fixed at creation: the first part of every log's name. */
  origin: string;
  /** True when this call created the folder. */
  fresh: boolean;
  /** The lock's file by device and inode: should another lie at its path, this process has lost the folder. */
  lock: { path: string; id: string };
  release(): void;
};

export class FolderBusy extends Error {}

const FORMAT = 1;
/** A folder that somebody made before may be open to all; what is written into it must not be. */
const OWNER_ONLY_UMASK = 0o077;
const SQLITE_BUSY = 5;
/** sun_path holds 108 bytes on Linux and 104 on macOS; a longer socket path goes to the temporary folder. */
const SOCKET_PATH_MAX = 100;

/**
 * Opens or creates a data folder and takes its lock. The lock is SQLite's own on `lock.db`: the operating system
 * frees it when the process dies, however it dies. From here on whatever this process writes is its owner's alone.
 * @param origin used only when the folder is new.
 * @throws FolderBusy when another process owns it; Error when the folder is of a newer format or not ours.
 */
export function openFolder(dir: string, origin?: string): Folder {
  const path = resolve(dir);
  process.umask(OWNER_ONLY_UMASK);
  makeFolder(path);
  const lock = takeLock(path);
  try {
    const about = readOrCreate(path, origin);
    return { path, ...about, lock: lockFile(path), release: () => lock.close() };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/**
 * Makes a folder, its owner's alone, and those above it. Not by `recursive`: in a place that takes no folders and says
 * that it is not there (`/proc`), Node's own loop never ends.
 * @throws Error that names the place.
 */
export function makeFolder(path: string): void {
  if (makeOne(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  if (!makeOne(path)) throw new Error(`${path} cannot be made: that is no place for folders`);
}

/** @returns false when the folder above is missing. */
function makeOne(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    // Some systems say EACCES or EROFS of a folder that is there.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
    if (code === 'EEXIST') throw new Error(`${path} is a file: name a folder`, { cause: error });
    throw error;
  }
}

/** True where a data folder was made before. */
export function isFolder(dir: string): boolean {
  return existsSync(join(resolve(dir), 'folder.json'));
}

function takeLock(path: string): DatabaseSync {
  const file = join(path, 'lock.db');
  const lock = new DatabaseSync(file);
  try {
    lock.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=DELETE; BEGIN EXCLUSIVE');
    chmodSync(file, 0o600);
    return lock;
  } catch (cause) {
    lock.close();
    // Extended result codes carry the primary one in their low byte.
    const isBusy =
      cause instanceof Error && 'errcode' in cause && (Number(cause.errcode) & 0xff) === SQLITE_BUSY;
    if (!isBusy) throw cause;
    throw new FolderBusy(`another process owns ${path}. Stop it first, or use another --data folder.`, {
      cause,
    });
  }
}

/** By `stat` alone: opening the file again and closing it would drop SQLite's lock on it. */
function lockFile(path: string): Folder['lock'] {
  const file = join(path, 'lock.db');
  const { dev, ino } = statSync(file);
  return { path: file, id: `${dev}:${ino}` };
}

type About = { format: number; id: string; origin: string };

/** @returns undefined in a folder that is not made yet. */
function readAbout(path: string): About | undefined {
  const file = join(path, 'folder.json');
  if (!existsSync(file)) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
  try {
    const about = JSON.parse(text);
    if (about.format !== FORMAT || (typeof about.id === 'string' && typeof about.origin === 'string'))
      return about;
  } catch {
    // Refused below like everything else that is not what was written.
  }
  throw new Error(
    `${file} is damaged: restore it from a backup. It holds the folder's id and the origin of its logs.`,
  );
}

function readOrCreate(path: string, wanted?: string): { id: string; origin: string; fresh: boolean } {
  const about = readAbout(path);
  if (about) {
    if (about.format !== FORMAT) {
      throw new Error(
        `${path} has format ${about.format}; this Parley reads format ${FORMAT}. Use the Parley that wrote it.`,
      );
    }
    if (wanted && wanted !== about.origin) {
      throw new Error(
        `${path} belongs to ${about.origin}; its logs are named so for good. Leave --origin away, or use another --data folder.`,
      );
    }
    return { id: about.id, origin: about.origin, fresh: false };
  }
  const id = randomBytes(8).toString('hex');
  const made: About = { format: FORMAT, id, origin: wanted ?? `parley.localhost/${id.slice(0, 8)}` };
  writeAtomically(join(path, 'folder.json'), `${JSON.stringify(made, null, 2)}\n`);
  return { id, origin: made.origin, fresh: true };
}

/** Where the owner of a folder listens for commands: in the folder, unless its path is too long for a socket. */
export function controlAddress(dir: string): string {
  const path = resolve(dir);
  if (process.platform === 'win32')
    return `\\\\.\\pipe\\parley-${Buffer.from(path).toString('hex').slice(-100)}`;
  const near = join(path, 'control.sock');
  if (Buffer.byteLength(near) <= SOCKET_PATH_MAX) return near;
  return join(
    privateFolder(join(tmpdir(), `parley-${process.getuid?.() ?? 0}`)),
    `${readAbout(path)?.id ?? 'none'}.sock`,
  );
}

/**
 * Makes a folder that nobody else can look into, in a place where everybody may write: whoever was there first could
 * answer in our name. @throws Error when it is another's, a link, or open to others.
 */
function privateFolder(path: string): string {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o077) !== 0) {
    throw new Error(
      `${path} is not ours alone (owner ${found.uid}, mode ${(found.mode & 0o777).toString(8)}): remove it, set TMPDIR, or use a shorter --data path`,
    );
  }
  return path;
}
