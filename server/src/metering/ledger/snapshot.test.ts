import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { DAY_MS } from '#kernel';
import { runs } from '#test/runs';
import { unseal } from './envelope.ts';
import { verifyFolder } from './inspect.ts';
import type { Snapshot } from './snapshot.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import { call, DIR, memory, openTestLedger, START_MS } from './testing/test-ledger.ts';

/** Three days of two logs, closed twice, and what a start has to count. */
async function folder(): Promise<{ files: FakeFiles; truth: string[]; sizes: number[] }> {
  const files = new FakeFiles(seeded(1));
  const projection = memory();
  const ledger = await openTestLedger(files, { projections: [projection], segmentBytes: 3000 });
  for (const log of ['alpha', 'beta']) await ledger.createLog(log);
  for (let i = 0; i < 24; i++) {
    const time = START_MS + Math.floor(i / 8) * DAY_MS;
    await ledger.append(call(i % 3 ? 'alpha' : 'beta', `${i}`, i % 4, time)).committed;
  }
  await ledger.integrated();
  await ledger.close();
  return { files, truth: projection.seen, sizes: ['alpha', 'beta'].map((log) => ledger.state(log).size) };
}

const snapshotPaths = (files: FakeFiles) => files.paths().filter((path) => path.endsWith('.snapshot'));
const read = (files: FakeFiles, path: string) => decodeSnapshot(unseal(Buffer.from(files.peek(path)!))!);

/** As anybody can write it: with a CRC-32 that is right. */
function poke(files: FakeFiles, path: string, snapshot: Snapshot): void {
  const body = Buffer.concat([Buffer.from('PLYN'), ...encodeSnapshot(snapshot)]);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(crc32(body));
  files.poke(path, Buffer.concat([body, crc]));
}

async function start(files: FakeFiles) {
  const [projection, reports] = [memory(), [] as string[]];
  const ledger = await openTestLedger(files, {
    projections: [projection],
    segmentBytes: 3000,
    report: (line) => reports.push(line),
  });
  const sizes = ['alpha', 'beta'].map((log) => ledger.state(log).size);
  const totals = ledger.state('alpha').totals;
  await ledger.append(call('alpha', 'after', 1, START_MS + 2 * DAY_MS)).committed;
  await ledger.integrated();
  await ledger.close();
  return { seen: projection.seen.slice(0, -1), sizes, totals, reports };
}

test('the first record of a UTC day closes the day before in every log, and a start goes on from the snapshot of then', async () => {
  const { files, truth, sizes } = await folder();
  assert.deepEqual(sizes, [18, 10]);
  assert.deepEqual(
    truth.filter((key) => key.endsWith('/day-closed')),
    ['alpha/5/day-closed', 'beta/3/day-closed', 'alpha/11/day-closed', 'beta/7/day-closed'],
  );
  const [, newest] = snapshotPaths(files);
  assert.equal(read(files, newest!).point.position, 18);
  const reads = new Set<string>();
  files.fault = ({ name, path }) => {
    if (name === 'readPart' || name === 'size') reads.add(String(path));
  };
  const started = await start(files);
  files.fault = () => {};
  const [first] = files.paths().filter((path) => path.endsWith('.seg'));
  assert.ok(!reads.has(first!), 'the journal is read from the snapshot on');
  assert.deepEqual([started.seen, started.sizes, started.reports], [truth, sizes, []]);
  assert.ok((await verifyFolder(DIR, { files })).ok);
});

const FORGERIES: Record<string, (snapshot: Snapshot, older: Snapshot) => Snapshot> = {
  'a projection that says less than was': (s) => ({ ...s, dumps: new Map([['memory', Buffer.from('[]')]]) }),
  'a projection that says more than was': (s) => ({
    ...s,
    dumps: new Map([
      ['memory', Buffer.from(Buffer.from(s.dumps.get('memory')!).toString().replace(']', ',"alpha/9/x"]'))],
    ]),
  }),
  'a projection that does not read': (s) => ({ ...s, dumps: new Map([['memory', Buffer.from('{')]]) }),
  'totals that are too low': (s) => ({
    ...s,
    logs: s.logs.map((log) => ({ ...log, totals: { ...log.totals, micros: log.totals.micros - 5000 } })),
  }),
  'totals that are too high': (s) => ({
    ...s,
    logs: s.logs.map((log) => ({ ...log, totals: { ...log.totals, calls: log.totals.calls + 1 } })),
  }),
  'a log less': (s) => ({ ...s, logs: s.logs.slice(0, 1) }),
  'a log of no key': (s) => ({ ...s, logs: [...s.logs, { ...s.logs[0]!, log: 'gamma', size: 0 }] }),
  'sizes that are swapped': (s) => ({
    ...s,
    logs: s.logs.map((log, i) => ({ ...log, size: s.logs[1 - i]!.size })),
  }),
  'another day': (s) => ({ ...s, logs: s.logs.map((log) => ({ ...log, lastTime: log.lastTime + DAY_MS })) }),
  'the place of another record': (s) => ({ ...s, point: { ...s.point, position: s.point.position + 1 } }),
  'a place where no block begins': (s) => ({ ...s, point: { ...s.point, offset: s.point.offset + 1 } }),
  'a segment that is not there': (s) => ({ ...s, point: { ...s.point, segment: 1 } }),
  'what the snapshot of the day before said': (s, older) => ({ ...older, point: s.point }),
  'counters of the day before': (s, older) => ({ ...s, dumps: older.dumps }),
};

for (const [what, forge] of Object.entries(FORGERIES)) {
  test(`a snapshot with ${what}, and a right CRC, is put aside with a word; the journal is counted anew`, async () => {
    const { files, truth, sizes } = await folder();
    const [older, newest] = snapshotPaths(files) as [string, string];
    poke(files, newest, forge(read(files, newest), read(files, older)));
    const { seen, sizes: found, totals, reports } = await start(files);
    assert.deepEqual([seen, found], [truth, sizes]);
    assert.deepEqual([totals.calls, totals.micros], [16, 120_000]);
    assert.equal(reports.length, 1, reports.join('\n'));
    assert.match(reports[0]!, /does not agree with the journal \(.+\)\. It was put aside/);
    assert.ok(files.paths().some((path) => path === `${newest}.rejected`));
    assert.ok((await verifyFolder(DIR, { files })).ok);
  });
}

test('a snapshot of another folder is put aside, and an older one of this folder counts as it should', async () => {
  const [{ files, truth }, other] = [await folder(), await folder()];
  const [older, newest] = snapshotPaths(files) as [string, string];
  const foreign = new FakeFiles(seeded(2));
  const ledger = await openTestLedger(foreign, { projections: [memory()], segmentBytes: 3000 });
  for (const log of ['alpha', 'beta']) await ledger.createLog(log);
  for (let i = 0; i < 19; i++) {
    await ledger.append(call(i % 2 ? 'alpha' : 'beta', `x${i}`, 1, START_MS + (i > 17 ? DAY_MS : 0)))
      .committed;
  }
  await ledger.close();
  files.poke(newest, Buffer.from(foreign.peek(snapshotPaths(foreign)[0]!)!));
  const swapped = await start(files);
  assert.deepEqual([swapped.seen, swapped.reports.length], [truth, 1]);
  await other.files.remove(newest);
  const fromOlder = await start(other.files);
  assert.deepEqual([fromOlder.seen, fromOlder.reports], [truth, []]);
  assert.ok(older < newest);
});

test('a snapshot that no day-closed entry follows is not believed, however right it is', async () => {
  const { files, truth } = await folder();
  const [older, newest] = snapshotPaths(files) as [string, string];
  const s = read(files, older);
  // At the end of the journal: all that it says is so, yet nothing was committed to after it.
  const end = await openTestLedger(files.afterKill(), { projections: [memory()] });
  const logs = ['alpha', 'beta'].map((log) => ({ log, ...end.state(log), lastTime: START_MS + 2 * DAY_MS }));
  await end.close();
  const segments = files.paths().filter((path) => path.endsWith('.seg'));
  const last = segments.at(-1)!;
  const point = {
    position: 28,
    segment: Number(last.slice(-20, -4)),
    offset: files.peek(last)!.length,
  };
  poke(files, newest, {
    ...s,
    point,
    logs,
    dumps: new Map([['memory', Buffer.from(JSON.stringify(truth))]]),
  });
  const { seen, reports } = await start(files);
  assert.deepEqual(seen, truth);
  assert.match(reports[0]!, /no day-closed entry confirms log (alpha|beta)/);
});

test('a journal that is shorter than a snapshot stops the start: what is missing was there', async () => {
  const { files } = await folder();
  const [, newest] = snapshotPaths(files) as [string, string];
  const s = read(files, newest);
  poke(files, newest, { ...s, point: { ...s.point, position: 1000 } });
  await assert.rejects(
    openTestLedger(files, { projections: [memory()] }),
    /ends at record 28.*snapshot.*1000/,
  );
});

test('whatever is changed in a snapshot, a start counts what the journal says', async () => {
  const { files } = await folder();
  const [, newest] = snapshotPaths(files) as [string, string];
  const sealed = Buffer.from(files.peek(newest)!);
  await fc.assert(
    fc.asyncProperty(fc.nat(sealed.length - 9), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
      const { files: fresh, truth, sizes } = await folder();
      const forged = Buffer.from(sealed);
      forged[4 + at]! ^= flip;
      forged.writeUInt32BE(crc32(forged.subarray(0, -4)), forged.length - 4);
      fresh.poke(newest, forged);
      try {
        const { seen, sizes: found } = await start(fresh);
        assert.deepEqual([seen, found], [truth, sizes]);
      } catch (error) {
        assert.match(String(error), /LedgerDamage: The journal ends at record 28/);
      }
    }),
    { numRuns: runs(60) },
  );
});
