import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CborError } from './format/cbor.ts';
import { NoteError } from './format/note.ts';
import { verifyFolder } from './inspect.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import { call, DIR, openTestLedger } from './testing/test-ledger.ts';
import { verifyReceipt } from './verify/receipt.ts';

/** Two full tiles and a partial one, at two levels, over several segments. */
const CALLS = 598;
/** With the two entries that close a day. */
const ENTRIES = 600;

async function folder(): Promise<{ files: FakeFiles; vkey: string; receipts: string[] }> {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files, { segmentBytes: 60_000, snapshotRecords: 250 });
  const vkey = await ledger.createLog('alpha');
  for (let i = 0; i < CALLS; i++) {
    const { committed } = ledger.append(call('alpha', `${i}`, i % 4));
    if (i % 100 === 99 || i === CALLS - 1) await committed.then(() => ledger.integrated());
  }
  await ledger.integrated();
  const receipts = [];
  for (const index of [0, 255, 256, ENTRIES - 1])
    receipts.push((await ledger.reader.receipt('alpha', index))!);
  await ledger.close();
  return { files, vkey, receipts };
}

const { files, vkey, receipts } = await folder();
/** Flips in each file: at both ends and at places drawn with this seed. */
const SEED = 42;
const FLIPS_A_FILE = 12;

test('whoever says stop is heard, in a log and in the journal, and a bound on entries holds here too', async () => {
  for (const where of ['log alpha', 'journal']) {
    const stop = new AbortController();
    const reason = new Error('enough');
    let after = 0;
    const onProgress = (_done: number, _of: number, what: string) => {
      if (stop.signal.aborted) after += 1;
      else if (what === where) stop.abort(reason);
    };
    await assert.rejects(verifyFolder(DIR, { files, onProgress, signal: stop.signal }), reason, where);
    assert.equal(after, 0, where);
  }
  const report = await verifyFolder(DIR, { files, entriesMax: ENTRIES - 1 });
  assert.deepEqual([report.ok, report.logs[0]?.checked], [false, 0]);
});

test('the folder as it was written holds', async () => {
  const report = await verifyFolder(DIR, { files });
  assert.ok(report.ok, JSON.stringify(report.faults));
  assert.equal(report.records, ENTRIES);
  assert.equal(report.logs[0]?.checked, ENTRIES);
});

for (const path of files.paths()) {
  const file = path.slice(DIR.length + 1);
  test(`a flipped bit anywhere in ${file} is found, and the file named with what to do`, async () => {
    const random = seeded(SEED);
    const whole = files.peek(path)!;
    const places = [
      0,
      whole.length - 1,
      ...Array.from({ length: FLIPS_A_FILE }, () => Math.floor(random() * whole.length)),
    ];
    for (const place of places) {
      const bytes = Buffer.from(whole);
      bytes[place]! ^= 1 << Math.floor(random() * 8);
      files.poke(path, bytes);
      const report = await verifyFolder(DIR, { files });
      files.poke(path, whole);
      const faults = [...report.faults, ...report.logs.flatMap((log) => log.faults)];
      const message = `seed ${SEED}: byte ${place} of ${file}: ${JSON.stringify(report.notes)}`;
      assert.equal(report.ok, false, message);
      assert.ok(faults.length > 0, message);
      const named = faults.filter((fault) => fault.file === file);
      assert.ok(named.length > 0, `${message}: named ${faults.map((fault) => fault.file)}`);
      for (const { advice, what } of faults) assert.ok(advice.length > 10 && what.length > 10);
    }
  });
}

test('a flipped bit in the sealed half of a key stops the start', async () => {
  const path = `${DIR}/alpha/key.json`;
  const whole = files.peek(path)!;
  const bytes = Buffer.from(whole);
  bytes[whole.indexOf('"sealed"') + 40]! ^= 1;
  files.poke(path, bytes);
  await assert.rejects(openTestLedger(files), /key file of log alpha is damaged/);
  files.poke(path, whole);
});

test('a flipped bit anywhere in a receipt refuses it', () => {
  const random = seeded(SEED);
  for (const receipt of receipts) {
    verifyReceipt(receipt, vkey);
    const whole = Buffer.from(receipt);
    // Name and key id of the cosignature: a signature by a key that the verifier does not know is ignored (signed-note).
    const nameAt = whole.lastIndexOf('— ') + Buffer.byteLength('— ');
    const keyIdEnd = whole.indexOf(' ', nameAt) + 1 + 6;
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(whole);
      const place = Math.floor(random() * whole.length);
      if (place >= nameAt && place < keyIdEnd) continue;
      bytes[place]! ^= 1 << Math.floor(random() * 8);
      assert.throws(
        () => verifyReceipt(bytes.toString('utf8'), vkey),
        (error) => error instanceof NoteError || error instanceof CborError,
        `seed ${SEED}: byte ${place} of ${receipt}`,
      );
    }
  }
});

test('a missing file is named', async () => {
  const needed = files
    .paths()
    .filter((path) => !path.includes('/snapshots/') && !path.endsWith('checkpoint'));
  for (const path of needed) {
    const whole = files.peek(path)!;
    await files.remove(path);
    const report = await verifyFolder(DIR, { files });
    files.poke(path, whole);
    assert.equal(report.ok, false, path);
  }
});

test('swapped entries, swapped segments and a repeated record are found', async () => {
  const segments = files.paths().filter((path) => path.endsWith('.seg'));
  const [a, b] = segments.map((path) => files.peek(path)!);
  files.poke(segments[0]!, b!);
  files.poke(segments[1]!, a!);
  assert.equal((await verifyFolder(DIR, { files })).ok, false);
  files.poke(segments[0]!, a!);
  files.poke(segments[1]!, b!);
  const last = segments.at(-1)!;
  const whole = files.peek(last)!;
  files.poke(last, Buffer.concat([whole, whole.subarray(24)]));
  const report = await verifyFolder(DIR, { files });
  files.poke(last, whole);
  assert.equal(report.ok, false);
  assert.ok((await verifyFolder(DIR, { files })).ok, 'and as it was, it holds');
});
