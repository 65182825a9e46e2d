import assert from 'node:assert/strict';
import { test } from 'node:test';
import { verifyFolder } from './inspect.ts';
import type { Ledger } from './port.ts';
import { LedgerDamage } from './segment.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import { call, DIR, isAsked, memory, openTestLedger } from './testing/test-ledger.ts';

/** Crash points drawn at random. Each is a seed that the message of a failure prints. */
const POWER_CUTS = 80;
const LIES = 40;
const KILLS = 40;
/** Small, so that segments roll and snapshots come often. */
const SMALL = { segmentBytes: 3000, snapshotRecords: 12 };

type Seen = { answered: Set<string>; asked: Set<string> };

/** Traffic until the files stop. Notes what was asked, and what was answered. */
async function traffic(
  ledger: Ledger,
  random: () => number,
  round: string,
  { answered, asked }: Seen,
): Promise<void> {
  for (let step = 0; step < 40; step++) {
    const log = random() < 0.7 ? 'alpha' : 'beta';
    await ledger.createLog(log);
    const burst = 1 + Math.floor(random() * 5);
    const waiting: Promise<void>[] = [];
    for (let i = 0; i < burst; i++) {
      const name = `${round}-${step}-${i}`;
      const appended = ledger.append(call(log, name, Math.floor(random() * 12)));
      const key = `${log}/${appended.index}/${name}`;
      asked.add(key);
      waiting.push(appended.committed.then(() => void answered.add(key)));
    }
    if (random() < 0.7) await Promise.all(waiting);
    if (random() < 0.2) await ledger.integrated();
  }
  await ledger.close();
}

/** Opens, lets traffic run into a crash, and returns what the machine finds then. */
async function crashOnce(
  files: FakeFiles,
  random: () => number,
  round: string,
  seen: Seen,
): Promise<FakeFiles> {
  files.crashAt = files.operations + 5 + Math.floor(random() * 500);
  const run = (async () => {
    const ledger = await openTestLedger(files, { ...SMALL, projections: [memory()] });
    await traffic(ledger, random, round, seen);
  })();
  await Promise.race([files.crashed.promise, run]);
  return files;
}

async function assertWhole(files: FakeFiles, { answered, asked }: Seen, message: string): Promise<void> {
  const projection = memory();
  const ledger = await openTestLedger(files, { ...SMALL, projections: [projection] });
  const { seen } = projection;
  assert.equal(new Set(seen).size, seen.length, `${message}: a record is there twice`);
  for (const key of answered) assert.ok(seen.includes(key), `${message}: ${key} was answered and is gone`);
  for (const key of seen) assert.ok(asked.has(key) || !isAsked(key), `${message}: ${key} was never asked`);
  await ledger.integrated();
  for (const { log } of ledger.logs()) {
    const entries = await Array.fromAsync(ledger.reader.entries(log, 0, Number.MAX_SAFE_INTEGER));
    const found = entries.map(
      (entry, i) => `${log}/${i}/${entry.kind === 'control' ? entry.event : entry.operation}`,
    );
    assert.deepEqual(
      found,
      seen.filter((key) => key.startsWith(`${log}/`)),
      `${message}: the log of ${log}`,
    );
  }
  await ledger.close();
  const report = await verifyFolder(DIR, { files });
  assert.deepEqual(report.faults, [], message);
  assert.deepEqual(
    report.logs.flatMap((log) => log.faults),
    [],
    message,
  );
  // What was asked and not answered may be there or not; from now on it is what it is.
  for (const key of seen) answered.add(key);
}

test('after a power cut every answered call is there exactly once, and nothing is torn', async () => {
  for (let seed = 1; seed <= POWER_CUTS; seed++) {
    const random = seeded(seed);
    const seen: Seen = { answered: new Set(), asked: new Set() };
    let files = new FakeFiles(random);
    for (let round = 0; round < 3; round++) {
      files = (await crashOnce(files, random, `r${round}`, seen)).afterPowerCut();
      await assertWhole(files, seen, `seed ${seed}, round ${round}`);
    }
  }
});

test('after kill -9 every answered call is there exactly once, also when the power goes right after', async () => {
  for (let seed = 1; seed <= KILLS; seed++) {
    const random = seeded(seed + 10_000);
    const seen: Seen = { answered: new Set(), asked: new Set() };
    let files = new FakeFiles(random);
    for (let round = 0; round < 2; round++) {
      files = (await crashOnce(files, random, `r${round}`, seen)).afterKill();
      await assertWhole(files, seen, `seed ${seed}, round ${round}`);
      files = files.afterPowerCut();
      await assertWhole(files, seen, `seed ${seed}, round ${round}, then a power cut`);
    }
  }
});

/** True if the folder itself said that something is wrong: at the start, or when verified. */
async function isTold(files: FakeFiles, asked: ReadonlySet<string>, message: string): Promise<boolean> {
  const projection = memory();
  try {
    const ledger = await openTestLedger(files, { ...SMALL, projections: [projection] });
    await ledger.integrated();
    await ledger.close();
  } catch (error) {
    assert.ok(error instanceof LedgerDamage, `${message}: ${String(error)}`);
    return true;
  }
  const { seen } = projection;
  assert.equal(new Set(seen).size, seen.length, `${message}: a record is there twice`);
  for (const key of seen) assert.ok(asked.has(key) || !isAsked(key), `${message}: ${key} was never asked`);
  for (const log of ['alpha', 'beta']) {
    const indices = seen.filter((key) => key.startsWith(`${log}/`)).map((key) => Number(key.split('/')[1]));
    assert.deepEqual(indices, [...indices.keys()], `${message}: the log of ${log} has a gap`);
  }
  return !(await verifyFolder(DIR, { files })).ok;
}

test('when syncs lie, a power cut loses the end or is told, and never leaves a false state', async () => {
  let told = 0;
  for (let seed = 1; seed <= LIES; seed++) {
    const random = seeded(seed + 20_000);
    const seen: Seen = { answered: new Set(), asked: new Set() };
    const files = new FakeFiles(random);
    const first = await openTestLedger(files, SMALL);
    await first.createLog('alpha');
    await first.createLog('beta');
    await first.close();
    files.lies = true;
    const after = (await crashOnce(files, random, 'lie', seen)).afterPowerCut();
    if (await isTold(after, seen.asked, `seed ${seed}`)) told += 1;
  }
  // Were a lying disk never noticed, the fake would not have lied.
  assert.ok(told > 0 && told < LIES, `told in ${told} of ${LIES}`);
});
