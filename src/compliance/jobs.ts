import { randomBytes, randomInt } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, DAY_MS, makeId, Problem, type Vault } from '#kernel';
import type { Compliance, Job, Part, Received } from './port.ts';
import { type JobRow, openJobStore } from './store-sqlite.ts';
import { startThread } from './thread.ts';
import { sizeOf, tooLarge, UPLOAD_BYTES_MAX, writeBody } from './upload.ts';
import { openUrlSecret } from './url-secret.ts';
import { SLICE_BYTES } from './work.ts';

/** X's: an upload begins within a quarter of an hour, a result is there for a week. */
export const UPLOAD_MS = 15 * 60_000;
export const DOWNLOAD_MS = 7 * DAY_MS;
/** As long as bytes come the upload's time goes on, up to this. */
const UPLOAD_MS_MAX = DAY_MS;
/** After that not even the list knows a job. */
const REMEMBERED_MS = 7 * DAY_MS;
const SWEEP_MS = 60_000;
/** A result of the largest upload, in which everything was deleted, is some 900 MB. */
const LICENSEE_BYTES_MAX = 4 * 2 ** 30;
/** Uploads under way at once, of all apps. */
const UPLOADS_MAX = 32;
const RETRY_SECONDS = '5';
/** Of an id, beside its time. */
const LOW_BITS = 2 ** 22;

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
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const store = openJobStore(options.file);
  const secret = openUrlSecret(store, options.vault);
  const thread = startThread(options.posts);
  /** Uploads under way, by job: a later request waits for its end after it broke it off. */
  const receiving = new Map<string, { breakOff(): void; over: Promise<unknown> }>();
  let isClosed = false;
  let working: Promise<void> | undefined;

  const inputOf = (id: string) => join(dir, `${id}.ids`);
  const outputOf = (id: string) => join(dir, `${id}.ndjson`);

  function removeFiles(id: string, which: 'input' | 'both'): void {
    rmSync(inputOf(id), { force: true });
    if (which === 'both') rmSync(outputOf(id), { force: true });
  }

  function newId(now: number): string {
    for (;;) {
      const id = makeId(now, randomInt(LOW_BITS));
      if (!store.get(id)) return id;
    }
  }

  /** What nobody asks for any more goes: after a crash between a row and its files too. */
  function removeOrphans(): void {
    for (const name of readdirSync(dir)) {
      const [id = '', kind] = name.split('.');
      const status = /^\d+$/.test(id) ? store.get(id)?.status : undefined;
      const isOpen = status === 'created' || status === 'in_progress';
      if (!(isOpen || (status === 'complete' && kind === 'ndjson'))) rmSync(join(dir, name), { force: true });
    }
  }

  /** Ends what is over its time. Asked before every answer, so that no clock has to tick for it. */
  function sweep(): void {
    const now = clock.now();
    for (const { id, status } of store.due(now)) {
      if (status === 'created' && receiving.has(id)) continue;
      store.end(id, 'expired');
      removeFiles(id, 'both');
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

  function view(row: JobRow): Job {
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
      uploadTarget: `/compliance/uploads/${id}?token=${secret.token('upload', id)}`,
      downloadTarget: `/compliance/results/${id}?token=${secret.token('result', id)}`,
      ...(row.failure !== null && { failure: row.failure }),
    };
  }

  /** The job of an upload's address. @throws Problem `not-found`, the same whatever is wrong. */
  function addressed(id: string, token: string): JobRow {
    sweep();
    const row = secret.isToken('upload', id, token) ? store.get(id) : undefined;
    if (!row || row.status === 'expired') throw new Problem('not-found', { detail: GONE });
    return row;
  }

  function fail(row: JobRow, failure: string): void {
    store.end(row.id, 'failed', failure);
    removeFiles(row.id, 'both');
  }

  /** Slices of all jobs in turn, so that nobody waits behind somebody else's millions. */
  async function work(): Promise<void> {
    let lastId = '0';
    for (;;) {
      if (isClosed) return;
      const running = store.running();
      const row = running.find(({ id }) => BigInt(id) > BigInt(lastId)) ?? running[0];
      if (!row) return;
      lastId = row.id;
      await advance(row);
    }
  }

  async function advance(row: JobRow): Promise<void> {
    const { id, type, inputBytes, readBytes, readLines, outputBytes } = row;
    if (readBytes >= inputBytes) {
      // What a crash left beyond the last mark is no part of the result: whoever downloads it gets so many bytes.
      store.end(id, 'complete');
      removeFiles(id, 'input');
      return;
    }
    try {
      const done = await thread.work({
        type,
        input: inputOf(id),
        inputBytes,
        readBytes,
        readLines,
        output: outputOf(id),
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

  function wake(): void {
    if (working || isClosed) return;
    working = work()
      .then(() => 0)
      .catch((error: unknown) => {
        log('compliance jobs', error);
        return SWEEP_MS;
      })
      .then((waitMs) => {
        working = undefined;
        // A job that began while the last one ended, or a disk that took no mark.
        if (!isClosed && store.running().length > 0) setTimeout(wake, waitMs).unref();
      });
  }

  /** Whoever comes later takes over: the one before may hang on a cable that was cut. */
  async function takeOver(id: string): Promise<void> {
    for (let before = receiving.get(id); before; before = receiving.get(id)) {
      before.breakOff();
      await before.over.catch(() => undefined);
    }
  }

  async function take(row: JobRow, part: Exclude<Part, { of: 'question' }>): Promise<Received> {
    const { id } = row;
    const file = inputOf(id);
    if (part.of === 'whole') {
      await rm(file, { force: true });
      try {
        return finish(row, await writeBody(file, 0, part.body));
      } catch (error) {
        // Whoever sends a whole upload sends it whole again.
        if (store.get(id)?.status === 'created') await rm(file, { force: true });
        throw error;
      }
    }
    const there = await sizeOf(file);
    if (part.from > there) return { complete: false, bytes: there };
    const bytes = await writeBody(file, part.from, part.body);
    return bytes === part.total ? finish(row, bytes) : { complete: false, bytes };
  }

  function finish({ id }: JobRow, bytes: number): Received {
    syncFolder(dir);
    store.begin(id, bytes);
    wake();
    return { complete: true, bytes };
  }

  removeOrphans();
  sweep();
  wake();

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
      addressed(id, token);
      await takeOver(id);
      const row = addressed(id, token);
      if (row.status !== 'created') throw new Problem('conflict', { detail: UPLOADED });
      if (row.resumable !== 1) throw new Problem('body-invalid', { detail: NOT_RESUMABLE });
      const session = randomBytes(16).toString('base64url');
      store.beginSession(id, session);
      rmSync(inputOf(id), { force: true });
      return `${view(row).uploadTarget}&upload_id=${session}`;
    },
    async receive(id, token, part) {
      let row = addressed(id, token);
      if (part.of !== 'whole' && part.session !== row.session)
        throw new Problem('not-found', { detail: OTHER_SESSION });
      if (part.of === 'question') {
        if (row.status !== 'created') return { complete: true, bytes: row.inputBytes };
        const bytes = await sizeOf(inputOf(id));
        return part.total === bytes && bytes > 0 ? finish(row, bytes) : { complete: false, bytes };
      }
      if (part.of === 'session' && (part.total ?? 0) > UPLOAD_BYTES_MAX) throw tooLarge();
      await takeOver(id);
      row = addressed(id, token);
      if (row.status !== 'created') throw new Problem('conflict', { detail: UPLOADED });
      if (receiving.size >= UPLOADS_MAX)
        throw new Problem('overloaded', {}, { headers: { 'retry-after': RETRY_SECONDS } });
      const broken = new AbortController();
      const over = take(row, { ...part, body: until(part.body, broken.signal) });
      const entry = { breakOff: () => broken.abort(), over };
      receiving.set(id, entry);
      try {
        const received = await over;
        if (!received.complete) keepOpen(row);
        return received;
      } finally {
        if (receiving.get(id) === entry) receiving.delete(id);
      }
    },
    result(id, token) {
      sweep();
      const row = secret.isToken('result', id, token) ? store.get(id) : undefined;
      if (!row || row.status === 'expired') throw new Problem('not-found', { detail: GONE });
      if (row.status !== 'complete')
        throw new Problem('not-found', { detail: row.failure ?? `The job is ${row.status}, not complete.` });
      return { file: outputOf(id), bytes: row.outputBytes };
    },
    state: () => store.state(),
    async idle() {
      while (working) await working;
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearInterval(sweeper);
      for (const { breakOff, over } of receiving.values()) {
        breakOff();
        await over.catch(() => undefined);
      }
      await thread.close();
      await working;
      store.close();
    },
  };

  function keepOpen({ id, createdAt }: JobRow): void {
    const until = Math.min(clock.now() + UPLOAD_MS, createdAt + UPLOAD_MS_MAX);
    store.extendUpload(id, until);
  }
}

/** A file that was made is there after a power cut, too. */
function syncFolder(dir: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(dir, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The body until somebody else takes over. */
async function* until(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  const iterator = body[Symbol.asyncIterator]();
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('another request took over')), { once: true });
  });
  aborted.catch(() => undefined);
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Not waited for: a body that hangs never answers.
    iterator.return?.().catch(() => undefined);
  }
}

const GONE = 'This address is not that of a job, or it has expired.';
const OTHER_SESSION = 'This upload was begun anew, or never: start a session first.';
const UPLOADED = 'The upload of this job is complete; it takes no more.';
const NOT_RESUMABLE =
  'This job is not resumable: PUT the whole file, or create a job with "resumable": true.';
const FULL =
  'The results of earlier jobs fill what this licensee may store; they expire a week after their job was created.';
const DISK_FULL = 'The disk of this server is full. Create the job again later.';
const BROKEN = 'The job could not be worked on; it has been logged. Create it again.';

function concurrent({ id, type, status, uploadExpiresAt }: JobRow): string {
  const wait =
    status === 'created'
      ? `It waits for its upload until ${new Date(uploadExpiresAt).toISOString()}.`
      : 'It is in progress.';
  return `Job ${id} for ${type} is not over, and there is one of a type at a time. ${wait}`;
}
