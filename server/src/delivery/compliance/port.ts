/** The words of compliance as types. Times are Unix ms, ids decimal strings, sizes bytes. */

export type JobType = 'posts' | 'persons';

export const JOB_STATUSES = ['created', 'in_progress', 'complete', 'failed', 'expired'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** Whose job it is. What belongs to another app does not exist. */
export type Owner = { appId: string; licenseeId: string };

/** An app's question: which of these ids must I act on? */
export type ComplianceJob = {
  id: string;
  type: JobType;
  name?: string;
  resumable: boolean;
  status: JobStatus;
  createdAt: number;
  uploadExpiresAt: number;
  downloadExpiresAt: number;
  /** Path and query on this host. Whoever has one may use it until it expires: both are secrets. */
  uploadTarget: string;
  downloadTarget: string;
  /** Why it failed, for people. */
  failure?: string;
};

/** What one request sends of an upload. */
export type UploadPart =
  /** All of it, in one go. */
  | { of: 'whole'; body: AsyncIterable<Buffer> }
  /**
   * Bytes from `from` on, in a session. All is there once there are `total`, where the sender says it; `isLast`: once this
   * body ends.
   */
  | {
      of: 'session';
      session: string;
      body: AsyncIterable<Buffer>;
      from: number;
      total?: number;
      isLast?: boolean;
    }
  /** Only asks how much is there; with the `total` of what is there, that was all. */
  | { of: 'question'; session: string; total?: number };

/** What is on disk after a part. */
export type Received = { complete: boolean; bytes: number };

export type Compliance = {
  /** On disk when it returns. Throws Problem `conflict` while the app has a job of this type that is not over. */
  create(owner: Owner, input: { type: JobType; name?: string; resumable: boolean }): ComplianceJob;
  /** Newest first. */
  jobs(appId: string, filter: { type: JobType; status?: JobStatus }): ComplianceJob[];
  job(appId: string, id: string): ComplianceJob | undefined;

  /** Begins a resumable upload anew; returns the path and query of its session. Throws Problem `not-found` for a wrong token. */
  startSession(id: string, token: string): Promise<string>;
  /**
   * Takes bytes of an upload to disk; a later request for the same job takes over from one that hangs. The job begins
   * once all is there. Throws Problems: `not-found` (token or session is not the job's, or expired), `conflict` (it is
   * complete), `body-invalid`, `body-too-large`, `storage-unavailable`, `overloaded`.
   */
  receive(id: string, token: string, part: UploadPart): Promise<Received>;
  /** The file of a complete job. Throws Problem `not-found`, which says so where it is only not there yet. */
  result(id: string, token: string): { file: string; bytes: number };

  /** Jobs that are not over, and bytes on disk. */
  state(): { jobs: number; bytes: number };
  /** Resolves when no job is in progress. */
  idle(): Promise<void>;
  close(): Promise<void>;
};
