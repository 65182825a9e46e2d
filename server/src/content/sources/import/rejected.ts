import { createHash } from 'node:crypto';
import { accessSync, closeSync, constants, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Rejected } from './records.ts';

/** Rejected records beyond this are counted and not listed: a wrong file must not fill the disk. */
const LISTED_MAX = 100_000;

export type RejectedFile = {
  add(rejected: Rejected): void;
  count(): number;
  /** Where the list lies; undefined if nothing was rejected. */
  close(): string | undefined;
};

/**
 * The list of what was not taken from one file: `<file>.rejected.jsonl` beside it, or in the data folder's
 * `rejected/` where that folder may not be written. A list of an earlier run is removed now, so that what is there
 * afterwards is of this run.
 */
export function createRejectedFile(source: string, folder: string): RejectedFile {
  const path = placeOf(resolve(source), folder);
  rmSync(path, { force: true });
  let file: number | undefined;
  let count = 0;
  const write = (line: object) => {
    // 'wx' follows no link that somebody may have put there since.
    file ??= openSync(path, 'wx', 0o600);
    writeSync(file, `${JSON.stringify(line)}\n`);
  };
  return {
    add(rejected) {
      count++;
      if (count <= LISTED_MAX) write(rejected);
    },
    count: () => count,
    close() {
      if (count > LISTED_MAX)
        write({ more: count - LISTED_MAX, reason: `only the first ${LISTED_MAX} are listed` });
      if (file !== undefined) closeSync(file);
      return file === undefined ? undefined : path;
    },
  };
}

function placeOf(source: string, folder: string): string {
  const name = `${basename(source)}.rejected.jsonl`;
  try {
    accessSync(dirname(source), constants.W_OK);
    return join(dirname(source), name);
  } catch {
    const instead = join(folder, 'rejected');
    mkdirSync(instead, { recursive: true });
    // Files of one name from two folders must not share a list.
    const mark = createHash('sha256').update(source).digest('hex').slice(0, 8);
    return join(instead, `${mark}-${name}`);
  }
}
