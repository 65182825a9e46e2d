import { Worker } from 'node:worker_threads';
import { createFairQueue, overloaded } from '#kernel';
import type { Answer, FromSearchWorker, SearchJob, ThreadData, ToSearchWorker } from './worker.ts';

/** A worker thread with a bounded queue. A thread that dies fails what it had and is started again. */
export type SearchThread = {
  /**
   * Rejects with `overloaded` when the queue is full, or a quarter of it is this tenant's. Tenants take turns.
   * @param tenant one for all, without a share, unless said.
   */
  ask(job: SearchJob, tenant?: string): Promise<Answer>;
  waiting(): number;
  close(): Promise<void>;
};

/** A tenant may have one in so many of the places in the queue. */
const SHARE = 4;
/**
 * Jobs that the thread has at a time. It wakes up once for all that lie there, so that fewer would cost CPU under load; a
 * job takes 0.3 ms, at most 8, so that another tenant's turn comes soon. In the background one may take ten seconds.
 */
const POSTED_MAX = 8;
export const RETRY_AFTER_SECONDS = 1;

type Waiting = { resolve(answer: Answer): void; reject(error: Error): void };

/** @param background gives way to threads that answer requests, where the system can tell threads apart (Linux). */
export function startSearchThread(path: string, queueMax: number, background = false): SearchThread {
  const waiting = new Map<number, Waiting>();
  const turns = createFairQueue({ atOnce: background ? 1 : POSTED_MAX });
  const asked = new Map<string, number>();
  let last = 0;
  let closed = false;
  // Many servers never count, and a thread takes 10 to 30 MiB: the one in the background begins with its first job.
  let worker: Worker | undefined = background ? undefined : start();

  function start(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { path, background } satisfies ThreadData,
    });
    let cause: unknown = new Error('the search thread ended');
    started.on('message', (message: FromSearchWorker) => settle(message));
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', () => {
      if (worker === started) worker = undefined;
      for (const { reject } of waiting.values()) reject(new Error('a search was cut off', { cause }));
      waiting.clear();
    });
    started.unref();
    return started;
  }

  function settle(message: FromSearchWorker): void {
    const job = waiting.get(message.number);
    waiting.delete(message.number);
    if (waiting.size === 0) worker?.unref();
    if (!job) return;
    if ('answer' in message) job.resolve(message.answer);
    else job.reject(Object.assign(new Error(message.failure.message), message.failure));
  }

  function pending(): number {
    const { waiting: queued, running } = turns.state();
    return queued + running;
  }

  function post(job: SearchJob): Promise<Answer> {
    if (closed) return Promise.reject(new Error('the search index is closed'));
    worker ??= start();
    // A thread with work keeps the process alive, an idle one does not.
    worker.ref();
    last += 1;
    const message: ToSearchWorker = { number: last, job };
    return new Promise((resolve, reject) => {
      waiting.set(message.number, { resolve, reject });
      worker!.postMessage(message);
    });
  }

  return {
    async ask(job, tenant) {
      const its = tenant === undefined ? 0 : (asked.get(tenant) ?? 0);
      if (pending() >= queueMax || its >= Math.ceil(queueMax / SHARE)) throw overloaded(RETRY_AFTER_SECONDS);
      if (tenant === undefined) return turns.run({ tenant: '' }, () => post(job));
      asked.set(tenant, its + 1);
      try {
        return await turns.run({ tenant }, () => post(job));
      } finally {
        const left = asked.get(tenant)! - 1;
        if (left > 0) asked.set(tenant, left);
        else asked.delete(tenant);
      }
    },
    waiting: pending,
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}
