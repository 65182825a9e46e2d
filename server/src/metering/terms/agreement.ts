import { createHash } from 'node:crypto';
import { DAY_MS, Problem } from '#kernel';
import { canonicalJson } from './canonical-json.ts';
import { type Agreement, type AgreementInput, type Plan, PURPOSES, type Purpose } from './port.ts';

/** Kept small so that an agreement always fits into one ledger entry (65,535 bytes). */
const RECIPIENTS_MAX = 50;
const RECIPIENT_BYTES_MAX = 200; // an entry takes 255
const SPENDING_LIMIT_MAX_MICROS = 1e15;
/** 9999-12-31: dates beyond it have no usual ISO form. */
const TIME_MAX_MS = 253_402_300_799_999;

export type AgreementTerms = Omit<Agreement, 'hash' | 'hashHex'>;

function fail(detail: string): never {
  throw new Problem('body-invalid', { detail });
}

/** What is hashed, stored and written into the log when the agreement is accepted: UTF-8 of canonical JSON. */
export function agreementBytes(agreement: AgreementTerms): Uint8Array {
  const { id, version, appId, licenseeId, plan, purposes, recipients, start, end, spendingLimitMicros } =
    agreement;
  const terms = {
    id,
    version,
    appId,
    licenseeId,
    plan,
    purposes,
    recipients,
    start,
    end,
    spendingLimitMicros,
  };
  return Buffer.from(canonicalJson(terms));
}

/** Fixes terms: frozen, with their SHA-256. */
export function sealAgreement(terms: AgreementTerms): Agreement {
  const hash = createHash('sha256').update(agreementBytes(terms)).digest();
  return Object.freeze({ ...terms, hash, hashHex: hash.toString('hex') });
}

/**
 * The agreement in bytes of `agreementBytes`. @throws Error when they are not canonical, so that one agreement
 * cannot have two hashes.
 */
export function readAgreement(bytes: Uint8Array): Agreement {
  const agreement = sealAgreement(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (!Buffer.from(agreementBytes(agreement)).equals(bytes))
    throw new Error('not an agreement in canonical form');
  return agreement;
}

function purposes(given: readonly string[]): Purpose[] {
  const known = PURPOSES.filter((purpose) => given.includes(purpose));
  const unknown = given.find((one) => !known.some((purpose) => purpose === one));
  if (unknown !== undefined) {
    fail(`There is no purpose ${String(unknown).slice(0, 64)}. The purposes are ${PURPOSES.join(', ')}.`);
  }
  if (known.length === 0) fail(`An agreement has at least one purpose of ${PURPOSES.join(', ')}.`);
  // In the order given: the first is the default of every call.
  return [...new Set(given)] as Purpose[];
}

function recipients(given: readonly string[]): string[] {
  if (given.length > RECIPIENTS_MAX) fail(`An agreement names at most ${RECIPIENTS_MAX} recipients.`);
  for (const one of given) {
    if (
      one === '' ||
      Buffer.byteLength(one) > RECIPIENT_BYTES_MAX ||
      !one.isWellFormed() ||
      /[\u0000-\u001f\u007f]/.test(one)
    ) {
      fail(`A recipient is a name of 1 to ${RECIPIENT_BYTES_MAX} bytes.`);
    }
  }
  return [...new Set(given)];
}

function moment(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0 || value > TIME_MAX_MS)
    fail(`\`${name}\` is a time in Unix milliseconds.`);
  return value;
}

/**
 * The next version of an app's agreement. Throws Problem `body-invalid` for wrong input.
 * @param before the version before, whose values stand where the input gives none.
 */
export function makeAgreement(
  owner: { appId: string; licenseeId: string },
  input: Partial<Omit<AgreementInput, 'plan'>>,
  plan: Plan,
  now: number,
  before?: Agreement,
): Agreement {
  const midnight = now - (now % DAY_MS);
  const start = moment(input.start ?? midnight, 'start');
  const endGiven = input.end === undefined ? (before?.end ?? null) : input.end;
  const end = endGiven === null ? null : moment(endGiven, 'end');
  if (end !== null && end <= start) fail('An agreement ends after it starts.');
  const limit =
    input.spendingLimitMicros === undefined
      ? (before?.spendingLimitMicros ?? null)
      : input.spendingLimitMicros;
  if (limit !== null && (!Number.isSafeInteger(limit) || limit < 0 || limit > SPENDING_LIMIT_MAX_MICROS)) {
    fail(`A spending limit is a whole number of micro-dollars from 0 to ${SPENDING_LIMIT_MAX_MICROS}.`);
  }
  const version = (before?.version ?? 0) + 1;
  return sealAgreement({
    id: `${owner.appId}/${version}`,
    version,
    appId: owner.appId,
    licenseeId: owner.licenseeId,
    plan,
    purposes: purposes(input.purposes ?? before?.purposes ?? ['display']),
    recipients: recipients(input.recipients ?? before?.recipients ?? []),
    start,
    end,
    spendingLimitMicros: limit,
  });
}

/** A version of an app's agreement, and what the server's clock said when it was accepted. */
export type Version = { agreement: Agreement; acceptedAt: number };

/**
 * True once a version has begun. One that had begun when it was accepted has begun for good: a clock that is set
 * right afterwards locks nobody out.
 */
export function hasBegun({ agreement, acceptedAt }: Version, now: number): boolean {
  return agreement.start <= Math.max(acceptedAt, now);
}

/**
 * The version in force: the newest that has begun, even if it has ended (a newer version replaces the older
 * ones for good). Before the first one's start, the first. @param versions oldest first, at least one.
 */
export function versionInForce(versions: readonly Version[], now: number): Version {
  return versions.findLast((version) => hasBegun(version, now)) ?? versions[0]!;
}
