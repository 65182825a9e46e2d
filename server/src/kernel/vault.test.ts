import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVault } from './vault.ts';

const bytes = (hex: string) => Buffer.from(hex, 'hex');
const vault = createVault(new Uint8Array(32).fill(7));

test('opens test case 15 of the GCM specification (McGrew and Viega): nonce, tag, ciphertext', () => {
  const key = bytes('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
  const nonce = bytes('cafebabefacedbaddecaf888');
  const tag = bytes('b094dac5d93471bdec1a502270e3cc6c');
  const ciphertext = bytes(
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad',
  );
  assert.equal(
    Buffer.from(createVault(key).open('', Buffer.concat([nonce, tag, ciphertext]))).toString('hex'),
    'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255',
  );
});

test('what was sealed opens under its name alone, and never looks the same twice', () => {
  const secret = bytes('00ff10');
  const sealed = vault.seal('key of log a', secret);
  assert.deepEqual(Buffer.from(vault.open('key of log a', sealed)), secret);
  assert.notDeepEqual(vault.seal('key of log a', secret), sealed);
  assert.throws(() => vault.open('key of log b', sealed));
  assert.throws(() => createVault(new Uint8Array(32)).open('key of log a', sealed));
});

test('a flipped bit anywhere, and any shorter or longer text, is refused', () => {
  const sealed = vault.seal('name', bytes('0102'));
  for (let at = 0; at < sealed.length * 8; at += 1) {
    const flipped = Uint8Array.from(sealed);
    flipped[at >> 3]! ^= 1 << (at & 7);
    assert.throws(() => vault.open('name', flipped), `bit ${at}`);
  }
  // A secret of no bytes, so that what is cut off is the tag itself.
  const empty = vault.seal('name', new Uint8Array());
  for (let length = 0; length < empty.length; length += 1) {
    assert.throws(() => vault.open('name', empty.subarray(0, length)), `${length} bytes`);
  }
  assert.throws(() => vault.open('name', Buffer.concat([sealed, bytes('00')])));
});

test('a key of another length is refused at once', () => {
  assert.throws(() => createVault(new Uint8Array(16)), /32 bytes/);
});
