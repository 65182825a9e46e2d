import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS } from '#kernel';
import { type CallEntry, type ControlEntry, commitmentsOf, type Opening } from '#ledger';
import { canonicalJson } from '#terms';
import type { FindingKind } from './port.ts';
import { createRecount } from './recount.ts';
import {
  APP,
  agreementEntry,
  control,
  honest,
  LICENSEE,
  opening,
  plan,
  START,
} from './testing/log-builder.ts';

function recount({ entries, openings }: ReturnType<typeof honest>) {
  const recounting = createRecount({ licenseeId: LICENSEE, from: START, to: START + DAY_MS }, true);
  for (const entry of entries) {
    if (recounting.add(entry)) recounting.opening(entry, openings.get(entry.index));
  }
  return recounting.finish();
}

test('an honest log has no findings', () => {
  const { findings, rows, totals } = recount(honest());
  assert.deepEqual(findings, []);
  assert.deepEqual(rows, [
    {
      licenseeId: LICENSEE,
      appId: APP,
      day: '2026-11-20',
      operation: 'getPostsByIds',
      calls: 3,
      posts: 6,
      persons: 0,
      billed: 5,
      personsBilled: 0,
      micros: 25_000,
    },
  ]);
  assert.deepEqual(totals, { calls: 3, posts: 6, persons: 0, billed: 5, micros: 25_000 });
});

type Lie = (call: CallEntry, log: ReturnType<typeof honest>) => void;

/** Raises a call's number and every running total from it on, as a careful liar would. */
function carefully(
  call: CallEntry,
  log: ReturnType<typeof honest>,
  more: { billed?: number; micros?: number },
): void {
  for (const entry of log.entries) {
    if (entry.index < call.index) continue;
    const { billed, micros } = entry.totals;
    entry.totals = {
      ...entry.totals,
      billed: billed + (more.billed ?? 0),
      micros: micros + (more.micros ?? 0),
    };
  }
}

const LIES: [name: string, kinds: FindingKind[], lie: Lie][] = [
  [
    'a total raised by one',
    ['totals'],
    (call) => {
      call.totals = { ...call.totals, billed: call.totals.billed + 1 };
    },
  ],
  [
    'a price raised, totals left',
    ['price', 'totals'],
    (call) => {
      call.priceMicros += 1;
    },
  ],
  [
    'a price raised with all totals',
    ['price'],
    (call, log) => {
      call.priceMicros += 1;
      carefully(call, log, { micros: 1 });
    },
  ],
  [
    'a free post billed, price and totals too',
    ['dedupe', 'opening'],
    (call, log) => {
      const ids: [string, boolean][] = [
        ['11', true],
        ['13', true],
      ];
      const disclosed = opening(ids);
      log.openings.set(3, disclosed);
      Object.assign(call, { postsBilled: 2, priceMicros: 10_000 });
      carefully(call, log, { billed: 1, micros: 5000 });
    },
  ],
  [
    'an entry left out',
    ['continuity', 'totals'],
    (call, log) => {
      log.entries.splice(call.index, 1);
    },
  ],
  [
    'more billed than delivered',
    ['billed', 'opening'],
    (call) => {
      call.posts = 0;
    },
  ],
  [
    'a purpose that is not agreed',
    ['not-agreed'],
    (call) => {
      call.purpose = 'ai-training';
    },
  ],
  [
    'a recipient that is not agreed',
    ['not-agreed'],
    (call) => {
      call.recipient = 'Agency';
    },
  ],
  [
    'an agreement that is not there',
    ['agreement'],
    (call) => {
      call.agreement = new Uint8Array(32);
    },
  ],
  [
    'a key that is not there',
    ['key'],
    (call) => {
      call.key = 'key-2';
    },
  ],
  [
    'another opening',
    ['opening'],
    (call, log) => {
      log.openings.set(call.index, { ...log.openings.get(call.index)!, seed: new Uint8Array(16) });
    },
  ],
  [
    'an opening gone',
    ['opening'],
    (call, log) => {
      log.openings.delete(call.index);
    },
  ],
  [
    'a later date than the agreement has',
    ['not-agreed'],
    (call, log) => {
      for (const entry of log.entries) if (entry.index >= call.index) entry.time = START + 3 * DAY_MS;
    },
  ],
];

for (const [name, kinds, lie] of LIES) {
  test(`found: ${name}`, () => {
    const log = honest();
    lie(log.entries[3] as CallEntry, log);
    const found = new Set(recount(log).findings.map(({ kind }) => kind));
    for (const kind of kinds) assert.ok(found.has(kind), `${kind} is not among ${[...found].join(' ')}`);
  });
}

test('found: a month beyond its cap, and one beyond its limit', () => {
  const log = honest();
  const tight = agreementEntry({ plan: { ...plan, monthlyPostCap: 4 }, spendingLimitMicros: 20_000 });
  log.entries[0] = tight;
  for (const entry of log.entries) entry.agreement = tight.agreement;
  const { findings } = recount(log);
  assert.deepEqual(
    findings.map(({ kind, index, expected, found }) => [kind, index, expected, found]),
    [
      ['cap', 4, 4, 5],
      ['spending-limit', 4, 20_000, 25_000],
    ],
  );
});

test('found: a month with more acts of one kind than its cap', () => {
  const log = honest();
  const tight = agreementEntry({ plan: { ...plan, monthlyCallCaps: { getPostsByIds: 2 } } });
  log.entries[0] = tight;
  for (const entry of log.entries) entry.agreement = tight.agreement;
  const { findings } = recount(log);
  assert.deepEqual(
    findings.map(({ kind, index, expected, found }) => [kind, index, expected, found]),
    [['cap', 4, 2, 3]],
  );
});

test("found: an agreement with another's hash, of another licensee, or replaced by a newer one", () => {
  const forged = honest();
  (forged.entries[0] as ControlEntry).body = (agreementEntry({ purposes: ['resale'] }) as ControlEntry).body;
  assert.equal(recount(forged).findings[0]?.kind, 'agreement');

  const foreign = honest();
  foreign.entries[0] = agreementEntry({ licenseeId: '1' });
  assert.equal(recount(foreign).findings[0]?.kind, 'agreement');

  const stale = honest();
  const second = agreementEntry({ id: `${APP}/2`, version: 2 }, 2);
  stale.entries.splice(2, 0, second);
  stale.entries.forEach((entry, index) => {
    if (index > 2) Object.assign(entry, { index, time: START + 3_600_000 });
  });
  const openings = new Map([...stale.openings].map(([index, one]) => [index + 1, one]));
  const { findings } = recount({ entries: stale.entries, openings });
  assert.deepEqual(
    findings.map(({ kind, expected, found }) => [kind, expected, found]),
    [
      ['agreement', `${APP}/2`, `${APP}/1`],
      ['agreement', `${APP}/2`, `${APP}/1`],
      ['agreement', `${APP}/2`, `${APP}/1`],
    ],
  );
});

/** The honest log with control entries put in at places, and the times of its three calls. */
function withControls(controls: [index: number, ControlEntry][], times: number[]) {
  const log = honest();
  for (const [index, entry] of controls) log.entries.splice(index, 0, entry);
  const openings = new Map<number, Opening>();
  let totals = log.entries[0]!.totals;
  log.entries.forEach((entry, index) => {
    if (entry.kind === 'call') {
      openings.set(index, log.openings.get(entry.index)!);
      entry.time = times[openings.size - 1]!;
      totals = entry.totals;
    }
    Object.assign(entry, { index, totals });
  });
  return recount({ entries: log.entries, openings });
}

function revocation(time: number, from: number): ControlEntry {
  const { agreement } = agreementEntry();
  const body = Buffer.from(canonicalJson({ keyId: 'key-1', appId: APP, from }));
  return { ...control(0, 'key-revoked', agreement, body), time };
}

const places = ({ findings }: ReturnType<typeof recount>) => findings.map(({ kind, index }) => [kind, index]);
const [T, YEAR] = [START, 365 * DAY_MS];

test('a key that was revoked is found in every later entry, whatever the clock said; a rotation ends at its time', () => {
  // biome-ignore format: a table
  const table: [name: string, entry: ControlEntry, times: number[], found: [string, number][]][] = [
    ['at once', revocation(T + 10, T + 10), [T, T + 11, T + 12], [['key', 4], ['key', 5]]],
    ['at once, the clock a year ahead', revocation(T + YEAR, T + YEAR), [T, T + 11, T + 12], [['key', 4], ['key', 5]]],
    ['an overlap, before its end', revocation(T + 10, T + 50), [T, T + 11, T + 49], []],
    ['an overlap, at its end', revocation(T + 10, T + 50), [T, T + 11, T + 50], [['key', 5]]],
    ['an overlap, a jump back after its end', revocation(T + 10, T + 50), [T, T + 50, T + 20], [['key', 4]]],
  ];
  for (const [name, entry, times, found] of table) {
    assert.deepEqual(places(withControls([[3, entry]], times)), found, name);
  }
});

test('a version counts from its entry on, by its dates, and one that had begun when it was accepted has begun for good', () => {
  const second = (start: number, time: number): ControlEntry => ({
    ...agreementEntry({ id: `${APP}/2`, version: 2, start, end: null }),
    time,
  });
  // biome-ignore format: a table
  const stale: [string, number][] = [['agreement', 4], ['agreement', 5]];
  // biome-ignore format: a table
  const table: [name: string, entry: ControlEntry, times: number[], found: [string, number][]][] = [
    ['in force at once', second(T, T + 10), [T, T + 11, T + 12], stale],
    ['accepted in a jump ahead', second(T + YEAR, T + YEAR + 10), [T, T + 11, T + 12], stale],
    ['accepted in a jump back', second(T - DAY_MS, T - 10), [T, T + 11, T + 12], stale],
    ['from a later date on', second(T + 50, T + 10), [T, T + 11, T + 49], []],
    ['from a later date on, reached', second(T + 50, T + 10), [T, T + 11, T + 50], [['agreement', 5]]],
    ['a later date reached in a jump', second(T + 50, T + 10), [T, T + 50, T + 11], [['agreement', 4]]],
  ];
  for (const [name, entry, times, found] of table) {
    assert.deepEqual(places(withControls([[3, entry]], times)), found, name);
  }
  const before = withControls([], [T, T - 1, T + 2 * DAY_MS]);
  assert.deepEqual(places(before), [['not-agreed', 4]], 'begun when it was accepted; ended by the clock');
});

test('where time runs back is noted and no finding, by more than a second, and only so often', () => {
  const { findings, notes } = withControls([], [T + 5000, T + 4000, T + 2999]);
  assert.deepEqual(findings, []);
  assert.deepEqual(notes, [
    'At entry 4 time runs back, from 2026-11-20T00:00:04.000Z to 2026-11-20T00:00:02.999Z.',
  ]);
  const recounting = createRecount({ licenseeId: LICENSEE, from: START, to: START + DAY_MS }, false);
  const call = honest().entries[2] as CallEntry;
  for (let i = 0; i < 100; i++) recounting.add({ ...call, time: i % 2 === 0 ? Number.MAX_SAFE_INTEGER : 0 });
  const many = recounting.finish().notes;
  assert.deepEqual([many.length, many.at(-1)], [21, 'Time runs back in 30 places more.']);
});

test('a log that is wrong everywhere gives a bounded report', () => {
  const recounting = createRecount({ licenseeId: LICENSEE, from: START, to: START + DAY_MS }, false);
  const call = honest().entries[2] as CallEntry;
  for (let i = 0; i < 2000; i++) recounting.add({ ...call, index: 7 });
  const { findings, findingsLeftOut } = recounting.finish();
  assert.equal(findings.length, 1000);
  assert.ok(findingsLeftOut > 1000);
});

test('erased items are no finding, and the counts they leave open are not blamed', () => {
  const log = honest();
  const before = log.openings.get(2)!;
  const salts = Buffer.alloc(16 * 3, 9);
  const whole: Opening = { ...before, seed: undefined, salts };
  Object.assign(log.entries[2] as CallEntry, commitmentsOf(whole));
  const digest = createHash('sha256')
    .update(Buffer.concat([salts.subarray(16, 32), Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 11, 1])]))
    .digest();
  const erasedSalts = Buffer.from(salts);
  erasedSalts.fill(0, 16, 32);
  log.openings.set(2, { ...whole, salts: erasedSalts, items: [{ kind: 'erased', digest }, whole.items[1]!] });
  const { findings, openings } = recount(log);
  assert.deepEqual(findings, []);
  assert.equal(openings?.erased, 1);
});
