import type { Transaction } from 'kysely';
import { Problem } from '#kernel';
import { migrateToLatest, openSqlite } from '#kernel/sqlite';
import type { ControlEvent } from '#ledger';
import { agreementBytes, readAgreement } from './agreement.ts';
import { canonicalJson } from './canonical-json.ts';
import type { StoredKey } from './key.ts';
import type { Dialect, DialectSetting, Plan } from './port.ts';
import { migrations, type Tables } from './schema.ts';
import type { PendingControl, TermsChange, TermsStore } from './store.ts';

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
async function checkTenant(trx: Transaction<Tables>, licenseeId: string, change: TermsChange): Promise<void> {
  const { licensee, app, updateApp, version, addKeys = [], updateKeys = [] } = change;
  const agreement = version?.agreement;
  const owners = [licensee, app, updateApp, agreement, ...addKeys, ...updateKeys].map(
    (row) => row?.licenseeId ?? licenseeId,
  );
  const appIds = [updateApp, agreement, ...addKeys, ...updateKeys].flatMap((row) => (row ? [row.appId] : []));
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
  try {
    await migrateToLatest(db, 'terms.db', migrations);
  } catch (error) {
    await db.destroy();
    throw error;
  }

  async function write(
    trx: Transaction<Tables>,
    licenseeId: string,
    change: TermsChange,
  ): Promise<PendingControl[]> {
    await checkTenant(trx, licenseeId, change);
    const { licensee, app, updateApp, version, addKeys = [], updateKeys = [], controls = [] } = change;
    if (licensee) {
      const { name, log, createdAt } = licensee;
      await trx
        .insertInto('licensees')
        .values({ licensee_id: licenseeId, name, log, created_at: createdAt })
        .execute();
    }
    if (app) {
      const { appId, name, createdAt, dialect } = app;
      const row = { app_id: appId, licensee_id: licenseeId, name, created_at: createdAt, dialect };
      await trx
        .insertInto('apps')
        .values({ ...row, last_dialect: null })
        .execute();
    }
    if (updateApp) {
      await trx
        .updateTable('apps')
        .set({ dialect: updateApp.dialect })
        .where('licensee_id', '=', licenseeId)
        .where('app_id', '=', updateApp.appId)
        .execute();
    }
    if (version) {
      const { agreement, acceptedAt: accepted_at } = version;
      const body = Buffer.from(agreementBytes(agreement)).toString('utf8');
      const app_id = agreement.appId;
      await trx
        .insertInto('agreements')
        .values({
          hash: agreement.hashHex,
          app_id,
          licensee_id: licenseeId,
          version: agreement.version,
          body,
          accepted_at,
        })
        .execute();
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
      const versions = await db
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
          dialect: row.dialect as DialectSetting,
          createdAt: row.created_at,
          ...(row.last_dialect === null ? {} : { lastDialect: row.last_dialect as Dialect }),
        })),
        // A row that does not read is as good as none: what the log accepted is in force.
        versions: versions.flatMap(({ body, accepted_at }) => {
          try {
            return [{ agreement: readAgreement(Buffer.from(body)), acceptedAt: accepted_at }];
          } catch {
            return [];
          }
        }),
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
    async noteDialect(licenseeId, appId, last_dialect) {
      await db
        .updateTable('apps')
        .set({ last_dialect })
        .where('licensee_id', '=', licenseeId)
        .where('app_id', '=', appId)
        .execute();
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
