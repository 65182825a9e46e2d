import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWindowCounts } from './window-counts.ts';

test('a count is the sum of what was added to its key since the window began, whatever the clock does', () => {
  const steps = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b'), jump: fc.integer({ min: -30, max: 30 }), units: fc.nat(5) }),
  );
  fc.assert(
    fc.property(steps, (all) => {
      const counts = createWindowCounts(10, 100);
      let now = 1_000;
      let since: { key: string; window: number; units: number }[] = [];
      for (const { key, jump, units } of all) {
        now += jump;
        const window = Math.floor(now / 10);
        if (since.some((one) => one.window !== window)) since = [];
        const before = since.filter((one) => one.key === key).reduce((sum, one) => sum + one.units, 0);
        assert.equal(counts.count(key, now), before);
        since.push({ key, window, units });
        assert.equal(counts.add(key, now, units), before + units);
        assert.equal(counts.count(key, now), before + units);
      }
    }),
  );
});

test('keys beyond the bound share one counter, and those before it keep theirs', () => {
  const counts = createWindowCounts(10, 2);
  assert.deepEqual(
    ['a', 'b', 'c', 'd', 'a', 'c'].map((key) => counts.add(key, 5)),
    [1, 1, 1, 2, 2, 3],
  );
  assert.equal(counts.add('d', 15), 1, 'the next window counts anew');
});
