import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiptVerify } from './receipt.ts';

test('what a receipt says reaches the terminal without control characters, and its lines stay lines', () => {
  const entry = { kind: 'call', operation: '\u001b]0;x\u0007\u009b31m', recipient: '\u202egnp' };
  const shown = receiptVerify.show({ ok: true, origin: 'a\u009b2J', size: 1, index: 0, entry } as never);
  assert.doesNotMatch(shown.replaceAll('\n', ''), /[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
  assert.equal(shown.split('\n').length, 6);
});

test('a device in place of a receipt is not read for ever', {
  skip: process.platform === 'win32',
}, async () => {
  const around = { progress() {}, signal: new AbortController().signal };
  const key = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k'; // signed-note's own example
  const input = { args: ['/dev/zero'], options: { key }, cwd: '/' };
  await assert.rejects(receiptVerify.run(input, around), /is no file/);
});
