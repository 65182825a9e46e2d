import { type Generated, type Kysely, type Migration, Migrator, type Transaction } from 'kysely';
import { Problem } from '#kernel';
import { openSqlite } from '#kernel/sqlite';
import type { ControlEvent } from '#ledger';
import { agreementBytes, readAgreement } from './agreement.ts';
import { canonicalJson } from './canonical-json.ts';
import type { StoredKey } from './key.ts';
import type { Plan } from './port.ts';
import type { Change, PendingControl, TermsStore } from './store.ts';

type Tables = {
  licensees: { licensee_id: string; name: string; log: string; created_at: number };
  apps: { app_id: string; licensee_id: string; name: string; created_at: number };
  agreements: { hash: string; app_id: string; licensee_id: string; version: number; body: string };
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

const migrations: Record<string, Migration> = {
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
};

function keyRow(key: StoredKey): Tables['keys'] {
  return {
    key_id: key.keyId,
    app_id: key.appId,
    licensee_id: key.licenseeId,
    sandbox: key.sandbox ? 1 : 0,
    consumer_key: key.consumerKey,
    secret_hash: key.secretHash,
    secret_sealed: key.secretSealed,
    bearer_generation: key.bearerGeneration,
    bearer_hash: key.bearerHash,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
  };
}

function fromKeyRow(row: Tables['keys']): StoredKey {
  return {
    keyId: row.key_id,
    appId: row.app_id,
    licenseeId: row.licensee_id,
    sandbox: row.sandbox === 1,
    consumerKey: row.consumer_key,
    secretHash: row.secret_hash,
    secretSealed: row.secret_sealed,
    bearerGeneration: row.bearer_generation,
    bearerHash: row.bearer_hash,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}

/** Every row of a change has to be the tenant's, and the app it hangs on too. */
async function checkTenant(trx: Transaction<Tables>, licenseeId: string, change: Change): Promise<void> {
  const { licensee, app, agreement, addKeys = [], updateKeys = [] } = change;
  const owners = [licensee, app, agreement, ...addKeys, ...updateKeys].map(
    (row) => row?.licenseeId ?? licenseeId,
  );
  const appIds = [agreement, ...addKeys, ...updateKeys].flatMap((row) => (row ? [row.appId] : []));
  const others = [...new Set(appIds)].filter((appId) => appId !== app?.appId);
  const found =
    others.length === 0
      ? []
      : await trx
          .selectFrom('apps')
          .select('app_id')
          .where('licensee_id', '=', licenseeId)
          .where('app_id', 'in', others)
          .execute();
  if (owners.some((owner) => owner !== licenseeId) || found.length !== others.length)
    throw new Problem('not-found');
}

/** SQLite's extended codes for a taken primary key or unique column. */
const TAKEN = new Set([1555, 2067]);

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && TAKEN.has(Number(error.errcode));
}

export async function openTermsStore(file: string): Promise<TermsStore> {
  const db = openSqlite<Tables>(file);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;

  async function write(
    trx: Transaction<Tables>,
    licenseeId: string,
    change: Change,
  ): Promise<PendingControl[]> {
    await checkTenant(trx, licenseeId, change);
    const { licensee, app, agreement, addKeys = [], updateKeys = [], controls = [] } = change;
    if (licensee) {
      const { name, log, createdAt } = licensee;
      await trx
        .insertInto('licensees')
        .values({ licensee_id: licenseeId, name, log, created_at: createdAt })
        .execute();
    }
    if (app) {
      const { appId, name, createdAt } = app;
      const row = { app_id: appId, licensee_id: licenseeId, name, created_at: createdAt };
      await trx.insertInto('apps').values(row).execute();
    }
    if (agreement) {
      const { hashHex, appId, version } = agreement;
      const body = Buffer.from(agreementBytes(agreement)).toString('utf8');
      const row = { hash: hashHex, app_id: appId, licensee_id: licenseeId, version, body };
      await trx.insertInto('agreements').values(row).execute();
    }
    for (const key of addKeys) await trx.insertInto('keys').values(keyRow(key)).execute();
    for (const key of updateKeys) {
      const { expires_at, revoked_at, bearer_generation, bearer_hash } = keyRow(key);
      const { numUpdatedRows } = await trx
        .updateTable('keys')
        .set({ expires_at, revoked_at, bearer_generation, bearer_hash })
        .where('licensee_id', '=', licenseeId)
        .where('key_id', '=', key.keyId)
        .executeTakeFirst();
      if (numUpdatedRows !== 1n) throw new Problem('not-found');
    }
    const pending: PendingControl[] = [];
    for (const control of controls) {
      const { insertId } = await trx
        .insertInto('pending_controls')
        .values({ licensee_id: licenseeId, ...control })
        .executeTakeFirstOrThrow();
      pending.push({ ...control, licenseeId, seq: Number(insertId) });
    }
    return pending;
  }

  return {
    async everything() {
      const agreements = await db
        .selectFrom('agreements')
        .selectAll()
        .orderBy('app_id')
        .orderBy('version')
        .execute();
      const keys = await db.selectFrom('keys').selectAll().orderBy('created_at').orderBy('key_id').execute();
      const licensees = await db.selectFrom('licensees').selectAll().orderBy('created_at').execute();
      const apps = await db.selectFrom('apps').selectAll().orderBy('created_at').execute();
      const plans = await db.selectFrom('plans').select('body').orderBy('name').execute();
      const controls = await db.selectFrom('pending_controls').selectAll().orderBy('seq').execute();
      return {
        licensees: licensees.map((row) => ({
          licenseeId: row.licensee_id,
          name: row.name,
          log: row.log,
          createdAt: row.created_at,
        })),
        apps: apps.map((row) => ({
          appId: row.app_id,
          licenseeId: row.licensee_id,
          name: row.name,
          createdAt: row.created_at,
        })),
        agreements: agreements.map(({ body }) => readAgreement(Buffer.from(body))),
        keys: keys.map(fromKeyRow),
        plans: plans.map(({ body }) => JSON.parse(body) as Plan),
        controls: controls.map(({ licensee_id, event, ...rest }) => ({
          ...rest,
          licenseeId: licensee_id,
          event: event as ControlEvent,
        })),
      };
    },
    async change(licenseeId, change) {
      try {
        return await db.transaction().execute((trx) => write(trx, licenseeId, change));
      } catch (error) {
        if (isTaken(error)) throw new Problem('conflict', {}, { cause: error });
        throw error;
      }
    },
    async controlsWritten(licenseeId, seqs) {
      if (seqs.length === 0) return;
      await db
        .deleteFrom('pending_controls')
        .where('licensee_id', '=', licenseeId)
        .where('seq', 'in', seqs)
        .execute();
    },
    async addPlan(plan) {
      try {
        await db
          .insertInto('plans')
          .values({ name: plan.name, body: canonicalJson(plan) })
          .execute();
      } catch (error) {
        if (isTaken(error)) throw new Problem('conflict', {}, { cause: error });
        throw error;
      }
    },
    close: () => db.destroy(),
  };
}
