import { Worker } from 'node:worker_threads';
import { Problem } from '#kernel';
import type { Answer, FromWorker, Job, ThreadData, ToWorker } from './worker.ts';

/** A worker thread with a bounded queue. A thread that dies fails what it had and is started again. */
export type Thread = {
  /** Rejects with `overloaded` when the queue is full. */
  ask(job: Job): Promise<Answer>;
  waiting(): number;
  close(): Promise<void>;
};

type Waiting = { resolve(answer: Answer): void; reject(error: Error): void };

/** @param background gives way to threads that answer requests, where the system can tell threads apart (Linux). */
export function startThread(path: string, queueMax: number, background = false): Thread {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  let closed = false;
  let worker: Worker | undefined = start();

  function start(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { path, background } satisfies ThreadData,
    });
    let cause: unknown = new Error('the search thread ended');
    started.on('message', (message: FromWorker) => settle(message));
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

  function settle(message: FromWorker): void {
    const asked = waiting.get(message.number);
    waiting.delete(message.number);
    if (waiting.size === 0) worker?.unref();
    if (!asked) return;
    if ('answer' in message) asked.resolve(message.answer);
    else asked.reject(Object.assign(new Error(message.failure.message), message.failure));
  }

  return {
    ask(job) {
      if (waiting.size >= queueMax) {
        return Promise.reject(new Problem('overloaded', {}, { headers: { 'retry-after': '1' } }));
      }
      if (closed) return Promise.reject(new Error('the search index is closed'));
      worker ??= start();
      // A thread with work keeps the process alive, an idle one does not.
      worker.ref();
      last += 1;
      const message: ToWorker = { number: last, job };
      return new Promise((resolve, reject) => {
        waiting.set(message.number, { resolve, reject });
        worker!.postMessage(message);
      });
    },
    waiting: () => waiting.size,
    async close() {
      closed = true;
      await worker?.terminate();
    },
  };
}
