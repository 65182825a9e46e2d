import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';

const CAUSES: Record<string, string> = {
  ENOSPC: 'the disk is full: free space on its file system, then start again',
  EDQUOT: 'the disk quota is used up: raise it or free space, then start again',
  EROFS: 'the file system is read-only: mount it writable, or name a folder that is',
  EACCES: 'permission is denied: the user that runs Parley has to own the data folder',
  EPERM: 'permission is denied: the user that runs Parley has to own the data folder',
  EMFILE: 'too many files are open: raise the limit of open files (`ulimit -n`, `LimitNOFILE=` of systemd)',
  ENFILE: 'too many files are open on this machine: raise the system-wide limit (`fs.file-max`)',
  EIO: 'the disk failed to read or write: look into the system log, and restore from a backup if it goes on',
};

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html) that stand for one of the above. */
const SQLITE_CAUSES: Record<number, string> = { 13: 'ENOSPC', 8: 'EROFS', 10: 'EIO' };
const SQLITE_CANTOPEN = 14;
/** A server at rest has some 150 open. When its start has failed they are closed again, so only the limit tells. */
const OPEN_FILES_LEAST = 256;
/** Longer chains of causes are none of ours. */
const DEPTH_MAX = 8;

/**
 * What of the machine is behind an error, in a sentence with what to do: a full disk, a read-only folder, no more file
 * descriptors. Undefined for any other error.
 * @param folder where it happened; SQLite says only that it cannot open a file, so the folder is asked why.
 */
export function systemCause(error: unknown, folder?: string): string | undefined {
  let isUnopened = false;
  for (let at = error, depth = 0; at instanceof Error && depth < DEPTH_MAX; at = at.cause, depth++) {
    const { code, errcode } = at as NodeJS.ErrnoException & { errcode?: number };
    const primary = errcode === undefined ? undefined : errcode & 0xff;
    const known = primary === undefined ? code : SQLITE_CAUSES[primary];
    if (known !== undefined && Object.hasOwn(CAUSES, known)) return CAUSES[known];
    isUnopened ||= primary === SQLITE_CANTOPEN;
  }
  return isUnopened && folder !== undefined ? whyUnopened(folder) : undefined;
}

function whyUnopened(folder: string): string | undefined {
  try {
    closeSync(openSync(folder, 'r'));
    accessSync(folder, constants.W_OK);
  } catch (error) {
    return CAUSES[String((error as NodeJS.ErrnoException).code)];
  }
  return openFilesMax() < OPEN_FILES_LEAST ? CAUSES.EMFILE : undefined;
}

/** The process's limit (proc(5), limits); Infinity where the system does not tell. */
function openFilesMax(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === undefined ? Infinity : Number(limit);
  } catch {
    return Infinity;
  }
}
