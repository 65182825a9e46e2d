import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestIds } from './request-id.ts';

const given = (id: string | string[]) => ({ headers: { 'x-request-id': id as string } });

test('ids that proxies and tracing systems give are kept', () => {
  const next = requestIds('own');
  for (const id of [
    '0b1f6a3e-7d52-4c7e-9d0a-3f2f6f3c9a10',
    '01JDW8Q3V5Z6K7M8N9P0Q1R2S3',
    '4bf92f3577b34da6a3ce929d0e0e4736',
    'Root=1-67891233-abcdef012345678912345678',
    '105445aa7843bc8bf206b12000100000/1;o=1',
    'a',
  ])
    assert.equal(next(given(id)), id);
});

test('anything else is replaced by an id of ours, and no two of ours are the same', () => {
  const next = requestIds();
  const hostile = [
    '',
    ' ',
    '-leading',
    'two words',
    'a,b',
    'a\r\nx: y',
    'é',
    'x'.repeat(65),
    'a'.repeat(40),
    `parley_${'b'.repeat(20)}`,
    '<script>',
    '"',
    ['a', 'b'],
  ];
  const ids = [...hostile.map((id) => next(given(id))), next({ headers: {} }), next()];
  for (const id of ids) assert.match(id, /^[0-9a-f]{12}-[0-9a-z]+$/);
  assert.equal(new Set(ids).size, ids.length);
  assert.notEqual(requestIds()().split('-')[0], ids[0]!.split('-')[0]);
});
