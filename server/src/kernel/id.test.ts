import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ID_MAX, isId } from './id.ts';

test('an id is what a signed 64-bit integer holds, to the last one', () => {
  const edges = [
    0n,
    1n,
    10n ** 18n,
    10n ** 18n - 1n,
    ID_MAX - 1n,
    ID_MAX,
    ID_MAX + 1n,
    10n ** 19n - 1n,
    10n ** 19n,
  ];
  const ids = fc.oneof(fc.constantFrom(...edges), fc.bigInt(0n, 2n ** 70n));
  fc.assert(fc.property(ids, (id) => assert.equal(isId(String(id)), id <= ID_MAX)));
  for (const text of ['', '-1', '1.0', '1e3', ' 1', '1\n', '٣', '0x1']) assert.equal(isId(text), false, text);
  assert.equal(isId('0000000000000000001'), true);
});
