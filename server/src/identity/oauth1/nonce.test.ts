import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openNonceBook, TIMESTAMP_WINDOW_SECONDS } from './nonce.ts';

const NOW = 1_800_000_000;
const used = (fields: object = {}) => ({
  consumerKey: 'c',
  token: 't',
  timestamp: NOW,
  nonce: 'n',
  ...fields,
});

test('a nonce counts once for a client, token and time', (t) => {
  const book = openNonceBook(':memory:');
  t.after(() => book.close());
  assert.equal(book.take(used(), NOW), 'taken');
  assert.equal(book.take(used(), NOW), 'seen');
  assert.equal(book.take(used(), NOW + TIMESTAMP_WINDOW_SECONDS), 'seen');
  for (const other of [{ consumerKey: 'd' }, { token: '' }, { timestamp: NOW + 1 }, { nonce: 'm' }]) {
    assert.equal(book.take(used(other), NOW), 'taken', JSON.stringify(other));
  }
});

test('times outside five minutes are refused, both edges taken', (t) => {
  const book = openNonceBook(':memory:');
  t.after(() => book.close());
  const table: [seconds: number, result: string][] = [
    [-TIMESTAMP_WINDOW_SECONDS - 1, 'out-of-time'],
    [-TIMESTAMP_WINDOW_SECONDS, 'taken'],
    [TIMESTAMP_WINDOW_SECONDS, 'taken'],
    [TIMESTAMP_WINDOW_SECONDS + 1, 'out-of-time'],
  ];
  for (const [seconds, result] of table)
    assert.equal(book.take(used({ timestamp: NOW + seconds }), NOW), result, String(seconds));
});

test('what was seen is seen after a restart, and after the clock ran back', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-nonce-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'nonces.db');
  const first = openNonceBook(file);
  assert.equal(first.take(used(), NOW), 'taken');
  first.close();
  const again = openNonceBook(file);
  assert.equal(again.take(used(), NOW), 'seen');
  for (let i = 0; i < 2_000; i += 1) again.take(used({ timestamp: NOW + 1_000, nonce: `${i}` }), NOW + 1_000);
  assert.equal(
    again.take(used(), NOW),
    'out-of-time',
    'its time was cleared away, so nothing of then is taken',
  );
  again.close();
});

test('with more than it may hold, the oldest times are refused rather than taken twice', (t) => {
  const book = openNonceBook(':memory:', 1_500);
  t.after(() => book.close());
  for (let i = 0; i < 2_000; i += 1)
    book.take(used({ timestamp: NOW - 200 + Math.floor(i / 10), nonce: `${i}` }), NOW);
  assert.equal(book.take(used({ timestamp: NOW - 200, nonce: '0' }), NOW), 'out-of-time');
  assert.equal(book.take(used({ timestamp: NOW - 200, nonce: 'new' }), NOW), 'out-of-time');
  assert.equal(book.take(used({ timestamp: NOW - 1, nonce: '1999' }), NOW), 'seen');
  assert.equal(book.take(used({ timestamp: NOW, nonce: 'new' }), NOW), 'taken');
});
