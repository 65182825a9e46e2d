import { parentPort, workerData } from 'node:worker_threads';
import { type FateReader, openFateReader } from '#posts';
import { type Slice, type SliceDone, workSlice } from './work.ts';

/** The thread that goes through uploads: its own connection, one slice after the other. */
export type WorkerInput = { compliance: { posts: string } };
export type ToWorker = { number: number; slice: Slice };
export type FromWorker = { number: number } & (
  | { done: SliceDone }
  | { failed: { message: string; code?: string; stack?: string } }
);

const { compliance } = (workerData ?? {}) as Partial<WorkerInput>;
if (parentPort && compliance) {
  const port = parentPort;
  let fates: FateReader | undefined;
  port.on('message', ({ number, slice }: ToWorker) => {
    try {
      fates ??= openFateReader(compliance.posts);
      port.postMessage({ number, done: workSlice(slice, fates) } satisfies FromWorker);
    } catch (error) {
      const { message, stack, code } = error as NodeJS.ErrnoException;
      const failed = { message, ...(code !== undefined && { code }), ...(stack !== undefined && { stack }) };
      port.postMessage({ number, failed } satisfies FromWorker);
    }
  });
}
