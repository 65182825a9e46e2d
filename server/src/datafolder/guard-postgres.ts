import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { GuardStore } from './guard.ts';
import type { GuardPlace } from './guard-place.ts';

/** To connect, and for each statement: a lease allows several of them. */
const STATEMENT_MS = 5_000;
const CLOSE_MS = 1_000;
/** Each write is a commit that is synced: ten a second at most. */
const SPACING_MS = 100;

const CREATE =
  'CREATE TABLE IF NOT EXISTS parley_guard (folder text PRIMARY KEY, version bigint NOT NULL, record text NOT NULL)';
const READ = 'SELECT version, record FROM parley_guard WHERE folder = $1';
/** A database may be set to acknowledge commits before they are on disk; this one must be. */
const DURABLE =
  "(current_setting('synchronous_commit') <> 'off' OR set_config('synchronous_commit', 'on', true) = 'on')";
const INSERT = `INSERT INTO parley_guard (folder, version, record) SELECT $1, 1, $2 WHERE ${DURABLE} ON CONFLICT DO NOTHING`;
const UPDATE = `UPDATE parley_guard SET version = version + 1, record = $2 WHERE folder = $1 AND version = $3 AND ${DURABLE}`;

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
const UNDEFINED_TABLE = '42P01';
/** Two servers make the table at once: one of them is told so by a unique index of the catalogue. */
const MADE_MEANWHILE = ['23505', '42P07'];

/**
 * A guard's record as a row of the table `parley_guard` in Postgres, which the first write makes. One statement compares
 * and swaps. A connection that failed or was too slow is thrown away, since a late reply would be taken for the next one's.
 * The password is the address's, else PGPASSWORD or the one in PGPASSFILE.
 */
export function guardInPostgres(
  place: GuardPlace & { kind: 'postgres' },
  folder: string,
  statementMs = STATEMENT_MS,
): GuardStore {
  type Connection = { client: pg.Client; socket: Socket };
  let opened: Connection | undefined;

  function drop(connection: Connection): void {
    if (opened === connection) opened = undefined;
    connection.client.end().catch(() => {});
    connection.socket.destroy();
  }

  async function connect(): Promise<Connection> {
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: place.url,
      connectionTimeoutMillis: statementMs,
      query_timeout: statementMs,
      application_name: 'parley guard',
      stream: () => socket,
    });
    const connection = { client, socket };
    client.on('error', () => drop(connection));
    try {
      await client.connect();
    } catch (error) {
      drop(connection);
      if (!/password must be a/.test((error as Error).message)) throw error;
      throw new Error('it asks for a password: set PGPASSWORD or PGPASSFILE', { cause: error });
    }
    opened = connection;
    return connection;
  }

  async function run(statement: string, values: unknown[] = []): Promise<pg.QueryResult> {
    const connection = opened ?? (await connect());
    try {
      return await connection.client.query(statement, values);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) drop(connection);
      throw error;
    }
  }

  const codeOf = (error: unknown) => (error instanceof pg.DatabaseError ? (error.code ?? '') : '');

  async function insert(text: string): Promise<boolean> {
    const first = () => run(INSERT, [folder, text]);
    const result = await first().catch(async (error) => {
      if (codeOf(error) !== UNDEFINED_TABLE) throw error;
      await run(CREATE).catch((cause) => {
        if (!MADE_MEANWHILE.includes(codeOf(cause))) throw cause;
      });
      return first();
    });
    return result.rowCount === 1;
  }

  return {
    place: place.text,
    spacingMs: SPACING_MS,
    async read() {
      try {
        const [row] = (await run(READ, [folder])).rows as { version: string; record: string }[];
        return row && { version: Number(row.version), text: row.record };
      } catch (error) {
        if (codeOf(error) === UNDEFINED_TABLE) return undefined;
        throw error;
      }
    },
    async replace(version, text) {
      if (version === 0) return insert(text);
      try {
        return (await run(UPDATE, [folder, text, version])).rowCount === 1;
      } catch (error) {
        if (codeOf(error) === UNDEFINED_TABLE) return false;
        throw error;
      }
    },
    async close() {
      const connection = opened;
      if (connection === undefined) return;
      opened = undefined;
      await Promise.race([
        connection.client.end().catch(() => {}),
        delay(CLOSE_MS, undefined, { ref: false }),
      ]);
      connection.socket.destroy();
    },
  };
}
