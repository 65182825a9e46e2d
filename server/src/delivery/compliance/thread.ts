import { Worker } from 'node:worker_threads';
import type { Slice, SliceDone } from './work.ts';
import type { FromComplianceWorker, ToComplianceWorker, WorkerInput } from './worker.ts';

/** A thread for one slice at a time; it starts with the first and is started again if it dies. */
export type ComplianceThread = {
  /** Rejects with the cause, `code` as the system's (`ENOSPC`), when the slice could not be done. */
  work(slice: Slice): Promise<SliceDone>;
  close(): Promise<void>;
};

/** @param posts path of `posts.db`. */
export function startThread(posts: string): ComplianceThread {
  let worker: Worker | undefined;
  let waiting: { number: number; resolve(done: SliceDone): void; reject(error: Error): void } | undefined;
  let last = 0;

  function start(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { compliance: { posts } } satisfies WorkerInput,
    });
    let cause: unknown;
    started.on('message', (message: FromComplianceWorker) => {
      if (waiting?.number !== message.number) return;
      const { resolve, reject } = waiting;
      waiting = undefined;
      started.unref();
      if ('done' in message) resolve(message.done);
      else reject(Object.assign(new Error(message.failed.message), message.failed));
    });
    started.on('error', (error) => {
      cause = error;
    });
    started.on('exit', () => {
      if (worker === started) worker = undefined;
      waiting?.reject(new Error('the thread that goes through uploads ended', { cause }));
      waiting = undefined;
    });
    return started;
  }

  return {
    work(slice) {
      worker ??= start();
      worker.ref();
      last += 1;
      const message: ToComplianceWorker = { number: last, slice };
      return new Promise((resolve, reject) => {
        waiting = { number: message.number, resolve, reject };
        worker!.postMessage(message);
      });
    },
    async close() {
      await worker?.terminate();
    },
  };
}
