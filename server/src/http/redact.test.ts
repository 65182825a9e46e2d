import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { redacted } from './redact.ts';

test('credentials of every form are taken out of free text', () => {
  const raw = randomBytes(32);
  const secrets = [
    `parley_${raw.toString('base64url')}`,
    `parley_operator_${raw.toString('base64url')}`,
    raw.toString('base64url'),
    raw.toString('hex'),
    raw.subarray(0, 20).toString('hex'),
  ];
  for (const secret of secrets) {
    for (const text of [secret, `key ${secret}.`, `{"token":"${secret}"}`, `a/${secret}/b`, `=${secret}&x`])
      assert.ok(!redacted(text).includes(secret), text);
  }
  const basic = Buffer.from('user:pass-word').toString('base64');
  assert.equal(redacted(`authorization: Basic ${basic}`), 'authorization: Basic [redacted]');
});

test('an address keeps its host and path, and loses who asked and what for', () => {
  assert.equal(
    redacted('GET https://ann:pw@example.com:8443/a/b?query=coffee#x failed'),
    'GET https://example.com:8443/a/b failed',
  );
  assert.equal(redacted('/2/tweets/search/recent?query=coffee+from%3Aann'), '/2/tweets/search/recent');
});

test('what a parser quotes of a body is taken out', () => {
  for (const body of [
    'my own words',
    '{"text":my own words that go on and on}',
    'my "own" words\nof two lines',
  ]) {
    let message = '';
    try {
      JSON.parse(body);
    } catch (error) {
      message = (error as Error).message;
    }
    assert.match(message, /not valid JSON/);
    assert.doesNotMatch(redacted(message), /own|wor|my/);
  }
});

test('ids, times, folders and sentences stay as they are', () => {
  for (const text of [
    'the ledger can record no more calls; all are refused until a restart',
    "EACCES: permission denied, open '/srv/parley/ledger/journal/000000000001'",
    'listening on http://127.0.0.1:8080',
    'app-5a7c1e02d4b6f890 key-5a7c1e02d4b6f890 2026-11-29T16:49:15.123Z 1862739401829376001',
    '0b1f6a3e-7d52-4c7e-9d0a-3f2f6f3c9a10',
  ])
    assert.equal(redacted(text), text);
});
