import { createHash } from 'node:crypto';
import type { JournalRecord, Projection } from '#ledger';
import { agreementBytes, readAgreement, type Version } from './agreement.ts';

/** A key as its log enrolled it. `refusedFrom`: Unix ms; `revoked` once that is not after the entry that said so. */
export type AcceptedKey = {
  keyId: string;
  appId: string;
  sandbox: boolean;
  fingerprint: string;
  refusedFrom: number | null;
  revoked: boolean;
};

/** Agreements (oldest first, by app) and keys that a log's control entries accepted. */
export type AcceptedTerms = { versions: Map<string, Version[]>; keys: Map<string, AcceptedKey> };

/** What the logs accepted: with it a start holds `terms.db` against what cannot be changed from outside. */
export type Accepted = Projection & {
  of(log: string): AcceptedTerms | undefined;
  /** Logs with anything accepted. */
  logs(): string[];
};

export function createAccepted(): Accepted {
  let logs = new Map<string, AcceptedTerms>();

  function termsOf(log: string): AcceptedTerms {
    const found = logs.get(log) ?? { versions: new Map(), keys: new Map() };
    logs.set(log, found);
    return found;
  }

  function accept(log: string, body: Uint8Array, acceptedAt: number): void {
    const agreement = readAgreement(body);
    const { versions } = termsOf(log);
    const known = versions.get(agreement.appId) ?? [];
    // After a crash an entry may be written again; it says nothing new.
    if (known.some((one) => one.agreement.hashHex === agreement.hashHex)) return;
    versions.set(agreement.appId, [...known, { agreement, acceptedAt }]);
  }

  function key(log: string, isEnrolling: boolean, body: Uint8Array, time: number): void {
    const { keyId, appId, sandbox, fingerprint, from } = JSON.parse(Buffer.from(body).toString('utf8'));
    const { keys } = termsOf(log);
    const known = keys.get(keyId);
    if (isEnrolling) {
      if (!known) keys.set(keyId, { keyId, appId, sandbox, fingerprint, refusedFrom: null, revoked: false });
    } else if (known) {
      known.refusedFrom = Math.min(from, known.refusedFrom ?? from);
      known.revoked ||= from <= time;
    }
  }

  /** The state as JSON: agreements in the order of the log, keys by id. */
  function form({ versions, keys }: AcceptedTerms) {
    return {
      versions: [...versions]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, list]) => list)
        .map(({ agreement, acceptedAt }) => [
          Buffer.from(agreementBytes(agreement)).toString('utf8'),
          acceptedAt,
        ]),
      keys: [...keys.values()].sort((a, b) => (a.keyId < b.keyId ? -1 : 1)),
    };
  }

  return {
    name: 'terms-accepted',
    of: (log) => logs.get(log),
    logs: () => [...logs.keys()],
    apply(record: JournalRecord) {
      if (record.type !== 'control') return;
      const { log, event, body, time } = record;
      // What does not read is the audit's to find; nothing goes by it here.
      try {
        if (event === 'agreement-accepted') accept(log, body, time);
        else if (event === 'key-enrolled' || event === 'key-revoked')
          key(log, event === 'key-enrolled', body, time);
      } catch {}
    },
    load(dump) {
      logs = new Map();
      if (!dump) return;
      const read = JSON.parse(Buffer.from(dump).toString('utf8')) as [string, ReturnType<typeof form>][];
      for (const [log, { versions, keys }] of read) {
        termsOf(log);
        for (const [text, acceptedAt] of versions) accept(log, Buffer.from(`${text}`), Number(acceptedAt));
        for (const one of keys) termsOf(log).keys.set(one.keyId, one);
      }
    },
    dump: () => Buffer.from(JSON.stringify([...logs].map(([log, terms]) => [log, form(terms)]))),
    digest(log) {
      const terms = logs.get(log);
      return {
        sha256: createHash('sha256')
          .update(terms ? JSON.stringify(form(terms)) : '')
          .digest('hex'),
      };
    },
  };
}
