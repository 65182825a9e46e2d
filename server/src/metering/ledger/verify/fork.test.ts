import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { openCheckpoint, signCheckpoint } from '../format/checkpoint.ts';
import {
  createSigner,
  formatVerifierKey,
  NoteError,
  parseVerifierKey,
  rawPublicKey,
} from '../format/note.ts';
import type { Ledger } from '../index.ts';
import { FakeFiles, seeded } from '../testing/faulty-files.ts';
import { call, openTestLedger } from '../testing/test-ledger.ts';
import { compareReceipts } from './compare.ts';
import type { ForkProof } from './fork.ts';
import { verifyProof } from './fork.ts';
import { verifyLog } from './log.ts';

/** One folder that was copied: both copies go on, and sign. `from`: entries before the copy. */
type Branch = { files: FakeFiles; ledger: Ledger };

/** A folder with `count` entries, closed. */
async function folderOf(count: number): Promise<{ files: FakeFiles; vkey: string }> {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  const vkey = await ledger.createLog('alpha');
  await grow(ledger, 'common', count);
  await ledger.close();
  return { files, vkey };
}

async function grow(ledger: Ledger, name: string, count: number): Promise<void> {
  const appended = Array.from({ length: count }, (_, i) =>
    ledger.append(call('alpha', `${name}-${i}`, i % 4)),
  );
  await appended.at(-1)?.committed;
  await ledger.integrated();
}

function copyOf(files: FakeFiles): FakeFiles {
  const copy = new FakeFiles(seeded(1));
  for (const path of files.paths()) copy.poke(path, Buffer.from(files.peek(path)!));
  return copy;
}

/** Opens a copy of a folder and goes on in it. */
async function branch(files: FakeFiles, name: string, count: number): Promise<Branch> {
  const copy = copyOf(files);
  const ledger = await openTestLedger(copy);
  await grow(ledger, name, count);
  return { files: copy, ledger };
}

const sourceOf = ({ ledger }: Branch) => ({
  async read(path: string) {
    if (path === 'checkpoint') return Buffer.from(ledger.reader.checkpoint('alpha')!.text);
    const entries = /^tile\/entries\/([x0-9/]+)(?:\.p\/(\d+))?$/.exec(path);
    const tile = /^tile\/(\d+)\/([x0-9/]+)(?:\.p\/(\d+))?$/.exec(path);
    const number = (text: string) => Number(text.replaceAll(/[x/]/g, ''));
    if (entries) return ledger.reader.entryBundle('alpha', number(entries[1]!), Number(entries[2] ?? 256));
    return ledger.reader.tile('alpha', Number(tile![1]), number(tile![2]!), Number(tile![3] ?? 256));
  },
});
const noteOf = (one: Branch) => one.ledger.reader.checkpoint('alpha')!.text;

/** What `fraud verify` does: from the file's text and the key alone. */
const convicts = (proof: ForkProof | undefined, vkey: string) =>
  verifyProof(JSON.parse(JSON.stringify(proof)), vkey);

for (const [common, ours, theirs] of [
  [0, 1, 1],
  [1, 1, 2],
  [3, 5, 1],
  [255, 2, 300],
  [256, 1, 1],
  [300, 400, 3],
] as const) {
  test(`a copy that went on from ${common} entries by ${theirs} is found against the original's ${ours}, and proven offline`, async (t) => {
    const { files, vkey } = await folderOf(common);
    const before = await branch(files, 'none', 0);
    const [a, b] = [await branch(files, 'a', ours), await branch(files, 'b', theirs)];
    t.after(() => Promise.all([before, a, b].map(({ ledger }) => ledger.close())));
    for (const one of [a, b]) {
      const honest = await verifyLog(sourceOf(one), { vkey, older: noteOf(before) });
      assert.deepEqual([honest.ok, honest.older?.verdict], [true, 'prefix'], JSON.stringify(honest.faults));
      const same = await verifyLog(sourceOf(one), { vkey, older: noteOf(one) });
      assert.equal(same.older?.verdict, 'prefix');
    }
    const [small, large] = ours <= theirs ? [a, b] : [b, a];
    const report = await verifyLog(sourceOf(large), { vkey, older: noteOf(small) });
    assert.deepEqual([report.ok, report.older?.verdict], [false, 'fork']);
    const proven = convicts(report.older!.proof, vkey);
    assert.deepEqual([proven.kind, proven.index], ['fork', common + Math.min(ours, theirs)]);
    // Two receipts for one index are enough, whatever was signed since.
    const [x, y] = await Promise.all([a, b].map(({ ledger }) => ledger.reader.receipt('alpha', common)));
    const { found } = compareReceipts(x!, y!, vkey);
    assert.deepEqual(found, { index: common, claim: `two different entries ${common} are signed` });
  });
}

test('an older copy that is started, a journal that was cut and a tail that was dropped: found, and proven once it signs again', async (t) => {
  const DAY_MS = 86_400_000;
  const { files, vkey } = await folderOf(10);
  const before = copyOf(files);
  const later = await branch(files, 'lost', 5);
  t.after(() => later.ledger.close());
  const kept = noteOf(later);
  for (const [grown, days, isProven] of [
    [0, 0, false],
    [0, 2, true],
    [3, 2, true],
    [5, 2, true],
  ] as const) {
    const copy = copyOf(before);
    const ledger = await openTestLedger(copy, { now: () => Date.now() + days * DAY_MS });
    await grow(ledger, 'again', grown);
    const report = await verifyLog(sourceOf({ files: copy, ledger }), { vkey, older: kept });
    const message = `grown by ${grown}, ${days} days later`;
    assert.equal(report.ok, false, message);
    assert.equal(report.older?.verdict, grown < 5 ? 'rolled-back' : 'fork', message);
    assert.equal(report.older?.proof !== undefined, isProven, message);
    if (isProven) assert.equal(convicts(report.older!.proof, vkey).index, 10 + grown, message);
    await ledger.close();
  }
});

test('a log that rests is signed again a day later, the same tree at a later time, and a clock that runs back is not followed', async () => {
  const { files, vkey } = await folderOf(3);
  let now = Date.now();
  const notes: string[] = [];
  for (const step of [0, 86_400_000, -20 * 86_400_000]) {
    now += step;
    const ledger = await openTestLedger(files, { now: () => now });
    notes.push(ledger.reader.checkpoint('alpha')!.text);
    await ledger.close();
  }
  const [first, second, third] = notes as [string, string, string];
  assert.notEqual(first, second);
  assert.equal(second, third);
  const open = (note: string) => openCheckpoint(note, parseVerifierKey(vkey));
  assert.deepEqual(open(first), open(second));
});

test('receipts of one honest log never contradict each other, whenever they were made', async (t) => {
  const files = new FakeFiles(seeded(1));
  const ledger = await openTestLedger(files);
  t.after(() => ledger.close());
  const vkey = await ledger.createLog('alpha');
  const receipts: string[] = [];
  const random = seeded(5);
  for (let round = 0; round < 6; round++) {
    await grow(ledger, `r${round}`, 1 + Math.floor(random() * 60));
    const { size } = ledger.reader.checkpoint('alpha')!;
    for (const index of [0, size - 1, Math.floor(random() * size)]) {
      receipts.push((await ledger.reader.receipt('alpha', index))!);
    }
  }
  let shared = 0;
  for (const a of receipts) {
    for (const b of receipts) {
      const result = compareReceipts(a, b, vkey);
      assert.equal(result.found, undefined, `seed 5: ${a}\n${b}`);
      shared += result.shared;
    }
  }
  assert.ok(shared > receipts.length ** 2, 'most pairs show ranges in common');
});

test('a proof of a fork that was tampered with, or that another key is asked about, proves nothing', async (t) => {
  const { files, vkey } = await folderOf(300);
  const [a, b] = [await branch(files, 'a', 40), await branch(files, 'b', 90)];
  t.after(() => Promise.all([a, b].map(({ ledger }) => ledger.close())));
  const { older } = await verifyLog(sourceOf(b), { vkey, older: noteOf(a) });
  const proof = older!.proof as ForkProof & { kind: 'fork' };
  const other = generateKeyPairSync('ed25519');
  const otherKey = formatVerifierKey('parley.example/ledger/alpha', rawPublicKey(other.publicKey));
  assert.throws(() => verifyProof(proof, otherKey), NoteError);
  const forged = signCheckpoint(
    340,
    Buffer.alloc(32),
    createSigner('parley.example/ledger/alpha', other.privateKey),
  );
  const [small, large] = proof.checkpoints;
  const receipts = await Promise.all([0, 5].map((index) => a.ledger.reader.receipt('alpha', index)));
  const spoils: [string, Record<string, unknown>][] = [
    ['another format', { format: 'parley-fraud-proof/3' }],
    ['another kind', { kind: 'guess' }],
    ['one checkpoint', { checkpoints: [small] }],
    ['the same checkpoint twice', { checkpoints: [large, large] }],
    ['the larger first', { checkpoints: [large, small] }],
    ['a checkpoint by another key', { checkpoints: [forged, large] }],
    ['no hashes', { hashes: [] }],
    ['a hash missing', { hashes: proof.hashes.slice(1) }],
    ['hashes in another order', { hashes: [...proof.hashes].reverse() }],
    ['a hash that is none', { hashes: [1, ...proof.hashes.slice(1)] }],
    ['a hash of another tree', { hashes: [Buffer.alloc(32).toString('base64'), ...proof.hashes.slice(1)] }],
    ['no roll-back: the larger tree is the later one', { kind: 'roll-back' }],
    ['receipts that agree', { kind: 'receipts', receipts }],
    ['receipts that are none', { kind: 'receipts', receipts: ['', ''] }],
  ];
  for (const [title, spoil] of spoils) {
    assert.throws(() => verifyProof({ ...proof, ...spoil }, vkey), NoteError, title);
  }
  for (const rubbish of [null, undefined, 1, 'x', [], {}, { format: 'parley-fraud-proof/2' }]) {
    assert.throws(() => verifyProof(rubbish, vkey), NoteError);
  }
});

test('tiles that are missing or damaged prove nothing against anyone: the comparison is unknown, and the log does not hold', async (t) => {
  const { files, vkey } = await folderOf(300);
  const [a, b] = [await branch(files, 'none', 0), await branch(files, 'b', 90)];
  t.after(() => Promise.all([a, b].map(({ ledger }) => ledger.close())));
  const whole = sourceOf(b);
  for (const spoil of [undefined, Buffer.alloc(32), Buffer.alloc(8192)]) {
    const read = async (path: string) => (path.startsWith('tile/1/') ? spoil : whole.read(path));
    const report = await verifyLog({ read }, { vkey, older: noteOf(a) });
    assert.deepEqual([report.ok, report.older?.verdict, report.older?.proof], [false, 'unknown', undefined]);
  }
});
