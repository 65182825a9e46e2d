import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiry } from './worker.ts';

test('a budget has run out when another statement as long as the last one would not fit into it', () => {
  let now = 1_000;
  const expired = expiry(40, () => now);
  const after = (ms: number): boolean => {
    now += ms;
    return expired();
  };
  assert.deepEqual([after(12), after(12), after(2), after(5), after(6)], [false, false, false, false, true]);
  assert.equal(expiry(0, () => now)(), true);
});
