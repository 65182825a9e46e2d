import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Clock, DAY_MS, overloaded, Problem } from '#kernel';
import type { JobFiles } from './job-files.ts';
import type { Received, UploadPart } from './port.ts';
import type { ComplianceJobRow, ComplianceJobStore } from './store-sqlite.ts';
import { sizeOf, tooLarge, UPLOAD_BYTES_MAX, writeBody } from './upload.ts';

/** X's: an upload begins within a quarter of an hour. */
export const UPLOAD_MS = 15 * 60_000;
/** As long as bytes come the upload's time goes on, up to this. */
const UPLOAD_MS_MAX = DAY_MS;
/** Uploads under way at once, of all apps. */
const UPLOADS_MAX = 32;
/** … and of one licensee, whose apps and types of jobs may each have one. */
const UPLOADS_A_LICENSEE_MAX = UPLOADS_MAX / 4;
const RETRY_AFTER_SECONDS = 5;

const OTHER_SESSION = 'This upload was begun anew, or never: start a session first.';
const UPLOADED = 'The upload of this job is complete; it takes no more.';
const NOT_RESUMABLE =
  'This job is not resumable: PUT the whole file, or create a job with "resumable": true.';

/** Bodies on their way to disk; one a job. `Compliance` promises the rest. */
export type Uploads = {
  /** @param find the job of the address, asked again after each wait. @returns the session's name. */
  startSession(find: () => ComplianceJobRow): Promise<string>;
  receive(find: () => ComplianceJobRow, part: UploadPart): Promise<Received>;
  isUnderWay(id: string): boolean;
  close(): Promise<void>;
};

/** @param begun is told when a job's upload is complete. */
export function createUploads(parts: {
  store: ComplianceJobStore;
  files: JobFiles;
  clock: Clock;
  begun(): void;
}): Uploads {
  const { store, files, clock, begun } = parts;
  const underWay = new Map<string, { licenseeId: string; breakOff(): void; over: Promise<unknown> }>();

  /** Whoever comes later takes over: the one before may hang on a cable that was cut. */
  async function takeOver(find: () => ComplianceJobRow): Promise<ComplianceJobRow> {
    const { id } = find();
    for (let before = underWay.get(id); before; before = underWay.get(id)) {
      before.breakOff();
      await before.over.catch(() => undefined);
    }
    const row = find();
    if (row.status !== 'created') throw new Problem('conflict', { detail: UPLOADED });
    return row;
  }

  function checkSession(row: ComplianceJobRow, part: UploadPart): void {
    if (part.of !== 'whole' && part.session !== row.session)
      throw new Problem('not-found', { detail: OTHER_SESSION });
  }

  async function take(
    { id }: ComplianceJobRow,
    part: Exclude<UploadPart, { of: 'question' }>,
  ): Promise<Received> {
    const file = files.input(id);
    if (part.of === 'whole') {
      await rm(file, { force: true });
      try {
        const { size } = await writeBody(file, 0, part.body);
        return finish(id, size);
      } catch (error) {
        // Whoever sends a whole upload sends it whole again.
        await rm(file, { force: true });
        throw error;
      }
    }
    const there = await sizeOf(file);
    if (part.from > there) return { complete: false, bytes: there };
    const { size: bytes, end } = await writeBody(file, part.from, part.body);
    const isAll = bytes === part.total || (part.isLast === true && end === bytes);
    return isAll ? finish(id, bytes) : { complete: false, bytes };
  }

  function finish(id: string, bytes: number): Received {
    files.sync();
    store.begin(id, bytes);
    begun();
    return { complete: true, bytes };
  }

  async function question(find: () => ComplianceJobRow, total: number | undefined): Promise<Received> {
    const row = find();
    if (row.status !== 'created') return { complete: true, bytes: row.inputBytes };
    const bytes = await sizeOf(files.input(row.id));
    if (total !== bytes || bytes === 0) return { complete: false, bytes };
    await takeOver(find);
    return finish(row.id, bytes);
  }

  return {
    async startSession(find) {
      const { id, resumable } = await takeOver(find);
      if (resumable !== 1) throw new Problem('body-invalid', { detail: NOT_RESUMABLE });
      const session = randomBytes(16).toString('base64url');
      store.beginSession(id, session);
      rmSync(files.input(id), { force: true });
      return session;
    },
    async receive(find, part) {
      checkSession(find(), part);
      if (part.of === 'question') return question(find, part.total);
      if (part.of === 'session' && (part.total ?? 0) > UPLOAD_BYTES_MAX) throw tooLarge();
      const row = await takeOver(find);
      checkSession(row, part);
      const its = [...underWay.values()].filter(({ licenseeId }) => licenseeId === row.licenseeId).length;
      if (underWay.size >= UPLOADS_MAX || its >= UPLOADS_A_LICENSEE_MAX)
        throw overloaded(RETRY_AFTER_SECONDS);
      const broken = new AbortController();
      const over = take(row, { ...part, body: until(part.body, broken.signal) });
      const entry = { licenseeId: row.licenseeId, breakOff: () => broken.abort(), over };
      underWay.set(row.id, entry);
      try {
        const received = await over;
        const { id, createdAt } = row;
        if (!received.complete)
          store.extendUpload(id, Math.min(clock.now() + UPLOAD_MS, createdAt + UPLOAD_MS_MAX));
        return received;
      } finally {
        if (underWay.get(row.id) === entry) underWay.delete(row.id);
      }
    },
    isUnderWay: (id) => underWay.has(id),
    async close() {
      for (const { breakOff, over } of underWay.values()) {
        breakOff();
        await over.catch(() => undefined);
      }
    },
  };
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
