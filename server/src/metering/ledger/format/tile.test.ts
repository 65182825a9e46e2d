import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bundleItems,
  cutBundle,
  hashesAtLevel,
  levelsOf,
  parseTileAddress,
  tileIndexPath,
  tilePath,
  tileWidth,
} from './tile.ts';

test("the specification's example: index 1234067 is x001/x234/067", () => {
  assert.equal(tileIndexPath(1_234_067), 'x001/x234/067');
  assert.equal(tileIndexPath(0), '000');
  assert.equal(tileIndexPath(999), '999');
  assert.equal(tileIndexPath(1000), 'x001/000');
});

test('every address is read back as it was written', () => {
  const width = fc.integer({ min: 1, max: 256 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 63 }), fc.maxSafeNat(), width, (level, n, w) => {
      assert.deepEqual(parseTileAddress(tilePath(level, n, w).slice('tile/'.length)), { level, n, width: w });
    }),
  );
});

const WRONG = [
  '',
  '0',
  '0/',
  '0/0',
  '0/00',
  '0/0000',
  '0/x000/000',
  '0/001/000',
  '0/x001/x000',
  '00/000',
  '64/000',
  '-1/000',
  '0/000.p/0',
  '0/000.p/256',
  '0/000.p/01',
  '0/000.p/',
  '0/000.p',
  '0/000/',
  '/0/000',
  '0/../0/000',
  'entries/../../key.json',
  'entries',
  'entries/000.p/300',
  'data/000',
  '0/000%00',
  '0/x999/x999/x999/x999/x999/x999/999',
];
test('every other way to write an address is refused', () => {
  for (const path of WRONG) assert.equal(parseTileAddress(path), undefined, JSON.stringify(path));
});

test("the specification's example: a tree of 70,000", () => {
  const size = 70_000;
  assert.equal(levelsOf(size), 3);
  assert.deepEqual(
    [0, 1, 2, 3].map((level) => hashesAtLevel(size, level)),
    [70_000, 273, 1, 0],
  );
  assert.equal(tileWidth(size, 0, 272), 256);
  assert.equal(tileWidth(size, 0, 273), 112);
  assert.equal(tileWidth(size, 0, 274), 0);
  assert.equal(tileWidth(size, 1, 0), 256);
  assert.equal(tileWidth(size, 1, 1), 17);
  assert.equal(tileWidth(size, 2, 0), 1);
  assert.equal(tileWidth(256, 1, 0), 1);
  assert.equal(levelsOf(0), 0);
});

test('a bundle divides into exactly its items, and is cut at one', () => {
  const bundle = Buffer.from('0001aa0000000263630003abcdef', 'hex');
  assert.equal(bundleItems(bundle, 2, 5), undefined);
  assert.deepEqual(
    bundleItems(bundle, 2, 4)?.map(({ start, end }) => bundle.toString('hex', start, end)),
    ['aa', '', '6363', 'abcdef'],
  );
  assert.equal(bundleItems(bundle, 2, 3), undefined, 'bytes left over');
  assert.equal(bundleItems(bundle.subarray(0, -1), 2, 4), undefined, 'cut short');
  assert.equal(cutBundle(bundle, 2, 2)?.toString('hex'), '0001aa0000');
  assert.equal(cutBundle(bundle.subarray(0, 4), 2, 2), undefined);
});
