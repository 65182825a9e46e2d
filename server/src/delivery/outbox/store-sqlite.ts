import type { SQLInputValue } from 'node:sqlite';
import { type Migrations, openDatabase, prepareOnce, transact } from '#kernel';
import type { JobInput } from './port.ts';

export type OutboxJobRow = {
  id: number;
  kind: string;
  key: string;
  destination: string;
  payload: string;
  addedAt: number;
  due: number;
  failures: number;
  noted: string | null;
};

const COLUMNS = 'id, kind, key, destination, payload, added_at AS addedAt, due, failures, noted';

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, destination TEXT NOT NULL,
    payload TEXT NOT NULL, added_at INTEGER NOT NULL, due INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
    noted TEXT, UNIQUE (kind, key));
  CREATE INDEX IF NOT EXISTS jobs_due ON jobs (destination, due, id);
  CREATE TABLE IF NOT EXISTS finished (
    kind TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, why TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS finished_at ON finished (at);
  `,
];

/**
 * `outbox.db`. What is added is on disk when it returns (synchronous FULL); what is finished may come back after a power
 * cut (NORMAL), for doing it twice is allowed and losing it is not.
 */
export function openOutboxJobStore(file: string) {
  const db = openDatabase(file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL',
    migrations: MIGRATIONS,
  });
  const sql = prepareOnce(db);
  const all = <T>(text: string, ...values: SQLInputValue[]) => sql(text).all(...values) as T[];

  return {
    /** @param module whether a destination takes another one; told of each that it took. */
    add(
      jobs: readonly JobInput[],
      now: number,
      room: { has(destination: string): boolean; take(destination: string): void },
    ): ('added' | 'known' | 'full')[] {
      db.exec('PRAGMA synchronous=FULL');
      try {
        return transact(db, () =>
          jobs.map(({ kind, key, destination, payload, notBefore }) => {
            const isFinished = all('SELECT 1 FROM finished WHERE kind = ? AND key = ?', kind, key).length > 0;
            if (isFinished) return 'known';
            if (!room.has(destination))
              return all('SELECT 1 FROM jobs WHERE kind = ? AND key = ?', kind, key).length > 0
                ? 'known'
                : 'full';
            const { changes } = sql(
              `INSERT INTO jobs (kind, key, destination, payload, added_at, due) VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (kind, key) DO NOTHING`,
            ).run(kind, key, destination, payload, now, notBefore ?? now);
            if (changes === 0) return 'known';
            room.take(destination);
            return 'added';
          }),
        );
      } finally {
        db.exec('PRAGMA synchronous=NORMAL');
      }
    },
    /** Those that are due, and those that only a clock that ran back keeps away, earliest first. */
    due(destination: string, now: number, farthest: number, limit: number): OutboxJobRow[] {
      return all<OutboxJobRow>(
        `SELECT ${COLUMNS} FROM jobs WHERE destination = ? AND (due <= ? OR due > ?) ORDER BY due, id LIMIT ?`,
        destination,
        now,
        farthest,
        limit,
      );
    },
    destinations: () =>
      all<{ destination: string; waiting: number; due: number }>(
        'SELECT destination, count(*) AS waiting, min(due) AS due FROM jobs GROUP BY destination',
      ),
    /** The earliest that is not due yet. */
    laterThan: (destination: string, now: number): number | undefined =>
      all<{ due: number | null }>(
        'SELECT min(due) AS due FROM jobs WHERE destination = ? AND due > ?',
        destination,
        now,
      )[0]?.due ?? undefined,
    /** What failed before is due now. */
    hasten(destination: string, now: number): void {
      sql('UPDATE jobs SET due = ? WHERE destination = ? AND failures > 0 AND due > ?').run(
        now,
        destination,
        now,
      );
    },
    postpone(id: number, due: number, failures: number): void {
      sql('UPDATE jobs SET due = ?, failures = ? WHERE id = ?').run(due, failures, id);
    },
    note(id: number, text: string): void {
      db.exec('PRAGMA synchronous=FULL');
      try {
        transact(db, () => sql('UPDATE jobs SET noted = ? WHERE id = ?').run(text, id));
      } finally {
        db.exec('PRAGMA synchronous=NORMAL');
      }
    },
    /** @param why it ended without success; null for success. */
    finish({ id, kind, key }: OutboxJobRow, at: number, why: string | null): void {
      transact(db, () => {
        const { changes } = sql('DELETE FROM jobs WHERE id = ?').run(id);
        if (changes === 0) return;
        sql('INSERT OR REPLACE INTO finished (kind, key, at, why) VALUES (?, ?, ?, ?)').run(
          kind,
          key,
          at,
          why,
        );
      });
    },
    drop(destination: string): void {
      sql('DELETE FROM jobs WHERE destination = ?').run(destination);
    },
    count(kind: string, prefix: string): { waiting: number; ended: number } {
      const within = 'kind = ? AND key >= ? AND key < ?';
      const bounds = [kind, prefix, `${prefix}\u{10ffff}`] as const;
      const [waiting] = all<{ n: number }>(`SELECT count(*) AS n FROM jobs WHERE ${within}`, ...bounds);
      const [ended] = all<{ n: number }>(
        `SELECT count(*) AS n FROM finished WHERE ${within} AND why IS NOT NULL`,
        ...bounds,
      );
      return { waiting: waiting?.n ?? 0, ended: ended?.n ?? 0 };
    },
    forgetFinished(before: number): void {
      sql('DELETE FROM finished WHERE at < ?').run(before);
    },
    close: () => db.close(),
  };
}

export type OutboxJobStore = ReturnType<typeof openOutboxJobStore>;
