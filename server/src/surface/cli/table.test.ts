import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, dollars } from './table.ts';

test('one is one, and money has cents at least', () => {
  assert.deepEqual(
    [0, 1, 2].map((count) => counted(count, 'post')),
    ['0 posts', '1 post', '2 posts'],
  );
  assert.deepEqual([5_000, 210_000_000_000].map(dollars), ['$0.005', '$210,000.00']);
});
