/** The words of the outbox as types. Times are Unix ms. */

/** Something that must happen later, at least once. Its kind and key together name it: a second one is not kept. */
export type JobInput = {
  kind: string;
  key: string;
  /** Whom it is for: jobs of one destination wait for each other, never for another's. */
  destination: string;
  /** What its handler needs, as text: JSON, or nothing. */
  payload: string;
  /** Not before this moment; at once unless said. */
  notBefore?: number;
};

export type OutboxJob = {
  readonly kind: string;
  readonly key: string;
  readonly destination: string;
  readonly payload: string;
  readonly addedAt: number;
  /** Failed attempts before this one. */
  readonly failures: number;
  /** What an earlier attempt wrote down with `note`. */
  readonly noted: string | undefined;
};

/** What became of one attempt. */
export type JobOutcome =
  | { done: true }
  /** The destination failed: it is left alone for a while, longer each time, and then this job is tried again. */
  | { failed: string }
  /** Nothing is wrong with the destination, but not before this moment. */
  | { later: number; why: string }
  /** It will never succeed. */
  | { ended: string };

export type Attempt = {
  /** Writes something down for the next attempt, on disk when it returns. */
  note(text: string): void;
  /** Fires when time is up or the outbox stops. */
  signal: AbortSignal;
};

export type Handler = {
  /** A throw is our own mistake: it is logged and counts as failed. */
  run(job: OutboxJob, attempt: Attempt): Promise<JobOutcome>;
  /** Whose a destination is: no tenant has more than its share under way, or waiting. Its own unless said. */
  tenantOf?(destination: string): string;
  /** Jobs of a destination under way at once while it is well; one while it fails. */
  atOnce: number;
  /** An attempt that takes longer has failed. */
  attemptMs: number;
  /** A job that fails and is older than this is given up; it is tried at least once, whatever its age. */
  keptMs: number;
  /** A job that is put off and older than this is given up. */
  putOffMs: number;
  /** Hears of jobs that ended without success. */
  gaveUp?(job: OutboxJob, why: string): void;
};

export type Outbox = {
  /** Once for each kind, before `start`. */
  handle(kind: string, handler: Handler): void;
  /**
   * All of these on disk when it returns, or none (throws Problem `storage-unavailable`, or `overloaded` when too many
   * wait in all). `full`: too many wait for this destination, or of its tenant. `known`: waiting, or done within `DONE_KEPT_MS`.
   */
  add(jobs: readonly JobInput[]): ('added' | 'known' | 'full')[];
  /** Begins to work, with what an earlier process left. */
  start(): void;
  /** Resolves when nothing is under way and nothing is due. */
  settled(): Promise<void>;
  /** Of jobs whose keys begin so: those that wait or are under way, and those that ended without success. */
  count(kind: string, keyPrefix: string): { waiting: number; ended: number };
  /** Jobs of a destination are not tried any more, and forgotten. */
  drop(destination: string): void;
  /** A destination that was left alone is tried again now. */
  wake(destination: string): void;
  state(): { waiting: number; running: number };
  /** Ends what is under way (it will be tried again) and closes the file. */
  close(): Promise<void>;
};
