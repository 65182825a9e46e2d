/**
 * The ledger: durable entries in batches, calls that each wait for their own commit, the integrator, a start, and
 * verification. Yardsticks in the same run: bare write + fdatasync of the same bytes, and bare SHA-256 of the same
 * entries. 200,000 entries, or 1 million with `--large`; on the disk under the system's temporary folder.
 */
import { hash } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVault } from '#kernel';
import { type CallFact, type Ledger, openLedger } from '#ledger';
import { verifyLog } from '#ledger/verify';

const TARGET = {
  batchedEntriesPerSecond: 50_000,
  waitingCallsPerSecond: 3_000,
  verifiedEntriesPerSecond: 250_000,
  appendOneItemMicros: 8,
  append100ItemsMicros: 60,
  integrateOneItemMicros: 15,
  integrate100ItemsMicros: 250,
  startMillis: 1_000,
};
const ENTRIES = process.argv.includes('--large') ? 1_000_000 : 200_000;
const PAGES = 5_000;
const BATCH = 2_000;
const WAITERS = 64;
const WAITING_SECONDS = 3;

const root = mkdtempSync(join(tmpdir(), 'parley-bench-ledger-'));
const open = (name: string): Promise<Ledger> =>
  openLedger({
    dir: join(root, name),
    operatorOrigin: 'parley.example/ledger',
    vault: createVault(new Uint8Array(32)),
  });

function fact(items: number): CallFact {
  return {
    time: Date.now(),
    log: 'alpha',
    app: '1989234567890123456',
    key: '1989234567890123457',
    operation: items > 1 ? 'searchPostsRecent' : 'getPostsById',
    purpose: 'analytics',
    recipient: 'self',
    status: 200,
    items: Array.from({ length: items }, (_, i) => ({
      kind: i % 2 ? 'person' : 'post',
      id: String(1_989_234_567_890_123_456n + BigInt(i)),
      billed: true,
    })),
    priceMicros: 5000 * items,
    agreement: new Uint8Array(32).fill(1),
    request: {
      method: 'GET',
      target:
        items > 1
          ? '/2/tweets/search/recent?query=coffee%20lang%3Aen&max_results=100'
          : '/2/tweets/1989234567890123456',
      bodyDigest: new Uint8Array(),
    },
  };
}

/** Appends in batches, each awaited. Returns entries a second, and microseconds of the append itself. */
async function batched(ledger: Ledger, count: number, items: number, batch: number) {
  const call = fact(items);
  let appending = 0;
  const begun = performance.now();
  for (let done = 0; done < count; done += batch) {
    const before = performance.now();
    let committed: Promise<void> | undefined;
    for (let i = 0; i < batch; i++) committed = ledger.append(call).committed;
    appending += performance.now() - before;
    await committed;
  }
  const seconds = (performance.now() - begun) / 1000;
  return { perSecond: Math.round(count / seconds), appendMicros: round((appending * 1000) / count) };
}

/** Each waiter calls again when its own call is on disk. */
async function waiting(ledger: Ledger): Promise<number> {
  const call = fact(1);
  let calls = 0;
  const end = performance.now() + WAITING_SECONDS * 1000;
  const waiter = async () => {
    while (performance.now() < end) {
      await ledger.append(call).committed;
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: WAITERS }, waiter));
  return Math.round(calls / WAITING_SECONDS);
}

/** Bytes in the journal of a ledger. */
function journalBytes(name: string): number {
  const dir = join(root, name, 'journal');
  return readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).size, 0);
}

/** Bare write + fdatasync of blocks; returns blocks a second. */
function bareSyncs(blockBytes: number, blocks: number): number {
  const path = join(root, 'bare');
  const fd = openSync(path, 'w');
  const block = Buffer.alloc(blockBytes, 1);
  const begun = performance.now();
  for (let i = 0; i < blocks; i++) {
    writeSync(fd, block);
    fdatasyncSync(fd);
  }
  const seconds = (performance.now() - begun) / 1000;
  closeSync(fd);
  rmSync(path);
  return blocks / seconds;
}

/** Makes all trees anew: what the integrator costs for each entry, files, syncs and signatures included. */
async function integration(name: string, count: number) {
  rmSync(join(root, name, 'snapshots', 'trees.state'));
  const [begun, cpu] = [performance.now(), process.cpuUsage()];
  const ledger = await open(name);
  const wall = ((performance.now() - begun) * 1000) / count;
  const used = process.cpuUsage(cpu);
  await ledger.close();
  return { wall: round(wall), cpu: round((used.user + used.system) / count) };
}

async function verification(name: string, vkey: string): Promise<number> {
  const dir = join(root, name, 'alpha');
  const read = (path: string) => readFile(join(dir, path)).catch(() => undefined);
  const begun = performance.now();
  const report = await verifyLog({ read }, { vkey });
  if (!report.ok) throw new Error(JSON.stringify(report.faults));
  return Math.round(report.size / ((performance.now() - begun) / 1000));
}

/** Two hashes an entry, as any verifier must: the leaf and one node. */
function bareHashes(entryBytes: number): number {
  const entry = Buffer.alloc(entryBytes + 1, 1);
  const node = Buffer.alloc(65, 1);
  const count = 300_000;
  const begun = performance.now();
  for (let i = 0; i < count; i++) {
    hash('sha256', entry, 'latin1');
    hash('sha256', node, 'latin1');
  }
  return Math.round(count / ((performance.now() - begun) / 1000));
}

const round = (value: number) => Number(value.toFixed(2));

function row(what: string, value: unknown, beside = ''): void {
  console.log(`${what.padEnd(52)} ${String(value).padStart(10)}  ${beside}`);
}

async function bench() {
  let ledger = await open('small');
  const vkey = await ledger.createLog('alpha');
  await batched(ledger, 20_000, 1, BATCH); // Warm.
  const before = journalBytes('small');
  const small = await batched(ledger, ENTRIES, 1, BATCH);
  const blockBytes = Math.round(((journalBytes('small') - before) / ENTRIES) * BATCH);
  const bareEntries = Math.round(bareSyncs(blockBytes, Math.min(100, ENTRIES / BATCH)) * BATCH);
  row(
    'durable entries/s in batches of 2,000',
    small.perSecond,
    `bare write + fdatasync of the bytes: ${bareEntries}`,
  );

  const calls = await waiting(ledger);
  const bareCalls = Math.round(bareSyncs(Math.round((blockBytes / BATCH) * WAITERS), 500) * WAITERS);
  row(`calls/s, ${WAITERS} waiting each for its own commit`, calls, `bare: ${bareCalls}`);
  await ledger.integrated();
  const size = ledger.state('alpha').size;
  await ledger.close();

  const begun = performance.now();
  ledger = await open('small');
  const startMillis = round(performance.now() - begun);
  row(`start with ${size} entries, ms`, startMillis);
  await ledger.close();

  ledger = await open('pages');
  await ledger.createLog('alpha');
  const pages = await batched(ledger, PAGES, 100, 100);
  await ledger.integrated();
  await ledger.close();
  row('append of a 1-item call, µs on the main thread', small.appendMicros);
  row('append of a 100-item call, µs on the main thread', pages.appendMicros);

  const verified = await verification('small', vkey);
  const bareVerified = bareHashes(250);
  row('entries/s verified', verified, `bare SHA-256 of leaf and node: ${bareVerified}`);

  const integrateSmall = await integration('small', size);
  const integratePages = await integration('pages', PAGES);
  row('integrator, µs of CPU a 1-item call', integrateSmall.cpu, `by the clock: ${integrateSmall.wall}`);
  row('integrator, µs of CPU a 100-item call', integratePages.cpu, `by the clock: ${integratePages.wall}`);
  return {
    entries: size,
    batchedEntriesPerSecond: small.perSecond,
    bareBatchedEntriesPerSecond: bareEntries,
    waitingCallsPerSecond: calls,
    bareWaitingCallsPerSecond: bareCalls,
    startMillis,
    appendOneItemMicros: small.appendMicros,
    append100ItemsMicros: pages.appendMicros,
    verifiedEntriesPerSecond: verified,
    bareHashesPerSecond: bareVerified,
    integrateOneItemMicros: integrateSmall.cpu,
    integrate100ItemsMicros: integratePages.cpu,
  };
}

try {
  console.log(JSON.stringify({ target: TARGET, ...(await bench()) }));
} finally {
  rmSync(root, { recursive: true, force: true });
}
