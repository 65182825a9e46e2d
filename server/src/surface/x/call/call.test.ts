import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { toProblem } from './call.ts';

test('a fault is told to the log, a call that has to wait is not', () => {
  const told: string[] = [];
  const log = (message: string) => told.push(message);
  for (const error of [
    new Problem('overloaded'),
    new Problem('ledger-unavailable'),
    new Problem('storage-unavailable'),
    new Error('inner'),
  ])
    assert.ok(toProblem(error, log, 'getPostsById').status >= 500);
  assert.deepEqual(
    told.map((message) => message.startsWith('getPostsById: ')),
    [true, true],
  );
});
