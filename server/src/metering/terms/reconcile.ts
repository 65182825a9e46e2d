import type { Vault } from '#kernel';
import type { Accepted, AcceptedKey } from './accepted.ts';
import { agreementBytes, type Version } from './agreement.ts';
import { canonicalJson } from './canonical-json.ts';
import { deriveBearer, type StoredKey, tokenHash } from './key.ts';
import { secretName } from './licensee-admin.ts';
import { type App, DIALECT_SETTINGS, type Dialect, type Licensee, type Plan } from './port.ts';
import type { AppEntry, Registry } from './registry.ts';

const RESTORE = 'Restore terms.db from a backup that is as new as the ledger';

/** What `terms.db` holds, as it was read. */
type Saved = {
  licensees: readonly Licensee[];
  apps: readonly (App & { lastDialect?: Dialect })[];
  versions: readonly Version[];
  keys: readonly StoredKey[];
};

/**
 * Brings into memory what `terms.db` holds, as far as its rows belong together: an app of no licensee, and what is of no app
 * or of another licensee than its app, is refused with a word. Nothing could be recorded for it, or only for another.
 */
export function fillRegistry(registry: Registry, saved: Saved, report: Parts['report']): void {
  const refuse = (what: string) => report(`terms.db has ${what}: it is refused. ${RESTORE}.`);
  const licensees = new Set(saved.licensees.map(({ licenseeId }) => licenseeId));
  const owners = new Map<string, string>();
  for (const licensee of saved.licensees) registry.putLicensee(licensee);
  for (const app of saved.apps) {
    const { appId, licenseeId, name } = app;
    if (!licensees.has(licenseeId)) {
      refuse(`app ${appId} (${name}) of licensee ${licenseeId}, which it does not have`);
      continue;
    }
    owners.set(appId, licenseeId);
    registry.putApp(withKnownDialect(app, report));
  }
  for (const version of saved.versions) {
    const { id, appId } = version.agreement;
    if (owners.has(appId)) registry.putVersion(version);
    else refuse(`agreement ${id} of app ${appId}, which it does not have`);
  }
  for (const key of saved.keys) {
    const owner = owners.get(key.appId);
    if (owner === key.licenseeId && hasTimes(key)) registry.putKey(key);
    else if (owner === key.licenseeId) refuse(`key ${key.keyId} with a time that does not read`);
    else if (owner === undefined) refuse(`key ${key.keyId} of app ${key.appId}, which it does not have`);
    else refuse(`key ${key.keyId} of licensee ${key.licenseeId}, whose app is licensee ${owner}'s`);
  }
}

/** SQLite keeps in a column whatever is put there. */
function hasTimes({ createdAt, expiresAt, revokedAt }: StoredKey): boolean {
  const isTime = (value: unknown) =>
    Number.isSafeInteger(value) && !Number.isNaN(new Date(Number(value)).getTime());
  return isTime(createdAt) && [expiresAt, revokedAt].every((time) => time === null || isTime(time));
}

/** Which field names answers have is not agreed in any log, so what does not read is as if it had not been said. */
function withKnownDialect(app: Saved['apps'][number], report: Parts['report']): Saved['apps'][number] {
  const { dialect, lastDialect, ...rest } = app;
  const isLastKnown = lastDialect === 'classic' || lastDialect === 'current';
  if (!DIALECT_SETTINGS.includes(dialect)) {
    report(
      `terms.db has the dialect "${String(dialect).slice(0, 64)}" for app ${app.appId}, which is none: auto is used. ${RESTORE}, or set it with \`parley app set\`.`,
    );
  }
  return {
    ...rest,
    dialect: DIALECT_SETTINGS.includes(dialect) ? dialect : 'auto',
    ...(isLastKnown && { lastDialect }),
  };
}

type Parts = {
  registry: Registry;
  accepted: Accepted;
  vault: Vault;
  /** Plans of terms.db, which are not the catalogue's. */
  plans: readonly Plan[];
  report: (message: string) => void;
};

/**
 * Holds what `terms.db` says against what the logs accepted, at a start. The log is what both sides have seen: where the
 * two differ, the log's agreements are in force, and keys and apps that it does not know are refused. `terms.db` itself
 * is left as it is, and each difference is reported with what to do.
 */
export function reconcile({ registry, accepted, vault, plans, report }: Parts): void {
  const licensees = registry.allLicensees();
  const known = new Set<string>();
  for (const licensee of licensees) {
    const terms = accepted.of(licensee.log);
    compareEnrolled(registry, licensee, terms?.keys.values() ?? [], report);
    for (const app of registry.apps(licensee.licenseeId)) {
      known.add(app.appId);
      const versions = terms?.versions.get(app.appId) ?? [];
      const isOwn = versions.every(({ agreement }) => agreement.licenseeId === licensee.licenseeId);
      if (versions.length === 0 || !isOwn) {
        report(
          `terms.db has app ${app.appId} (${app.name}) for ${licensee.name}, but log ${licensee.log} accepted no agreement of it: its keys are refused. ${RESTORE}.`,
        );
        registry.removeApp(app.appId);
        continue;
      }
      compareVersions(registry, app, licensee, versions, report);
      for (const key of app.keys)
        compareKey({ registry, vault, report }, key, licensee, terms?.keys.get(key.keyId));
    }
  }
  for (const log of accepted.logs()) {
    for (const [appId] of accepted.of(log)!.versions) {
      if (known.has(appId)) continue;
      report(
        `Log ${log} accepted agreements of app ${appId}, which terms.db does not have: its keys are refused. ${RESTORE}.`,
      );
    }
  }
  comparePlans(registry, accepted, plans, report);
}

function compareVersions(
  registry: Registry,
  app: AppEntry,
  { name, log }: Licensee,
  versions: readonly Version[],
  report: Parts['report'],
): void {
  const differences = differencesOf(app.versions, versions);
  if (differences.length === 0) return;
  for (const difference of differences) {
    report(
      `terms.db differs from log ${log} (${name}, app ${app.appId}): ${difference}. What the log accepted is in force. ${RESTORE}, or amend the agreement.`,
    );
  }
  registry.setVersions(app.appId, [...versions]);
}

function differencesOf(stored: readonly Version[], versions: readonly Version[]): string[] {
  const found: string[] = [];
  const byVersion = new Map(stored.map((one) => [one.agreement.version, one]));
  for (const { agreement, acceptedAt } of versions) {
    const row = byVersion.get(agreement.version);
    byVersion.delete(agreement.version);
    if (!row) found.push(`agreement ${agreement.id} is missing or does not read`);
    else if (row.agreement.hashHex !== agreement.hashHex) {
      const where = firstDifference(plain(row), plain({ agreement }), '');
      found.push(`agreement ${agreement.id} was changed (${where})`);
    } else if (row.acceptedAt !== acceptedAt && row.acceptedAt !== 0) {
      // Rows of before the time was kept have none.
      found.push(`agreement ${agreement.id} was accepted at ${acceptedAt}, not at ${row.acceptedAt}`);
    }
  }
  for (const { agreement } of byVersion.values()) found.push(`agreement ${agreement.id} was never accepted`);
  return found;
}

function plain({ agreement }: Pick<Version, 'agreement'>): unknown {
  return JSON.parse(Buffer.from(agreementBytes(agreement)).toString('utf8'));
}

/** As `plan.postMicros is 1, the log has 5000`. */
function firstDifference(found: unknown, expected: unknown, path: string): string | undefined {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null;
  if (isObject(found) && isObject(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const inner = firstDifference(found[key], expected[key], path === '' ? key : `${path}.${key}`);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }
  return found === expected
    ? undefined
    : `${path} is ${JSON.stringify(found)}, the log has ${JSON.stringify(expected)}`;
}

function compareKey(
  { registry, vault, report }: Pick<Parts, 'registry' | 'vault' | 'report'>,
  key: StoredKey,
  { log, name }: Licensee,
  enrolled: AcceptedKey | undefined,
): void {
  const why = foreign(vault, key, enrolled);
  if (why !== undefined || !enrolled) {
    report(
      `terms.db has key ${key.keyId} of ${name}, ${why} (log ${log}): the key is refused. ${RESTORE}, or revoke the key and make another.`,
    );
    registry.removeKey(key.keyId);
    return;
  }
  const { refusedFrom, revoked } = enrolled;
  if (refusedFrom === null) return;
  const isRefused = key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= refusedFrom);
  if (isRefused) return;
  report(
    `terms.db has key ${key.keyId} of ${name} in force, which log ${log} ended: it is refused from ${new Date(refusedFrom).toISOString()} on. ${RESTORE}.`,
  );
  registry.putKey({ ...key, expiresAt: refusedFrom, revokedAt: revoked ? refusedFrom : null });
}

/** A key that was enrolled and never ended has to be there: whoever holds it is refused without knowing why. */
function compareEnrolled(
  registry: Registry,
  { licenseeId, name, log }: Licensee,
  enrolled: Iterable<AcceptedKey>,
  report: Parts['report'],
): void {
  const found = new Set(registry.apps(licenseeId).flatMap(({ keys }) => keys.map(({ keyId }) => keyId)));
  for (const { keyId, appId, refusedFrom } of enrolled) {
    if (refusedFrom !== null || found.has(keyId)) continue;
    report(
      `Log ${log} (${name}) enrolled key ${keyId} of app ${appId}, which terms.db does not have as it was: it is refused. ${RESTORE}.`,
    );
  }
}

/** Why it is not the key that was enrolled. */
function foreign(vault: Vault, key: StoredKey, enrolled: AcceptedKey | undefined): string | undefined {
  if (!enrolled) return 'which its log never enrolled';
  const { appId, sandbox, fingerprint } = enrolled;
  if (appId !== key.appId || sandbox !== key.sandbox || fingerprint !== key.secretHash) {
    return 'which is not the key of that id that its log enrolled';
  }
  return isProven(vault, key) ? undefined : 'whose secret or bearer is not the one that was made for it';
}

/** True if the sealed secret is the one that the fingerprint is of, and the bearer follows from it. */
function isProven(
  vault: Vault,
  { keyId, secretSealed, secretHash, bearerGeneration, bearerHash }: StoredKey,
): boolean {
  try {
    const secret = Buffer.from(vault.open(secretName(keyId), secretSealed)).toString();
    const bearer = tokenHash(deriveBearer(secret, keyId, bearerGeneration));
    return tokenHash(secret) === secretHash && (bearerHash === null || bearerHash === bearer);
  } catch {
    return false;
  }
}

/** A plan is a row of its own until an app takes it; from then on the log holds it by value. */
function comparePlans(
  registry: Registry,
  accepted: Accepted,
  plans: readonly Plan[],
  report: Parts['report'],
): void {
  const agreed = new Map<string, Plan>();
  for (const log of accepted.logs()) {
    for (const versions of accepted.of(log)!.versions.values()) {
      for (const { agreement } of versions) agreed.set(agreement.plan.name, agreement.plan);
    }
  }
  for (const plan of plans) {
    const found = agreed.get(plan.name);
    if (!found || canonicalJson(found) === canonicalJson(plan)) continue;
    const where = firstDifference(JSON.parse(canonicalJson(plan)), JSON.parse(canonicalJson(found)), '');
    report(
      `terms.db differs from the logs: plan ${plan.name} was changed (${where}). New agreements take it as it was accepted before. ${RESTORE}.`,
    );
    registry.putPlan(found);
  }
}
