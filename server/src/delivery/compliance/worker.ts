import { parentPort, workerData } from 'node:worker_threads';
import { openRemovalReader, type RemovalReader } from '#posts';
import { runSlice, type Slice, type SliceDone } from './work.ts';

/** The thread that goes through uploads: its own connection, one slice after the other. */
export type WorkerInput = { compliance: { posts: string } };
export type ToComplianceWorker = { number: number; slice: Slice };
export type FromComplianceWorker = { number: number } & (
  | { done: SliceDone }
  | { failed: { message: string; code?: string; stack?: string } }
);

const { compliance } = (workerData ?? {}) as Partial<WorkerInput>;
if (parentPort && compliance) {
  const port = parentPort;
  let fates: RemovalReader | undefined;
  port.on('message', ({ number, slice }: ToComplianceWorker) => {
    try {
      fates ??= openRemovalReader(compliance.posts);
      port.postMessage({ number, done: runSlice(slice, fates) } satisfies FromComplianceWorker);
    } catch (error) {
      const { message, stack, code } = error as NodeJS.ErrnoException;
      const failed = { message, ...(code !== undefined && { code }), ...(stack !== undefined && { stack }) };
      port.postMessage({ number, failed } satisfies FromComplianceWorker);
    }
  });
}
