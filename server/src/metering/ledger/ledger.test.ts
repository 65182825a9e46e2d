import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVault, Problem } from '#kernel';
import { parseVerifierKey } from './format/note.ts';
import { verifyFolder } from './inspect.ts';
import type { ControlFact, JournalRecord, Projection } from './port.ts';
import { LedgerDamage } from './segment.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import {
  call,
  DIR,
  digestOf,
  isAsked,
  memory,
  ORIGIN,
  openTestLedger,
  START_MS,
} from './testing/test-ledger.ts';
import { verifyReceipt } from './verify/receipt.ts';

const control = (log: string, time = START_MS): ControlFact => ({
  time,
  log,
  event: 'key-enrolled',
  agreement: new Uint8Array(32).fill(1),
  body: Buffer.from('{"key":"key-1"}'),
});

test('append fixes index and totals at once, and the entry in the log says the same', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  const vkey = await ledger.createLog('alpha');
  const first = ledger.appendControl(control('alpha'));
  const second = ledger.append(call('alpha', 'a', 4));
  const third = ledger.append(call('alpha', 'b', 0));
  assert.deepEqual([first.index, second.index, third.index], [0, 1, 2]);
  assert.deepEqual(first.totals, { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 });
  assert.deepEqual(second.totals, { calls: 1, posts: 3, persons: 1, billed: 1, micros: 20_000 });
  assert.deepEqual(third.totals, { ...second.totals, calls: 2 });
  assert.deepEqual(ledger.state('alpha'), { size: 3, totals: third.totals });
  await Promise.all([first.committed, second.committed, third.committed]);
  await ledger.integrated();
  const entries = await Array.fromAsync(ledger.reader.entries('alpha', 0, 10));
  assert.deepEqual(
    entries.map((entry) => entry.totals),
    [first.totals, second.totals, third.totals],
  );
  const [one, two] = entries;
  assert.ok(one?.kind === 'control' && one.event === 'key-enrolled');
  assert.equal(Buffer.from(one.body).toString(), '{"key":"key-1"}');
  assert.ok(two?.kind === 'call');
  const { posts, persons, postsBilled, personsBilled } = two;
  assert.deepEqual(
    { posts, persons, postsBilled, personsBilled },
    { posts: 3, persons: 1, postsBilled: 1, personsBilled: 1 },
  );
  for (const index of [0, 1, 2]) {
    const verified = verifyReceipt((await ledger.reader.receipt('alpha', index))!, vkey);
    assert.equal(verified.index, index);
    assert.equal(verified.size, 3);
  }
  const opening = await ledger.reader.opening('alpha', 1);
  assert.deepEqual(opening?.items, call('alpha', 'a', 4).items);
  assert.equal(opening?.request.target, '/2/tweets?name=a');
  assert.equal(await ledger.reader.opening('alpha', 0), undefined, 'a control entry hides nothing');
  await ledger.close();
});

test('a new log has a checkpoint of the empty tree; its key stays the same; its name is checked', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  const [vkey, same] = await Promise.all([ledger.createLog('alpha'), ledger.createLog('alpha')]);
  assert.equal(same, vkey);
  assert.equal(parseVerifierKey(vkey).name, `${ORIGIN}/alpha`);
  assert.match(ledger.reader.checkpoint('alpha')!.text, /^parley\.example\/ledger\/alpha\n0\n47DEQpj8/);
  for (const name of [
    '',
    'A',
    'a/b',
    '..',
    'a b',
    '-a',
    'journal',
    'heads',
    'checkpoint',
    'tile',
    'a'.repeat(64),
  ]) {
    await assert.rejects(ledger.createLog(name), RangeError, name);
  }
  await ledger.close();
  const again = await openTestLedger(files);
  assert.equal(await again.createLog('alpha'), vkey);
  assert.deepEqual(again.logs(), [{ log: 'alpha', origin: `${ORIGIN}/alpha`, vkey }]);
  await again.close();
});

test('another master key does not open the logs, and says so', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  await ledger.createLog('alpha');
  await ledger.close();
  const other = createVault(new Uint8Array(32).fill(8));
  await assert.rejects(openTestLedger(files, { vault: other }), /private key of log alpha does not open/);
});

/** Everything a projection is shown, as text that can be compared. */
function recorder(): Projection & { records: string[] } {
  const projection = {
    name: 'recorder',
    records: [] as string[],
    load(state: Uint8Array | undefined) {
      projection.records = state === undefined ? [] : JSON.parse(Buffer.from(state).toString());
    },
    apply(record: JournalRecord) {
      const plain = (_key: string, v: unknown) =>
        v instanceof Uint8Array ? Buffer.from(v).toString('hex') : v;
      const sorted = Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
      for (const [key, v] of Object.entries(sorted))
        if (v instanceof Uint8Array) sorted[key] = Buffer.from(v).toString('hex');
      projection.records.push(JSON.stringify(sorted, plain));
    },
    dump: () => Buffer.from(JSON.stringify(projection.records)),
    digest: () => digestOf(projection.records),
  };
  return projection;
}

test('projections see every record once, in order, the same live and at replay, through snapshots or without', async () => {
  for (const snapshotRecords of [1_000_000, 7]) {
    const files = new FakeFiles(seeded(1));
    const live = recorder();
    const ledger = await openTestLedger(files, { projections: [live], snapshotRecords });
    await ledger.createLog('alpha');
    await ledger.createLog('beta');
    for (let i = 0; i < 30; i++) {
      const { committed } = ledger.append(call(i % 3 ? 'alpha' : 'beta', `öp-${i}`, i % 5));
      if (i % 4 === 0) ledger.appendControl(control('beta'));
      if (i % 2) await committed;
    }
    await ledger.integrated();
    const replayed = recorder();
    const again = await openTestLedger(files.afterKill(), { projections: [replayed] });
    assert.deepEqual(replayed.records, live.records, `snapshots every ${snapshotRecords}`);
    await again.close();
    await ledger.close();
  }
});

test('a projection that no snapshot holds is given the whole journal', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files, { projections: [memory()], snapshotRecords: 3 });
  await ledger.createLog('alpha');
  for (let i = 0; i < 10; i++) await ledger.append(call('alpha', `${i}`)).committed;
  await ledger.close();
  const [old, fresh] = [memory(), recorder()];
  const again = await openTestLedger(files, { projections: [old, fresh] });
  assert.equal(old.seen.filter(isAsked).length, 10);
  assert.equal(fresh.records.length, old.seen.length);
  await again.close();
});

test('a damaged snapshot is passed over with a word, and nothing is missing', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files, { projections: [memory()], snapshotRecords: 3 });
  await ledger.createLog('alpha');
  for (let i = 0; i < 10; i++) await ledger.append(call('alpha', `${i}`)).committed;
  await ledger.close();
  for (const path of files.paths().filter((one) => one.endsWith('.snapshot'))) {
    const bytes = Buffer.from(files.peek(path)!);
    bytes[bytes.length >> 1]! ^= 4;
    files.poke(path, bytes);
  }
  const [projection, reports] = [memory(), [] as string[]];
  const again = await openTestLedger(files, {
    projections: [projection],
    report: (line) => reports.push(line),
  });
  assert.equal(projection.seen.filter(isAsked).length, 10);
  assert.match(reports[0]!, /does not read/);
  await again.close();
});

test('the clock may jump either way: an entry keeps the time it was given, the log its order, and all of it verifies', async () => {
  const files = new FakeFiles(seeded(1));
  const times = [500, 31_536_000_000, -10_000, 0, 400].map((ms) => START_MS + ms);
  const projection = memory();
  const ledger = await openTestLedger(files, { projections: [projection] });
  await ledger.createLog('alpha');
  // The first record of a later day closes the day before, once.
  const indexes = [0, 2, 3, 4, 5];
  for (const [i, time] of times.slice(0, -1).entries()) {
    assert.equal(ledger.append(call('alpha', `${i}`, 1, time)).index, indexes[i]);
  }
  await ledger.appendControl(control('alpha', times.at(-1))).committed;
  await ledger.integrated();
  const read = [];
  for await (const entry of ledger.reader.entries('alpha', 0, 9)) {
    if (entry.kind === 'control' && entry.event === 'day-closed') assert.equal(entry.index, 1);
    else read.push([entry.index, entry.time]);
  }
  assert.deepEqual(
    read,
    times.map((time, i) => [indexes[i], time]),
  );
  await ledger.close();
  assert.ok((await verifyFolder(DIR, { files })).ok);
  for (const path of files.paths()) if (path.endsWith('.snapshot')) await files.remove(path);
  const replayed = memory();
  const again = await openTestLedger(files, { projections: [replayed] });
  assert.deepEqual(replayed.seen, projection.seen);
  await again.close();
});

test('what comes after the close is refused as the ledger being unavailable', async () => {
  const ledger = await openTestLedger(new FakeFiles(seeded(1)));
  await ledger.createLog('alpha');
  const closing = ledger.close();
  const isRefused = (error: unknown) => error instanceof Problem && error.code === 'ledger-unavailable';
  assert.throws(() => ledger.append(call('alpha', 'while closing')), isRefused);
  await closing;
  assert.throws(() => ledger.append(call('alpha', 'after')), isRefused);
  assert.throws(() => ledger.appendControl(control('alpha')), isRefused);
});

test('everything but journal, heads and keys can be deleted and is made again, byte for byte', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files, {
    projections: [memory()],
    snapshotRecords: 50,
    segmentBytes: 20_000,
  });
  for (const log of ['alpha', 'beta']) await ledger.createLog(log);
  for (let i = 0; i < 700; i++) {
    const { committed } = ledger.append(call(i % 5 ? 'alpha' : 'beta', `${i}`, i % 4));
    if (i % 50 === 0) await committed.then(() => ledger.integrated());
  }
  await ledger.close();
  const isTruth = (path: string) =>
    path.startsWith(`${DIR}/journal/`) || path === `${DIR}/heads` || path.endsWith('key.json');
  const before = new Map(files.paths().map((path) => [path, files.peek(path)!.toString('hex')]));
  for (const path of files.paths()) if (!isTruth(path)) await files.remove(path);
  const projection = memory();
  const again = await openTestLedger(files, { projections: [projection] });
  assert.equal(projection.seen.filter(isAsked).length, 700);
  await again.close();
  const after = new Map(files.paths().map((path) => [path, files.peek(path)!.toString('hex')]));
  const derived = [...before.keys()].filter((path) => !isTruth(path) && !path.includes('/snapshots/'));
  assert.ok(derived.length > 10);
  for (const path of derived) assert.equal(after.get(path), before.get(path), path);
  assert.ok((await verifyFolder(DIR, { files })).ok);
});

test('only the widest partial tile is kept, and every published width is cut from it', async () => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  await ledger.createLog('alpha');
  const published = new Map<number, string>();
  for (let i = 0; i < 270; i++) {
    const { committed } = ledger.append(call('alpha', `${i}`, 0));
    if (i % 30 !== 0 && i !== 269) continue;
    await committed;
    await ledger.integrated();
    published.set(i + 1, (await ledger.reader.tile('alpha', 0, 0, Math.min(256, i + 1)))!.toString('hex'));
  }
  for (const [size, hex] of published) {
    assert.equal((await ledger.reader.tile('alpha', 0, 0, Math.min(256, size)))?.toString('hex'), hex);
  }
  assert.deepEqual(
    files.paths().filter((path) => path.includes('/tile/0/')),
    [`${DIR}/alpha/tile/0/000`, `${DIR}/alpha/tile/0/001.p/14`],
  );
  assert.equal(await ledger.reader.tile('alpha', 0, 1, 15), undefined, 'wider than the log');
  assert.equal(await ledger.reader.tile('alpha', 0, 1, 0), undefined, 'of no width');
  assert.equal(await ledger.reader.tile('alpha', 2, 0, 1), undefined, 'of a level that does not exist');
  assert.equal(await ledger.reader.tile('beta', 0, 0, 1), undefined, 'of another log');
  await ledger.close();
});

/** The same calls in two folders, and one that differs: two trees. */
async function folderWith(last: string): Promise<FakeFiles> {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  await ledger.createLog('alpha');
  for (const name of ['a', 'b', last]) await ledger.append(call('alpha', name)).committed;
  await ledger.integrated();
  await ledger.close();
  return files;
}

test('a start whose tree is not the signed one stops and says how to inspect', async () => {
  const [ours, other] = [await folderWith('c'), await folderWith('d')];
  for (const path of ours.paths()) {
    const isDerived = path.includes('/tile/') || path.includes('/openings/') || path.includes('/snapshots/');
    if (isDerived) await ours.remove(path);
  }
  const journal = ours.paths().find((path) => path.endsWith('.seg'))!;
  ours.poke(journal, other.peek(journal)!);
  await assert.rejects(openTestLedger(ours), (error: LedgerDamage) => {
    assert.ok(error instanceof LedgerDamage);
    assert.match(error.message, /another tree of 3 entries than the one signed/);
    assert.match(error.message, /parley ledger verify/);
    return true;
  });
});

test('a start with fewer records than were signed stops', async () => {
  const files = await folderWith('c');
  for (const path of files.paths()) if (path.includes('/snapshots/')) await files.remove(path);
  const journal = files.paths().find((path) => path.endsWith('.seg'))!;
  files.poke(journal, files.peek(journal)!.subarray(0, -100));
  await assert.rejects(openTestLedger(files), /signed heads cover/);
  files.poke(journal, files.peek(journal)!.subarray(0, 24));
  await assert.rejects(openTestLedger(files), /signed heads cover 3/);
  await files.remove(journal);
  await assert.rejects(openTestLedger(files), /The journal is gone/);
});

test('a start without the signed heads stops if a checkpoint was ever shown', async () => {
  const files = await folderWith('c');
  await files.remove(`${DIR}/heads`);
  await assert.rejects(openTestLedger(files), /no signed head of that size is kept/);
});

test('a start with older heads than the checkpoints that were shown stops', async () => {
  const files = await folderWith('c');
  const heads = files.peek(`${DIR}/heads`)!;
  const ledger = await openTestLedger(files);
  await ledger.append(call('alpha', 'more')).committed;
  await ledger.integrated();
  await ledger.close();
  files.poke(`${DIR}/heads`, heads);
  await assert.rejects(openTestLedger(files), /no signed head of that size is kept/);
});

test('two processes on one folder: the first one can record and sign nothing more', async () => {
  const files = new FakeFiles(seeded(1));
  const one = await openTestLedger(files);
  await one.createLog('alpha');
  const two = await openTestLedger(files);
  await two.append(call('alpha', 'x')).committed;
  await two.integrated();
  await assert.rejects(one.append(call('alpha', 'y')).committed);
  assert.equal(one.healthy(), false);
  await Promise.all([one.close(), two.close()]);
});

test('a batch of a stream is an entry of its own kind: its posts and price count, and it is no call', async () => {
  const ledger = await openTestLedger(new FakeFiles(seeded(9)));
  await ledger.createLog('a');
  const opened = ledger.append(call('a', 'open', 0));
  const batch = ledger.append({ ...call('a', 'batch', 3), stream: opened.index });
  assert.deepEqual(batch.totals, { calls: 1, posts: 2, persons: 1, billed: 1, micros: 15_000 });
  await batch.committed;
  await ledger.integrated();
  const entries = [];
  for await (const entry of ledger.reader.entries('a', 0, 2)) entries.push(entry);
  const [first, second] = entries;
  assert.ok(first?.kind === 'call' && second?.kind === 'batch');
  assert.deepEqual([second.stream, second.posts, second.totals], [first.index, 2, batch.totals]);
  assert.equal((await ledger.reader.opening('a', 1))?.items.length, 3);
  await ledger.close();
});

test('for whom an app called is in the journal, live and at replay; entry and opening are those of any call', async () => {
  const seen: unknown[] = [];
  const people = {
    ...memory(),
    apply: (record: JournalRecord) => void seen.push(record.type === 'call' ? record.person : record.type),
  };
  const files = new FakeFiles(seeded(9));
  const ledger = await openTestLedger(files, { projections: [people] });
  await ledger.createLog('a');
  const facts = [call('a', 'app'), { ...call('a', 'person'), person: '9223372036854775807' }];
  for (const fact of facts) await ledger.append(fact).committed;
  await ledger.integrated();
  const entries: { kind: string }[] = [];
  for await (const entry of ledger.reader.entries('a', 0, 2)) entries.push(entry);
  assert.deepEqual(
    entries.map((entry) => [entry.kind, Object.keys(entry)]),
    entries.map(() => ['call', Object.keys(entries[0]!)]),
  );
  assert.equal((await ledger.reader.opening('a', 1))?.items.length, 1);
  const again = await openTestLedger(files.afterKill(), { projections: [people] });
  assert.deepEqual(seen, [undefined, '9223372036854775807', undefined, '9223372036854775807']);
  await Promise.all([ledger.close(), again.close()]);
});
