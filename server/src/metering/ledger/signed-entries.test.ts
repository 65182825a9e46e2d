import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BLOCK_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  readBlock,
  readSegmentHeader,
  SEGMENT_HEADER_BYTES,
  sealBlock,
} from './block.ts';
import { dayClosedBody } from './day-closed.ts';
import { CborWriter } from './format/cbor.ts';
import { readCheckpoint } from './format/checkpoint.ts';
import { NO_TOTALS, type Totals } from './format/entry.ts';
import { bundlePath, tilePath } from './format/tile.ts';
import { headsPath } from './heads.ts';
import { verifyFolder } from './inspect.ts';
import type { ControlFact } from './port.ts';
import { writeControlRecord } from './record.ts';
import { writeSnapshot } from './snapshot.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import { call, DIR, memory, openTestLedger, START_MS } from './testing/test-ledger.ts';
import { treeStatePath } from './tree-state.ts';

/** Two whole bundles and a part of a third, whose files the saved trees rely on. */
const CALLS = 600;
/** Of the last call, told from all others by it. */
const PRICE = 54_321;
const TOTAL = 5000 * (CALLS - 1) + PRICE;

async function folder(): Promise<FakeFiles> {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files, { projections: [memory()] });
  for (const log of ['alpha', 'beta']) await ledger.createLog(log);
  for (let i = 0; i < CALLS - 1; i++) {
    await ledger.append({ ...call('alpha', `${i}`), time: START_MS + i }).committed;
  }
  await ledger.append(call('beta', 'b')).committed;
  await ledger.append({ ...call('alpha', 'last'), priceMicros: PRICE }).committed;
  await ledger.integrated();
  await ledger.close();
  return files;
}

const start = async (files: FakeFiles, reports: string[] = []) =>
  openTestLedger(files, { projections: [memory()], report: (line) => reports.push(line) });

const cbor = (value: number): Buffer => {
  const writer = new CborWriter(16);
  writer.uint(value);
  return Buffer.from(writer.written());
};

/** Changes numbers that occur once in the journal, and makes the CRC-32 of their blocks right again, as anybody can. */
function forge(files: FakeFiles, changes: readonly (readonly [from: number, to: number])[]): void {
  const path = files.paths().find((one) => one.endsWith('.seg'))!;
  const bytes = Buffer.from(files.peek(path)!);
  const { salt } = readSegmentHeader(bytes)!;
  for (const [from, to] of changes) {
    const place = bytes.indexOf(cbor(from));
    assert.ok(place > 0 && bytes.indexOf(cbor(from), place + 1) < 0 && cbor(from).length === cbor(to).length);
    let block = readBlock(bytes, SEGMENT_HEADER_BYTES, salt)!;
    while (block.end <= place) block = readBlock(bytes, block.end, salt)!;
    cbor(to).copy(bytes, place);
    sealBlock(bytes.subarray(block.offset, block.end), salt, block.firstPosition, block.records);
  }
  files.poke(path, bytes);
}

const contents = (files: FakeFiles) =>
  files.paths().map((path) => [path, Buffer.from(files.peek(path)!).toString('base64')]);

const CHEAPER = [
  [PRICE, PRICE - 10_000],
  [TOTAL, TOTAL - 10_000],
] as const;
const FORGERIES: Record<string, readonly (readonly [number, number])[]> = {
  'a lower price, and the totals that follow': CHEAPER,
  'a higher price, and the totals that follow': [
    [PRICE, PRICE + 10_000],
    [TOTAL, TOTAL + 10_000],
  ],
  'another time, in the first bundle': [[START_MS + 7, START_MS + 86_400_007]],
  'another time, in the last whole bundle': [[START_MS + 500, START_MS + 501_000_000]],
};

for (const [what, changes] of Object.entries(FORGERIES)) {
  test(`a signed record altered to ${what}, with a right CRC, stops the start: nothing is signed or changed`, async () => {
    const files = await folder();
    forge(files, changes);
    const before = contents(files);
    await assert.rejects(
      start(files),
      /LedgerDamage: Record \d+ of the journal gives another entry \d+ of log alpha/,
    );
    assert.deepEqual(contents(files), before);
  });
}

test('a signed file that is damaged is made anew from the journal at a start that needs it', async () => {
  for (const path of [bundlePath(1), tilePath(0, 0), tilePath(1, 0, 2), bundlePath(2, CALLS - 512)]) {
    const files = await folder();
    const bytes = Buffer.from(files.peek(`${DIR}/alpha/${path}`)!);
    bytes[bytes.length >> 1]! ^= 4;
    files.poke(`${DIR}/alpha/${path}`, bytes);
    const reports: string[] = [];
    const ledger = await start(files, reports);
    await ledger.close();
    assert.match(reports.join(), /1 files of log alpha were missing or damaged/, path);
    assert.ok((await verifyFolder(DIR, { files })).ok, path);
  }
});

test('a damaged file does not hide an altered record: that log alone is refused, and not signed again', async () => {
  const files = await folder();
  forge(files, CHEAPER);
  const path = `${DIR}/alpha/${bundlePath(2, CALLS - 512)}`;
  files.poke(path, Buffer.alloc(files.peek(path)!.length));
  const signed = Buffer.from(files.peek(`${DIR}/alpha/checkpoint`)!).toString();
  const ledger = await start(files);
  assert.throws(() => ledger.append(call('alpha', 'after')), /cannot record calls/);
  await ledger.append(call('beta', 'after')).committed;
  await ledger.integrated();
  await ledger.close();
  assert.equal(Buffer.from(files.peek(`${DIR}/alpha/checkpoint`)!).toString(), signed);
});

/** Appends control records to the journal, as anybody can. */
function appendRecords(
  files: FakeFiles,
  position: number,
  facts: readonly (ControlFact & { index: number; totals: Totals })[],
) {
  const path = files.paths().findLast((one) => one.endsWith('.seg'))!;
  const bytes = Buffer.from(files.peek(path)!);
  const writer = new CborWriter(4096);
  writer.length = BLOCK_HEADER_BYTES;
  facts.forEach(({ index, totals, ...fact }, i) => {
    const at = writer.reserve(RECORD_HEADER_BYTES);
    writer.length += RECORD_HEADER_BYTES;
    writeControlRecord(writer, fact, { position: position + i, index, totals });
    writer.buffer.writeUInt32BE(writer.length - at - RECORD_HEADER_BYTES, at);
  });
  const block = Buffer.from(writer.written());
  sealBlock(block, readSegmentHeader(bytes)!.salt, position, facts.length);
  files.poke(path, Buffer.concat([bytes, block]));
  return { segment: Number(path.slice(-20, -4)), offset: bytes.length };
}

test('a snapshot that unsigned day-closed records confirm is not believed: anybody can write both', async () => {
  const files = await folder();
  const projection = memory();
  projection.seen = ['alpha/0/forged', 'beta/0/forged'];
  const logs = [
    { log: 'alpha', size: CALLS, lastTime: START_MS, totals: { ...NO_TOTALS, calls: CALLS, micros: 1 } },
    { log: 'beta', size: 1, lastTime: START_MS, totals: { ...NO_TOTALS, calls: 1, micros: 1 } },
  ];
  const position = CALLS + 1;
  const point = appendRecords(
    files,
    position,
    logs.map(({ log, size, totals, lastTime }) => ({
      ...{
        time: START_MS,
        log,
        event: 'day-closed' as const,
        agreement: new Uint8Array(32),
        index: size,
        totals,
      },
      body: dayClosedBody(log, lastTime, [projection]),
    })),
  );
  const dumps = new Map([['memory', projection.dump()]]);
  await writeSnapshot(files, `${DIR}/snapshots`, { point: { ...point, position }, logs, dumps });
  // Counted anew from the journal, in which they do not follow from what was signed.
  await assert.rejects(start(files), /LedgerDamage: Record 601: entry 600 of log alpha: the running total/);
});

/** Replaces text in the signed heads and makes the CRC-32 right again. */
function forgeHeads(files: FakeFiles, from: string, to: string): void {
  const path = headsPath(DIR);
  const bytes = Buffer.from(files.peek(path)!);
  const { salt } = readSegmentHeader(bytes)!;
  for (let block = readBlock(bytes, SEGMENT_HEADER_BYTES, salt); block; ) {
    const body = bytes.subarray(block.offset, block.end);
    for (let at = body.indexOf(from); at >= 0; at = body.indexOf(from, at + 1)) body.write(to, at, 'latin1');
    sealBlock(body, salt, block.firstPosition, block.records);
    block = readBlock(bytes, block.end, salt);
  }
  files.poke(path, bytes);
}

test('heads that the key did not sign are not believed, whatever tree the journal gives', async () => {
  const files = await folder();
  const note = Buffer.from(files.peek(`${DIR}/alpha/checkpoint`)!).toString();
  const root = readCheckpoint(note).root.toString('base64');
  const other = `${root[0] === 'A' ? 'B' : 'A'}${root.slice(1)}`;
  forgeHeads(files, root, other);
  forge(files, CHEAPER);
  for (const path of [treeStatePath(DIR), `${DIR}/alpha/checkpoint`]) await files.remove(path);
  const before = contents(files);
  await assert.rejects(
    start(files),
    /LedgerDamage: The head of log alpha was not signed with its key \(.*signature/,
  );
  assert.deepEqual(contents(files), before);
});

test('a log that has entries and no head is not signed: its head was kept, and is gone', async () => {
  const files = await folder();
  for (const path of [
    headsPath(DIR),
    treeStatePath(DIR),
    `${DIR}/alpha/checkpoint`,
    `${DIR}/beta/checkpoint`,
  ])
    await files.remove(path);
  const before = contents(files);
  await assert.rejects(
    start(files),
    /LedgerDamage: Log alpha has 600 entries, but no signed head of that size is kept/,
  );
  assert.deepEqual(contents(files), before);
});
