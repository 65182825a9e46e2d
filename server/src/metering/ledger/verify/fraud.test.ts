import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { signCheckpoint } from '../format/checkpoint.ts';
import type { CallEntry, Entry, Totals } from '../format/entry.ts';
import { encodeEntry, NO_TOTALS, totalsAfter } from '../format/entry.ts';
import { leafHash } from '../format/hash.ts';
import { createSigner, formatVerifierKey, NoteError, rawPublicKey } from '../format/note.ts';
import { auditPath } from '../format/testing/rfc6962-oracle.ts';
import { LogTree } from '../tree.ts';
import type { FraudProof } from './fraud.ts';
import { verifyFraudProof } from './fraud.ts';
import { verifyLog } from './log.ts';

/** A fabricator: signs whatever tree it likes with the log's own key. */
const pair = generateKeyPairSync('ed25519');
const ORIGIN = 'parley.example/ledger/alpha';
const signer = createSigner(ORIGIN, pair.privateKey);
const vkey = formatVerifierKey(ORIGIN, rawPublicKey(pair.publicKey));

function fabricate(entries: readonly Entry[]) {
  const tree = new LogTree();
  const files = new Map<string, Buffer>();
  // Its place in the tree is what the tree says; what the entry itself says is the fabricator's.
  for (const entry of entries) appendAsIs(tree, entry);
  for (const { path, bytes } of [...tree.takeFull(), ...tree.edge()]) files.set(path, bytes);
  files.set('checkpoint', Buffer.from(signCheckpoint(entries.length, tree.root(), signer)));
  return { read: async (path: string) => files.get(path) };
}

function appendAsIs(tree: LogTree, entry: Entry): void {
  const said = entry.index;
  const honest = tree.size;
  // LogTree refuses an index that is not the next: let it look once at the honest one.
  let looked = false;
  const disguised = new Proxy(entry, {
    get(target, key) {
      if (key !== 'index') return Reflect.get(target, key);
      if (looked) return said;
      looked = true;
      return honest;
    },
  });
  tree.append(disguised, Buffer.alloc(0));
}

function honestLog(count: number): CallEntry[] {
  let totals: Totals = NO_TOTALS;
  return Array.from({ length: count }, (_, index) => {
    const entry: CallEntry = {
      kind: 'call',
      index,
      time: 1_763_719_200_000 + index,
      agreement: new Uint8Array(32),
      totals,
      app: '1',
      key: 'k',
      operation: 'getPostsById',
      purpose: 'display',
      recipient: 'self',
      status: 200,
      posts: index % 7,
      persons: index % 3,
      postsBilled: index % 5,
      personsBilled: 0,
      priceMicros: 5000 * (index % 5),
      commitment: new Uint8Array(32),
      requestCommitment: new Uint8Array(32),
    };
    totals = totalsAfter(totals, entry);
    entry.totals = totals;
    return entry;
  });
}

const COUNT = 700;

test('an honest log holds, and gives no fraud proof', async () => {
  const log = honestLog(COUNT);
  const report = await verifyLog(fabricate(log), { vkey });
  assert.ok(report.ok);
  assert.equal(report.signature, 'good');
  assert.equal(report.checked, COUNT);
  assert.deepEqual(report.totals, log.at(-1)!.totals);
  assert.equal(report.fraudProof, undefined);
});

const TOTALS = ['calls', 'posts', 'persons', 'billed', 'micros'] as const;
for (const at of [0, 1, 255, 256, 511, COUNT - 1]) {
  test(`a running total of entry ${at} raised by one, everything hashed and signed anew, is found and proven`, async () => {
    for (const total of TOTALS) {
      for (const carried of [false, true]) {
        const log = honestLog(COUNT);
        // Carried on, the sum is wrong from there to the end and each later step looks right.
        for (const entry of carried ? log.slice(at) : [log[at]!]) {
          entry.totals = { ...entry.totals, [total]: entry.totals[total] + 1 };
        }
        const report = await verifyLog(fabricate(log), { vkey });
        const message = `${total}, ${carried ? 'carried on' : 'once'}`;
        assert.equal(report.ok, false, message);
        assert.equal(report.signature, 'good', message);
        assert.equal(report.faults[0]?.index, at, message);
        assert.match(report.faults[0]!.what, new RegExp(`running total of ${total} is`), message);
        assert.equal(report.faultCount, carried || at === COUNT - 1 ? 1 : 2, message);
        const proof = JSON.parse(JSON.stringify(report.fraudProof)) as FraudProof;
        const proven = verifyFraudProof(proof, vkey);
        assert.equal(proven.index, at, message);
        assert.equal(proven.origin, ORIGIN);
        assert.match(proven.claim, new RegExp(`running total of ${total} is`));
      }
    }
  });
}

test('an index that is not its place is found and proven', async () => {
  const log = honestLog(COUNT);
  log[300]!.index += 1;
  const report = await verifyLog(fabricate(log), { vkey });
  const claim = /says it is number 301, its place is 300/;
  assert.match(report.faults[0]!.what, claim);
  assert.match(verifyFraudProof(report.fraudProof!, vkey).claim, claim);
});

test('a time that runs back is no fraud: a machine’s clock may be set right', async () => {
  const log = honestLog(COUNT);
  log[300]!.time -= 365 * 86_400_000;
  const report = await verifyLog(fabricate(log), { vkey });
  assert.deepEqual([report.ok, report.fraudProof], [true, undefined]);
});

async function goodProof(): Promise<FraudProof> {
  const log = honestLog(COUNT);
  log[300]!.totals = { ...log[300]!.totals, posts: 1 };
  return (await verifyLog(fabricate(log), { vkey })).fraudProof!;
}

test('a fraud proof that was tampered with proves nothing', async () => {
  const proof = await goodProof();
  const copy = () => structuredClone(proof);
  const other = generateKeyPairSync('ed25519');
  const otherKey = formatVerifierKey(ORIGIN, rawPublicKey(other.publicKey));
  assert.throws(() => verifyFraudProof(copy(), otherKey), NoteError, 'another key');
  const spoils: [string, (proof: FraudProof) => unknown][] = [
    ['another format', (p) => Object.assign(p, { format: 'parley-fraud-proof/2' })],
    ['an entry missing', (p) => p.entries.shift()],
    ['no entries', (p) => Object.assign(p, { entries: [] })],
    ['another index', (p) => Object.assign(p.entries[1]!, { index: 301 })],
    ['not neighbours', (p) => Object.assign(p.entries, { 0: p.entries[1] })],
    ['a changed entry', (p) => Object.assign(p.entries[1]!, { entry: p.entries[0]!.entry })],
    ['a changed path', (p) => Object.assign(p.entries[1]!, { proof: p.entries[0]!.proof })],
    ['a shorter path', (p) => p.entries[1]!.proof.pop()],
    [
      'a changed checkpoint',
      (p) => Object.assign(p, { checkpoint: p.checkpoint.replace('\n700\n', '\n701\n') }),
    ],
    ['not base64', (p) => Object.assign(p.entries[1]!, { entry: `${p.entries[1]!.entry}!` })],
  ];
  for (const [title, spoil] of spoils) {
    const spoiled = copy();
    spoil(spoiled);
    assert.throws(() => verifyFraudProof(spoiled, vkey), NoteError, title);
  }
});

test('a file that is no fraud proof at all is refused', () => {
  const format = 'parley-fraud-proof/1';
  const files: unknown[] = [
    null,
    undefined,
    'x',
    {},
    [],
    { format },
    { format, checkpoint: 1, entries: [] },
    { format, checkpoint: 'x', entries: {} },
    { format, checkpoint: 'x', entries: [null] },
    { format, checkpoint: 'x', entries: [{ index: '1', entry: '', proof: [] }] },
    { format, checkpoint: 'x', entries: [{ index: 1, entry: '', proof: [1] }] },
  ];
  for (const file of files) assert.throws(() => verifyFraudProof(file as FraudProof, vkey), NoteError);
});

test('two entries that agree prove no fraud, though every signature and path holds', async () => {
  const log = honestLog(COUNT);
  const checkpoint = (await fabricate(log).read('checkpoint'))!.toString('utf8');
  const leaves = log.map((entry) => leafHash(encodeEntry(entry)));
  const entries = [299, 300].map((index) => ({
    index,
    entry: encodeEntry(log[index]!).toString('base64'),
    proof: auditPath(index, leaves).map((hash) => hash.toString('base64')),
  }));
  const proof = { ...(await goodProof()), checkpoint, entries };
  assert.throws(() => verifyFraudProof(proof, vkey), /the entries agree/);
});

test('a log signed by another key, or by none, does not hold', async () => {
  const source = fabricate(honestLog(10));
  const other = generateKeyPairSync('ed25519');
  const otherKey = formatVerifierKey(ORIGIN, rawPublicKey(other.publicKey));
  const report = await verifyLog(source, { vkey: otherKey });
  assert.equal(report.ok, false);
  assert.equal(report.signature, 'bad');
  assert.equal(report.faults[0]?.file, 'checkpoint');
  assert.equal((await verifyLog(source)).signature, 'unchecked');
  assert.equal((await verifyLog({ read: async () => undefined })).ok, false);
});

test('a checkpoint that claims a huge log is given up on, not followed', async () => {
  const note = signCheckpoint(Number.MAX_SAFE_INTEGER, Buffer.alloc(32), signer);
  const read = async (path: string) => (path === 'checkpoint' ? Buffer.from(note) : undefined);
  const report = await verifyLog({ read }, { vkey, entriesMax: Number.MAX_SAFE_INTEGER });
  assert.equal(report.ok, false);
  assert.ok(report.faults.length <= 100);
});

test('of a log longer than is allowed nothing is read, and it does not hold', async () => {
  const asked: string[] = [];
  const source = fabricate(honestLog(300));
  const read = (path: string) => {
    asked.push(path);
    return source.read(path);
  };
  const report = await verifyLog({ read }, { vkey, entriesMax: 299 });
  assert.deepEqual(asked, ['checkpoint']);
  assert.deepEqual([report.ok, report.checked, report.root], [false, 0, undefined]);
  assert.match(report.faults[0]!.what, /claims 300 entries, more than the 299/);
  assert.equal((await verifyLog(source, { vkey, entriesMax: 300 })).ok, true);
  const note = signCheckpoint(1_000_000_001, Buffer.alloc(32), signer);
  const endless = { read: async (path: string) => Buffer.from(path === 'checkpoint' ? note : 'x') };
  assert.match(
    (await verifyLog(endless, { vkey })).faults[0]!.what,
    /more than the 1000000000 that are read/,
  );
});

test('rubbish without end is read no further than 10,000 faults', async () => {
  let read = 0;
  const note = signCheckpoint(999_999_999, Buffer.alloc(32), signer);
  const rubbish = async (path: string) => {
    read += 1;
    return Buffer.from(path === 'checkpoint' ? note : 'rubbish');
  };
  const report = await verifyLog({ read: rubbish }, { vkey });
  assert.equal(report.ok, false);
  assert.ok(report.faultCount >= 10_000 && report.faultCount < 10_010, `${report.faultCount} faults`);
  assert.ok(read < 30_000, `${read} files were read`);
});

test('whoever says stop is heard between two bundles', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const source = fabricate(honestLog(256 * 40));
  const seen: number[] = [];
  const onProgress = (checked: number) => {
    seen.push(checked);
    if (seen.length === 2) stop.abort(reason);
  };
  await assert.rejects(verifyLog(source, { vkey, signal: stop.signal, onProgress }), reason);
  assert.deepEqual(seen, [256, 512]);
});
