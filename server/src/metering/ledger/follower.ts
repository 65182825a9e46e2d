import { Worker } from 'node:worker_threads';
import type { GuardMark } from './guard.ts';
import type { Integrator, Published } from './integrator.ts';
import type { JournalPoint } from './journal.ts';
import type { LogKey } from './keys.ts';
import type { OpenedFile } from './opened-file.ts';

/** What the main thread tells the integrator, and what it hears back. */
export type ToIntegrator =
  | {
      type: 'start';
      dir: string;
      keys: readonly LogKey[];
      watched: readonly OpenedFile[];
      /** Asks with `keep` before it shows what it signed. */
      guarded: boolean;
      end: JournalPoint;
      doubtful: readonly string[];
    }
  | { type: 'log'; key: LogKey }
  | { type: 'repair'; log: string }
  | { type: 'kept'; failure?: string }
  | { type: 'advance'; end: JournalPoint }
  | { type: 'close' };

export type FromIntegrator =
  | { type: 'started' }
  | ({ type: 'published' } & Published)
  | { type: 'keep'; mark: GuardMark }
  | { type: 'report'; text: string }
  | { type: 'damaged'; log: string; text: string }
  | { type: 'failed'; message: string }
  | { type: 'closed' };

export type FollowerEvents = {
  onPublished: (published: Published) => void;
  /** Undefined without a guard. */
  keep?: (mark: GuardMark) => Promise<void>;
  onReport: (message: string) => void;
  /** One log cannot go on. */
  onDamaged: (log: string, message: string) => void;
  /** The integrator has stopped and will not go on. */
  onFailed: (cause: Error) => void;
};

/** The integrator as the ledger sees it, wherever it runs. */
export type Follower = {
  /**
   * Resolves when the trees agree with every signed head.
   * @param doubtful logs whose files are not what was signed: they are held against the journal
   */
  start(end: JournalPoint, doubtful: readonly string[]): Promise<void>;
  addLog(key: LogKey): void;
  /** A file of the log was found missing or damaged: its files are held against the journal. */
  repair(log: string): void;
  /** Everything before `end` is durable. Cheap; later calls overtake earlier ones. */
  advance(end: JournalPoint): void;
  /** Finishes what it was told and ends. */
  close(): Promise<void>;
};

/** Takes commands in order, one at a time; of several `advance`, the last. */
export function commandQueue(integrator: Integrator, onFailed: (cause: Error) => void) {
  let chain: Promise<void> = Promise.resolve();
  let failed = false;
  let newest: JournalPoint | undefined;
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    chain = chain.then(async () => {
      if (failed) return;
      try {
        await work();
      } catch (cause) {
        failed = true;
        onFailed(cause as Error);
      }
    });
    return chain;
  };
  return {
    enqueue,
    advance(end: JournalPoint): void {
      const isQueued = newest !== undefined;
      newest = end;
      if (isQueued) return;
      void enqueue(async () => {
        const to = newest!;
        newest = undefined;
        await integrator.advance(to);
      });
    },
    close: () => enqueue(() => integrator.close()),
  };
}

/** Runs the integrator on this thread: for tests, whose files another thread cannot see. */
export function followInline(makeIntegrator: () => Integrator, events: FollowerEvents): Follower {
  const integrator = makeIntegrator();
  const queue = commandQueue(integrator, events.onFailed);
  return {
    start: (end, doubtful) => integrator.start(end, doubtful),
    addLog: (key) => void queue.enqueue(() => integrator.addLog(key)),
    repair: (log) => void queue.enqueue(() => integrator.repair(log)),
    advance: (end) => queue.advance(end),
    close: () => queue.close(),
  };
}

/** Runs the integrator on a worker thread, on the real files. @param dir the ledger's folder */
export function followOnThread(
  { dir, keys, watched }: Pick<ToIntegrator & { type: 'start' }, 'dir' | 'keys' | 'watched'>,
  events: FollowerEvents,
): Follower {
  const worker = new Worker(new URL('./integrator-worker.ts', import.meta.url));
  const started = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const send = (message: ToIntegrator) => worker.postMessage(message);
  let isStarted = false;
  const fail = (cause: Error) => {
    closed.resolve();
    if (isStarted) events.onFailed(cause);
    else started.reject(cause);
  };
  const answer = (mark: GuardMark) =>
    events.keep!(mark).then(
      () => send({ type: 'kept' }),
      (cause: Error) => send({ type: 'kept', failure: cause.message }),
    );
  worker.on('message', (message: FromIntegrator) => {
    if (message.type === 'published') events.onPublished(message);
    else if (message.type === 'keep') void answer(message.mark);
    else if (message.type === 'report') events.onReport(message.text);
    else if (message.type === 'damaged') events.onDamaged(message.log, message.text);
    else if (message.type === 'started') {
      isStarted = true;
      started.resolve();
    } else if (message.type === 'failed') fail(new Error(message.message));
    else closed.resolve();
  });
  worker.on('error', fail);
  return {
    start(end, doubtful) {
      send({ type: 'start', dir, keys, watched, guarded: events.keep !== undefined, end, doubtful });
      return started.promise;
    },
    addLog: (key) => send({ type: 'log', key }),
    repair: (log) => send({ type: 'repair', log }),
    advance: (end) => send({ type: 'advance', end }),
    async close() {
      send({ type: 'close' });
      // Resolved at once if it had failed before.
      await closed.promise;
      await worker.terminate();
    },
  };
}
