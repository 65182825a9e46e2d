import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { IdSet, parseHalves } from './id-set.ts';

/** Through a dump. */
function copyOf(set: IdSet): IdSet {
  const tables = Buffer.concat(set.tables());
  let at = 0;
  return IdSet.load(structuredClone(set.shape()), (bytes) => {
    at += bytes;
    return tables.subarray(at - bytes, at);
  });
}

const anyId = fc.oneof(
  fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }),
  fc.bigInt({ min: 0n, max: 40n }),
  fc.constantFrom(
    0n,
    1n,
    (1n << 32n) - 1n,
    1n << 32n,
    (1n << 32n) + 1n,
    (1n << 63n) - 1n,
    999_999_999n,
    10n ** 18n,
  ),
);

test('an id splits into the halves that BigInt gives', () => {
  const into = { hi: 0, lo: 0 };
  fc.assert(
    fc.property(anyId, (id) => {
      parseHalves(id.toString(), into);
      return into.hi === Number(id >> 32n) && into.lo === Number(id & 0xffff_ffffn);
    }),
    { numRuns: runs(5000) },
  );
});

test('adds and looks up what a Set of bigint does, through growth, split and dump', () => {
  fc.assert(
    fc.property(fc.array(anyId, { maxLength: 300 }), fc.array(anyId, { maxLength: 50 }), (added, asked) => {
      const set = new IdSet();
      const model = new Set<bigint>();
      for (const id of added) {
        assert.equal(set.add(id.toString()), !model.has(id));
        model.add(id);
      }
      for (const one of [set, copyOf(set)]) {
        assert.equal(one.size, model.size);
        for (const id of [...added, ...asked]) assert.equal(one.has(id.toString()), model.has(id));
        assert.deepEqual(new Set(one), new Set([...model].map(String)));
      }
    }),
  );
});

test('half a million snowflakes in a row: none lost, none invented, at most 22 bytes an id', () => {
  const set = new IdSet();
  const first = 1_990_000_000_000_000_000n;
  const step = 1n << 22n; // one a millisecond, as a busy platform mints them
  const count = 500_000;
  for (let i = 0; i < count; i++) assert.ok(set.add((first + BigInt(i) * step).toString()));
  for (const one of [set, copyOf(set)]) {
    assert.equal(one.size, count);
    for (let i = 0; i < count; i += 97) {
      assert.ok(one.has((first + BigInt(i) * step).toString()));
      assert.ok(!one.has((first + BigInt(i) * step + 1n).toString()));
    }
  }
  const bytes = set.tables().reduce((sum, table) => sum + table.length, 0);
  assert.ok(bytes / count <= 22, `${bytes / count} bytes an id`);
});

test('clear forgets everything, whatever the size was', () => {
  for (const count of [0, 1, 100, 5000, 60_000]) {
    const set = new IdSet();
    for (let i = 0; i <= count; i++) set.add(String(i));
    set.clear();
    assert.equal(set.size, 0);
    assert.deepEqual([...set], []);
    assert.ok(set.add('0') && set.add('7'));
  }
});
