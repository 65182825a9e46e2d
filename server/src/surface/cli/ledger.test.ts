import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createGzip } from 'node:zlib';
import { createVault } from '#kernel';
import { type ControlFact, openLedger } from '#ledger';
import { CommandError, UsageError } from './command.ts';
import { ledgerVerify } from './ledger.ts';
import { addressSource, folderSource } from './log-source.ts';

const ENDLESS_BYTES = 200 << 20;

test('a server that never stops sending is left early, compressed or not', async (t) => {
  let sent = 0;
  const server = createServer((request, reply) => {
    const gzip = request.url?.startsWith('/gzip/') ? createGzip() : undefined;
    if (gzip) reply.setHeader('content-encoding', 'gzip');
    gzip?.pipe(reply);
    const to = gzip ?? reply;
    const piece = Buffer.alloc(1 << 20);
    const more = () => {
      do sent += piece.length;
      while (sent < ENDLESS_BYTES && to.write(piece));
      if (sent >= ENDLESS_BYTES) to.end();
    };
    to.on('drain', more);
    reply.on('error', () => {});
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const kind of ['plain', 'gzip']) {
    for (const path of ['checkpoint', 'tile/0/000', 'tile/entries/000']) {
      sent = 0;
      const source = addressSource(`${base}/${kind}`, undefined, new AbortController().signal);
      await assert.rejects(source.read(path), CommandError, `${kind} ${path}`);
      // Zeros, compressed, fit into the pipes between the two whole.
      if (kind === 'plain') assert.ok(sent < ENDLESS_BYTES / 2, `${path}: ${sent} bytes were taken`);
    }
  }
});

test('a file larger than any of a log, and a device, are not read', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-verify-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'checkpoint'), '');
  truncateSync(join(dir, 'checkpoint'), 2 ** 40);
  const { signal } = new AbortController();
  await assert.rejects(folderSource(dir, signal).read('checkpoint'), /larger than any/);
  if (process.platform !== 'win32') await assert.rejects(folderSource('/dev', signal).read('zero'), /device/);
  assert.equal(await folderSource(dir, signal).read('tile/0/000'), undefined);
});

test('whoever says stop is heard, however long a log claims to be', async () => {
  const source = folderSource('/nowhere', AbortSignal.abort());
  await assert.rejects(source.read('checkpoint'), CommandError);
});

test('a folder is checked until somebody says stop, and no further than --entries-max', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-verify-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const vault = createVault(new Uint8Array(32).fill(7));
  const ledger = await openLedger({
    dir: join(dir, 'ledger'),
    operatorOrigin: 'parley.example/ledger',
    vault,
  });
  await ledger.createLog('alpha');
  const fact: ControlFact = {
    ...{ time: 1_763_719_200_000, log: 'alpha', event: 'key-enrolled' },
    ...{ agreement: new Uint8Array(32), body: new Uint8Array() },
  };
  await Promise.all(Array.from({ length: 300 }, () => ledger.appendControl(fact).committed));
  await ledger.integrated();
  await ledger.close();
  const run = (stop: AbortController, options: Record<string, string> = {}, progress = () => {}) =>
    ledgerVerify.run({ args: [dir], options, cwd: dir }, { progress, signal: stop.signal });
  const whole = await run(new AbortController());
  assert.equal(ledgerVerify.failed?.(whole as never), false);
  const [head = '', row = ''] = ledgerVerify.show(whole as never).split('\n');
  assert.match(head, /billed +cost +signature/);
  assert.match(row, / \$0\.00 /, 'money is dollars, as everywhere but in JSON');
  const stop = new AbortController();
  await assert.rejects(
    run(stop, {}, () => stop.abort()),
    (error) => {
      return error instanceof CommandError && /stopped before/.test(error.message);
    },
  );
  assert.equal(
    ledgerVerify.failed?.((await run(new AbortController(), { entriesMax: '299' })) as never),
    true,
  );
  await assert.rejects(run(new AbortController(), { entriesMax: '0' }), UsageError);
});
