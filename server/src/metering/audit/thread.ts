import { parentPort, workerData } from 'node:worker_threads';
import { createReader, type Entry, type LedgerReader, realFiles } from '#ledger';
import type { Recount } from './port.ts';
import { createRecount } from './recount.ts';

/** What the thread is told. The head is the one that the main thread saw: both count the same entries. */
export type RecountTask = {
  /** The ledger's folder. */
  dir: string;
  log: string;
  head: { size: number; note: string };
  /** Entries to read, from 0; at most the head's size. */
  entries: number;
  licenseeId: string;
  from: number;
  to: number;
  openings: boolean;
};

export type FromRecount = { done: number } | { recount: Recount };

const PROGRESS_ENTRIES = 25_000;

/** Recounts a published log. @param onProgress entries read so far. */
export async function recountLog(
  reader: Pick<LedgerReader, 'entries' | 'opening'>,
  task: Omit<RecountTask, 'dir' | 'head'>,
  onProgress: (done: number) => void,
): Promise<Recount> {
  const recount = createRecount(task, task.openings);
  let done = 0;
  try {
    for await (const entry of reader.entries(task.log, 0, task.entries)) {
      const counted = recount.add(entry as Entry);
      if (counted && task.openings && entry.kind !== 'control') {
        recount.opening(entry, await reader.opening(task.log, entry.index));
      }
      done++;
      if (done % PROGRESS_ENTRIES === 0) onProgress(done);
    }
  } catch (error) {
    // What does not read is what an audit looks for: it becomes a finding, and the sums end there.
    recount.broken(error instanceof Error ? error.message : String(error));
  }
  return recount.finish();
}

if (parentPort && workerData?.audit !== undefined) {
  const port = parentPort;
  const task = workerData.audit as RecountTask;
  const reader = createReader(realFiles(), task.dir, new Map([[task.log, task.head]]));
  const recount = await recountLog(reader, task, (done) => port.postMessage({ done } satisfies FromRecount));
  port.postMessage({ recount } satisfies FromRecount);
}
