import type { Kysely, Migration } from 'kysely';
import { migrateToLatest, openSqlite } from '#kernel/sqlite';

export type OperatorRow = {
  operatorId: string;
  name: string;
  tokenHash: string;
  createdAt: number;
  revokedAt: number | null;
};

type Tables = {
  operators: {
    operator_id: string;
    name: string;
    token_hash: string;
    created_at: number;
    revoked_at: number | null;
  };
};

const migrations: Record<string, Migration> = {
  '001-first': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('operators')
        .addColumn('operator_id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('token_hash', 'text', (column) => column.notNull().unique())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('revoked_at', 'integer')
        .execute();
    },
    async down(db: Kysely<unknown>) {
      await db.schema.dropTable('operators').execute();
    },
  },
};

/** Where operators are kept. What a call changed is on disk when it resolves. Operators belong to no tenant. */
export type OperatorStore = {
  all(): Promise<OperatorRow[]>;
  add(row: OperatorRow): Promise<void>;
  revoke(operatorId: string, revokedAt: number): Promise<void>;
  close(): Promise<void>;
};

export async function openOperatorStore(file: string): Promise<OperatorStore> {
  const db = openSqlite<Tables>(file);
  try {
    await migrateToLatest(db, 'access.db', migrations);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    async all() {
      const rows = await db
        .selectFrom('operators')
        .selectAll()
        .orderBy('created_at')
        .orderBy('operator_id')
        .execute();
      return rows.map((row) => ({
        operatorId: row.operator_id,
        name: row.name,
        tokenHash: row.token_hash,
        createdAt: row.created_at,
        revokedAt: row.revoked_at,
      }));
    },
    async add({ operatorId, name, tokenHash, createdAt, revokedAt }) {
      const row = {
        operator_id: operatorId,
        name,
        token_hash: tokenHash,
        created_at: createdAt,
        revoked_at: revokedAt,
      };
      await db.insertInto('operators').values(row).execute();
    },
    async revoke(operatorId, revokedAt) {
      await db
        .updateTable('operators')
        .set({ revoked_at: revokedAt })
        .where('operator_id', '=', operatorId)
        .execute();
    },
    close: () => db.destroy(),
  };
}
