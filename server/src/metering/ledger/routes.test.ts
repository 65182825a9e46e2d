import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import Fastify from 'fastify';
import { Problem } from '#kernel';
import { commitmentsOf } from './format/commitment.ts';
import type { Opening } from './format/opening.ts';
import { ledgerRoutes } from './routes.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import { call, openTestLedger } from './testing/test-ledger.ts';
import { verifyLog } from './verify/log.ts';
import { verifyReceipt } from './verify/receipt.ts';

const SIZE = 300;
const files = new FakeFiles(seeded(1));
const ledger = await openTestLedger(files);
const vkey = await ledger.createLog('alpha');
await ledger.createLog('empty');
for (let i = 0; i < SIZE; i++) ledger.append(call('alpha', `call-${i}`, i % 4));
await ledger.append(call('alpha', 'last', 2)).committed;
await ledger.integrated();

const server = Fastify();
server.setErrorHandler((error, _request, reply) => {
  if (!(error instanceof Problem)) return reply.code(500).send({ message: String(error) });
  return reply.code(error.status).headers(error.headers).send(error.body());
});
ledgerRoutes(server, {
  ledger,
  authorise(request, log) {
    if (request.headers.authorization !== `Bearer ${log}`) throw new Problem('unauthorized');
  },
});
after(async () => {
  await server.close();
  await ledger.close();
});

const get = (url: string, key = 'alpha') =>
  server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${key}` } });

test('200: a log read over HTTP verifies', async () => {
  const read = async (path: string) => {
    const reply = await get(`/ledger/alpha/${path}`);
    return reply.statusCode === 200 ? reply.rawPayload : undefined;
  };
  const report = await verifyLog({ read }, { vkey });
  assert.ok(report.ok, JSON.stringify(report.faults));
  assert.equal(report.size, SIZE + 1);
});

const HEADERS: [string, string, string][] = [
  ['checkpoint', 'text/plain; charset=utf-8', 'private, max-age=1'],
  ['tile/0/000', 'application/octet-stream', 'private, max-age=31536000, immutable'],
  ['tile/0/001.p/45', 'application/octet-stream', 'private, max-age=31536000, immutable'],
  ['tile/1/000.p/1', 'application/octet-stream', 'private, max-age=31536000, immutable'],
  ['tile/entries/000', 'application/octet-stream', 'private, max-age=31536000, immutable'],
  ['tile/entries/001.p/45', 'application/octet-stream', 'private, max-age=31536000, immutable'],
  ['receipts/0', 'text/plain; charset=utf-8', 'private, max-age=1'],
  ['openings/5', 'application/json; charset=utf-8', 'private, no-store'],
];
for (const [path, type, caching] of HEADERS) {
  test(`200: ${path} has the content type and caching of the specification`, async () => {
    const reply = await get(`/ledger/alpha/${path}`);
    assert.equal(reply.statusCode, 200);
    assert.equal(reply.headers['content-type'], type);
    assert.equal(reply.headers['cache-control'], caching);
  });
}

test('200: a partial tile of any earlier size is the beginning of the widest', async () => {
  const widest = (await get('/ledger/alpha/tile/0/000')).rawPayload;
  for (const width of [1, 2, 100, 255]) {
    const reply = await get(`/ledger/alpha/tile/0/000.p/${width}`);
    assert.deepEqual(reply.rawPayload, widest.subarray(0, width * 32));
  }
  const bundle = (await get('/ledger/alpha/tile/entries/000')).rawPayload;
  const part = (await get('/ledger/alpha/tile/entries/000.p/7')).rawPayload;
  assert.deepEqual(bundle.subarray(0, part.length), part);
});

test('200: receipts verify, and openings open what their entries commit to', async () => {
  for (const index of [0, 3, 255, 256, SIZE]) {
    const { entry } = verifyReceipt((await get(`/ledger/alpha/receipts/${index}`)).body, vkey);
    const shown = (await get(`/ledger/alpha/openings/${index}`)).json();
    assert.equal(shown.index, index);
    const opening: Opening = {
      seed: Buffer.from(shown.seed, 'base64'),
      items: shown.items,
      request: { ...shown.request, bodyDigest: Buffer.from(shown.request.bodyDigest, 'base64') },
    };
    assert.ok(entry.kind === 'call');
    const { commitment, requestCommitment } = entry;
    assert.deepEqual(commitmentsOf(opening), { commitment, requestCommitment });
  }
});

test('401: another key, for a log that exists and one that does not', async () => {
  for (const log of ['alpha', 'nowhere']) {
    for (const path of ['checkpoint', 'tile/0/000', 'receipts/0', 'openings/0']) {
      assert.equal((await get(`/ledger/${log}/${path}`, 'beta')).statusCode, 401, `${log}/${path}`);
    }
  }
});

const NOT_FOUND = [
  'alpha',
  'alpha/',
  'alpha/key.json',
  'alpha/tile',
  'alpha/tile/',
  'alpha/tile/0',
  'alpha/tile/0/0',
  'alpha/tile/0/000.p/0',
  'alpha/tile/0/000.p/256',
  'alpha/tile/0/001',
  'alpha/tile/0/001.p/46',
  'alpha/tile/0/002',
  'alpha/tile/1/000.p/2',
  'alpha/tile/2/000.p/1',
  'alpha/tile/63/000',
  'alpha/tile/64/000',
  'alpha/tile/entries/001',
  'alpha/tile/entries/x000/001',
  'alpha/tile/0/..%2f..%2f..%2fkey.json',
  'alpha/tile/entries/%2e%2e/%2e%2e/key.json',
  'alpha/tile/0/000%00',
  'alpha/checkpoint/',
  'alpha/checkpoint/x',
  'alpha/receipts',
  'alpha/receipts/',
  'alpha/receipts/301',
  'alpha/receipts/-1',
  'alpha/receipts/00',
  'alpha/receipts/1e2',
  'alpha/receipts/9999999999999999999999',
  'alpha/openings/301',
  'alpha/openings/0/x',
  'alpha/openings/..%2f..%2fkey.json',
  'empty/tile/0/000',
  'empty/receipts/0',
  'nowhere/checkpoint',
  'ALPHA/checkpoint',
  '..%2f..%2fetc/checkpoint',
  'journal/0000000000000000.seg',
  'heads/checkpoint',
];
test('404: every other address, and never a file of the folder', async () => {
  for (const path of NOT_FOUND) {
    const log = decodeURIComponent(path.split('/')[0]!);
    const reply = await get(`/ledger/${path}`, log);
    assert.equal(reply.statusCode, 404, path);
  }
});

test('404 with retry-after: a call that is answered and not yet in the log', async () => {
  const { index, committed } = ledger.append(call('empty', 'soon'));
  const reply = await get(`/ledger/empty/receipts/${index}`, 'empty');
  assert.equal(reply.statusCode, 404);
  assert.equal(reply.headers['retry-after'], '1');
  await committed;
  await ledger.integrated();
  assert.equal((await get(`/ledger/empty/receipts/${index}`, 'empty')).statusCode, 200);
});
