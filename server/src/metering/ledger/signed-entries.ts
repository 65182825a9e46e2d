import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import type { FilePort } from './file.ts';
import { decodeEntry, encodeEntry } from './format/entry.ts';
import { HASH_BYTES, leafHash } from './format/hash.ts';
import { inclusionProof, rootFromProof } from './format/proof.ts';
import { bundleItems, bundlePath, TILE_WIDTH, tilePath, tileWidth } from './format/tile.ts';
import type { Head } from './heads.ts';
import type { StoredRecord } from './record.ts';
import { entryOf } from './record.ts';
import { LedgerDamage } from './segment.ts';
import type { TreeMark } from './tree-state.ts';
import { readTreeState } from './tree-state.ts';

const ADVICE =
  'Nothing was changed, and nothing is signed. Inspect the folder with `parley ledger verify`, and restore the journal from a backup';
/** Of 64 KiB each: logs take turns in the journal, and a folder may have many. */
const BUNDLES_MAX = 512;

/** A bundle whose entries are proven to be in a log's tree. */
type Bundle = { n: number; bytes: Buffer; places: { start: number; end: number }[] };

/**
 * The entries that were signed, as a start holds the journal against them. The trees go on from where they were saved, so
 * nothing else would notice a record that was altered after it was signed: usage, caps and the next signed totals would
 * follow from it. What the trees have not come to yet, they compare with the signed heads themselves.
 */
export class SignedEntries {
  readonly #files: FilePort;
  readonly #dir: string;
  readonly #trees: ReadonlyMap<string, TreeMark>;
  readonly #heads: ReadonlyMap<string, Pick<Head, 'size'>>;
  readonly #bundles = new LRUCache<string, Bundle>({ max: BUNDLES_MAX });
  /** Logs whose files do not show what was signed: they are made anew from the journal, and compared as a whole. */
  readonly doubtful = new Set<string>();

  private constructor(
    files: FilePort,
    dir: string,
    trees: ReadonlyMap<string, TreeMark>,
    heads: ReadonlyMap<string, Pick<Head, 'size'>>,
  ) {
    this.#files = files;
    this.#dir = dir;
    this.#trees = trees;
    this.#heads = heads;
  }

  /** @param dir the ledger's folder. @param heads whose signatures hold */
  static async open(
    files: FilePort,
    dir: string,
    heads: ReadonlyMap<string, Pick<Head, 'size'>>,
  ): Promise<SignedEntries> {
    const trees = (await readTreeState(files, dir))?.logs ?? new Map<string, TreeMark>();
    // A state beyond what was signed is not used: all trees are then made anew from the journal.
    const isUsed = [...trees].every(([log, { size }]) => size <= (heads.get(log)?.size ?? 0));
    return new SignedEntries(files, dir, isUsed ? trees : new Map(), heads);
  }

  /** True for an entry that was compared, or that the trees compare with the signed head before anything more is signed. */
  covers(log: string, index: number): boolean {
    return index < (this.#heads.get(log)?.size ?? 0) && !this.doubtful.has(log);
  }

  /**
   * Compares records with their signed entries in everything but the commitments, whose making takes longer than the rest
   * of a start: a start that makes trees anew, and audits with openings, compare these.
   * @throws LedgerDamage for one that differs
   */
  async compare(records: readonly StoredRecord[]): Promise<void> {
    for (const record of records) {
      const { log, index } = record;
      const tree = this.#trees.get(log);
      if (tree === undefined || index >= tree.size || this.doubtful.has(log)) continue;
      const n = Math.floor(index / TILE_WIDTH);
      const known = this.#bundles.get(log);
      const bundle = known?.n === n ? known : await this.#read(log, tree, n);
      if (bundle === undefined) {
        this.doubtful.add(log);
        continue;
      }
      this.#bundles.set(log, bundle);
      const { start, end } = bundle.places[index % TILE_WIDTH]!;
      if (isEntryOf(record, bundle.bytes.subarray(start, end))) continue;
      const what = `Record ${record.position} of the journal gives another entry ${index} of log ${log} than the one that was signed`;
      throw new LedgerDamage(what, join(this.#dir, 'journal'), undefined, ADVICE);
    }
  }

  /** Undefined if a file is missing, or does not lead to the tree's root. */
  async #read(log: string, { size, root }: TreeMark, n: number): Promise<Bundle | undefined> {
    const file = (path: string) => this.#files.read(join(this.#dir, log, path));
    const width = tileWidth(size, 0, n);
    const bytes = await file(bundlePath(n, width));
    const places = bytes && bundleItems(bytes, 2, width);
    if (!places) return undefined;
    const leaves = Buffer.concat(places.map(({ start, end }) => leafHash(bytes.subarray(start, end))));
    if (!(await file(tilePath(0, n, width)))?.equals(leaves)) return undefined;
    const tile = async (level: number, m: number, w: number) => {
      const hashes = await file(tilePath(level, m, w));
      return hashes?.length === w * HASH_BYTES ? hashes : undefined;
    };
    // The path of one leaf is made of all others of its tile.
    const hashes = await inclusionProof(tile, n * TILE_WIDTH, size);
    const proven = hashes && rootFromProof(leaves.subarray(0, HASH_BYTES), n * TILE_WIDTH, size, hashes);
    return proven?.equals(root) ? { n, bytes, places } : undefined;
  }
}

/** @param signed an entry's bytes, whose hash is in a signed tree */
function isEntryOf(record: StoredRecord, signed: Buffer): boolean {
  const entry = decodeEntry(signed);
  return encodeEntry(entryOf(record, entry.kind === 'control' ? undefined : entry)).equals(signed);
}
