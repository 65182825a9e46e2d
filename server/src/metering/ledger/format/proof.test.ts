import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { foldRoot, HASH_BYTES, leafHash } from './hash.ts';
import { inclusionProof, rootFromProof } from './proof.ts';
import { auditPath, mth, mthOfLeaves, sha } from './testing/rfc6962-oracle.ts';
import { TILE_WIDTH } from './tile.ts';

/** The leaves and roots of the Certificate Transparency reference implementation's Merkle tree tests. */
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
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => sha(Buffer.from(`leaf ${i}`)));

/** A tile by its definition: hash i of tile n at level l is MTH(D[(n·256+i)·256^l : (n·256+i+1)·256^l]). */
function tilesOf(leaves: readonly Buffer[]) {
  return async (level: number, n: number, width: number) => {
    const span = TILE_WIDTH ** level;
    const first = n * TILE_WIDTH;
    if ((first + width) * span > leaves.length) return undefined;
    const hashes = Array.from({ length: width }, (_, i) =>
      mthOfLeaves(leaves.slice((first + i) * span, (first + i + 1) * span)),
    );
    return Buffer.concat(hashes);
  };
}

test('roots are those of the Certificate Transparency reference for its eight leaves', () => {
  const data = CT_LEAVES.map((hex) => Buffer.from(hex, 'hex'));
  CT_ROOTS.forEach((root, size) => {
    const leaves = Buffer.concat(data.slice(0, size).map(leafHash));
    assert.equal(foldRoot(leaves, size).toString('hex'), root);
    assert.equal(mth(data.slice(0, size)).toString('hex'), root, 'the brute force agrees');
  });
});

test('a row of any length folds to its RFC 6962 root', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (count) => {
      const leaves = leavesOf(count);
      assert.deepEqual(foldRoot(Buffer.concat(leaves), count), mthOfLeaves(leaves));
    }),
  );
});

test('inclusion proofs out of tiles are RFC 6962 audit paths, and lead to the root', async () => {
  const leaves = leavesOf(1200);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1200 }), fc.nat(), async (size, at) => {
      const tree = leaves.slice(0, size);
      const index = at % size;
      const proof = await inclusionProof(tilesOf(tree), index, size);
      assert.deepEqual(proof, auditPath(index, tree));
      assert.deepEqual(rootFromProof(tree[index]!, index, size, proof!), mthOfLeaves(tree));
    }),
    { numRuns: runs(40) },
  );
});

test('proofs at the edges of tiles and levels', async () => {
  const leaves = leavesOf(65_536 + 257);
  const source = tilesOf(leaves);
  for (const size of [65_536, 65_536 + 257]) {
    const tree = leaves.slice(0, size);
    const root = mthOfLeaves(tree);
    for (const index of [255, 65_280, size - 1]) {
      const proof = await inclusionProof(source, index, size);
      assert.deepEqual(proof, auditPath(index, tree), `${index} of ${size}`);
      assert.deepEqual(rootFromProof(tree[index]!, index, size, proof!), root);
    }
  }
});

test('a proof for another leaf, index, size, or of another length leads elsewhere', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), (size, at, other) => {
      const tree = leavesOf(size);
      const index = at % size;
      const root = mthOfLeaves(tree);
      const proof = auditPath(index, tree);
      const leads = (leaf: Buffer, i: number, n: number, path: Buffer[]) =>
        rootFromProof(leaf, i, n, path)?.equals(root) ?? false;
      assert.ok(leads(tree[index]!, index, size, proof));
      const wrong = other % size;
      if (wrong !== index) assert.ok(!leads(tree[wrong]!, index, size, proof), 'another leaf');
      if (wrong !== index) assert.ok(!leads(tree[index]!, wrong, size, proof), 'another index');
      assert.ok(!leads(tree[index]!, index, size, proof.slice(1)), 'too short');
      assert.ok(!leads(tree[index]!, index, size, [...proof, Buffer.alloc(HASH_BYTES)]), 'too long');
      assert.equal(rootFromProof(tree[index]!, size, size, proof), undefined, 'beyond the tree');
      assert.equal(rootFromProof(tree[index]!, -1, size, proof), undefined, 'before the tree');
    }),
  );
});
