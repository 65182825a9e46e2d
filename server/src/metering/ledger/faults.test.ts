import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { verifyFolder } from './inspect.ts';
import type { FileOperation } from './testing/faulty-files.ts';
import { FakeFiles, ioError, seeded } from './testing/faulty-files.ts';
import { call, DIR, digestOf, isAsked, memory, openTestLedger } from './testing/test-ledger.ts';

/** What goes wrong, and where. Each is tried at several moments. */
const FAULTS: { title: string; fails: (operation: FileOperation) => boolean; code: 'EIO' | 'ENOSPC' }[] = [
  { title: 'a full disk while the journal is written', fails: at('append', '/journal/'), code: 'ENOSPC' },
  { title: 'a failed sync of the journal', fails: at('appendSync', '/journal/'), code: 'EIO' },
  { title: 'a full disk while a segment is begun', fails: at('write', '/journal/'), code: 'ENOSPC' },
  { title: 'a failed sync of a new segment', fails: at('sync', '/journal/'), code: 'EIO' },
  { title: "a failed sync of the journal's folder", fails: at('sync', '/journal'), code: 'EIO' },
  { title: 'a full disk while heads are written', fails: at('append', '/heads'), code: 'ENOSPC' },
  { title: 'a failed sync of the heads', fails: at('appendSync', '/heads'), code: 'EIO' },
  { title: 'a full disk while tiles are written', fails: at('write', '/tile/'), code: 'ENOSPC' },
  { title: 'a full disk while openings are written', fails: at('write', '/openings/'), code: 'ENOSPC' },
  { title: 'a full disk while a snapshot is written', fails: at('append', '/snapshots/'), code: 'ENOSPC' },
  { title: 'a failed sync of a snapshot', fails: at('appendSync', '/snapshots/'), code: 'EIO' },
  { title: 'a checkpoint that cannot be put in place', fails: at('rename', '/checkpoint'), code: 'EIO' },
];
const MOMENTS = 10;
const SMALL = { segmentBytes: 3000, snapshotRecords: 12 };

function at(name: string, part: string): (operation: FileOperation) => boolean {
  return (operation) => operation.name === name && `${operation.path}`.includes(part);
}

const isUnavailable = (error: unknown) => error instanceof Problem && error.code === 'ledger-unavailable';

for (const { title, fails, code } of FAULTS) {
  test(`${title}: nothing more is accepted, what waits is refused, and a restart has every answered call`, async () => {
    for (let moment = 1; moment <= MOMENTS; moment++) {
      const message = `${title}, occurrence ${moment * 2}`;
      const files = new FakeFiles(seeded(moment));
      const ledger = await openTestLedger(files, { ...SMALL, projections: [memory()] });
      await ledger.createLog('alpha');
      let left = moment * 2;
      let broken = false;
      files.fault = (operation) => {
        if (broken || (fails(operation) && --left === 0)) {
          broken = true;
          throw ioError(code);
        }
      };
      const answered = await callUntilRefused(ledger, () => broken, message);
      assert.equal(ledger.healthy(), false, message);
      assert.throws(() => ledger.append(call('alpha', 'late')), isUnavailable, message);
      await ledger.close().catch(() => {});
      // The machine is mended and started again: first without, then with a power cut.
      const killed = files.afterKill();
      const first = await reopen(killed, answered, message);
      await reopen(killed.afterPowerCut(), first, `${message}, then a power cut`);
    }
  });
}

/** Calls until the ledger refuses; returns what was answered. */
async function callUntilRefused(
  ledger: Awaited<ReturnType<typeof openTestLedger>>,
  isBroken: () => boolean,
  message: string,
): Promise<string[]> {
  const answered: string[] = [];
  for (let i = 0; i < 400; i++) {
    try {
      const { index, committed } = ledger.append(call('alpha', `call-${i}`, 3));
      await committed;
      answered.push(`alpha/${index}/call-${i}`);
      if (i % 3 === 0) await ledger.integrated();
    } catch (error) {
      assert.ok(isBroken(), `${message}: refused without a reason: ${String(error)}`);
      if (isUnavailable(error)) return answered;
    }
  }
  throw new assert.AssertionError({ message: `${message}: the fault never stopped the ledger` });
}

async function reopen(files: FakeFiles, answered: readonly string[], message: string): Promise<string[]> {
  const projection = memory();
  const ledger = await openTestLedger(files, { ...SMALL, projections: [projection] });
  const { seen } = projection;
  const calls = seen.filter(isAsked);
  assert.deepEqual(calls.slice(0, answered.length), answered, message);
  assert.ok(calls.length <= answered.length + 1, `${message}: more than the one call that was refused`);
  await ledger.integrated();
  assert.equal(ledger.reader.checkpoint('alpha')?.size, seen.length, message);
  await ledger.close();
  const report = await verifyFolder(DIR, { files });
  assert.ok(report.ok, `${message}: ${JSON.stringify([report.faults, report.logs[0]?.faults])}`);
  return calls;
}

test('an append that is refused for its form leaves no trace', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  await ledger.createLog('alpha');
  const good = call('alpha', 'good');
  const bad = [
    { ...good, agreement: new Uint8Array(31) },
    { ...good, priceMicros: -1 },
    { ...good, priceMicros: 0.5 },
    { ...good, status: Number.NaN },
    { ...good, app: 'a'.repeat(256) },
    { ...good, recipient: 'é'.repeat(128) },
    { ...good, items: [{ kind: 'post' as const, id: '9223372036854775808', billed: true }] },
    { ...good, items: [{ kind: 'post' as const, id: '12x', billed: true }] },
    { ...good, items: [{ kind: 'post' as const, id: '', billed: true }] },
    { ...good, request: { ...good.request, target: `/${'a'.repeat(70_000)}` } },
  ];
  for (const fact of bad) assert.throws(() => ledger.append(fact), RangeError);
  assert.throws(() => ledger.append(call('nowhere', 'x')), RangeError);
  assert.deepEqual(ledger.state('alpha'), {
    size: 0,
    totals: { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 },
  });
  await ledger.append(good).committed;
  await ledger.integrated();
  assert.equal(ledger.reader.checkpoint('alpha')?.size, 1);
  await ledger.close();
  assert.ok((await verifyFolder(DIR, { files })).ok);
});

test('when more waits for the disk than it can take, calls are refused as overloaded and nothing is lost', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  await ledger.createLog('alpha');
  const plain = call('alpha', 'big');
  const big = { ...plain, request: { ...plain.request, target: `/${'a'.repeat(30_000)}` } };
  const waiting: Promise<void>[] = [];
  assert.throws(
    () => {
      for (let i = 0; i < 5000; i++) waiting.push(ledger.append(big).committed);
    },
    (error) =>
      error instanceof Problem && error.code === 'overloaded' && error.headers['retry-after'] === '1',
  );
  await Promise.all(waiting);
  assert.equal(ledger.healthy(), true);
  await ledger.append(call('alpha', 'after')).committed;
  assert.equal(ledger.state('alpha').size, waiting.length + 1);
  await ledger.close();
});

test('a projection that throws stops the ledger, since it would count wrongly from there on', async () => {
  const files = new FakeFiles(seeded(1));
  const broken = {
    name: 'broken',
    load() {},
    apply() {
      throw new Error('cannot count');
    },
    dump: () => new Uint8Array(),
    digest: digestOf,
  };
  const ledger = await openTestLedger(files, { projections: [broken] });
  await ledger.createLog('alpha');
  assert.throws(() => ledger.append(call('alpha', 'x')), /cannot count/);
  assert.equal(ledger.healthy(), false);
  assert.throws(() => ledger.append(call('alpha', 'y')), isUnavailable);
  await ledger.close();
});

test('calls that a full disk refused are not counted: projections take them back, and size and totals are those of before', async () => {
  const files = new FakeFiles(seeded(1));
  const counted: number[] = [];
  const projection = {
    name: 'counted',
    load() {},
    apply: ({ index }: { index: number }) => void counted.push(index),
    revert: ({ index }: { index: number }) => assert.equal(counted.pop(), index, 'the newest first'),
    dump: () => new Uint8Array(),
    digest: digestOf,
  };
  const ledger = await openTestLedger(files, { projections: [projection] });
  await ledger.createLog('alpha');
  for (let i = 0; i < 3; i++) await ledger.append(call('alpha', `${i}`, 2)).committed;
  const before = ledger.state('alpha');
  files.fault = (operation) => {
    if (operation.name === 'append' && `${operation.path}`.includes('/journal/')) throw ioError('ENOSPC');
  };
  const refused = Array.from(
    { length: 5 },
    (_, i) => ledger.append(call('alpha', `refused ${i}`, 3)).committed,
  );
  for (const one of refused) await assert.rejects(one, isUnavailable);
  assert.deepEqual(counted, [0, 1, 2]);
  assert.deepEqual(ledger.state('alpha'), before);
  await ledger.close();
});
