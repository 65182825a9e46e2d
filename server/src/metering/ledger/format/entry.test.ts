import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as cborg from 'cborg';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { CborError } from './cbor.ts';
import type { Entry, Totals } from './entry.ts';
import { CONTROL_EVENTS, decodeEntry, encodeEntry, totalsAfter, totalsDifference } from './entry.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const name = fc.string({ unit: 'grapheme', maxLength: 20 });
const count = fc.oneof(fc.nat(30), fc.nat(), fc.maxSafeNat());
const totals: fc.Arbitrary<Totals> = fc.record({
  calls: count,
  posts: count,
  persons: count,
  billed: count,
  micros: count,
});
const common = { index: count, time: count, agreement: hash, totals };
const delivery = {
  ...common,
  app: name,
  key: name,
  operation: name,
  purpose: name,
  recipient: name,
  status: fc.nat(599),
  posts: count,
  persons: count,
  postsBilled: count,
  personsBilled: count,
  priceMicros: count,
  commitment: hash,
  requestCommitment: hash,
};
const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({ kind: fc.constant('call' as const), ...delivery }),
  fc.record({ kind: fc.constant('batch' as const), ...delivery, stream: count }),
  fc.record({
    kind: fc.constant('control' as const),
    ...common,
    event: fc.constantFrom(...CONTROL_EVENTS),
    body: fc.uint8Array({ maxLength: 400 }),
  }),
);

/** The table of the reference, written down a second time: key → value. */
function asMap(e: Entry): Map<number, unknown> {
  const t = e.totals;
  const head = [1, { call: 1, batch: 2, control: 3 }[e.kind], e.index, e.time, e.agreement];
  const sums = [t.calls, t.posts, t.persons, t.billed, t.micros];
  const rest =
    e.kind !== 'control'
      ? [e.app, e.key, e.operation, e.purpose, e.recipient, e.status, e.posts, e.persons, e.postsBilled]
          .concat([e.personsBilled, e.priceMicros, e.commitment, e.requestCommitment] as never[])
          .concat((e.kind === 'batch' ? [e.stream] : []) as never[])
      : [CONTROL_EVENTS.indexOf(e.event) + 1, e.body];
  return new Map([...head, ...sums, ...rest].map((item, key) => [key, item]));
}

const plain = (e: Entry) =>
  JSON.parse(JSON.stringify(e, (_key, v) => (ArrayBuffer.isView(v) ? [...(v as Uint8Array)] : v)));

test('an entry is the deterministic CBOR map of the table, as cborg encodes it, and reads back the same', () => {
  fc.assert(
    fc.property(entry, (e) => {
      const bytes = encodeEntry(e);
      assert.equal(bytes.toString('hex'), Buffer.from(cborg.encode(asMap(e))).toString('hex'));
      const back = decodeEntry(bytes);
      back.agreement = new Uint8Array(back.agreement);
      assert.deepEqual(plain(normal(back)), plain(normal(e)));
    }),
  );
});

/** Buffers and Uint8Arrays alike. */
function normal(e: Entry): Entry {
  return Object.fromEntries(
    Object.entries(e).map(([key, v]) => [key, ArrayBuffer.isView(v) ? new Uint8Array(v as Uint8Array) : v]),
  ) as Entry;
}

test('bytes with any bit flipped are refused, or are the one encoding of another entry', () => {
  fc.assert(
    fc.property(entry, fc.nat(), fc.nat(7), (e, at, bit) => {
      const bytes = encodeEntry(e);
      bytes[at % bytes.length]! ^= 1 << bit;
      let other: Entry;
      try {
        other = decodeEntry(bytes);
      } catch (error) {
        assert.ok(error instanceof CborError, String(error));
        return;
      }
      assert.equal(encodeEntry(other).toString('hex'), bytes.toString('hex'));
    }),
    { numRuns: runs(1000) },
  );
});

test('an entry does not hold more than its bundle can, and no hash of another length', () => {
  const body = new Uint8Array(40_000);
  const control: Entry = {
    kind: 'control',
    index: 0,
    time: 0,
    agreement: new Uint8Array(32),
    totals: { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 },
    event: 'ack',
    body,
  };
  assert.throws(() => encodeEntry(control), RangeError);
  assert.throws(
    () => encodeEntry({ ...control, body: new Uint8Array(), agreement: new Uint8Array(20) }),
    RangeError,
  );
});

test('totals follow from the entry before: a call adds, a batch is no call of its own, a control entry changes nothing', () => {
  const before = { calls: 1, posts: 2, persons: 3, billed: 4, micros: 5 };
  const call = {
    kind: 'call',
    posts: 10,
    persons: 20,
    postsBilled: 30,
    personsBilled: 40,
    priceMicros: 50,
  } as Entry;
  const after = { calls: 2, posts: 12, persons: 23, billed: 34, micros: 55 };
  assert.deepEqual(totalsAfter(before, call), after);
  assert.deepEqual(totalsAfter(before, { ...call, kind: 'batch', stream: 3 } as Entry), {
    ...after,
    calls: 1,
  });
  assert.deepEqual(totalsAfter(before, { kind: 'control' } as Entry), before);
  assert.equal(totalsDifference(after, after), undefined);
  for (const key of ['calls', 'posts', 'persons', 'billed', 'micros'] as const) {
    const wrong = totalsDifference({ ...after, [key]: after[key] + 1 }, after);
    assert.equal(wrong, `${key} is ${after[key] + 1}, not ${after[key]}`);
  }
});

const REFERENCE = new URL('../../../../../docs/reference/ledger.md', import.meta.url);

test('the test vectors of the reference are what the code writes', () => {
  const blocks = [
    ...readFileSync(REFERENCE, 'utf8').matchAll(/```vector (\w+)\n(\{[\s\S]*?\})\n([0-9a-f\n]+)```/g),
  ];
  const entries = blocks.filter(([, kind]) => kind === 'entry');
  assert.ok(entries.length >= 3, 'the reference has vectors of entries');
  for (const [, , json, hex] of entries) {
    const e = JSON.parse(json!, (_key, v) =>
      typeof v === 'string' && v.startsWith('hex:') ? Buffer.from(v.slice(4), 'hex') : v,
    ) as Entry;
    assert.equal(encodeEntry(e).toString('hex'), hex!.replaceAll('\n', ''));
  }
});
