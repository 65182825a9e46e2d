import type { Checkpoint } from '../format/checkpoint.ts';
import { foldRoot, HASH_BYTES } from '../format/hash.ts';
import { hashesAtLevel, levelsOf, TILE_WIDTH, tilePath } from '../format/tile.ts';
import type { Faults } from './report.ts';
import { REFETCH } from './report.ts';
import type { LogSource, SourceFile } from './source.ts';
import { readTile } from './source.ts';

type Row = { hashes: Buffer; count: number };

/**
 * Recomputes a tree from its leaf hashes and holds every tile against it. Where a bundle and its tile disagree,
 * the level above says which of the two is wrong; at the right edge the signed root does.
 */
export class TreeCheck {
  readonly #source: LogSource;
  readonly #size: number;
  readonly #faults: Faults;
  readonly #rows: Row[] = [];
  /** The last tile seen at level 1: it decides 256 disputes. */
  #parent: { n: number; bytes: Buffer | undefined } | undefined;
  /** A dispute at the right edge: the tile's version, to be tried when the signed root is known. */
  #disputed: { tile: SourceFile; bundle: SourceFile; index: number } | undefined;
  /** True once leaves were missing, after which no root can be told. */
  #incomplete = false;

  constructor(source: LogSource, size: number, faults: Faults) {
    this.#source = source;
    this.#size = size;
    this.#faults = faults;
    for (let level = 0; level < levelsOf(size); level++) {
      this.#rows.push({ hashes: Buffer.alloc((TILE_WIDTH + 1) * HASH_BYTES), count: 0 });
    }
  }

  /** @param leaves recomputed from the bundle; undefined if it is missing or malformed (told already). */
  async addLeaves(
    n: number,
    width: number,
    leaves: Buffer | undefined,
    bundle: SourceFile | undefined,
    tile: SourceFile | undefined,
  ): Promise<void> {
    const stored = this.#wholeTile(tile, 0, n, width);
    let chosen = leaves ?? stored;
    if (leaves !== undefined && stored !== undefined && !leaves.equals(stored)) {
      chosen = await this.#dispute(n, width, leaves, bundle!, tile!);
    }
    const row = this.#rows[0]!;
    if (chosen === undefined) this.#incomplete = true;
    else chosen.copy(row.hashes);
    row.count = width;
    if (width === TILE_WIDTH) await this.#fill(0);
  }

  /** Compares the right edge and the root. Returns the root, as far as it can be told. */
  async finish(checkpoint: Checkpoint): Promise<Buffer | undefined> {
    for (let level = 1; level < this.#rows.length; level++) await this.#compare(level);
    if (this.#incomplete) return undefined;
    let root = this.#root();
    if (this.#disputed !== undefined) root = this.#settle(checkpoint.root, root, this.#disputed);
    if (!root.equals(checkpoint.root)) {
      const what = `The signed root is not that of the ${this.#size} entries`;
      this.#faults.add({ file: 'checkpoint', what, advice: REFETCH });
    }
    return root;
  }

  #wholeTile(tile: SourceFile | undefined, level: number, n: number, width: number): Buffer | undefined {
    if (tile?.bytes.length === width * HASH_BYTES) return tile.bytes;
    const what =
      tile === undefined
        ? 'A tile is missing'
        : `A tile has ${tile.bytes.length} bytes, not ${width * HASH_BYTES}`;
    this.#faults.add({ file: tile?.path ?? tilePath(level, n, width), what, advice: REFETCH });
    return undefined;
  }

  /** Which of the two the level above vouches for. */
  async #dispute(
    n: number,
    width: number,
    leaves: Buffer,
    bundle: SourceFile,
    tile: SourceFile,
  ): Promise<Buffer> {
    const place = firstDifference(leaves, tile.bytes);
    const index = n * TILE_WIDTH + place;
    if (width < TILE_WIDTH) {
      this.#disputed = { tile, bundle, index };
      return leaves;
    }
    const above = await this.#storedParent(n);
    const isParent = (row: Buffer) =>
      above !== undefined && foldRoot(Buffer.from(row), TILE_WIDTH).equals(above);
    if (isParent(tile.bytes)) {
      this.#blameBundle(bundle, index);
      return tile.bytes;
    }
    this.#blameTile(tile, index, isParent(leaves) ? undefined : bundle);
    return leaves;
  }

  async #storedParent(n: number): Promise<Buffer | undefined> {
    const parent = Math.floor(n / TILE_WIDTH);
    if (this.#parent?.n !== parent) {
      const width = Math.min(TILE_WIDTH, hashesAtLevel(this.#size, 1) - parent * TILE_WIDTH);
      this.#parent = { n: parent, bytes: (await readTile(this.#source, 1, parent, width))?.bytes };
    }
    const at = (n % TILE_WIDTH) * HASH_BYTES;
    return this.#parent.bytes?.subarray(at, at + HASH_BYTES);
  }

  #settle(
    signed: Buffer,
    root: Buffer,
    { tile, bundle, index }: { tile: SourceFile; bundle: SourceFile; index: number },
  ): Buffer {
    if (root.equals(signed)) {
      this.#blameTile(tile, index, undefined);
      return root;
    }
    tile.bytes.copy(this.#rows[0]!.hashes);
    const other = this.#root();
    if (other.equals(signed)) this.#blameBundle(bundle, index);
    else this.#blameTile(tile, index, bundle);
    return other.equals(signed) ? other : root;
  }

  #blameBundle(bundle: SourceFile, index: number): void {
    const what = `Entry ${index} is not the one that was signed`;
    this.#faults.add({
      file: bundle.path,
      index,
      offset: entryOffset(bundle.bytes, index),
      what,
      advice: REFETCH,
    });
  }

  /** @param also the bundle, if neither agrees with the level above. */
  #blameTile(tile: SourceFile, index: number, also: SourceFile | undefined): void {
    const offset = (index % TILE_WIDTH) * HASH_BYTES;
    const what = also
      ? `The hash of entry ${index} is not that of the entry in ${also.path}, and neither is the one above`
      : `The hash of entry ${index} is wrong`;
    this.#faults.add({ file: tile.path, index, offset, what, advice: REFETCH });
  }

  /** A row is full: compares it with its tile (level 0 was compared already) and hands its root up. */
  async #fill(level: number): Promise<void> {
    if (level > 0) await this.#compare(level);
    const row = this.#rows[level]!;
    const above = this.#rows[level + 1]!;
    foldRoot(row.hashes, TILE_WIDTH).copy(above.hashes, above.count * HASH_BYTES);
    above.count += 1;
    row.count = 0;
    if (above.count === TILE_WIDTH) await this.#fill(level + 1);
  }

  #filled: number[] = [];

  async #compare(level: number): Promise<void> {
    const row = this.#rows[level]!;
    if (row.count === 0) return;
    const n = this.#filled[level] ?? 0;
    if (row.count === TILE_WIDTH) this.#filled[level] = n + 1;
    const tile = await readTile(this.#source, level, n, row.count);
    const stored = this.#wholeTile(tile, level, n, row.count);
    const recomputed = row.hashes.subarray(0, row.count * HASH_BYTES);
    if (stored === undefined || this.#incomplete || stored.equals(recomputed)) return;
    const place = firstDifference(stored, recomputed);
    const what = `Hash ${place} is not that of the entries below it`;
    this.#faults.add({ file: tile!.path, offset: place * HASH_BYTES, what, advice: REFETCH });
  }

  #root(): Buffer {
    let rest: Buffer | undefined;
    for (const { hashes, count } of this.#rows) {
      if (count === 0) continue;
      const row = Buffer.concat([hashes.subarray(0, count * HASH_BYTES), rest ?? Buffer.alloc(0)]);
      rest = foldRoot(row, row.length / HASH_BYTES);
    }
    return rest ?? foldRoot(Buffer.alloc(0), 0);
  }
}

/** The place of the first hash in which two rows differ. */
function firstDifference(a: Buffer, b: Buffer): number {
  let at = 0;
  while (a[at] === b[at]) at++;
  return Math.floor(at / HASH_BYTES);
}

function entryOffset(bundle: Buffer, index: number): number {
  let at = 0;
  for (let i = 0; i < index % TILE_WIDTH; i++) at += 2 + bundle.readUInt16BE(at);
  return at + 2;
}
