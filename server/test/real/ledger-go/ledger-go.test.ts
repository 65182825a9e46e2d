import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createVault } from '#kernel';
import { openLedger } from '#ledger';
import { prefixProof, rootsFromPrefixProof } from '../../../src/metering/ledger/format/prefix.ts';
import { tilePath } from '../../../src/metering/ledger/format/tile.ts';

const RUN = fileURLToPath(new URL('./run.sh', import.meta.url));
/** Three levels of tiles, full and partial ones on each of the lower two. */
const ENTRIES = 66_000;

/** Only what is installed is used here; `run.sh` by itself, as CI calls it, installs what is missing. */
function missing(): string | false {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
  } catch {
    return 'Go is not installed; server/test/real/ledger-go/run.sh installs it';
  }
  const library = existsSync('/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog');
  return library
    ? false
    : 'golang-golang-x-mod-dev is not installed; server/test/real/ledger-go/run.sh installs it';
}
const skip = missing();

function go(...args: string[]): Promise<{ ok: boolean; out: string }> {
  return new Promise((resolve) => {
    execFile(RUN, args, (error, stdout, stderr) => resolve({ ok: error === null, out: stdout + stderr }));
  });
}

async function generate(dir: string): Promise<{ vkey: string; receipt: string }> {
  const ledger = await openLedger({
    dir,
    operatorOrigin: 'parley.example/ledger',
    vault: createVault(new Uint8Array(32)),
  });
  const vkey = await ledger.createLog('alpha');
  await ledger.createLog('empty');
  const agreement = new Uint8Array(32);
  for (let i = 0; i < ENTRIES; i++) {
    const body = Buffer.from(`event ${i}`);
    const time = 1_763_719_200_000 + i;
    const { committed } = ledger.appendControl({
      log: 'alpha',
      time,
      event: 'key-enrolled',
      agreement,
      body,
    });
    if (i % 5000 === 0) await committed;
  }
  await ledger.appendControl({
    log: 'alpha',
    time: 1_763_719_200_000 + ENTRIES,
    event: 'key-revoked',
    agreement,
    body: Buffer.from('last'),
  }).committed;
  await ledger.integrated();
  const receipt = (await ledger.reader.receipt('alpha', 65_530))!;
  await ledger.close();
  return { vkey, receipt };
}

const root = await mkdtemp(join(tmpdir(), 'parley-go-'));
const dir = join(root, 'ledger');
after(() => rm(root, { recursive: true, force: true }));
const made = skip ? undefined : await generate(dir);

test("Go's tlog reads every log of a folder", { skip }, async () => {
  const { ok, out } = await go(dir);
  assert.ok(ok, out);
  assert.match(out, new RegExp(`alpha: ${ENTRIES + 1} entries hold`));
  assert.match(out, /empty: 0 entries hold/);
});

test("Go's tlog reads a log over HTTP", { skip }, async () => {
  const server = createServer(async (request, reply) => {
    const bytes = await readFile(join(dir, 'alpha', request.url!)).catch(() => undefined);
    reply.writeHead(bytes && request.headers.authorization === 'Bearer t' ? 200 : 404).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { ok, out } = await go(url, '-key', made!.vkey, '-token', 't');
  server.close();
  assert.ok(ok, out);
  assert.match(out, new RegExp(`^${ENTRIES + 1} entries hold`));
});

test("Go's tlog accepts a receipt, and not one with a letter changed", { skip }, async () => {
  const file = join(root, 'call.tlog-proof');
  await writeFile(file, made!.receipt);
  const good = await go('-receipt', file, '-key', made!.vkey);
  assert.ok(good.ok, good.out);
  await writeFile(file, made!.receipt.replace('index 65530', 'index 65531'));
  assert.equal((await go('-receipt', file, '-key', made!.vkey)).ok, false);
});

test("Go's tlog gives the same consistency proofs, between the same two roots, as fork proofs are made of", {
  skip,
}, async () => {
  const log = join(dir, 'alpha');
  const size = ENTRIES + 1;
  const tile = async (level: number, n: number, width: number) =>
    readFile(join(log, tilePath(level, n, width))).catch(() => undefined);
  for (const m of [1, 2, 3, 255, 256, 257, 1000, 32_768, 65_535, 65_536, 65_537, ENTRIES]) {
    const { ok, out } = await go(log, '-key', made!.vkey, '-prefix', String(m));
    assert.ok(ok, `${m}: ${out}`);
    const [root, ...expected] = out.trim().split('\n');
    const proof = (await prefixProof(tile, m, size))!;
    // RFC 6962 leaves the first hash out where it is the older root itself: for a power of two.
    const isPower = Number.isInteger(Math.log2(m));
    const hashes = proof.map((hash) => hash.toString('base64'));
    assert.deepEqual(isPower ? hashes.slice(1) : hashes, expected, `${m} of ${size}`);
    assert.equal(rootsFromPrefixProof(m, size, proof)?.prefix.toString('base64'), root, `${m} of ${size}`);
  }
});

test("Go's tlog refuses a log with one bit flipped in a tile, a bundle or the checkpoint", {
  skip,
}, async () => {
  for (const path of ['checkpoint', 'tile/0/003', 'tile/1/000', 'tile/2/000.p/1', 'tile/entries/100']) {
    const file = join(dir, 'alpha', path);
    const whole = await readFile(file);
    const bytes = Buffer.from(whole);
    bytes[20]! ^= 1;
    await writeFile(file, bytes);
    const { ok, out } = await go(dir);
    await writeFile(file, whole);
    assert.equal(ok, false, `${path}: ${out}`);
  }
  assert.ok((await go(dir)).ok, 'and as it was, it holds');
});
