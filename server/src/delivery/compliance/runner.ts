import type { JobFiles } from './job-files.ts';
import type { ComplianceJobRow, ComplianceJobStore } from './store-sqlite.ts';
import type { ComplianceThread } from './thread.ts';

/** After a disk that took no mark. */
const AGAIN_MS = 60_000;
const FULL =
  'The results of earlier jobs fill what this licensee may store; they expire a week after their job was created.';
const DISK_FULL = 'The disk of this server is full. Create the job again later.';
const BROKEN = 'The job could not be worked on; it has been logged. Create it again.';

/** Goes through the uploads of all jobs in progress. */
export type Runner = {
  /** There is a job in progress. */
  wake(): void;
  /** Resolves when no job is in progress. */
  idle(): Promise<void>;
  /** What is under way is done again after the next start. */
  close(): Promise<void>;
};

export function createRunner(parts: {
  store: ComplianceJobStore;
  files: JobFiles;
  thread: ComplianceThread;
  licenseeBytesMax: number;
  sliceBytes: number;
  log(message: string, cause: unknown): void;
}): Runner {
  const { store, files, thread, licenseeBytesMax, sliceBytes, log } = parts;
  let working: Promise<void> | undefined;
  let isClosed = false;

  /**
   * Slices of all licensees' jobs in turn, and of each licensee's in turn, so that nobody waits behind somebody else's millions or
   * somebody else's many jobs.
   */
  async function work(): Promise<void> {
    const turns = new Map<string, number>();
    const turnOf = (name: string) => turns.get(name) ?? 0;
    for (let turn = 1; !isClosed; turn += 1) {
      const [row] = store
        .running()
        .sort((a, b) => turnOf(a.licenseeId) - turnOf(b.licenseeId) || turnOf(a.id) - turnOf(b.id));
      if (!row) return;
      turns.set(row.licenseeId, turn);
      turns.set(row.id, turn);
      await advance(row);
    }
  }

  async function advance(row: ComplianceJobRow): Promise<void> {
    const { id, type, inputBytes, readBytes, readLines, outputBytes } = row;
    if (readBytes >= inputBytes) {
      // What a crash left beyond the last mark is no part of the result: whoever downloads it gets so many bytes.
      store.end(id, 'complete');
      files.remove(id, 'input');
      return;
    }
    try {
      const done = await thread.work({
        type,
        input: files.input(id),
        inputBytes,
        readBytes,
        readLines,
        output: files.output(id),
        outputBytes,
        sliceBytes,
      });
      // It may have expired meanwhile.
      if (store.get(id)?.status !== 'in_progress') return;
      if (done.failure !== undefined) return fail(row, done.failure);
      store.advance(id, done);
      if (store.bytesOf(row.licenseeId) > licenseeBytesMax) fail(row, FULL);
    } catch (error) {
      if (isClosed) return;
      const isDiskFull = ['ENOSPC', 'EDQUOT'].includes(String((error as NodeJS.ErrnoException).code));
      log(`compliance job ${id}`, error);
      fail(row, isDiskFull ? DISK_FULL : BROKEN);
    }
  }

  function fail({ id }: ComplianceJobRow, failure: string): void {
    store.end(id, 'failed', failure);
    files.remove(id, 'both');
  }

  function wake(): void {
    if (working || isClosed) return;
    working = work()
      .then(() => 0)
      .catch((error: unknown) => {
        log('compliance jobs', error);
        return AGAIN_MS;
      })
      .then((waitMs) => {
        working = undefined;
        // A job that began while the last one ended, or a disk that took no mark.
        if (!isClosed && store.running().length > 0) setTimeout(wake, waitMs).unref();
      });
  }

  return {
    wake,
    async idle() {
      while (working) await working;
    },
    async close() {
      isClosed = true;
      await thread.close();
      await working;
    },
  };
}
