import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { openTimedCheckpoint, signCheckpoint } from './checkpoint.ts';
import { EMPTY_ROOT, HASH_BYTES } from './hash.ts';
import { createSigner, formatVerifierKey, NoteError, parseVerifierKey, rawPublicKey } from './note.ts';
import { headsOnPath, prefixProof, rootsFromPrefixProof } from './prefix.ts';
import { auditPath, mthOfLeaves, sha } from './testing/rfc6962-oracle.ts';
import { TILE_WIDTH } from './tile.ts';

const leaf = (i: number) => sha(Buffer.from([0]), Buffer.from(`entry ${i}`));
const hex = (hashes: readonly Buffer[] | undefined) => hashes?.map((hash) => hash.toString('hex'));

/** SUBPROOF(m, D[n], b) of RFC 6962 §2.1.2, recursively as it is written there. */
function subproof(m: number, leaves: readonly Buffer[], isWhole: boolean): Buffer[] {
  if (m === leaves.length) return isWhole ? [] : [mthOfLeaves(leaves)];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), isWhole), mthOfLeaves(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), mthOfLeaves(leaves.slice(0, k))];
}

/** The tiles of a tree, by brute force. */
function tilesOf(leaves: readonly Buffer[]) {
  const known = new Map<string, Buffer>();
  return async (level: number, n: number, width: number) => {
    const name = `${level} ${n} ${width}`;
    const span = TILE_WIDTH ** level;
    const hashes = () =>
      Array.from({ length: width }, (_, i) => {
        const at = (n * TILE_WIDTH + i) * span;
        return mthOfLeaves(leaves.slice(at, at + span));
      });
    const tile = known.get(name) ?? Buffer.concat(hashes());
    known.set(name, tile);
    return tile;
  };
}

test('the proof of a prefix is SUBPROOF(m, D[n], false) of RFC 6962, and gives both roots, for every m and n', async () => {
  const all = Array.from({ length: 40 }, (_, i) => leaf(i));
  for (let n = 1; n <= all.length; n++) {
    const leaves = all.slice(0, n);
    for (let m = 1; m <= n; m++) {
      const proof = await prefixProof(tilesOf(leaves), m, n);
      assert.deepEqual(hex(proof), hex(subproof(m, leaves, false)), `${m} of ${n}`);
      const roots = rootsFromPrefixProof(m, n, proof!);
      assert.deepEqual(roots?.prefix, mthOfLeaves(all.slice(0, m)), `${m} of ${n}`);
      assert.deepEqual(roots?.whole, mthOfLeaves(leaves), `${m} of ${n}`);
      assert.equal(rootsFromPrefixProof(m, n, proof!.slice(1)), undefined);
      assert.equal(rootsFromPrefixProof(m, n, [...proof!, EMPTY_ROOT]), undefined);
    }
  }
});

test('the same over several levels of tiles, at their edges', async () => {
  const n = 66_100;
  const leaves = Array.from({ length: n }, (_, i) => leaf(i));
  const tiles = tilesOf(leaves);
  for (const m of [1, 255, 257, 512, 65_535, 65_536, 65_800, 66_099]) {
    const proof = await prefixProof(tiles, m, n);
    assert.deepEqual(hex(proof), hex(subproof(m, leaves, false)), `${m} of ${n}`);
  }
  assert.equal(await prefixProof(async () => undefined, 5, n), undefined, 'no tiles, no proof');
  assert.equal(await prefixProof(async () => Buffer.alloc(HASH_BYTES), 5, n), undefined, 'tiles cut short');
});

/** RFC 6962 consistency proofs of Certificate Transparency's own tests: eight leaves, roots of the first 1 to 8. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const CT_ROOTS: Record<number, string> = {
  1: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  2: 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  3: 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  4: 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  5: '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  6: '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  7: 'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  8: '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
};
const CT_PROOFS: Record<string, string[]> = {
  '6,8': [
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  ],
};

test("Certificate Transparency's vectors: its roots, and its proof between trees of 6 and 8", async () => {
  const leaves = CT_LEAVES.map((data) => sha(Buffer.from([0]), Buffer.from(data, 'hex')));
  for (const [pair, expected] of Object.entries(CT_PROOFS)) {
    const [m, n] = pair.split(',').map(Number) as [number, number];
    assert.deepEqual(hex(await prefixProof(tilesOf(leaves.slice(0, n)), m, n)), expected, pair);
  }
  for (let n = 1; n <= 8; n++) {
    for (let m = 1; m <= n; m++) {
      const roots = rootsFromPrefixProof(m, n, (await prefixProof(tilesOf(leaves.slice(0, n)), m, n))!);
      assert.deepEqual(hex([roots!.prefix, roots!.whole]), [CT_ROOTS[m], CT_ROOTS[n]], `${m} of ${n}`);
    }
  }
});

test('an audit path shows the head of every range that it names, the root among them', () => {
  const all = Array.from({ length: 40 }, (_, i) => leaf(i));
  for (let n = 1; n <= all.length; n++) {
    const leaves = all.slice(0, n);
    for (let index = 0; index < n; index++) {
      const heads = headsOnPath(leaves[index]!, index, n, auditPath(index, leaves));
      for (const [name, { lo, hi, hash }] of heads) {
        assert.equal(name, `${lo}-${hi}`);
        assert.deepEqual(hash, mthOfLeaves(all.slice(lo, hi)), `${name} on the path of ${index} in ${n}`);
      }
      assert.ok(heads.has(`0-${n}`) && heads.has(`${index}-${index + 1}`));
    }
  }
});

/** The bytes that tlog-cosignature says are signed, put together by hand. */
test("a log's own cosignature is that of c2sp.org/tlog-cosignature, and a wrong or repeated one is refused", () => {
  const pair = generateKeyPairSync('ed25519');
  const signer = createSigner('example.com/log', pair.privateKey);
  const raw = rawPublicKey(pair.publicKey);
  const verifier = parseVerifierKey(formatVerifierKey('example.com/log', raw));
  const note = signCheckpoint(3, sha(), signer, 1_679_315_147);
  assert.equal(openTimedCheckpoint(note, verifier).seconds, 1_679_315_147);
  assert.equal(openTimedCheckpoint(signCheckpoint(3, sha(), signer), verifier).seconds, undefined);
  const [line = ''] = note.trimEnd().split('\n').slice(-1);
  const blob = Buffer.from(line.split(' ')[2]!, 'base64');
  const id = sha(Buffer.from('example.com/log\n'), Buffer.from([4]), raw).subarray(0, 4);
  assert.deepEqual(blob.subarray(0, 4), id);
  assert.equal(blob.readBigUInt64BE(4), 1_679_315_147n);
  const later = Buffer.from(blob);
  later[11]! += 1;
  const forged = note.replace(blob.toString('base64'), later.toString('base64'));
  assert.throws(() => openTimedCheckpoint(forged, verifier), NoteError);
  assert.throws(() => openTimedCheckpoint(`${note}${line}\n`, verifier), NoteError);
});
