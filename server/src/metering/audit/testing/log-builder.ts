import { createHash } from 'node:crypto';
import { DAY_MS } from '#kernel';
import { type ControlEntry, commitmentsOf, type Entry, type Opening } from '#ledger';
import { CATALOGUE, canonicalJson } from '#terms';

export const START = Date.parse('2026-11-20T00:00:00Z');
export const LICENSEE = '1000000001';
export const APP = '2000000001';

export const plan = { ...CATALOGUE.find(({ name }) => name === 'pay-per-use')!, monthlyPostCap: 6 };

export function agreementEntry(change: object = {}, index = 0): ControlEntry {
  const body = Buffer.from(
    canonicalJson({
      id: `${APP}/1`,
      version: 1,
      appId: APP,
      licenseeId: LICENSEE,
      plan,
      purposes: ['display'],
      recipients: [],
      start: START,
      end: START + 2 * DAY_MS,
      spendingLimitMicros: 60_000,
      ...change,
    }),
  );
  const agreement = createHash('sha256').update(body).digest();
  return control(index, 'agreement-accepted', agreement, body);
}

const NONE = { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 };

export function control(
  index: number,
  event: ControlEntry['event'],
  agreement: Uint8Array,
  body: Uint8Array,
): ControlEntry {
  return { kind: 'control', index, time: START, agreement, totals: NONE, event, body };
}

export function opening(ids: [id: string, billed: boolean][]): Opening {
  return {
    seed: new Uint8Array(16).fill(5),
    items: ids.map(([id, billed]) => ({ kind: 'post', id, billed })),
    request: { method: 'GET', target: '/2/tweets', bodyDigest: new Uint8Array() },
  };
}

/** An honest log: agreement, key, three calls of two posts (the second call's first post was billed before). */
export function honest(): { entries: Entry[]; openings: Map<number, Opening> } {
  const accepted = agreementEntry();
  const key = Buffer.from(canonicalJson({ keyId: 'key-1', appId: APP, sandbox: false }));
  const entries: Entry[] = [accepted, control(1, 'key-enrolled', accepted.agreement, key)];
  const openings = new Map<number, Opening>();
  const deliveries: [string, boolean][][] = [
    [
      ['11', true],
      ['12', true],
    ],
    [
      ['11', false],
      ['13', true],
    ],
    [
      ['14', true],
      ['15', true],
    ],
  ];
  let totals = NONE;
  deliveries.forEach((ids, i) => {
    const billed = ids.filter(([, isBilled]) => isBilled).length;
    const priceMicros = billed * 5000;
    totals = {
      calls: totals.calls + 1,
      posts: totals.posts + ids.length,
      persons: 0,
      billed: totals.billed + billed,
      micros: totals.micros + priceMicros,
    };
    const disclosed = opening(ids);
    openings.set(i + 2, disclosed);
    entries.push({
      kind: 'call',
      index: i + 2,
      time: START + (i + 1) * 1000,
      agreement: accepted.agreement,
      totals,
      app: APP,
      key: 'key-1',
      operation: 'getPostsByIds',
      purpose: 'display',
      recipient: '',
      status: 200,
      posts: ids.length,
      persons: 0,
      postsBilled: billed,
      personsBilled: 0,
      priceMicros,
      ...commitmentsOf(disclosed),
    });
  });
  return { entries, openings };
}
