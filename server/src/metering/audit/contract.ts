import { createHash } from 'node:crypto';
import type { ControlEntry } from '#ledger';
import {
  type Agreement,
  hasBegun,
  includes,
  isSandboxKey,
  price,
  readAgreement,
  type Version,
  versionInForce,
} from '#terms';
import type { DeliveryEntry, Findings } from './findings.ts';
import type { Finding } from './port.ts';

type Accepted = Version & { calls: number };
/** `refusedFrom` is a time of the clock; once `isRevoked`, no later entry may carry the key, whatever its time. */
type EnrolledKey = { appId: string; sandbox: boolean; refusedFrom: number; isRevoked: boolean };

/**
 * What the parties agreed, read from the log's own control entries, and each call held against it: key,
 * agreement, operation, purpose, recipient, dates, price. The order is that of the entries; times, which may run
 * back, only say which dates of the agreement hold. A server holds each call against the same when it records it.
 */
export type Contract = {
  control(entry: ControlEntry): void;
  /** Findings of one call; the agreement in force, if it is known. @param counted false outside the audited period. */
  call(entry: DeliveryEntry, counted: boolean): Agreement | undefined;
  /** Agreements that priced counted calls. */
  used(): { agreement: string; hash: string; plan: string; acceptedAt: number; calls: number }[];
};

export function createContract(licenseeId: string, findings: Findings): Contract {
  const byHash = new Map<string, Accepted>();
  /** Oldest first, by app. */
  const versions = new Map<string, Accepted[]>();
  const keys = new Map<string, EnrolledKey>();

  /** The agreement in an entry, or what is wrong with it. */
  function agreementIn({ agreement: hash, body }: ControlEntry): Agreement | Omit<Finding, 'kind' | 'index'> {
    const digest = createHash('sha256').update(body).digest();
    if (!digest.equals(hash)) {
      const what = 'An accepted agreement is not the one whose hash the entry names.';
      return { what, expected: digest.toString('hex'), found: Buffer.from(hash).toString('hex') };
    }
    try {
      const agreement = readAgreement(body);
      if (agreement.licenseeId === licenseeId) return agreement;
      const what = "An accepted agreement is another licensee's.";
      return { what, expected: licenseeId, found: agreement.licenseeId };
    } catch {
      return { what: 'An accepted agreement does not read.' };
    }
  }

  function accept(entry: ControlEntry): void {
    const agreement = agreementIn(entry);
    if ('what' in agreement) {
      findings.add({ kind: 'agreement', index: entry.index, ...agreement });
      return;
    }
    // After a crash an entry may be written again; it says nothing new.
    if (byHash.has(agreement.hashHex)) return;
    const accepted = { agreement, acceptedAt: entry.time, calls: 0 };
    byHash.set(agreement.hashHex, accepted);
    versions.set(agreement.appId, [...(versions.get(agreement.appId) ?? []), accepted]);
  }

  function readKey({ event, index, time, body }: ControlEntry): void {
    try {
      const told = JSON.parse(Buffer.from(body).toString('utf8')) as Record<string, unknown>;
      const { keyId, appId, sandbox, from } = told;
      if (typeof keyId !== 'string' || typeof appId !== 'string') throw new TypeError('no key');
      const key = keys.get(keyId);
      if (event === 'key-enrolled') {
        const refusedFrom = Number.POSITIVE_INFINITY;
        if (!key) keys.set(keyId, { appId, sandbox: sandbox === true, refusedFrom, isRevoked: false });
      } else if (key && typeof from === 'number') {
        key.refusedFrom = Math.min(key.refusedFrom, from);
        key.isRevoked ||= from <= time;
      }
    } catch {
      findings.add({ kind: 'key', index, what: 'An entry about a key does not read.' });
    }
  }

  function checkKey({ index, time, app, key: keyId, operation }: DeliveryEntry): EnrolledKey | undefined {
    const key = keys.get(keyId);
    const where = { kind: 'key', index, appId: app, operation } as const;
    if (!key)
      findings.add({ ...where, what: 'A call carries a key that was not enrolled before.', found: keyId });
    else if (key.appId !== app) {
      findings.add({ ...where, what: "A call carries another app's key.", expected: key.appId, found: app });
    } else if (key.isRevoked || time >= key.refusedFrom) {
      findings.add({
        ...where,
        what: 'A call carries a key that was revoked before.',
        expected: key.refusedFrom,
        found: time,
      });
    }
    return key;
  }

  function checkAgreed(
    { index, time, app, operation, purpose, recipient }: DeliveryEntry,
    accepted: Accepted,
  ): void {
    const { agreement } = accepted;
    const where = { kind: 'not-agreed', index, appId: app, operation } as const;
    const { plan, purposes, recipients, start, end } = agreement;
    if (!includes(plan, operation)) {
      findings.add({
        ...where,
        what: 'The plan does not include the operation.',
        expected: plan.name,
        found: operation,
      });
    }
    if (!purposes.some((one) => one === purpose)) {
      findings.add({
        ...where,
        what: 'The purpose is not agreed.',
        expected: purposes.join(' '),
        found: purpose,
      });
    }
    if (recipient === '' ? recipients.length > 0 : !recipients.includes(recipient)) {
      findings.add({
        ...where,
        what: 'The recipient is not agreed.',
        expected: recipients.join(' '),
        found: recipient,
      });
    }
    if (!hasBegun(accepted, time))
      findings.add({ ...where, what: 'The agreement had not begun.', expected: start, found: time });
    if (end !== null && time >= end) {
      findings.add({ ...where, what: 'The agreement had ended.', expected: end, found: time });
    }
  }

  function checkPrice(entry: DeliveryEntry, agreement: Agreement, sandbox: boolean): void {
    const { index, app, operation, posts, persons, postsBilled, personsBilled, priceMicros } = entry;
    const where = { index, appId: app, operation } as const;
    if (postsBilled > posts || personsBilled > persons) {
      const found = `${postsBilled} of ${posts} posts, ${personsBilled} of ${persons} persons`;
      findings.add({ ...where, kind: 'billed', what: 'More is billed than was delivered.', found });
    }
    if (sandbox && postsBilled + personsBilled > 0) {
      const found = postsBilled + personsBilled;
      findings.add({ ...where, kind: 'billed', what: 'A sandbox call is billed.', expected: 0, found });
    }
    const expected = price(agreement.plan, { ...entry, sandbox });
    if (expected !== priceMicros) {
      findings.add({
        ...where,
        kind: 'price',
        what: `The price is not what plan ${agreement.plan.name} of agreement ${agreement.id} gives.`,
        expected,
        found: priceMicros,
      });
    }
  }

  return {
    control(entry) {
      if (entry.event === 'agreement-accepted') accept(entry);
      else if (entry.event === 'key-enrolled' || entry.event === 'key-revoked') readKey(entry);
    },
    call(entry, counted) {
      const { index, app, operation, time } = entry;
      const key = checkKey(entry);
      const hash = Buffer.from(entry.agreement).toString('hex');
      const accepted = byHash.get(hash);
      if (!accepted || accepted.agreement.appId !== app) {
        findings.add({
          kind: 'agreement',
          index,
          appId: app,
          operation,
          what: accepted
            ? "A call names another app's agreement."
            : 'A call names an agreement that was not accepted before.',
          found: hash,
        });
        return undefined;
      }
      const { agreement: inForce } = versionInForce(versions.get(app)!, time);
      if (inForce.version > accepted.agreement.version) {
        findings.add({
          kind: 'agreement',
          index,
          appId: app,
          operation,
          what: 'A call names an agreement that a newer version had replaced.',
          expected: inForce.id,
          found: accepted.agreement.id,
        });
      }
      if (counted) accepted.calls++;
      checkAgreed(entry, accepted);
      checkPrice(entry, accepted.agreement, key?.sandbox ?? isSandboxKey(entry.key));
      return accepted.agreement;
    },
    used: () =>
      [...byHash.values()]
        .filter(({ calls }) => calls > 0)
        .map(({ agreement, acceptedAt, calls }) => ({
          agreement: agreement.id,
          hash: agreement.hashHex,
          plan: agreement.plan.name,
          acceptedAt,
          calls,
        })),
  };
}
