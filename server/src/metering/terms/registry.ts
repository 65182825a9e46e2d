import { Problem } from '#kernel';
import { hasBegun, type Version, versionInForce } from './agreement.ts';
import { isInForce, type StoredKey } from './key.ts';
import {
  type Agreement,
  type App,
  type AppDialect,
  type Caller,
  type Dialect,
  type Licensee,
  OPERATOR,
  type Plan,
  type Tenant,
} from './port.ts';

export type AppEntry = App & {
  /** Oldest first. */
  versions: Version[];
  keys: StoredKey[];
  lastDialect?: Dialect;
};

/** All licensees, apps, keys and agreements, in memory: what the hot path reads. The store is their copy on disk. */
export type Registry = {
  putLicensee(licensee: Licensee): void;
  putApp(app: App & { lastDialect?: Dialect }): void;
  /** Changes what an app says of itself; its keys and agreement stay. */
  updateApp(app: App): void;
  putKey(key: StoredKey): void;
  putVersion(version: Version): void;
  putPlan(plan: Plan): void;
  /** In place of all that there were. */
  setVersions(appId: string, versions: Version[]): void;
  /** With its keys: nobody calls with them any more. */
  removeApp(appId: string): void;
  removeKey(keyId: string): void;

  callerByBearer(bearerHash: string, now: number): Caller | undefined;
  /** Who calls with a key, if it is in force. */
  callerByKey(keyId: string, now: number): Caller | undefined;
  /** Who calls for a person: with the app's newest live key in force, or its newest sandbox key without one. */
  callerOfApp(appId: string, now: number, keyId?: string): Caller | undefined;
  /** Also one that has ended. */
  keyByBearer(bearerHash: string): StoredKey | undefined;
  dialectOf(appId: string): AppDialect;
  noteDialect(appId: string, dialect: Dialect): void;
  /** Apps whose last dialect is another than when they were put. */
  notedDialects(): (Pick<App, 'appId' | 'licenseeId'> & { lastDialect: Dialect })[];
  keyByConsumerKey(consumerKey: string): StoredKey | undefined;
  agreementByHash(hashHex: string): Agreement | undefined;
  /** The version in force at a time. */
  agreementInForce(app: AppEntry, now: number): Agreement;
  hasBegun(agreement: Agreement, now: number): boolean;
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

export function createRegistry(): Registry {
  const licensees = new Map<string, Licensee>();
  const apps = new Map<string, AppEntry>();
  const keys = new Map<string, StoredKey>();
  const byBearer = new Map<string, StoredKey>();
  const byConsumerKey = new Map<string, StoredKey>();
  const byHash = new Map<string, Version>();
  const plans = new Map<string, Plan>();
  const noted = new Set<AppEntry>();
  /** A key's caller is the same object from call to call, until its agreement changes. */
  const callers = new Map<string, Caller>();

  const owns = (tenant: Tenant, licenseeId: string) => tenant === OPERATOR || tenant === licenseeId;

  function callerOf(key: StoredKey | undefined, now: number): Caller | undefined {
    if (!key || !isInForce(key, now)) return undefined;
    const { agreement } = versionInForce(apps.get(key.appId)!.versions, now);
    const known = callers.get(key.keyId);
    if (known && known.agreement === agreement) return known;
    const { licenseeId, appId, keyId, sandbox } = key;
    const caller = { licenseeId, appId, keyId, sandbox, log: licensees.get(licenseeId)!.log, agreement };
    callers.set(keyId, caller);
    return caller;
  }

  function newestKey(appId: string, now: number): StoredKey | undefined {
    let newest: StoredKey | undefined;
    for (const key of apps.get(appId)?.keys ?? []) {
      if (!isInForce(key, now)) continue;
      const isBetter =
        !newest || (key.sandbox === newest.sandbox ? key.createdAt > newest.createdAt : newest.sandbox);
      if (isBetter) newest = key;
    }
    return newest;
  }

  function removeKey(keyId: string): void {
    const key = keys.get(keyId);
    if (!key) return;
    keys.delete(keyId);
    byConsumerKey.delete(key.consumerKey);
    if (key.bearerHash) byBearer.delete(key.bearerHash);
    const app = apps.get(key.appId);
    if (app) app.keys = app.keys.filter((other) => other.keyId !== keyId);
  }

  return {
    putLicensee(licensee) {
      licensees.set(licensee.licenseeId, licensee);
    },
    putApp(app) {
      apps.set(app.appId, { ...app, versions: [], keys: [] });
    },
    updateApp(app) {
      Object.assign(apps.get(app.appId)!, app);
    },
    dialectOf(appId) {
      const app = apps.get(appId);
      return { setting: app?.dialect ?? 'auto', last: app?.lastDialect };
    },
    noteDialect(appId, dialect) {
      const app = apps.get(appId);
      if (!app || app.lastDialect === dialect) return;
      app.lastDialect = dialect;
      noted.add(app);
    },
    notedDialects: () =>
      [...noted].flatMap(({ appId, licenseeId, lastDialect }) =>
        lastDialect ? [{ appId, licenseeId, lastDialect }] : [],
      ),
    putKey(key) {
      const before = keys.get(key.keyId);
      if (before?.bearerHash) byBearer.delete(before.bearerHash);
      const app = apps.get(key.appId)!;
      app.keys = [...app.keys.filter(({ keyId }) => keyId !== key.keyId), key];
      keys.set(key.keyId, key);
      byConsumerKey.set(key.consumerKey, key);
      // A revoked one too: who holds it is told that it was revoked.
      if (key.bearerHash) byBearer.set(key.bearerHash, key);
    },
    putVersion(version) {
      const { appId, hashHex } = version.agreement;
      apps.get(appId)!.versions.push(version);
      byHash.set(hashHex, version);
    },
    putPlan(plan) {
      plans.set(plan.name, plan);
    },
    setVersions(appId, versions) {
      const app = apps.get(appId)!;
      for (const { agreement } of app.versions) byHash.delete(agreement.hashHex);
      app.versions = versions;
      for (const version of versions) byHash.set(version.agreement.hashHex, version);
    },
    removeApp(appId) {
      for (const { agreement } of apps.get(appId)?.versions ?? []) byHash.delete(agreement.hashHex);
      for (const { keyId } of apps.get(appId)?.keys ?? []) removeKey(keyId);
      apps.delete(appId);
    },
    removeKey,
    callerByBearer: (bearerHash, now) => callerOf(byBearer.get(bearerHash), now),
    callerByKey: (keyId, now) => callerOf(keys.get(keyId), now),
    callerOfApp: (appId, now, keyId) =>
      callerOf(keyId === undefined ? newestKey(appId, now) : keys.get(keyId), now),
    keyByBearer: (bearerHash) => byBearer.get(bearerHash),
    keyByConsumerKey: (consumerKey) => byConsumerKey.get(consumerKey),
    agreementByHash: (hashHex) => byHash.get(hashHex)?.agreement,
    agreementInForce: (app, now) => versionInForce(app.versions, now).agreement,
    hasBegun: ({ hashHex }, now) => hasBegun(byHash.get(hashHex)!, now),
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
