import { Worker } from 'node:worker_threads';
import { type Clock, overloaded, Problem, systemClock } from '#kernel';
import type { ChangeOutcome, PostWriter, TouchedIds } from '#posts';
import type { FromWriter, ToWriter } from './writer-thread.ts';

/**
 * Changes that may wait for the thread, in batches that were handed over. At 500 bytes each that is some 50 MB;
 * whoever has more to bring waits for the outcome of what they brought.
 */
export const WAITING_CHANGES_MAX = 100_000;
/** What a refused caller is told to wait: the thread applies more than a full queue in that time. */
const RETRY_AFTER_SECONDS = 5;

export type OpenWriter = PostWriter & {
  /** Changes handed over and not applied yet. */
  waiting(): number;
};

type Waiting = { changes: number; resolve(outcomes: ChangeOutcome[]): void; reject(error: unknown): void };

/**
 * Starts the thread that owns `posts.db` and waits until the file is there and of the newest version, so that
 * readers can be opened after it.
 * @param path of `posts.db`; made when it is not there.
 * @param options.clock stamps each batch: by it the store tells news from what is old.
 * @throws when the file cannot be opened, or a newer Parley wrote it.
 */
export async function openWriter(
  path: string,
  { clock = systemClock }: { clock?: Clock } = {},
): Promise<OpenWriter> {
  const thread = new Worker(new URL('./writer-thread.ts', import.meta.url), { workerData: { path } });
  await ready(thread);
  const listeners: ((touched: TouchedIds) => void)[] = [];
  const waiting = new Map<number, Waiting>();
  let waitingChanges = 0;
  let lastBatch = 0;
  let stopped: Error | undefined;

  const take = (batch: number): Waiting | undefined => {
    const one = waiting.get(batch);
    waiting.delete(batch);
    waitingChanges -= one?.changes ?? 0;
    return one;
  };
  const stop = (error: Error): void => {
    stopped ??= error;
    for (const batch of [...waiting.keys()]) take(batch)?.reject(stopped);
  };
  thread.on('message', (message: FromWriter) => {
    if (message.kind === 'failed') take(message.batch)?.reject(problemOf(message));
    else {
      for (const listener of listeners) listener(message.touched);
      if (message.kind === 'applied') take(message.batch)?.resolve(message.outcomes);
    }
  });
  thread.on('error', (cause: unknown) => stop(new Error('the thread that writes posts failed', { cause })));
  thread.on('exit', () => stop(new Error('the thread that writes posts has ended')));

  return {
    apply(changes) {
      if (stopped) return Promise.reject(stopped);
      if (waiting.size > 0 && waitingChanges + changes.length > WAITING_CHANGES_MAX)
        return Promise.reject(overloaded(RETRY_AFTER_SECONDS));
      const batch = ++lastBatch;
      waitingChanges += changes.length;
      return new Promise((resolve, reject) => {
        waiting.set(batch, { changes: changes.length, resolve, reject });
        send(thread, { kind: 'apply', batch, changes, now: clock.now() });
      });
    },
    waiting: () => waitingChanges,
    onTouched: (listener) => {
      listeners.push(listener);
    },
    async close() {
      if (stopped) return;
      const ended = new Promise((resolve) => thread.once('exit', resolve));
      send(thread, { kind: 'close' });
      await ended;
    },
  };
}

function send(thread: Worker, message: ToWriter): void {
  thread.postMessage(message);
}

function ready(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => reject(error);
    thread.once('error', failed);
    thread.once('message', () => {
      thread.off('error', failed);
      resolve();
    });
  });
}

function problemOf({ storage, message, stack }: FromWriter & { kind: 'failed' }): Error {
  const cause = new Error(message);
  cause.stack = stack;
  return storage ? new Problem('storage-unavailable', {}, { cause }) : new Error(message, { cause });
}
