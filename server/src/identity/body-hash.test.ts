import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { bodyHashOf, checkBodyHash } from './body-hash.ts';

test('the vectors of the extension: "Hello World!" and no body', () => {
  const vectors: [body: string, digest: string][] = [
    ['Hello World!', 'Lve95gjOVATpfV8EL5X4nxwjKHE='],
    ['', '2jmj7l5rSw0yVb/vlWAYkK/YBwk='],
  ];
  for (const [body, digest] of vectors) {
    for (const method of ['HMAC-SHA1', 'HMAC-SHA256'])
      checkBodyHash(bodyHashOf(digest, method), Buffer.from(body));
    for (const wrong of [`${body} `, 'hello World!', 'x'])
      assert.throws(
        () => checkBodyHash(bodyHashOf(digest, 'HMAC-SHA1'), Buffer.from(wrong)),
        (error) => error instanceof Problem && error.status === 401,
      );
  }
});

test('SHA-256 counts for HMAC-SHA256 alone: the example of FIPS 180-2, "abc"', () => {
  const digest = Buffer.from(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    'hex',
  ).toString('base64');
  checkBodyHash(bodyHashOf(digest, 'HMAC-SHA256'), Buffer.from('abc'));
  assert.throws(() => checkBodyHash(bodyHashOf(digest, 'HMAC-SHA1'), Buffer.from('abc')));
  assert.throws(() => checkBodyHash(bodyHashOf('', 'HMAC-SHA1'), Buffer.from('abc')));
});
