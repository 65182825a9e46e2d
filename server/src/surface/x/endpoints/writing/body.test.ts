import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { readBody } from './body.ts';

test('a body of thousands of mistakes is read no further than its answer tells', () => {
  const names = Array.from({ length: 60_000 }, (_one, at) => `k${at}`);
  let reads = 0;
  const body = Object.defineProperties(
    { text: 'hello' },
    Object.fromEntries(
      names.map((name) => [
        name,
        {
          enumerable: true,
          get: () => {
            reads += 1;
            return 1;
          },
        },
      ]),
    ),
  );
  assert.throws(
    () => readBody('NewPost', body),
    (error) => error instanceof Problem && (error.body().errors as unknown[]).length === 100,
  );
  assert.equal(reads, 100);
});
