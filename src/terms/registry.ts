import { Problem } from '#kernel';
import { agreementAt } from './agreement.ts';
import { isInForce, type StoredKey } from './key.ts';
import {
  type Agreement,
  type App,
  type Caller,
  type Licensee,
  OPERATOR,
  type Plan,
  type Tenant,
} from './port.ts';

export type AppEntry = App & {
  /** Oldest first. */
  agreements: Agreement[];
  keys: StoredKey[];
};

/** All licensees, apps, keys and agreements, in memory: what the hot path reads. The store is their copy on disk. */
export type Registry = {
  putLicensee(licensee: Licensee): void;
  putApp(app: App): void;
  putKey(key: StoredKey): void;
  putAgreement(agreement: Agreement): void;
  putPlan(plan: Plan): void;

  callerByBearer(bearerHash: string, now: number): Caller | undefined;
  keyByConsumerKey(consumerKey: string): StoredKey | undefined;
  agreementByHash(hashHex: string): Agreement | undefined;
  /** The version in force at the time at which a call of the app would be counted now. */
  agreementInForce(app: AppEntry): Agreement;
  plans(): Plan[];
  allLicensees(): Licensee[];
  /** Throw Problem `not-found` for what does not exist or is another tenant's. */
  licensee(tenant: Tenant, licenseeId: string): Licensee;
  app(tenant: Tenant, appId: string): AppEntry;
  key(tenant: Tenant, keyId: string): StoredKey;
  licensees(tenant: Tenant): Licensee[];
  apps(tenant: Tenant): AppEntry[];
};

function missing(what: string, id: string): never {
  throw new Problem('not-found', { detail: `There is no ${what} ${id.slice(0, 64)}.` });
}

/** @param countingTime the time that a record appended to a log now would carry. */
export function createRegistry(countingTime: (log: string) => number): Registry {
  const licensees = new Map<string, Licensee>();
  const apps = new Map<string, AppEntry>();
  const keys = new Map<string, StoredKey>();
  const byBearer = new Map<string, StoredKey>();
  const byConsumerKey = new Map<string, StoredKey>();
  const byHash = new Map<string, Agreement>();
  const plans = new Map<string, Plan>();
  /** A key's caller is the same object from call to call, until its agreement changes. */
  const callers = new Map<string, Caller>();

  const owns = (tenant: Tenant, licenseeId: string) => tenant === OPERATOR || tenant === licenseeId;

  function agreementInForce(app: AppEntry): Agreement {
    return agreementAt(app.agreements, countingTime(licensees.get(app.licenseeId)!.log));
  }

  function callerOf(key: StoredKey): Caller {
    const agreement = agreementInForce(apps.get(key.appId)!);
    const known = callers.get(key.keyId);
    if (known && known.agreement === agreement) return known;
    const { licenseeId, appId, keyId, sandbox } = key;
    const caller = { licenseeId, appId, keyId, sandbox, log: licensees.get(licenseeId)!.log, agreement };
    callers.set(keyId, caller);
    return caller;
  }

  return {
    putLicensee(licensee) {
      licensees.set(licensee.licenseeId, licensee);
    },
    putApp(app) {
      apps.set(app.appId, { ...app, agreements: [], keys: [] });
    },
    putKey(key) {
      const before = keys.get(key.keyId);
      if (before?.bearerHash) byBearer.delete(before.bearerHash);
      const app = apps.get(key.appId)!;
      app.keys = [...app.keys.filter(({ keyId }) => keyId !== key.keyId), key];
      keys.set(key.keyId, key);
      byConsumerKey.set(key.consumerKey, key);
      if (key.bearerHash && key.revokedAt === null) byBearer.set(key.bearerHash, key);
    },
    putAgreement(agreement) {
      apps.get(agreement.appId)!.agreements.push(agreement);
      byHash.set(agreement.hashHex, agreement);
    },
    putPlan(plan) {
      plans.set(plan.name, plan);
    },
    callerByBearer(bearerHash, now) {
      const key = byBearer.get(bearerHash);
      return key && isInForce(key, now) ? callerOf(key) : undefined;
    },
    keyByConsumerKey: (consumerKey) => byConsumerKey.get(consumerKey),
    agreementByHash: (hashHex) => byHash.get(hashHex),
    agreementInForce,
    plans: () => [...plans.values()],
    allLicensees: () => [...licensees.values()],
    licensee(tenant, licenseeId) {
      const licensee = licensees.get(licenseeId);
      return licensee && owns(tenant, licenseeId) ? licensee : missing('licensee', licenseeId);
    },
    app(tenant, appId) {
      const app = apps.get(appId);
      return app && owns(tenant, app.licenseeId) ? app : missing('app', appId);
    },
    key(tenant, keyId) {
      const key = keys.get(keyId);
      return key && owns(tenant, key.licenseeId) ? key : missing('key', keyId);
    },
    licensees: (tenant) => [...licensees.values()].filter(({ licenseeId }) => owns(tenant, licenseeId)),
    apps: (tenant) => [...apps.values()].filter(({ licenseeId }) => owns(tenant, licenseeId)),
  };
}
