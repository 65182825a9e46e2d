import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type Clock, Problem } from '#kernel';
import type { Change, ChangeOutcome, PostWriter } from '#posts';
import { TABLE_FIELDS, unknownFields } from '../table/columns.ts';
import type { NewestPost, ParseMessage, ParseOrder } from './parse-thread.ts';
import { readShift, shiftTo, writeShift } from './shift.ts';
import { createTally, emptyCounts, type FileResult, type ImportCounts, secondsSince } from './tally.ts';

export type ImportOptions = {
  writer: PostWriter;
  /** The data folder: the time shift and, where need be, the rejected lists lie here. */
  folder: string;
  /** Moves posts in time by the folder's one distance; the first import that asks fixes it. */
  shiftToNow?: boolean;
  /** Whether the store has a post: one that came unmoved would come a second time. */
  isHere?: (postId: string) => boolean;
  /** For CSV and Parquet: which column holds which field, `{text: 'Tweet', author_id: 'UserId'}`. */
  columnMap?: Record<string, string>;
  clock: Clock;
  onProgress?: (progress: ImportProgress) => void;
  /** Stops after the batches that are under way; the result says so. */
  signal?: AbortSignal;
};

export type ImportProgress = {
  /** `looking` for the newest post precedes the first shifted import. */
  phase: 'looking' | 'importing';
  file: string;
  /** Of all files together, as they lie on disk. */
  bytesDone: number;
  bytesTotal: number;
  posts: number;
  people: number;
  rejected: number;
  postsPerSecond: number;
  /** Undefined until it can be told. */
  secondsLeft?: number;
};

export type ImportResult = ImportCounts & {
  files: FileResult[];
  seconds: number;
  postsPerSecond: number;
  /** How far posts were moved in time, in ms. */
  shiftMs?: number;
  /** True if the signal ended it early. */
  stopped?: true;
};

/**
 * One transaction of the writer each, some 100 ms: half as many cost a tenth more of its time (each leaves FTS5 a
 * segment to merge), and whoever pushes meanwhile waits behind those in flight.
 */
const BATCH_CHANGES = 4_000;
/** One being written, one waiting, one being made. */
const BATCHES_IN_FLIGHT_MAX = 3;
/** How often progress is told, in ms. */
const PROGRESS_MS = 100;
/** The writer works off a full queue in a few seconds. */
const CROWDED_WAIT_MS = 500;

/**
 * Imports files of posts and persons, in the order given; each is recognised by its content. A file that cannot
 * be read does not keep the next from being read. Importing the same again changes nothing.
 * @throws when the writer fails (a full disk): what earlier batches brought is kept, and a repeat goes on from there.
 */
export async function importFiles(files: readonly string[], options: ImportOptions): Promise<ImportResult> {
  const unknown = unknownFields(options.columnMap ?? {});
  if (unknown.length > 0) {
    const known = Object.keys(TABLE_FIELDS).join(', ');
    throw new Problem('invalid-request', {
      detail: `--map does not know ${unknown.join(', ')}; it knows ${known}`,
    });
  }
  const paths = files.map((file) => resolve(file));
  const sizes = paths.map(sizeOf);
  const bytesTotal = sizes.reduce((sum, size) => sum + size, 0);
  if (!options.shiftToNow && readShift(options.folder)) refuseUnmoved(files);
  const deltaMs = options.shiftToNow ? await folderShift(paths, bytesTotal, options) : 0;
  const started = performance.now();
  const tally = createTally(files, options.folder);
  const apply = patientApply(options.writer);
  const tell = createTeller(options, 'importing', bytesTotal, started);
  let stopped: boolean;
  try {
    stopped = await runThread(
      order(paths, options, { goal: 'changes', deltaMs }),
      options.signal,
      async (message) => {
        if (message.kind === 'file-end') tally.endFile(message.file, message);
        if (message.kind !== 'batch') return;
        const outcomes = message.changes.length > 0 ? await apply(message.changes) : [];
        tally.add(message.file, message, outcomes);
        const before = sizes.slice(0, message.file).reduce((sum, size) => sum + size, 0);
        tell(files[message.file]!, before + message.bytesDone, tally.total());
      },
    );
  } finally {
    tally.close();
  }
  const total = tally.total();
  const elapsed = secondsSince(started);
  return {
    ...total,
    files: tally.results,
    seconds: elapsed,
    postsPerSecond: elapsed > 0 ? Math.round(total.posts / elapsed) : 0,
    ...(options.shiftToNow && { shiftMs: deltaMs }),
    ...(stopped && { stopped: true as const }),
  };
}

/**
 * A folder of moved posts takes no others. Files that are not there are told first: with nothing else to import, each by
 * its own result. @throws Problem when there is something to import.
 */
function refuseUnmoved(files: readonly string[]): void {
  const missing = files.filter((file) => statSync(resolve(file), { throwIfNoEntry: false }) === undefined);
  if (missing.length === files.length) return;
  const first = missing.length === 0 ? '' : `${missing[0]}: there is no such file. `;
  throw new Problem('invalid-request', {
    detail: `${first}The posts of this folder are moved in time by --shift-to-now. Import these with --shift-to-now too, so that they fit, or into another folder.`,
  });
}

/**
 * Applies batches in their order. A writer that has too much waiting (a push at the same time) is asked again, and
 * until it keeps up each batch waits for the one before it. Any other failure ends the import.
 */
function patientApply(writer: PostWriter) {
  let last: Promise<unknown> = Promise.resolve();
  let crowded = false;
  const attempt = async (changes: readonly Change[], before: Promise<unknown>): Promise<ChangeOutcome[]> => {
    if (crowded) await before;
    while (true) {
      try {
        return await writer.apply(changes);
      } catch (error) {
        if (!(error instanceof Problem && error.code === 'overloaded')) throw error;
        crowded = true;
        await sleep(CROWDED_WAIT_MS);
      }
    }
  };
  return (changes: readonly Change[]): Promise<ChangeOutcome[]> => {
    const outcomes = attempt(changes, last);
    last = outcomes;
    return outcomes;
  };
}

/**
 * The folder's time shift; if there is none yet, it is found from these files and fixed. 0 if they hold no posts.
 * @throws Problem when the newest of these posts is here already, not moved.
 */
async function folderShift(
  paths: readonly string[],
  bytesTotal: number,
  options: ImportOptions,
): Promise<number> {
  const known = readShift(options.folder);
  if (known) return known.deltaMs;
  createTeller(options, 'looking', bytesTotal, performance.now())(paths[0] ?? '', 0, emptyCounts());
  let newest: NewestPost | undefined;
  const stopped = await runThread(
    order(paths, options, { goal: 'newest', deltaMs: 0 }),
    options.signal,
    async (message) => {
      if (message.kind === 'newest') newest = message.newest;
    },
  );
  if (newest === undefined || stopped) return 0;
  const shift = shiftTo(options.clock.now(), newest.createdAt);
  if (shift.deltaMs !== 0 && options.isHere?.(newest.id)) {
    throw new Problem('invalid-request', {
      detail:
        'These posts are in this folder already, at their own times: with --shift-to-now each would be there twice. Import them with --shift-to-now into a new data folder.',
    });
  }
  writeShift(options.folder, shift);
  return shift.deltaMs;
}

function order(
  files: readonly string[],
  options: ImportOptions,
  rest: Pick<ParseOrder, 'goal' | 'deltaMs'>,
): ParseOrder {
  return {
    files,
    // Moved posts must not lie in the future: the files' own times are held against now, moved back.
    now: options.clock.now() - rest.deltaMs,
    batchChanges: BATCH_CHANGES,
    batchesInFlightMax: BATCHES_IN_FLIGHT_MAX,
    columnMap: options.columnMap ?? {},
    mintPath: join(options.folder, 'sources.db'),
    ...rest,
  };
}

/**
 * Runs a parse thread to its end. Messages are handled in order but a batch does not wait for the one before it to
 * be on disk: the writer keeps their order. @returns true if the signal stopped it.
 */
async function runThread(
  data: ParseOrder,
  signal: AbortSignal | undefined,
  handle: (message: ParseMessage) => Promise<void>,
): Promise<boolean> {
  if (signal?.aborted) return true;
  const thread = new Worker(new URL('./parse-thread.ts', import.meta.url), { workerData: data });
  const { promise, resolve: done, reject } = Promise.withResolvers<boolean>();
  let last: Promise<void> = Promise.resolve();
  const stop = () => void thread.terminate().then(() => done(true));
  signal?.addEventListener('abort', stop, { once: true });
  thread.on('message', (message: ParseMessage) => {
    const handled = message.kind === 'batch' ? handle(message) : last.then(() => handle(message));
    last = Promise.all([last, handled]).then(() => {
      if (message.kind === 'batch') thread.postMessage('room');
    });
    last.catch(reject);
    if (message.kind === 'end' || message.kind === 'newest') last.then(() => done(false), reject);
  });
  thread.on('error', reject);
  thread.on('exit', (code) => {
    if (code !== 0 && !signal?.aborted) reject(new Error(`the parse thread ended with code ${code}`));
  });
  try {
    const stopped = await promise;
    await last;
    return stopped;
  } finally {
    signal?.removeEventListener('abort', stop);
    await thread.terminate();
  }
}

function createTeller(
  options: ImportOptions,
  phase: ImportProgress['phase'],
  bytesTotal: number,
  started: number,
) {
  let last = Number.NEGATIVE_INFINITY;
  return (file: string, bytesDone: number, counts: ImportCounts) => {
    const now = performance.now();
    if (!options.onProgress || now - last < PROGRESS_MS) return;
    last = now;
    const elapsed = (now - started) / 1000;
    const { posts, people, rejected } = counts;
    options.onProgress({
      phase,
      file,
      bytesDone,
      bytesTotal,
      posts,
      people,
      rejected,
      postsPerSecond: elapsed > 0 ? Math.round(posts / elapsed) : 0,
      ...(bytesDone > 0 && { secondsLeft: Math.ceil((elapsed * (bytesTotal - bytesDone)) / bytesDone) }),
    });
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
