import { EMPTY_ROOT, foldRoot, HASH_BYTES, nodeHash } from './hash.ts';
import type { TileSource } from './proof.ts';
import { TILE_WIDTH, tileWidth } from './tile.ts';

/**
 * What the first leaves of a tree are: SUBPROOF(m, D[n], false) of RFC 6962 §2.1.2, the consistency proof whose first
 * hash is never left out. It gives two roots, that of the first m leaves and that of all n. Where the second is a
 * signed root, the first is what the same tree says of its own beginning: another signed root of m leaves is a fork.
 */

/** Where RFC 6962 divides `count` leaves: the largest power of two below it. Requires count > 1. */
function splitOf(count: number): number {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

/** @returns undefined if a tile is missing. Requires 0 < m ≤ size. */
export async function prefixProof(tile: TileSource, m: number, size: number): Promise<Buffer[] | undefined> {
  const ranges: [number, number][] = [];
  let [lo, hi, left] = [0, size, m];
  while (left < hi - lo) {
    const k = splitOf(hi - lo);
    if (left <= k) {
      ranges.unshift([lo + k, hi]);
      hi = lo + k;
    } else {
      ranges.unshift([lo, lo + k]);
      lo += k;
      left -= k;
    }
  }
  const hashes: Buffer[] = [];
  for (const [from, to] of [[lo, hi] as const, ...ranges]) {
    const hash = await rangeHash(tile, from, to, size);
    if (hash === undefined) return undefined;
    hashes.push(hash);
  }
  return hashes;
}

/** The head of the leaves `lo` to `hi` of a tree of `size`, a range that RFC 6962's division comes to. */
async function rangeHash(
  tile: TileSource,
  lo: number,
  hi: number,
  size: number,
): Promise<Buffer | undefined> {
  let level = 0;
  let span = 1;
  while (span * TILE_WIDTH <= hi - lo) {
    span *= TILE_WIDTH;
    level += 1;
  }
  const count = (hi - lo) / span;
  // A power of two leaves lies in one tile, in a row of at most 128 hashes.
  if (Number.isInteger(Math.log2(count))) {
    const first = lo / span;
    const n = Math.floor(first / TILE_WIDTH);
    const row = await tile(level, n, tileWidth(size, level, n));
    const at = (first % TILE_WIDTH) * HASH_BYTES;
    const hashes = row?.subarray(at, at + count * HASH_BYTES);
    return hashes?.length === count * HASH_BYTES ? foldRoot(Buffer.from(hashes), count) : undefined;
  }
  const k = splitOf(hi - lo);
  const left = await rangeHash(tile, lo, lo + k, size);
  const right = await rangeHash(tile, lo + k, hi, size);
  return left && right && nodeHash(left, right);
}

/** The two roots that a proof gives; undefined if it has not the length of one for these sizes. */
export function rootsFromPrefixProof(
  m: number,
  size: number,
  hashes: readonly Buffer[],
): { prefix: Buffer; whole: Buffer } | undefined {
  if (m === 0) return hashes.length === 0 ? { prefix: EMPTY_ROOT, whole: EMPTY_ROOT } : undefined;
  const [first, ...siblings] = hashes;
  const isLeft: boolean[] = [];
  let [count, left] = [size, m];
  while (left < count) {
    const k = splitOf(count);
    isLeft.unshift(left > k);
    if (left > k) left -= k;
    count = isLeft[0] ? count - k : k;
  }
  if (first === undefined || siblings.length !== isLeft.length) return undefined;
  let roots = { prefix: first, whole: first };
  for (const [i, sibling] of siblings.entries()) {
    const { prefix, whole } = roots;
    roots = isLeft[i]
      ? { prefix: nodeHash(sibling, prefix), whole: nodeHash(sibling, whole) }
      : { prefix, whole: nodeHash(whole, sibling) };
  }
  return roots;
}

/** A range of leaves, first and last excluded, as a name. */
const nameOf = (lo: number, hi: number) => `${lo}-${hi}`;

/**
 * Every range of leaves whose head an audit path shows: the leaf's own, each sibling's, and what they make together,
 * up to the root. The head of a range is the same in every tree of one log, so two paths that disagree on one prove a
 * fork. @param hashes an audit path that leads from `leaf` to the root of `size` leaves
 */
export function headsOnPath(
  leaf: Buffer,
  index: number,
  size: number,
  hashes: readonly Buffer[],
): Map<string, { lo: number; hi: number; hash: Buffer }> {
  const siblings: { lo: number; hi: number }[] = [];
  let [lo, hi] = [0, size];
  while (hi - lo > 1) {
    const middle = lo + splitOf(hi - lo);
    if (index < middle) {
      siblings.unshift({ lo: middle, hi });
      hi = middle;
    } else {
      siblings.unshift({ lo, hi: middle });
      lo = middle;
    }
  }
  let node = { lo, hi, hash: leaf };
  const heads = new Map([[nameOf(lo, hi), node]]);
  for (const [i, sibling] of siblings.entries()) {
    const hash = hashes[i]!;
    heads.set(nameOf(sibling.lo, sibling.hi), { ...sibling, hash });
    node =
      sibling.lo < node.lo
        ? { lo: sibling.lo, hi: node.hi, hash: nodeHash(hash, node.hash) }
        : { lo: node.lo, hi: sibling.hi, hash: nodeHash(node.hash, hash) };
    heads.set(nameOf(node.lo, node.hi), node);
  }
  return heads;
}
