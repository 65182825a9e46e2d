import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';

/**
 * Opens a SQLite file for Kysely, by node:sqlite. Kysely's own SQLite dialect asks for four methods of a driver;
 * these are they. Commits are on disk when they resolve (WAL, synchronous FULL).
 * @param file a path, or `:memory:`.
 */
export function openSqlite<Tables>(file: string): Kysely<Tables> {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON');
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => database.close(),
        prepare(sql) {
          const statement = database.prepare(sql);
          return {
            reader: statement.columns().length > 0,
            all: (parameters) => statement.all(...values(parameters)),
            run: (parameters) => statement.run(...values(parameters)),
            iterate: (parameters) => statement.iterate(...values(parameters)),
          };
        },
      },
    }),
  });
}

/** One process owns the folder; only a backup may hold the file for a moment. */
const BUSY_TIMEOUT_MS = 5000;
