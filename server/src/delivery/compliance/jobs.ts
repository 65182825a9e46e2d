import { randomInt } from 'node:crypto';
import { type Clock, DAY_MS, makeId, Problem, type Vault } from '#kernel';
import { openJobFiles } from './job-files.ts';
import type { Compliance, ComplianceJob } from './port.ts';
import { createRunner } from './runner.ts';
import { type ComplianceJobRow, openComplianceJobStore } from './store-sqlite.ts';
import { startThread } from './thread.ts';
import { createUploads, UPLOAD_MS } from './uploads.ts';
import { openUrlSecret } from './url-secret.ts';
import { SLICE_BYTES } from './work.ts';

/** X's: a result is there for a week. */
export const DOWNLOAD_MS = 7 * DAY_MS;
/** After that not even the list knows a job. */
const REMEMBERED_MS = 7 * DAY_MS;
const SWEEP_MS = 60_000;
/** A result of the largest upload, in which everything was deleted, is some 900 MB. */
const LICENSEE_BYTES_MAX = 4 * 2 ** 30;
/** Of an id, beside its time. */
const LOW_BITS = 2 ** 22;
const EXPIRED = 'The job has expired: what was uploaded and its result are gone.';
const GONE = 'This address is not that of a job, or it has expired.';

export type ComplianceOptions = {
  /** Folder of uploads and results; made when it is not there. */
  dir: string;
  /** Path of `compliance.db`. */
  file: string;
  /** Path of `posts.db`. */
  posts: string;
  vault: Vault;
  clock: Clock;
  log(message: string, cause: unknown): void;
  /** For tests: bytes that a licensee's jobs may take, and that are read at a time. */
  licenseeBytesMax?: number;
  sliceBytes?: number;
};

/** Opens the jobs of a folder and goes on with those that were in progress. */
export function openCompliance(options: ComplianceOptions): Compliance {
  const { dir, clock, log, licenseeBytesMax = LICENSEE_BYTES_MAX, sliceBytes = SLICE_BYTES } = options;
  const store = openComplianceJobStore(options.file);
  const secret = openUrlSecret(store, options.vault);
  const files = openJobFiles(dir, (id) => store.get(id)?.status);
  const thread = startThread(options.posts);
  const runner = createRunner({ store, files, thread, licenseeBytesMax, sliceBytes, log });
  const uploads = createUploads({ store, files, clock, begun: runner.wake });
  let isClosed = false;

  /** Ends what is over its time. Asked before every answer, so that no clock has to tick for it. */
  function sweep(): void {
    const now = clock.now();
    for (const { id, status } of store.due(now)) {
      if (status === 'created' && uploads.isUnderWay(id)) continue;
      store.end(id, 'expired');
      files.remove(id, 'both');
    }
    store.forget(now - REMEMBERED_MS);
  }
  const sweeper = setInterval(() => {
    try {
      sweep();
    } catch (error) {
      log('compliance jobs', error);
    }
  }, SWEEP_MS);
  sweeper.unref();

  function newId(now: number): string {
    for (;;) {
      const id = makeId(now, randomInt(LOW_BITS));
      if (!store.get(id)) return id;
    }
  }

  function view(row: ComplianceJobRow): ComplianceJob {
    const { id, type, status, createdAt, uploadExpiresAt, downloadExpiresAt } = row;
    return {
      id,
      type,
      ...(row.name !== null && { name: row.name }),
      resumable: row.resumable === 1,
      status,
      createdAt,
      uploadExpiresAt,
      downloadExpiresAt,
      uploadTarget: uploadTarget(id),
      downloadTarget: `/compliance/results/${id}?token=${secret.token('result', id)}`,
      ...(row.failure !== null && { failure: row.failure }),
    };
  }

  function uploadTarget(id: string): string {
    return `/compliance/uploads/${id}?token=${secret.token('upload', id)}`;
  }

  /** The job of an address. @throws Problem `not-found`, the same whatever is wrong. */
  function addressed(use: 'upload' | 'result', id: string, token: string): ComplianceJobRow {
    // Strangers who guess make us look for nothing.
    if (!secret.isToken(use, id, token)) throw new Problem('not-found', { detail: GONE });
    sweep();
    const row = store.get(id);
    if (!row) throw new Problem('not-found', { detail: GONE });
    if (row.status === 'expired')
      throw new Problem('not-found', { detail: `${EXPIRED} Create another job.` });
    return row;
  }

  sweep();
  runner.wake();

  return {
    create({ appId, licenseeId }, { type, name, resumable }) {
      sweep();
      const other = store.open(appId, type);
      if (other) throw new Problem('conflict', { detail: concurrent(other) });
      const now = clock.now();
      const id = newId(now);
      store.insert({
        id,
        appId,
        licenseeId,
        type,
        name: name ?? null,
        resumable,
        createdAt: now,
        uploadExpiresAt: now + UPLOAD_MS,
        downloadExpiresAt: now + DOWNLOAD_MS,
      });
      return view(store.get(id)!);
    },
    jobs(appId, { type, status }) {
      sweep();
      return store.list(appId, type, status).map(view);
    },
    job(appId, id) {
      sweep();
      const row = store.get(id);
      return row?.appId === appId ? view(row) : undefined;
    },
    async startSession(id, token) {
      const session = await uploads.startSession(() => addressed('upload', id, token));
      return `${uploadTarget(id)}&upload_id=${session}`;
    },
    receive: (id, token, part) => uploads.receive(() => addressed('upload', id, token), part),
    result(id, token) {
      const row = addressed('result', id, token);
      if (row.status !== 'complete') throw new Problem('not-found', { detail: row.failure ?? early(row) });
      return { file: files.output(id), bytes: row.outputBytes };
    },
    state: () => store.state(),
    idle: () => runner.idle(),
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearInterval(sweeper);
      await uploads.close();
      await runner.close();
      store.close();
    },
  };
}

/** What a caller is told who fetches a result before it is there. */
function early({ id, status }: ComplianceJobRow): string {
  const next =
    status === 'created' ? 'Upload its ids first' : `Wait until GET /2/compliance/jobs/${id} says "complete"`;
  return `The job is "${status}", so there is no result yet. ${next}.`;
}

function concurrent({ id, type, status, uploadExpiresAt }: ComplianceJobRow): string {
  const wait =
    status === 'created'
      ? `It waits for its upload until ${new Date(uploadExpiresAt).toISOString()}.`
      : 'It is in progress.';
  return `Job ${id} for ${type} is not over, and there is one of a type at a time. ${wait}`;
}
