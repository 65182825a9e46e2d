import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { DEFAULT_MIGRATION_TABLE, Kysely, type Migration, Migrator, SqliteDialect, sql } from 'kysely';

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

/**
 * Brings a file to its newest version by Kysely's own list of what was run.
 * @param name what the file is called in the refusal. @throws Error when a newer Parley wrote it.
 */
export async function migrateToLatest<Tables>(
  db: Kysely<Tables>,
  name: string,
  migrations: Record<string, Migration>,
): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const known = new Set(Object.keys(migrations));
  const later = (await ranMigrations(db)).filter((one) => !known.has(one));
  if (later.length > 0)
    throw new Error(
      `${name} has version ${later.at(-1)}, which this Parley does not know. It was written by a newer Parley: run that one on this folder.`,
    );
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}

async function ranMigrations<Tables>(db: Kysely<Tables>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === DEFAULT_MIGRATION_TABLE)) return [];
  const { rows } = await sql<{
    name: string;
  }>`SELECT name FROM ${sql.table(DEFAULT_MIGRATION_TABLE)} ORDER BY name`.execute(db);
  return rows.map(({ name }) => name);
}

/** One process owns the folder; only a backup may hold the file for a moment. */
const BUSY_TIMEOUT_MS = 5000;
