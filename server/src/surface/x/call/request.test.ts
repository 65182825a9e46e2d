import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '../endpoints/index.ts';
import type { Operation } from '../operation.ts';
import { requestReader } from './request.ts';

/** A reader of search requests, and how often it had to read one. */
function counting() {
  const search = operations.find(({ id }) => id === 'searchPostsRecent')!;
  let read = 0;
  const prepare: Operation['prepare'] = () => {
    read += 1;
    return undefined;
  };
  const reader = requestReader({ ...search, prepare });
  return { ask: (query: string) => void reader(`query=${query}`, {}, () => 'classic'), read: () => read };
}

test('hundreds of usual queries are read once, and hostile ones take no more module than those', () => {
  const usual = counting();
  for (const _again of [1, 2])
    for (let i = 0; i < 300; i += 1) usual.ask(`coffee+from%3Aalice+-is%3Aretweet+${i}`);
  assert.equal(usual.read(), 300);
  const hostile = counting();
  for (let i = 0; i < 300; i += 1) hostile.ask(`${i}${'+a'.repeat(1_900)}`);
  hostile.ask(`0${'+a'.repeat(1_900)}`);
  assert.equal(hostile.read(), 301, 'the first of them was forgotten');
});
