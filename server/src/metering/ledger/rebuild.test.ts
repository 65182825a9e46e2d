import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { eraseFromOpening } from './format/commitment.ts';
import { decodeOpening, encodeOpening } from './format/opening.ts';
import { bundleItems } from './format/tile.ts';
import { verifyFolder } from './inspect.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import { call, DIR, openTestLedger } from './testing/test-ledger.ts';
import { verifyReceipt } from './verify/receipt.ts';

/** Two logs, each with a full tile and a partial one, at two levels; snapshots, so that a start does not read it all. */
const ENTRIES = 300;

async function folder(): Promise<Map<string, Buffer>> {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files, { segmentBytes: 40_000 });
  for (const log of ['alpha', 'beta']) {
    await ledger.createLog(log);
    for (let i = 0; i < ENTRIES; i++) {
      const { committed } = ledger.append(call(log, `${i}`, i % 3));
      if (i % 40 === 39) await committed;
    }
  }
  await ledger.append(call('beta', 'last')).committed;
  await ledger.integrated();
  await ledger.close();
  return new Map(files.paths().map((path) => [path, files.peek(path)!]));
}

const whole = await folder();
const derived = [...whole.keys()].filter((path) => /\/alpha\/(tile|openings)\//.test(path));

function copy(): FakeFiles {
  const files = new FakeFiles(seeded(1));
  for (const [path, bytes] of whole) files.poke(path, Buffer.from(bytes));
  return files;
}

async function assertWhole(files: FakeFiles, message: string): Promise<void> {
  for (const path of derived) assert.deepEqual(files.peek(path), whole.get(path), `${message}: ${path}`);
  const report = await verifyFolder(DIR, { files });
  assert.ok(
    report.ok,
    `${message}: ${JSON.stringify([report.faults, report.logs.flatMap((log) => log.faults)])}`,
  );
}

test('a file of a log that is missing is made again at the start, byte for byte, and told of once', async () => {
  assert.ok(derived.length >= 7);
  for (const path of derived) {
    const files = copy();
    await files.remove(path);
    const reports: string[] = [];
    const ledger = await openTestLedger(files, { report: (line) => reports.push(line) });
    assert.equal(ledger.reader.checkpoint('alpha')?.size, ENTRIES, path);
    await ledger.close();
    assert.deepEqual(reports.length, 1, `${path}: ${reports}`);
    assert.match(reports[0]!, /^1 files of log alpha .* made anew/, path);
    await assertWhole(files, path);
  }
});

test('a flipped bit anywhere in a log’s tiles stops no log: what is read and wrong is made again, and receipts hold', async () => {
  const random = seeded(3);
  for (const path of derived) {
    const files = copy();
    const bytes = Buffer.from(whole.get(path)!);
    bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
    files.poke(path, bytes);
    const message = `seed 3: ${path}`;
    const ledger = await openTestLedger(files);
    for (const { log, vkey } of ledger.logs()) {
      await ledger.append(call(log, 'after')).committed;
      await ledger.integrated();
      // What is asked first may find the damage, and is then answered after the repair.
      for (const index of [0, 255, 256, ENTRIES]) {
        await ledger.reader.receipt(log, index);
        await ledger.append(call(log, 'repair')).committed;
        await ledger.integrated();
        const receipt = await ledger.reader.receipt(log, index);
        assert.equal(verifyReceipt(receipt!, vkey).index, index, message);
      }
    }
    assert.equal(ledger.healthy(), true, message);
    await ledger.close();
  }
});

test('an opening that does not open its entry is not served but made anew; what an author had erased stays erased', async () => {
  const path = `${DIR}/alpha/openings/000`;
  const bytes = whole.get(path)!;
  const places = bundleItems(bytes, 4, 256)!;
  const items = places.map(({ start, end }) => Buffer.from(bytes.subarray(start, end)));
  const erased = eraseFromOpening(decodeOpening(items[5]!), 'post', '1989234567890123000');
  assert.equal(erased.items.filter(({ kind }) => kind === 'erased').length, 1);
  items[5] = Buffer.from(encodeOpening(erased));
  items[8]![items[8]!.length - 1]! ^= 1;
  const files = copy();
  const framed = items.map((item) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(item.length);
    return Buffer.concat([head, item]);
  });
  files.poke(path, Buffer.concat(framed));
  const ledger = await openTestLedger(files);
  assert.deepEqual(await ledger.reader.opening('alpha', 5), erased);
  assert.equal(await ledger.reader.opening('alpha', 8), undefined);
  await ledger.append(call('alpha', 'repair')).committed;
  await ledger.integrated();
  const { start, end } = places[8]!;
  assert.deepEqual(await ledger.reader.opening('alpha', 8), decodeOpening(bytes.subarray(start, end)));
  assert.deepEqual(await ledger.reader.opening('alpha', 5), erased);
  await ledger.close();
});

test('a log whose files and records are both lost is refused alone, with one line; the others go on', async () => {
  const files = copy();
  const reports: string[] = [];
  const ledger = await openTestLedger(files, { report: (line) => reports.push(line) });
  await files.remove(`${DIR}/alpha/tile/0/000`);
  await files.remove(`${DIR}/journal/${'0'.padStart(16, '0')}.seg`);
  for (let i = 0; i < 2; i++) assert.equal(await ledger.reader.receipt('alpha', 7), undefined);
  await ledger.append(call('beta', 'meanwhile')).committed;
  await ledger.integrated();
  assert.throws(
    () => ledger.append(call('alpha', 'refused')),
    (error) => error instanceof Problem && error.code === 'ledger-unavailable',
  );
  for (let i = 0; i < 3; i++) await ledger.append(call('beta', `after ${i}`)).committed;
  await ledger.integrated();
  assert.equal(ledger.reader.checkpoint('beta')?.size, ENTRIES + 5);
  assert.equal(ledger.reader.checkpoint('alpha')?.size, ENTRIES, 'what was signed is still shown');
  assert.equal(ledger.healthy(), true);
  await ledger.close();
  assert.equal(reports.filter((line) => /log alpha/.test(line)).length, 1, String(reports));
});
