import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { first } from '../certificate.ts';
import { startProcess } from '../e2e/process.ts';
import { seedPlatform } from '../e2e/seed.ts';
import { halfOpen, plainBeginnings, SECURE_BEGINNINGS } from './half-open-drill.ts';
import { isShort } from './length.ts';

const CONNECTIONS = isShort ? 1_000 : 10_000;
/** Measured: 10 to 25 KiB each, as well as what the heap grows by anyway. */
const GROWTH_MIB_MAX = 150;
/** Twice the time that a client's head may take: the server closes what never began by itself. */
const ENDED_MS_MAX = 60_000;

for (const isTls of [false, true]) {
  test(`${CONNECTIONS} half-open connections are harmless${isTls ? ' on HTTPS too' : ''}: look-ups are answered, memory stays bounded, all are closed`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'parley-half-open-'));
    t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    const { bearer, paths } = await seedPlatform(dir);
    const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
    writeFileSync(certFile, first.certificate);
    writeFileSync(keyFile, first.key);
    const server = await startProcess(dir, isTls ? ['--tls-cert', certFile, '--tls-key', keyFile] : []);
    t.after(() => server.kill());
    const authorization = `Bearer ${bearer}`;
    const url = `${server.address}${paths[0]}`;
    const plain = async () => {
      const reply = await fetch(url, { headers: { authorization } });
      assert.equal(reply.status, 200, await reply.text());
    };
    const secure = () =>
      new Promise<void>((resolve, reject) => {
        const asked = get(url, { ca: first.certificate, headers: { authorization } }, (reply) => {
          reply.resume();
          if (reply.statusCode === 200) reply.on('end', resolve);
          else reject(new Error(`answered ${reply.statusCode}`));
        });
        asked.on('error', reject);
      });
    const drill = await halfOpen(
      server,
      CONNECTIONS,
      // A body that never comes may take longer than a head, longer than the drill waits.
      isTls ? SECURE_BEGINNINGS : plainBeginnings(bearer).slice(0, isShort ? 3 : 2),
      isTls ? secure : plain,
    );
    t.diagnostic(
      `${drill.open()} open, ${drill.before.toFixed(0)} → ${drill.after.toFixed(0)} MiB, slowest look-up ${drill.slowest.toFixed(0)} ms`,
    );
    assert.ok(drill.open() > 0.9 * CONNECTIONS, `only ${drill.open()} were kept open`);
    assert.ok(drill.after - drill.before < GROWTH_MIB_MAX, `${drill.before} → ${drill.after} MiB`);
    if (!isShort) {
      const timer = setTimeout(() => drill.close(), ENDED_MS_MAX).unref();
      const started = performance.now();
      await drill.ended;
      clearTimeout(timer);
      assert.ok(performance.now() - started < ENDED_MS_MAX, 'the server left half-open connections open');
    }
    drill.close();
    assert.equal(await server.stop(), 0);
  });
}
