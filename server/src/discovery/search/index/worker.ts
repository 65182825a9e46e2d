import { readlinkSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { openPostReader, type RelationReader } from '#posts';
import type { TimelineRequest } from '../port.ts';
import type { Posts } from './lists.ts';
import { type CountStep, createIndexReader, type IndexReader, type Step } from './reader-sqlite.ts';
import { type RelevancyPlace, searchByRelevancy } from './relevancy.ts';
import { timelineOf } from './timeline.ts';

/** One thread of the reading side: its own connections, one job after the other. */
export type SearchJob = { budgetMs: number } & (
  | { kind: 'recency'; step: Step }
  | { kind: 'relevancy'; step: Step; from: RelevancyPlace | undefined }
  | { kind: 'count'; step: CountStep }
  | { kind: 'timeline'; authors: string; page: Omit<TimelineRequest, 'authorIds'> }
);

/** Ids joined by commas: one string crosses threads at a fraction of an array's price. */
export type Answer =
  | { kind: 'recency'; ids: string; reached?: bigint }
  | { kind: 'relevancy'; ids: string; next?: RelevancyPlace }
  | { kind: 'count'; counts: Uint32Array; complete: boolean }
  | { kind: 'timeline'; ids?: string };

export type ThreadData = { path: string; background: boolean };
export type ToSearchWorker = { number: number; job: SearchJob };
export type FromSearchWorker =
  | { number: number; answer: Answer }
  | { number: number; failure: { message: string; stack?: string } };

/** A page cache of the index's own; the rest comes from the system's. */
const CACHE_KIB = 32_768;
/** How long a statement waits for another connection's lock: only checkpoints ever meet one. */
const BUSY_TIMEOUT_MS = 5_000;

type Readers = { index: IndexReader; posts: Posts & Pick<RelationReader, 'timelineOf'> };

/** Opens at the first job: when the thread starts, the writer may not have made the file yet. */
function openReaders(path: string): Readers {
  const posts = openPostReader(path);
  const db = new DatabaseSync(path, { readOnly: true });
  db.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}; PRAGMA query_only=1; PRAGMA cache_size=-${CACHE_KIB}`);
  return { index: createIndexReader(db, posts), posts };
}

/**
 * Asked between two statements: is there time for another like the last one? A statement cannot be stopped, and one of
 * many clauses may take longer than is left. @param now in ms.
 */
export function expiry(budgetMs: number, now: () => number): () => boolean {
  let asked = now();
  const end = asked + budgetMs;
  return () => {
    const before = asked;
    asked = now();
    return asked + (asked - before) >= end;
  };
}

function run(job: SearchJob, { index, posts }: Readers): Answer {
  const expired = expiry(job.budgetMs, () => performance.now());
  if (job.kind === 'recency') {
    const { ids, reached } = index.search(job.step, expired);
    return { kind: 'recency', ids: ids.join(), ...(reached !== undefined && { reached }) };
  }
  if (job.kind === 'relevancy') {
    const { ids, next } = searchByRelevancy(index, posts, job.step, job.from, expired);
    return { kind: 'relevancy', ids: ids.join(), ...(next && { next }) };
  }
  if (job.kind === 'timeline') {
    const ids = timelineOf(posts, { ...job.page, authorIds: job.authors.split(',') }, expired);
    return { kind: 'timeline', ...(ids && { ids: ids.join() }) };
  }
  const complete = index.count(job.step, expired);
  return { kind: 'count', counts: job.step.counts, complete };
}

function serve(port: NonNullable<typeof parentPort>, path: string): void {
  let readers: Readers | undefined;
  port.on('message', ({ number, job }: ToSearchWorker) => {
    try {
      readers ??= openReaders(path);
      const answer = run(job, readers);
      const message: FromSearchWorker = { number, answer };
      port.postMessage(message, answer.kind === 'count' ? [answer.counts.buffer as ArrayBuffer] : []);
    } catch (error) {
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      const failure = { message, ...(stack !== undefined && { stack }) };
      port.postMessage({ number, failure } satisfies FromSearchWorker);
    }
  });
}

/**
 * Lowers this thread's priority alone: on Linux a thread has its own nice value, and its id stands in /proc. Elsewhere
 * nothing happens, for the same call would slow the whole process.
 */
function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // No /proc, or not allowed: counts then compete with replies as equals.
  }
}

if (parentPort) {
  const { path, background } = workerData as ThreadData;
  if (background) giveWay();
  serve(parentPort, path);
}
