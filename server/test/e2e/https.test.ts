import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';
import { first, type Pair, second } from '../certificate.ts';
import { parley, startProcess } from './process.ts';

function temporary(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-https-'));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return dir;
}

/** One request that believes this certificate alone. */
function status(address: string, { certificate }: Pair): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = get(`${address}/healthz`, { ca: certificate, agent: false }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    });
    asked.on('error', reject);
  });
}

function handshake(port: number, version: SecureVersion): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    // Node's own default refuses old versions before it sends anything; SECLEVEL=0 lets it try.
    const socket = connectTls({
      port,
      host: '127.0.0.1',
      rejectUnauthorized: false,
      minVersion: version,
      maxVersion: version,
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    socket.once('secureConnect', () => resolve(socket));
    socket.once('error', reject);
  });
}

test('HTTPS: TLS 1.2 and 1.3 and nothing older; a renewed certificate is taken up by SIGHUP, a wrong one is not', async (t) => {
  const dir = temporary(t);
  const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const put = (certificate: string, key: string) => {
    writeFileSync(certFile, certificate);
    writeFileSync(keyFile, key);
  };
  put(first.certificate, first.key);
  const server = await startProcess(dir, ['--tls-cert', certFile, '--tls-key', keyFile]);
  t.after(() => server.kill());
  assert.match(server.address, /^https:\/\/127\.0\.0\.1:\d+$/);
  const port = Number(new URL(server.address).port);
  assert.equal(await status(server.address, first), 200);
  await assert.rejects(status(server.address, second), 'a client that trusts another certificate stays away');
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const socket = await handshake(port, version);
    assert.equal(socket.getProtocol(), version);
    socket.destroy();
  }
  for (const version of ['TLSv1', 'TLSv1.1'] as const)
    await assert.rejects(handshake(port, version), version);

  const plain = connect(port, '127.0.0.1').on('error', () => {});
  plain.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  plain.resume();
  await once(plain, 'close');

  const told = async (what: RegExp) => {
    server.child.kill('SIGHUP');
    while (!what.test(server.complaints())) await once(server.child.stderr!, 'data');
  };
  put(second.certificate, first.key);
  await told(/the certificate stays as it was: .*is not the key of/);
  assert.equal(await status(server.address, first), 200);
  put(second.certificate, second.key);
  await told(/the certificate was read again/);
  assert.equal(await status(server.address, second), 200);
  await assert.rejects(status(server.address, first));
  assert.equal(await server.stop(), 0);
});

test('a start with a wrong certificate fails before the folder is touched, and says why', async (t) => {
  const dir = temporary(t);
  writeFileSync(join(dir, 'cert.pem'), first.certificate);
  writeFileSync(join(dir, 'key.pem'), second.key);
  const files = ['--tls-cert', join(dir, 'cert.pem'), '--tls-key', join(dir, 'key.pem')];
  const { code, stderr } = await parley(dir, ['start', '--port', '0', ...files]);
  assert.equal(code, 1);
  assert.match(stderr, /is not the key of the first certificate/);
  const half = await parley(dir, ['start', '--port', '0', ...files.slice(0, 2)]);
  assert.equal(half.code, 2);
  assert.match(half.stderr, /--tls-cert needs --tls-key/);
});
