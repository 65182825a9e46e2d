import { resolve } from 'node:path';
import type { Change, ChangeOutcome } from '#posts';
import type { Batch } from './parse-thread.ts';
import { createRejectedFile, type RejectedFile } from './rejected.ts';
import type { Format } from './sniff.ts';

/** Counts of changes: a post, a person, or what they point at. */
export type ImportCounts = {
  created: number;
  updated: number;
  unchanged: number;
  deleted: number;
  /** Records, or parts of them, that were not taken. */
  rejected: number;
  /** Posts and persons among all that was taken. */
  posts: number;
  people: number;
};

export type FileResult = ImportCounts & {
  file: string;
  format?: Format;
  /** Where the rejected records are listed with line and reason. */
  rejectedFile?: string;
  /** Columns of a table that no field takes: name them with `--map`, or do without. */
  leftOut?: string[];
  /** Why the file could not be read, or not to its end; the counts say what was taken until then. */
  error?: string;
  seconds: number;
};

/** Counts what became of an import, file by file, and lists what was rejected. */
export type ImportTally = {
  readonly results: FileResult[];
  /** @param outcomes what the store made of the batch's changes, in their order. */
  add(file: number, batch: Batch, outcomes: readonly ChangeOutcome[]): void;
  endFile(file: number, end: Pick<FileResult, 'format' | 'error' | 'leftOut'>): void;
  total(): ImportCounts;
  /** Closes the lists of files that were not read to their end. */
  close(): void;
};

export function createTally(files: readonly string[], folder: string): ImportTally {
  const results = files.map((file): FileResult => ({ ...emptyCounts(), file, seconds: 0 }));
  const lists = new Map<number, RejectedFile>();
  let fileStarted = performance.now();
  const listOf = (file: number): RejectedFile => {
    const list = lists.get(file) ?? createRejectedFile(resolve(files[file]!), folder);
    lists.set(file, list);
    return list;
  };
  const closeList = (file: number) => {
    const rejectedFile = listOf(file).close();
    lists.delete(file);
    if (rejectedFile) results[file]!.rejectedFile = rejectedFile;
  };
  return {
    results,
    add(file, { changes, lines, rejected }, outcomes) {
      const result = results[file]!;
      const list = listOf(file);
      for (const one of rejected) list.add(one);
      outcomes.forEach((outcome, index) => {
        const { kind } = changes[index]!;
        // A post that was deleted since is no fault of the file: it stays deleted, and nothing was altered.
        if (outcome.status !== 'refused') count(result, outcome.status, kind);
        else if (outcome.because === 'deleted') count(result, 'unchanged', kind);
        else list.add({ line: lines[index]!, reason: outcome.reason });
      });
      result.rejected = list.count();
    },
    endFile(file, { format, error, leftOut }) {
      const result = results[file]!;
      if (format) result.format = format;
      if (error) result.error = error;
      if (leftOut) result.leftOut = leftOut;
      closeList(file);
      result.seconds = secondsSince(fileStarted);
      fileStarted = performance.now();
    },
    total() {
      const total = emptyCounts();
      for (const result of results) {
        for (const key of Object.keys(total) as (keyof ImportCounts)[]) total[key] += result[key];
      }
      return total;
    },
    close() {
      for (const file of [...lists.keys()]) closeList(file);
    },
  };
}

export function emptyCounts(): ImportCounts {
  return { created: 0, updated: 0, unchanged: 0, deleted: 0, rejected: 0, posts: 0, people: 0 };
}

function count(
  counts: ImportCounts,
  status: Exclude<ChangeOutcome['status'], 'refused'>,
  kind: Change['kind'],
): void {
  counts[status]++;
  if (kind === 'post' || kind === 'edit') counts.posts++;
  else if (kind === 'person') counts.people++;
}

/** Elapsed seconds to the millisecond, by the monotonic clock. */
export function secondsSince(started: number): number {
  return Math.round(performance.now() - started) / 1000;
}
