import type { DatabaseSync } from 'node:sqlite';
import { type Migrations, openDatabase, transact } from '#kernel';

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE clients (
    app_id TEXT PRIMARY KEY, client_id TEXT NOT NULL UNIQUE, secret_hash TEXT, confidential INTEGER NOT NULL,
    oauth1_access TEXT NOT NULL, redirects TEXT NOT NULL, callbacks TEXT NOT NULL, changed_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE grants (
    grant_id TEXT PRIMARY KEY, app_id TEXT NOT NULL, person_id TEXT NOT NULL, via TEXT NOT NULL,
    scopes TEXT NOT NULL, created_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX grants_by_person ON grants (person_id, app_id, via);
  CREATE INDEX grants_by_app ON grants (app_id, created_at);

  CREATE TABLE tokens (
    hash TEXT PRIMARY KEY, grant_id TEXT NOT NULL REFERENCES grants ON DELETE CASCADE, kind TEXT NOT NULL,
    scopes TEXT, sealed_secret BLOB, created_at INTEGER NOT NULL, expires_at INTEGER, used_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX tokens_by_grant ON tokens (grant_id, kind, created_at);
  CREATE INDEX tokens_by_end ON tokens (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE codes (
    hash TEXT PRIMARY KEY, app_id TEXT NOT NULL, person_id TEXT NOT NULL, redirect_uri TEXT NOT NULL,
    scopes TEXT NOT NULL, challenge TEXT NOT NULL, method TEXT NOT NULL, expires_at INTEGER NOT NULL,
    grant_id TEXT REFERENCES grants ON DELETE CASCADE
  ) WITHOUT ROWID;
  CREATE INDEX codes_unused ON codes (app_id, person_id, expires_at) WHERE grant_id IS NULL;
  CREATE INDEX codes_by_grant ON codes (grant_id);

  CREATE TABLE request_tokens (
    hash TEXT PRIMARY KEY, app_id TEXT NOT NULL, callback TEXT NOT NULL, access TEXT NOT NULL,
    sealed_secret BLOB NOT NULL, person_id TEXT, verifier_hash TEXT, tries INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX request_tokens_by_app ON request_tokens (app_id, expires_at);

  CREATE TABLE credentials (
    person_id TEXT PRIMARY KEY, password TEXT, once_hash TEXT, once_ends_at INTEGER, changed_at INTEGER NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE sessions (
    hash TEXT PRIMARY KEY, person_id TEXT NOT NULL, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX sessions_by_person ON sessions (person_id, created_at);
  CREATE INDEX sessions_by_start ON sessions (created_at);

  CREATE TABLE hand_off (
    one INTEGER PRIMARY KEY CHECK (one = 1), url TEXT NOT NULL, origin TEXT NOT NULL, issuer TEXT,
    algorithm TEXT NOT NULL, sealed_key BLOB NOT NULL, changed_at INTEGER NOT NULL
  );
  CREATE TABLE hand_off_used (jti_hash TEXT PRIMARY KEY, ends_at INTEGER NOT NULL) WITHOUT ROWID;
  `,
];

/** The file of what persons allowed, with its transactions. Nothing in it is a secret that could be used as it is. */
export type PersonDatabase = {
  db: DatabaseSync;
  /** All or nothing, on disk when it returns. @throws Problem of `act`, or `storage-unavailable`. */
  change<T>(act: () => T): T;
  close(): void;
};

/**
 * Opens `persons.db`. Synchronous on purpose: what may happen once (a code, a refresh, a link) is then decided in one
 * step that no other request can come between.
 * @param file a path, or `:memory:`.
 */
export function openPersonDatabase(file: string): PersonDatabase {
  const db = openDatabase(file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON',
    migrations: MIGRATIONS,
  });

  return { db, change: (act) => transact(db, act), close: () => db.close() };
}
