import { randomInt } from 'node:crypto';
import { type Clock, checkName, createFairQueue, isSameName, Problem, type Vault } from '#kernel';
import { makeAgreement } from './agreement.ts';
import { accepted, enrolled, revoked } from './control.ts';
import { checkDialect } from './dialect.ts';
import * as keys from './key.ts';
import { logName } from './log-name.ts';
import { defaultAppName } from './names.ts';
import { makePlan } from './plan.ts';
import {
  type Credentials,
  type Key,
  type Licensee,
  OPERATOR,
  type Plan,
  type Tenant,
  type Terms,
  type TermsLedger,
} from './port.ts';
import type { AppEntry, Registry } from './registry.ts';
import type { PendingControl, TermsStore } from './store.ts';

const HOUR_MS = 3_600_000;
const OVERLAP_DEFAULT_HOURS = 24;
/** A month: an old key that lives on longer was not rotated. */
const OVERLAP_MAX_HOURS = 24 * 31;
const KEYS_IN_FORCE_MAX = 20;
const APPS_MAX = 1000;
const VERSIONS_MAX = 1000;

type Parts = {
  clock: Clock;
  vault: Vault;
  registry: Registry;
  store: TermsStore;
  ledger: () => TermsLedger;
};

export type LicenseeAdmin = Pick<
  Terms,
  'addLicensee' | 'addApp' | 'addKey' | 'rotateKey' | 'revokeKey' | 'amendAgreement' | 'addPlan'
> & {
  /** Writes what a crash kept back, and makes every licensee's log known. */
  catchUp(pending: readonly PendingControl[]): Promise<void>;
  /** Changes a key as it then is, when no other act runs; `undefined` leaves it. In force when it resolves. */
  updateKey(keyId: string, change: (current: keys.StoredKey) => keys.StoredKey | undefined): Promise<void>;
};

export function secretName(keyId: string): string {
  return `consumer-secret ${keyId}`;
}

/** What of a key is public: everything but hashes and the sealed secret. */
export function publicKey(key: keys.StoredKey): Key {
  const { keyId, appId, licenseeId, sandbox, consumerKey, createdAt, expiresAt, revokedAt } = key;
  return { keyId, appId, licenseeId, sandbox, consumerKey, createdAt, expiresAt, revokedAt };
}

/** X's project and app ids are decimal; so are ours. 2^47 values: a collision is refused by the store. */
function newId(): string {
  return String(randomInt(10 ** 9, 2 ** 47));
}

/**
 * What changes terms, one act after another: each is on disk, then in the log and in force in one step, so that no
 * call after its control entry goes by what was before. The entries are kept with the change until the log has them,
 * so a crash between the two loses none.
 */
export function createLicenseeAdmin({ clock, vault, registry, store, ledger }: Parts): LicenseeAdmin {
  /** One act at a time: each sees the one before finished. */
  const queue = createFairQueue({ atOnce: 1 });
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => queue.run({ tenant: '' }, act);

  /** @param takeEffect puts in force what the entries say, right behind them; a call can be no earlier. */
  async function writeControls(pending: readonly PendingControl[], takeEffect = () => {}): Promise<void> {
    const written = pending.map((control) => {
      const { time, log, event, agreement, body } = control;
      return ledger().appendControl({ time, log, event, agreement, body }).committed;
    });
    takeEffect();
    await Promise.all(written);
    for (const licenseeId of new Set(pending.map((control) => control.licenseeId))) {
      const seqs = pending.filter((control) => control.licenseeId === licenseeId).map(({ seq }) => seq);
      await store.controlsWritten(licenseeId, seqs);
    }
  }

  function mint(
    owner: { appId: string; licenseeId: string },
    sandbox: boolean,
  ): [keys.StoredKey, Credentials] {
    const keyId = keys.newKeyId(sandbox);
    const consumerKey = keys.newConsumerKey();
    const consumerSecret = keys.newSecret();
    const bearerToken = keys.deriveBearer(consumerSecret, keyId, 0);
    const { appId, licenseeId } = owner;
    const key: keys.StoredKey = {
      keyId,
      appId,
      licenseeId,
      sandbox,
      consumerKey,
      secretHash: keys.tokenHash(consumerSecret)!,
      secretSealed: vault.seal(secretName(keyId), Buffer.from(consumerSecret)),
      bearerGeneration: 0,
      bearerHash: keys.tokenHash(bearerToken)!,
      createdAt: clock.now(),
      expiresAt: null,
      revokedAt: null,
    };
    return [key, { appId, keyId, sandbox, bearerToken, consumerKey, consumerSecret }];
  }

  function inForce(app: AppEntry): keys.StoredKey[] {
    return app.keys.filter((key) => keys.isInForce(key, clock.now()));
  }

  function checkKeyCount(app: AppEntry): void {
    if (inForce(app).length < KEYS_IN_FORCE_MAX) return;
    throw new Problem('conflict', {
      detail: `An app has at most ${KEYS_IN_FORCE_MAX} keys in force. Revoke one first.`,
    });
  }

  function planNamed(name: string): Plan {
    const plan = registry.plans().find((one) => one.name === name);
    if (plan) return plan;
    const names = registry.plans().map((one) => one.name);
    throw new Problem('not-found', {
      detail: `There is no plan ${name.slice(0, 64)}. The plans are ${names.join(', ')}.`,
    });
  }

  async function addLicensee(name: string): Promise<Licensee & { vkey: string }> {
    const checked = checkName(name, 'a licensee');
    const same = registry.allLicensees().find((other) => isSameName(other.name, checked));
    if (same) {
      throw new Problem('conflict', {
        detail: `There is a licensee ${same.name} already: ${same.licenseeId}. Choose another name.`,
      });
    }
    const isTaken = (log: string) => registry.allLicensees().some((other) => other.log === log);
    const licensee = {
      licenseeId: newId(),
      name: checked,
      log: logName(checked, isTaken),
      createdAt: clock.now(),
    };
    // The log first: a log without a licensee harms nobody, a licensee without a log could not be counted.
    const vkey = await ledger().createLog(licensee.log);
    await store.change(licensee.licenseeId, { licensee });
    registry.putLicensee(licensee);
    return { ...licensee, vkey };
  }

  const addApp: Terms['addApp'] = async (tenant, input) => {
    const { licenseeId, log, name } = registry.licensee(tenant, input.licenseeId);
    if (registry.apps(licenseeId).length >= APPS_MAX) {
      throw new Problem('conflict', { detail: `A licensee has at most ${APPS_MAX} apps.` });
    }
    const isTaken = (one: string) => registry.apps(licenseeId).some((other) => isSameName(other.name, one));
    // Persons read it where it asks for their rights.
    const appName = checkName(input.name ?? defaultAppName(name, isTaken), 'an app');
    if (isTaken(appName)) {
      throw new Problem('conflict', {
        detail: `The licensee has an app ${appName} already. Choose another name.`,
      });
    }
    const now = clock.now();
    const app = {
      appId: newId(),
      licenseeId,
      name: appName,
      dialect: checkDialect(input.dialect),
      createdAt: now,
    };
    const agreement = makeAgreement(app, input, planNamed(input.plan), now);
    const [key, credentials] = mint(app, input.sandbox === true);
    const version = { agreement, acceptedAt: now };
    const controls = [accepted(log, version), enrolled({ time: now, log }, key, agreement)];
    await writeControls(await store.change(licenseeId, { app, version, addKeys: [key], controls }), () => {
      registry.putApp(app);
      registry.putVersion(version);
      registry.putKey(key);
    });
    return credentials;
  };

  /** Adds a key; the keys in `ending` end after `overlapMs`: at once and for good if that is 0. */
  async function enrol(app: AppEntry, sandbox: boolean, ending: keys.StoredKey[], overlapMs: number) {
    const now = clock.now();
    const where = { time: now, log: registry.licensee(app.licenseeId, app.licenseeId).log };
    const agreement = registry.agreementInForce(app, now);
    const [key, credentials] = mint(app, sandbox);
    const endsAt = now + overlapMs;
    const updateKeys = ending.map((old) => ({
      ...old,
      expiresAt: Math.min(endsAt, old.expiresAt ?? endsAt),
      // An end by the clock alone would be undone by a clock that is set back.
      revokedAt: overlapMs === 0 ? now : old.revokedAt,
    }));
    const controls = [
      enrolled(where, key, agreement),
      ...updateKeys.map((old) => revoked(where, old, agreement, old.expiresAt)),
    ];
    await writeControls(await store.change(app.licenseeId, { addKeys: [key], updateKeys, controls }), () => {
      for (const old of updateKeys) registry.putKey(old);
      registry.putKey(key);
    });
    return credentials;
  }

  const addKey: Terms['addKey'] = async (tenant, appId, options = {}) => {
    const app = registry.app(tenant, appId);
    checkKeyCount(app);
    return enrol(app, options.sandbox === true, [], 0);
  };

  const rotateKey: Terms['rotateKey'] = async (tenant, appId, options = {}) => {
    const app = registry.app(tenant, appId);
    const { overlapHours = OVERLAP_DEFAULT_HOURS, sandbox = false } = options;
    if (!(overlapHours >= 0 && overlapHours <= OVERLAP_MAX_HOURS)) {
      throw new Problem('body-invalid', { detail: `The overlap is 0 to ${OVERLAP_MAX_HOURS} hours.` });
    }
    checkKeyCount(app);
    const ending = inForce(app).filter((key) => key.sandbox === sandbox);
    return enrol(app, sandbox, ending, Math.round(overlapHours * HOUR_MS));
  };

  const revokeKey: Terms['revokeKey'] = async (tenant, keyId) => {
    const key = registry.key(tenant, keyId);
    if (key.revokedAt !== null) return publicKey(key);
    const { log } = registry.licensee(key.licenseeId, key.licenseeId);
    const now = clock.now();
    const changed = { ...key, revokedAt: now };
    const agreement = registry.agreementInForce(registry.app(key.licenseeId, key.appId), now);
    // Refused from here on, even if disk or ledger fail below: a leaked key must not outlive a full disk.
    registry.putKey(changed);
    const controls = [revoked({ time: now, log }, key, agreement, now)];
    await writeControls(await store.change(key.licenseeId, { updateKeys: [changed], controls }));
    return publicKey(changed);
  };

  async function amendAgreement(
    tenant: Tenant,
    appId: string,
    change: Parameters<Terms['amendAgreement']>[2],
  ) {
    const app = registry.app(tenant, appId);
    const { log } = registry.licensee(app.licenseeId, app.licenseeId);
    const before = app.versions.at(-1)!.agreement;
    if (before.version >= VERSIONS_MAX) {
      throw new Problem('conflict', {
        detail: `An agreement has at most ${VERSIONS_MAX} versions. Make a new app.`,
      });
    }
    const plan = change.plan === undefined ? before.plan : planNamed(change.plan);
    const acceptedAt = clock.now();
    const agreement = makeAgreement(app, change, plan, acceptedAt, before);
    const version = { agreement, acceptedAt };
    const controls = [accepted(log, version)];
    await writeControls(await store.change(app.licenseeId, { version, controls }), () =>
      registry.putVersion(version),
    );
    return agreement;
  }

  return {
    addLicensee: (name) => inTurn(() => addLicensee(name)),
    addApp: (tenant, input) => inTurn(() => addApp(tenant, input)),
    addKey: (tenant, appId, options) => inTurn(() => addKey(tenant, appId, options)),
    rotateKey: (tenant, appId, options) => inTurn(() => rotateKey(tenant, appId, options)),
    revokeKey: (tenant, keyId) => inTurn(() => revokeKey(tenant, keyId)),
    amendAgreement: (tenant, appId, change) => inTurn(() => amendAgreement(tenant, appId, change)),
    addPlan: (input) =>
      inTurn(async () => {
        const plan = makePlan(input, registry.plans());
        await store.addPlan(plan);
        registry.putPlan(plan);
        return plan;
      }),
    updateKey: (keyId, change) =>
      inTurn(async () => {
        const changed = change(registry.key(OPERATOR, keyId));
        if (!changed) return;
        await store.change(changed.licenseeId, { updateKeys: [changed] });
        registry.putKey(changed);
      }),
    catchUp: (pending) =>
      inTurn(async () => {
        for (const { log } of registry.allLicensees()) await ledger().createLog(log);
        await writeControls(pending);
      }),
  };
}
