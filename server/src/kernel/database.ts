import { basename } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { Problem } from './problem.ts';

/** One process owns the folder; only a backup may hold a file for a moment. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * What a file's tables have been so far. Each item brings a file of the version before it (its index) up by one; items
 * that were released are never edited. `PRAGMA user_version` says how many have run. Files from before there were
 * versions have 0, so that a first item which may meet one says `IF NOT EXISTS`.
 */
export type Migrations = readonly string[];

export function schemaVersion(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

/**
 * Brings a file to the newest version, one transaction a step: a crash leaves it at one version or the next.
 * @param name what the file is called in the refusal.
 * @throws Error when a newer Parley wrote it; the file is then as it was.
 */
export function migrate(db: DatabaseSync, name: string, migrations: Migrations): void {
  const from = schemaVersion(db);
  refuseNewer(from, name, migrations);
  for (let version = from; version < migrations.length; version += 1) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(migrations[version] ?? '');
      db.exec(`PRAGMA user_version=${version + 1}; COMMIT`);
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  }
}

/**
 * Opens a module's SQLite file in its newest version.
 * @param file a path, or `:memory:`.
 * @param settings pragmas, run before the migrations and after the version was looked at.
 * @throws Error when a newer Parley wrote it; nothing is then left open, and the file is as it was.
 */
export function openDatabase(
  file: string,
  { settings, migrations }: { settings: string; migrations: Migrations },
): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    const name = basename(file);
    refuseNewer(schemaVersion(db), name, migrations);
    db.exec(settings);
    migrate(db, name, migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A file's statements by their texts, each prepared once. @param readBigInts where an id can come out. */
export function prepareOnce(db: DatabaseSync, { readBigInts = false } = {}): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const known = prepared.get(sql);
    if (known) return known;
    const statement = db.prepare(sql);
    statement.setReadBigInts(readBigInts);
    prepared.set(sql, statement);
    return statement;
  };
}

/** All of `act` or nothing of it. @throws Problem of `act`, or `storage-unavailable`. */
export function transact<T>(db: DatabaseSync, act: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE');
    const result = act();
    db.exec('COMMIT');
    return result;
  } catch (cause) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw cause instanceof Problem ? cause : new Problem('storage-unavailable', {}, { cause });
  }
}

function refuseNewer(version: number, name: string, migrations: Migrations): void {
  if (version <= migrations.length) return;
  throw new Error(
    `${name} has version ${version}; this Parley knows ${migrations.length}. It was written by a newer Parley: run that one on this folder.`,
  );
}
