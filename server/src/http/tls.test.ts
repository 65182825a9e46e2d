import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { first, second } from '../../test/certificate.ts';
import { readTls } from './tls.ts';

test('a certificate and its key are read; what is wrong with either is said, without a word of the key', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-tls-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const certFile = file('cert.pem', first.certificate + second.certificate);
  const keyFile = file('key.pem', first.key);
  assert.deepEqual(readTls({ certFile, keyFile }), {
    cert: first.certificate + second.certificate,
    key: first.key,
  });
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const wrong: [Parameters<typeof readTls>[0], RegExp][] = [
    [{ certFile: join(dir, 'none.pem'), keyFile }, /^--tls-cert: .*none\.pem is not there\.$/],
    [{ certFile, keyFile: join(dir, 'none.pem') }, /^--tls-key: .*none\.pem is not there\.$/],
    [{ certFile: dir, keyFile }, /^--tls-cert: .* is a folder\.$/],
    [{ certFile: file('text', 'hello'), keyFile }, /^--tls-cert: .* holds no certificate in PEM\.$/],
    [{ certFile: keyFile, keyFile: certFile }, /^--tls-cert: .* holds no certificate in PEM\.$/],
    [
      { certFile, keyFile: file('text', 'hello') },
      /^--tls-key: .* holds no private key without a passphrase/,
    ],
    [
      { certFile, keyFile: file('locked', privateKey) },
      /^--tls-key: .* holds no private key without a passphrase/,
    ],
    [{ certFile, keyFile: file('cut', first.key.slice(0, 100)) }, /^--tls-key: .* holds no private key/],
    [
      { certFile, keyFile: file('other', second.key) },
      /is not the key of the first certificate in .*cert\.pem\.$/,
    ],
  ];
  for (const [files, message] of wrong) {
    assert.throws(
      () => readTls(files),
      (error: Error) => message.test(error.message) && !error.message.includes('BEGIN'),
      String(message),
    );
  }
});
