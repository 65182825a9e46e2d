import { foldRoot, HASH_BYTES, nodeHash } from './hash.ts';
import { hashesAtLevel, levelsOf, TILE_WIDTH } from './tile.ts';

/** Reads `width` hashes from the beginning of tile n of a level; undefined if there are not so many. */
export type TileSource = (level: number, n: number, width: number) => Promise<Buffer | undefined>;

/**
 * RFC 6962 §2.1.1 audit path of a leaf, from the leaf's sibling up, out of tiles.
 * @returns undefined if a tile is missing. Requires 0 ≤ index < size.
 */
export async function inclusionProof(
  tile: TileSource,
  index: number,
  size: number,
): Promise<Buffer[] | undefined> {
  // The head of the leaves that no complete subtree of a level holds: the last, smaller item of that level's row.
  let rest: Buffer | undefined;
  const proof: Buffer[] = [];
  for (let level = 0; level < levelsOf(size); level++) {
    const count = hashesAtLevel(size, level);
    const n = Math.floor(index / TILE_WIDTH ** (level + 1));
    const lastTile = Math.floor(count / TILE_WIDTH);
    const edgeWidth = count % TILE_WIDTH;
    const edge = edgeWidth === 0 ? Buffer.alloc(0) : await tile(level, lastTile, edgeWidth);
    if (edge === undefined) return undefined;
    const edgeRow = rest === undefined ? edge : Buffer.concat([edge, rest]);
    const row = n === lastTile ? edgeRow : await tile(level, n, TILE_WIDTH);
    if (row === undefined) return undefined;
    proof.push(...pathInRow(row, Math.floor(index / TILE_WIDTH ** level) - n * TILE_WIDTH));
    if (edgeRow.length > 0) rest = foldRoot(Buffer.from(edgeRow), edgeRow.length / HASH_BYTES);
  }
  return proof;
}

/** Siblings of place `i` in a row of hashes, up to the row's root. */
function pathInRow(row: Buffer, i: number): Buffer[] {
  const path: Buffer[] = [];
  let hashes = Buffer.from(row);
  for (let at = i, width = hashes.length / HASH_BYTES; width > 1; at >>= 1) {
    const sibling = at ^ 1;
    if (sibling < width)
      path.push(Buffer.from(hashes.subarray(sibling * HASH_BYTES, (sibling + 1) * HASH_BYTES)));
    const next = (width + 1) >> 1;
    const above = Buffer.alloc(next * HASH_BYTES);
    for (let k = 0; k < next; k++) {
      const left = hashes.subarray(2 * k * HASH_BYTES, (2 * k + 1) * HASH_BYTES);
      const right = hashes.subarray((2 * k + 1) * HASH_BYTES, (2 * k + 2) * HASH_BYTES);
      above.set(right.length === 0 ? left : nodeHash(left, right), k * HASH_BYTES);
    }
    hashes = above;
    width = next;
  }
  return path;
}

/** The root that a leaf hash at an index and its audit path give (RFC 9162 §2.1.3.2); undefined if the path does not fit. */
export function rootFromProof(
  leaf: Buffer,
  index: number,
  size: number,
  proof: readonly Buffer[],
): Buffer | undefined {
  if (!(index >= 0 && index < size)) return undefined;
  let node = index;
  let last = size - 1;
  let root = leaf;
  for (const sibling of proof) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      root = nodeHash(sibling, root);
      while (node % 2 === 0 && node !== 0) {
        node = Math.floor(node / 2);
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? root : undefined;
}
