import type { Generated, Kysely, Migration } from 'kysely';

/** The tables of `terms.db`. */
export type Tables = {
  licensees: { licensee_id: string; name: string; log: string; created_at: number };
  apps: {
    app_id: string;
    licensee_id: string;
    name: string;
    created_at: number;
    dialect: string;
    last_dialect: string | null;
  };
  agreements: {
    hash: string;
    app_id: string;
    licensee_id: string;
    version: number;
    body: string;
    accepted_at: number;
  };
  keys: {
    key_id: string;
    app_id: string;
    licensee_id: string;
    sandbox: number;
    consumer_key: string;
    secret_hash: string;
    secret_sealed: Uint8Array;
    bearer_generation: number;
    bearer_hash: string | null;
    created_at: number;
    expires_at: number | null;
    revoked_at: number | null;
  };
  plans: { name: string; body: string };
  pending_controls: {
    seq: Generated<number>;
    licensee_id: string;
    log: string;
    time: number;
    event: string;
    agreement: Uint8Array;
    body: Uint8Array;
  };
};

/** Every schema that a `terms.db` ever had: what a start brings an older file up by. */
export const migrations: Record<string, Migration> = {
  '001-first': {
    async up(db: Kysely<unknown>) {
      const { schema } = db;
      await schema
        .createTable('licensees')
        .addColumn('licensee_id', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('log', 'text', (column) => column.notNull().unique())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .execute();
      await schema
        .createTable('apps')
        .addColumn('app_id', 'text', (column) => column.primaryKey())
        .addColumn('licensee_id', 'text', (column) => column.notNull().references('licensees.licensee_id'))
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .execute();
      await schema
        .createTable('agreements')
        .addColumn('hash', 'text', (column) => column.primaryKey())
        .addColumn('app_id', 'text', (column) => column.notNull().references('apps.app_id'))
        .addColumn('licensee_id', 'text', (column) => column.notNull().references('licensees.licensee_id'))
        .addColumn('version', 'integer', (column) => column.notNull())
        .addColumn('body', 'text', (column) => column.notNull())
        .addUniqueConstraint('one_of_a_version', ['app_id', 'version'])
        .execute();
      await schema
        .createTable('keys')
        .addColumn('key_id', 'text', (column) => column.primaryKey())
        .addColumn('app_id', 'text', (column) => column.notNull().references('apps.app_id'))
        .addColumn('licensee_id', 'text', (column) => column.notNull().references('licensees.licensee_id'))
        .addColumn('sandbox', 'integer', (column) => column.notNull())
        .addColumn('consumer_key', 'text', (column) => column.notNull().unique())
        .addColumn('secret_hash', 'text', (column) => column.notNull())
        .addColumn('secret_sealed', 'blob', (column) => column.notNull())
        .addColumn('bearer_generation', 'integer', (column) => column.notNull())
        .addColumn('bearer_hash', 'text', (column) => column.unique())
        .addColumn('created_at', 'integer', (column) => column.notNull())
        .addColumn('expires_at', 'integer')
        .addColumn('revoked_at', 'integer')
        .execute();
      await schema
        .createTable('plans')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('body', 'text', (column) => column.notNull())
        .execute();
      await schema
        .createTable('pending_controls')
        .addColumn('seq', 'integer', (column) => column.primaryKey().autoIncrement())
        .addColumn('licensee_id', 'text', (column) => column.notNull().references('licensees.licensee_id'))
        .addColumn('log', 'text', (column) => column.notNull())
        .addColumn('time', 'integer', (column) => column.notNull())
        .addColumn('event', 'text', (column) => column.notNull())
        .addColumn('agreement', 'blob', (column) => column.notNull())
        .addColumn('body', 'blob', (column) => column.notNull())
        .execute();
    },
    async down(db: Kysely<unknown>) {
      for (const table of ['pending_controls', 'plans', 'keys', 'agreements', 'apps', 'licensees']) {
        await db.schema.dropTable(table).execute();
      }
    },
  },
  // Versions of before have no such time: their own dates alone say when they begin.
  '002-accepted-at': {
    async up({ schema }: Kysely<unknown>) {
      await schema
        .alterTable('agreements')
        .addColumn('accepted_at', 'integer', (column) => column.notNull().defaultTo(0))
        .execute();
    },
    async down({ schema }: Kysely<unknown>) {
      await schema.alterTable('agreements').dropColumn('accepted_at').execute();
    },
  },
  '003-dialect': {
    async up({ schema }: Kysely<unknown>) {
      await schema
        .alterTable('apps')
        .addColumn('dialect', 'text', (column) => column.notNull().defaultTo('auto'))
        .execute();
      await schema.alterTable('apps').addColumn('last_dialect', 'text').execute();
    },
    async down({ schema }: Kysely<unknown>) {
      for (const name of ['last_dialect', 'dialect'])
        await schema.alterTable('apps').dropColumn(name).execute();
    },
  },
};
