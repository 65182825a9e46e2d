import { type Migrations, openDatabase, Problem } from '#kernel';
import type { JobStatus, JobType, Owner } from './port.ts';

/** A job as it lies in `compliance.db`. */
export type ComplianceJobRow = Owner & {
  id: string;
  type: JobType;
  name: string | null;
  resumable: number;
  status: JobStatus;
  createdAt: number;
  uploadExpiresAt: number;
  downloadExpiresAt: number;
  /** Of the resumable upload that counts now. */
  session: string | null;
  /** Bytes of the upload, once it is complete. */
  inputBytes: number;
  /** How far the work has come: bytes and lines read, bytes written. What is beyond is done again after a crash. */
  readBytes: number;
  readLines: number;
  outputBytes: number;
  failure: string | null;
};

const COLUMNS = `CAST(id AS TEXT) AS id, app AS appId, licensee AS licenseeId, type, name, resumable, status,
  created_at AS createdAt, upload_expires_at AS uploadExpiresAt, download_expires_at AS downloadExpiresAt, session,
  input_bytes AS inputBytes, read_bytes AS readBytes, read_lines AS readLines, output_bytes AS outputBytes, failure`;

/** Jobs on a page of the list; more than an app makes in a week of normal work. */
const LISTED_MAX = 1_000;

export type ComplianceJobStore = ReturnType<typeof openComplianceJobStore>;

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY, app TEXT NOT NULL, licensee TEXT NOT NULL, type TEXT NOT NULL, name TEXT,
    resumable INTEGER NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
    upload_expires_at INTEGER NOT NULL, download_expires_at INTEGER NOT NULL, session TEXT,
    input_bytes INTEGER NOT NULL DEFAULT 0, read_bytes INTEGER NOT NULL DEFAULT 0,
    read_lines INTEGER NOT NULL DEFAULT 0, output_bytes INTEGER NOT NULL DEFAULT 0, failure TEXT);
  CREATE INDEX IF NOT EXISTS jobs_by_app ON jobs (app, type, id);
  -- One job of a type at a time.
  CREATE UNIQUE INDEX IF NOT EXISTS jobs_open ON jobs (app, type) WHERE status IN ('created', 'in_progress');
  CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID;
  `,
  // What is over its time is looked for before every answer.
  `
  CREATE INDEX IF NOT EXISTS jobs_by_end ON jobs (download_expires_at);
  CREATE INDEX IF NOT EXISTS jobs_waiting ON jobs (upload_expires_at) WHERE status = 'created';
  `,
];

/**
 * Opens `compliance.db`. Every change is on disk when it returns; a disk that takes none is a Problem
 * `storage-unavailable`.
 * @param file a path, or `:memory:`.
 */
export function openComplianceJobStore(file: string) {
  const db = openDatabase(file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL',
    migrations: MIGRATIONS,
  });
  const writing = (sql: string) => {
    const statement = db.prepare(sql);
    statement.setReadBigInts(true); // `run` reports the last rowid, which is an id
    return statement;
  };
  const insert = writing(
    `INSERT INTO jobs (id, app, licensee, type, name, resumable, status, created_at, upload_expires_at,
       download_expires_at) VALUES (?, ?, ?, ?, ?, ?, 'created', ?, ?, ?)`,
  );
  const byId = db.prepare(`SELECT ${COLUMNS} FROM jobs WHERE id = ?`);
  const listed = db.prepare(
    `SELECT ${COLUMNS} FROM jobs WHERE app = ? AND type = ? AND (?3 IS NULL OR status = ?3)
     ORDER BY id DESC LIMIT ${LISTED_MAX}`,
  );
  const open = db.prepare(
    `SELECT ${COLUMNS} FROM jobs WHERE app = ? AND type = ? AND status IN ('created', 'in_progress')`,
  );
  const running = db.prepare(`SELECT ${COLUMNS} FROM jobs WHERE status = 'in_progress' ORDER BY id`);
  const due = db.prepare(
    `SELECT ${COLUMNS} FROM jobs WHERE status = 'created' AND upload_expires_at <= ?1 UNION ALL
     SELECT ${COLUMNS} FROM jobs WHERE status IN ('in_progress', 'complete') AND download_expires_at <= ?1`,
  );
  const bytes = db.prepare(
    'SELECT COALESCE(sum(input_bytes + output_bytes), 0) AS bytes FROM jobs WHERE licensee = ?',
  );
  const state = db.prepare(
    `SELECT COALESCE(sum(status IN ('created', 'in_progress')), 0) AS jobs,
       COALESCE(sum(input_bytes + output_bytes), 0) AS bytes FROM jobs`,
  );
  const beginSession = writing('UPDATE jobs SET session = ?2 WHERE id = ?1');
  const extend = writing('UPDATE jobs SET upload_expires_at = ?2 WHERE id = ?1');
  const begin = writing("UPDATE jobs SET status = 'in_progress', input_bytes = ?2 WHERE id = ?1");
  const advance = writing(
    'UPDATE jobs SET read_bytes = ?2, read_lines = ?3, output_bytes = ?4 WHERE id = ?1',
  );
  const end = writing(
    `UPDATE jobs SET status = ?2, failure = ?3, input_bytes = 0,
       output_bytes = CASE ?2 WHEN 'complete' THEN output_bytes ELSE 0 END WHERE id = ?1`,
  );
  const forget = writing('DELETE FROM jobs WHERE download_expires_at <= ?');
  const secret = db.prepare('SELECT sealed FROM secrets WHERE name = ?');
  const putSecret = writing('INSERT INTO secrets (name, sealed) VALUES (?, ?)');

  const on =
    <A extends unknown[]>(act: (...values: A) => unknown) =>
    (...values: A): void => {
      try {
        act(...values);
      } catch (cause) {
        throw new Problem('storage-unavailable', {}, { cause });
      }
    };
  const row = (found: unknown) => found as ComplianceJobRow | undefined;

  return {
    insert: on(
      (
        job: Pick<
          ComplianceJobRow,
          'id' | 'type' | 'name' | 'createdAt' | 'uploadExpiresAt' | 'downloadExpiresAt'
        > &
          Owner & { resumable: boolean },
      ) =>
        insert.run(
          job.id,
          job.appId,
          job.licenseeId,
          job.type,
          job.name,
          job.resumable ? 1 : 0,
          job.createdAt,
          job.uploadExpiresAt,
          job.downloadExpiresAt,
        ),
    ),
    get: (id: string) => row(byId.get(id)),
    list: (appId: string, type: JobType, status?: JobStatus) =>
      listed.all(appId, type, status ?? null) as unknown as ComplianceJobRow[],
    /** The app's job of this type that is not over. */
    open: (appId: string, type: JobType) => row(open.get(appId, type)),
    /** Oldest first. */
    running: () => running.all() as unknown as ComplianceJobRow[],
    /** Those whose time for the upload or the download is over. */
    due: (now: number) => due.all(now) as unknown as ComplianceJobRow[],
    bytesOf: (licenseeId: string) => Number((bytes.get(licenseeId) as { bytes: number }).bytes),
    state: () => ({ ...(state.get() as { jobs: number; bytes: number }) }),
    beginSession: on((id: string, session: string) => beginSession.run(id, session)),
    extendUpload: on((id: string, until: number) => extend.run(id, until)),
    begin: on((id: string, inputBytes: number) => begin.run(id, inputBytes)),
    advance: on((id: string, at: { readBytes: number; readLines: number; outputBytes: number }) =>
      advance.run(id, at.readBytes, at.readLines, at.outputBytes),
    ),
    end: on((id: string, status: JobStatus, failure?: string) => end.run(id, status, failure ?? null)),
    /** Takes away jobs whose results expired before this moment. */
    forget: on((before: number) => forget.run(before)),
    secret: (name: string) => (secret.get(name) as { sealed: Uint8Array } | undefined)?.sealed,
    putSecret: on((name: string, sealed: Uint8Array) => putSecret.run(name, sealed)),
    close: () => db.close(),
  };
}
