import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { publishFile } from './file.ts';
import type { Entry } from './format/entry.ts';
import { encodeEntry, NO_TOTALS } from './format/entry.ts';
import { leafHash } from './format/hash.ts';
import { mthOfLeaves } from './format/testing/rfc6962-oracle.ts';
import { TILE_WIDTH } from './format/tile.ts';
import { FakeFiles, seeded } from './testing/faulty-files.ts';
import { edgePaths, LogTree } from './tree.ts';

const entryAt = (index: number): Entry => ({
  kind: 'control',
  index,
  time: index,
  agreement: new Uint8Array(32),
  totals: NO_TOTALS,
  event: 'notice',
  body: Buffer.from(`body ${index}`),
});
const openingAt = (index: number) => Buffer.from(`opening ${index}`);

/** Every file that a tree of the given size must have, straight from the specification. */
function filesOf(leaves: readonly Buffer[]): Map<string, string> {
  const files = new Map<string, string>();
  const put = (path: string, n: number, width: number, bytes: Buffer) => {
    const digits = String(n).padStart(3, '0');
    files.set(`${path}/${digits}${width < TILE_WIDTH ? `.p/${width}` : ''}`, bytes.toString('hex'));
  };
  for (let level = 0, span = 1; span <= leaves.length; level++, span *= TILE_WIDTH) {
    const hashes: Buffer[] = [];
    for (let at = 0; at + span <= leaves.length; at += span)
      hashes.push(mthOfLeaves(leaves.slice(at, at + span)));
    for (let n = 0; n * TILE_WIDTH < hashes.length; n++) {
      const some = hashes.slice(n * TILE_WIDTH, (n + 1) * TILE_WIDTH);
      put(`tile/${level}`, n, some.length, Buffer.concat(some));
    }
  }
  for (let n = 0; n * TILE_WIDTH < leaves.length; n++) {
    const width = Math.min(TILE_WIDTH, leaves.length - n * TILE_WIDTH);
    const entries: Buffer[] = [];
    const openings: Buffer[] = [];
    for (let i = 0; i < width; i++) {
      const entry = encodeEntry(entryAt(n * TILE_WIDTH + i));
      const opening = openingAt(n * TILE_WIDTH + i);
      entries.push(Buffer.from([entry.length >> 8, entry.length & 255]), entry);
      openings.push(Buffer.from([0, 0, opening.length >> 8, opening.length & 255]), opening);
    }
    put('tile/entries', n, width, Buffer.concat(entries));
    put('openings', n, width, Buffer.concat(openings));
  }
  return files;
}

const LEAVES = Array.from({ length: 1100 }, (_, i) => leafHash(encodeEntry(entryAt(i))));

function grow(tree: LogTree, to: number, files: Map<string, string>): void {
  while (tree.size < to) tree.append(entryAt(tree.size), openingAt(tree.size));
  for (const { path, bytes } of tree.takeFull()) files.set(path, bytes.toString('hex'));
}

test('a tree of any size has the root and exactly the tiles, bundles and openings of its definition', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1100 }), (size) => {
      const tree = new LogTree();
      const files = new Map<string, string>();
      grow(tree, size, files);
      for (const { path, bytes } of tree.edge()) files.set(path, bytes.toString('hex'));
      const leaves = LEAVES.slice(0, size);
      assert.equal(tree.root().toString('hex'), mthOfLeaves(leaves).toString('hex'));
      assert.deepEqual(new Map([...files].sort()), new Map([...filesOf(leaves)].sort()));
    }),
    { numRuns: runs(25) },
  );
});

test('a tree taken up from the files at its right edge goes on as if it had never stopped', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(800), fc.nat(300), async (first, more) => {
      const port = new FakeFiles(seeded(1));
      const tree = new LogTree();
      const ignored = new Map<string, string>();
      grow(tree, first, ignored);
      for (const { path, bytes } of tree.edge()) await publishFile(port, `/log/${path}`, bytes);
      const again = await LogTree.load(port, '/log', first);
      assert.ok(again);
      const [a, b] = [new Map<string, string>(), new Map<string, string>()];
      grow(tree, first + more, a);
      grow(again, first + more, b);
      assert.deepEqual(b, a);
      assert.deepEqual(again.edge(), tree.edge());
      assert.deepEqual(again.root(), tree.root());
    }),
    { numRuns: runs(20) },
  );
});

test('a tree whose edge is missing or cut short is not taken up', async () => {
  const tree = new LogTree();
  grow(tree, 300, new Map());
  for (const lost of edgePaths(300)) {
    for (const cut of [0, 5, undefined]) {
      const port = new FakeFiles(seeded(1));
      for (const { path, bytes } of tree.edge()) {
        if (path !== lost) await publishFile(port, `/log/${path}`, bytes);
        else if (cut !== undefined) await publishFile(port, `/log/${path}`, bytes.subarray(0, cut));
      }
      assert.equal(await LogTree.load(port, '/log', 300), undefined, `${lost} cut to ${cut}`);
    }
  }
});

test('an entry that is not the next one is refused', () => {
  assert.throws(() => new LogTree().append(entryAt(1), openingAt(1)), RangeError);
});
