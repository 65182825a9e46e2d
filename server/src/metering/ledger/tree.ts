import { join } from 'node:path';
import type { FilePort } from './file.ts';
import { CborWriter } from './format/cbor.ts';
import type { Entry } from './format/entry.ts';
import { writeEntry } from './format/entry.ts';
import { foldRoot, HASH_BYTES, leafInto } from './format/hash.ts';
import {
  bundleItems,
  bundlePath,
  hashesAtLevel,
  levelsOf,
  openingsPath,
  TILE_WIDTH,
  tilePath,
} from './format/tile.ts';

/** A file of a log, relative to the log's folder. */
export type TreeFile = { path: string; bytes: Buffer };

type Level = { hashes: Buffer; count: number };

const TILE_BYTES = TILE_WIDTH * HASH_BYTES;
const ENTRY_PREFIX_BYTES = 2;
const OPENING_PREFIX_BYTES = 4;
/** Grows as needed; small, since every active log holds two. */
const BUNDLE_CAPACITY = 8 * 1024;

/** The partial files of a tree at its right edge: hash tiles, entries, openings. Nothing for a tree without leaves. */
export function edgePaths(size: number): string[] {
  const paths: string[] = [];
  for (let level = 0; level < levelsOf(size); level++) {
    const count = hashesAtLevel(size, level);
    const width = count % TILE_WIDTH;
    if (width > 0) paths.push(tilePath(level, Math.floor(count / TILE_WIDTH), width));
  }
  if (size % TILE_WIDTH > 0) {
    const n = Math.floor(size / TILE_WIDTH);
    paths.push(bundlePath(n, size % TILE_WIDTH), openingsPath(n, size % TILE_WIDTH));
  }
  return paths;
}

/**
 * One log's tree as it grows: only its right edge is in memory, the partial tile of each level and the partial
 * bundles. Full ones are handed out as they fill and never needed again.
 */
export class LogTree {
  size = 0;
  readonly #levels: Level[] = [];
  readonly #entries = new CborWriter(BUNDLE_CAPACITY);
  readonly #openings = new CborWriter(BUNDLE_CAPACITY);
  #full: TreeFile[] = [];

  /** Adds a leaf. The entry's index must be the tree's size. */
  append(entry: Entry, opening: Uint8Array): void {
    if (entry.index !== this.size)
      throw new RangeError(`entry ${entry.index} does not follow ${this.size} leaves`);
    const at = this.#entries.reserve(ENTRY_PREFIX_BYTES);
    this.#entries.length += ENTRY_PREFIX_BYTES;
    writeEntry(this.#entries, entry);
    const start = at + ENTRY_PREFIX_BYTES;
    const end = this.#entries.length;
    const level = this.#level(0);
    leafInto(level.hashes, level.count * HASH_BYTES, this.#entries.buffer, start, end);
    this.#entries.buffer.writeUInt16BE(end - start, at);
    const openingAt = this.#openings.reserve(OPENING_PREFIX_BYTES);
    this.#openings.length += OPENING_PREFIX_BYTES;
    this.#openings.buffer.writeUInt32BE(opening.length, openingAt);
    this.#openings.raw(opening);
    level.count += 1;
    this.size += 1;
    if (level.count === TILE_WIDTH) this.#fill();
  }

  /** RFC 6962 tree head. */
  root(): Buffer {
    let rest: Buffer | undefined;
    for (const { hashes, count } of this.#levels) {
      if (count === 0) continue;
      const row = Buffer.allocUnsafe((count + 1) * HASH_BYTES);
      hashes.copy(row, 0, 0, count * HASH_BYTES);
      rest?.copy(row, count * HASH_BYTES);
      rest = foldRoot(row, rest === undefined ? count : count + 1);
    }
    return rest ?? foldRoot(Buffer.alloc(0), 0);
  }

  /** The tiles and bundles that have filled since the last call. */
  takeFull(): TreeFile[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** The partial tiles and bundles as of now, in the order of `edgePaths`. */
  edge(): TreeFile[] {
    const contents: Buffer[] = [];
    for (const { hashes, count } of this.#levels) {
      if (count > 0) contents.push(Buffer.from(hashes.subarray(0, count * HASH_BYTES)));
    }
    if (this.size % TILE_WIDTH > 0) {
      contents.push(Buffer.from(this.#entries.written()), Buffer.from(this.#openings.written()));
    }
    return edgePaths(this.size).map((path, i) => ({ path, bytes: contents[i]! }));
  }

  /** The tree of a given size from the files at its right edge; undefined if they are not all there and whole. */
  static async load(files: FilePort, dir: string, size: number): Promise<LogTree | undefined> {
    const tree = new LogTree();
    tree.size = size;
    const paths = edgePaths(size);
    const contents: Buffer[] = [];
    for (const path of paths) {
      const bytes = await files.read(join(dir, path));
      if (bytes === undefined) return undefined;
      contents.push(bytes);
    }
    for (let level = 0; level < levelsOf(size); level++) {
      const width = hashesAtLevel(size, level) % TILE_WIDTH;
      const target = tree.#level(level);
      if (width === 0) continue;
      const bytes = contents.shift()!;
      if (bytes.length !== width * HASH_BYTES) return undefined;
      bytes.copy(target.hashes);
      target.count = width;
    }
    const width = size % TILE_WIDTH;
    if (width > 0) {
      const [entries, openings] = contents;
      if (!bundleItems(entries!, 2, width) || !bundleItems(openings!, 4, width)) return undefined;
      tree.#entries.raw(entries!);
      tree.#openings.raw(openings!);
    }
    return tree;
  }

  #level(number: number): Level {
    const level = this.#levels[number];
    if (level !== undefined) return level;
    const made = { hashes: Buffer.alloc(TILE_BYTES), count: 0 };
    this.#levels[number] = made;
    return made;
  }

  /** The tile at level 0 is full: hands it and the bundles out, and its root to the level above, and so on up. */
  #fill(): void {
    const n = this.size / TILE_WIDTH - 1;
    this.#full.push({ path: bundlePath(n), bytes: Buffer.from(this.#entries.written()) });
    this.#full.push({ path: openingsPath(n), bytes: Buffer.from(this.#openings.written()) });
    this.#entries.length = 0;
    this.#openings.length = 0;
    for (let number = 0; this.#levels[number]!.count === TILE_WIDTH; number++) {
      const level = this.#levels[number]!;
      const bytes = Buffer.from(level.hashes);
      this.#full.push({ path: tilePath(number, hashesAtLevel(this.size, number) / TILE_WIDTH - 1), bytes });
      const above = this.#level(number + 1);
      foldRoot(level.hashes, TILE_WIDTH).copy(above.hashes, above.count * HASH_BYTES);
      above.count += 1;
      level.count = 0;
    }
  }
}
