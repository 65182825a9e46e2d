import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import {
  contentDigest,
  generateKey,
  publicKeyOf,
  readKey,
  signatureBase,
  signBase,
  signedHeaders,
} from './signature.ts';

/** RFC 9421, appendix B.1.4: known to everybody. */
const PRIVATE = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
`;
const PUBLIC = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
`;
const DATE = 'Tue, 20 Apr 2021 02:07:55 GMT';

test('ed25519: the example of RFC 9421, B.2.6, to the last character', () => {
  const { base, input } = signatureBase(
    [
      ['date', DATE],
      ['@method', 'POST'],
      ['@path', '/foo'],
      ['@authority', 'example.com'],
      ['content-type', 'application/json'],
      ['content-length', '18'],
    ],
    ';created=1618884473;keyid="test-key-ed25519"',
  );
  assert.equal(
    input,
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
  );
  assert.equal(
    signBase(base, readKey(Buffer.from(PRIVATE))),
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
  );
  assert.equal(publicKeyOf(readKey(Buffer.from(PRIVATE))), PUBLIC);
});

test('hmac-sha256: the example of RFC 9421, B.2.5', () => {
  const secret = Buffer.from(
    'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
    'base64',
  );
  const { base } = signatureBase(
    [
      ['date', DATE],
      ['@authority', 'example.com'],
      ['content-type', 'application/json'],
    ],
    ';created=1618884473;keyid="test-shared-secret"',
  );
  assert.equal(
    signBase(base, { algorithm: 'hmac-sha256', secret }),
    'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
  );
});

test('the digest of a body: the example of RFC 9421, B.2', () => {
  const body = Buffer.from('{"hello": "world"}');
  assert.equal(contentDigest(body), 'sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:');
});

test('every header of a request is covered, and the signature fits the public key', () => {
  const key = { ...generateKey(), keyId: 'k1' };
  const body = Buffer.from('{}');
  const headers = { 'content-type': 'application/json', 'idempotency-key': '"1"' };
  const signed = signedHeaders({ method: 'POST', url: 'https://a.test/x', body, headers }, key, 5);
  const names = '"@method" "@target-uri" "content-type" "idempotency-key" "content-digest"';
  const params = `(${names});created=5;keyid="k1";alg="ed25519"`;
  assert.equal(signed['signature-input'], `parley=${params}`);
  const base = `"@method": POST\n"@target-uri": https://a.test/x\n"content-type": application/json\n"idempotency-key": "1"\n"content-digest": ${contentDigest(body)}\n"@signature-params": ${params}`;
  const signature = Buffer.from(signed.signature!.slice('parley=:'.length, -1), 'base64');
  assert.ok(verify(null, Buffer.from(base), createPublicKey(publicKeyOf(key)!), signature));
});

test('what is no key is refused in words', () => {
  for (const text of ['', 'too short', '-----BEGIN PRIVATE KEY-----\nxx\n-----END PRIVATE KEY-----'])
    assert.throws(() => readKey(Buffer.from(text)), { code: 'body-invalid' });
  assert.equal(readKey(Buffer.from('s'.repeat(32))).algorithm, 'hmac-sha256');
});
