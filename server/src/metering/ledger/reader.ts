import { dirname, join } from 'node:path';
import type { FilePort } from './file.ts';
import { CborError } from './format/cbor.ts';
import { readCheckpoint } from './format/checkpoint.ts';
import { commitmentsOf } from './format/commitment.ts';
import { decodeEntry } from './format/entry.ts';
import { HASH_BYTES, leafHash } from './format/hash.ts';
import { decodeOpening, type Opening } from './format/opening.ts';
import { inclusionProof, rootFromProof } from './format/proof.ts';
import { formatReceipt } from './format/receipt.ts';
import {
  bundleItems,
  bundlePath,
  cutBundle,
  openingsPath,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from './format/tile.ts';
import type { Entry, LedgerReader } from './port.ts';

/** Beside what is served: the openings as they lie, for inspection. */
export type FolderReader = LedgerReader & {
  openingBundle(log: string, n: number, width: number): Promise<Buffer | undefined>;
};

/** The newest published checkpoint of each log, as the integrator tells it. */
export type PublishedHeads = Map<string, { size: number; note: string }>;

/** The widest partial file is replaced now and then between looking and reading; each try looks again. */
const TRIES = 5;

/** Reads what the integrator has published. @param onDamage hears of a log whose files are not all there and whole */
export function createReader(
  files: FilePort,
  dir: string,
  published: PublishedHeads,
  onDamage: (log: string) => void = () => {},
): FolderReader {
  const sizeOf = (log: string) => published.get(log)?.size ?? 0;

  /** A tile or bundle of at least `width` items; `pathOf` gives its address by width. */
  async function widest(
    log: string,
    width: number,
    pathOf: (width: number) => string,
  ): Promise<{ bytes: Buffer; width: number } | undefined> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const full = await files.read(join(dir, log, pathOf(TILE_WIDTH)));
      if (full !== undefined) return { bytes: full, width: TILE_WIDTH };
      const folder = join(dir, log, dirname(pathOf(1)));
      const widths = (await files.list(folder)).filter((name) => /^[0-9]{1,3}$/.test(name)).map(Number);
      const best = Math.max(0, ...widths);
      if (best < width) continue;
      const bytes = await files.read(join(folder, String(best)));
      if (bytes !== undefined) return { bytes, width: best };
    }
    onDamage(log);
    return undefined;
  }

  function damaged(log: string): undefined {
    onDamage(log);
  }

  async function tile(log: string, level: number, n: number, width: number): Promise<Buffer | undefined> {
    if (width < 1 || tileWidth(sizeOf(log), level, n) < width) return undefined;
    const found = await widest(log, width, (w) => tilePath(level, n, w));
    if (found === undefined) return undefined;
    if (found.bytes.length !== found.width * HASH_BYTES) return damaged(log);
    return found.bytes.subarray(0, width * HASH_BYTES);
  }

  async function entryBundle(log: string, n: number, width: number): Promise<Buffer | undefined> {
    if (width < 1 || tileWidth(sizeOf(log), 0, n) < width) return undefined;
    const found = await widest(log, width, (w) => bundlePath(n, w));
    return found && (cutBundle(found.bytes, 2, width) ?? damaged(log));
  }

  async function openingBundle(log: string, n: number, width: number): Promise<Buffer | undefined> {
    if (width < 1 || tileWidth(sizeOf(log), 0, n) < width) return undefined;
    const found = await widest(log, width, (w) => openingsPath(n, w));
    return found && (cutBundle(found.bytes, 4, width) ?? damaged(log));
  }

  /** The last item of a bundle cut right after it. */
  function item(bytes: Buffer | undefined, prefixBytes: 2 | 4, place: number): Buffer | undefined {
    const at = bytes && bundleItems(bytes, prefixBytes, place + 1)?.[place];
    return at && bytes.subarray(at.start, at.end);
  }

  async function entryBytes(log: string, index: number): Promise<Buffer | undefined> {
    const place = index % TILE_WIDTH;
    return item(await entryBundle(log, Math.floor(index / TILE_WIDTH), place + 1), 2, place);
  }

  async function* entries(log: string, from: number, to: number): AsyncGenerator<Entry> {
    const size = sizeOf(log);
    const stop = Math.min(to, size);
    for (let index = from; index < stop; ) {
      const n = Math.floor(index / TILE_WIDTH);
      const width = tileWidth(size, 0, n);
      const bytes = await entryBundle(log, n, width);
      const items = bytes && bundleItems(bytes, 2, width);
      if (!items) throw new Error(`the entries of log ${log} from ${n * TILE_WIDTH} on do not read`);
      for (; index < stop && index < (n + 1) * TILE_WIDTH; index++) {
        const place = items[index % TILE_WIDTH]!;
        yield decodeEntry(bytes, place.start, place.end);
      }
    }
  }

  return {
    checkpoint(log) {
      const head = published.get(log);
      return head && { size: head.size, text: head.note };
    },
    tile,
    entryBundle,
    openingBundle,
    entries,
    async receipt(log, index) {
      const head = published.get(log);
      if (head === undefined || !(index < head.size)) return undefined;
      const extra = await entryBytes(log, index);
      if (extra === undefined) return undefined;
      const hashes = await inclusionProof((level, n, width) => tile(log, level, n, width), index, head.size);
      if (hashes === undefined) return undefined;
      // What does not lead to the signed root convinces nobody, and looks like fraud: it is made anew first.
      const root = rootFromProof(leafHash(extra), index, head.size, hashes);
      if (!root?.equals(readCheckpoint(head.note).root)) return damaged(log);
      return formatReceipt({ index, hashes, extra, checkpoint: head.note });
    },
    async opening(log, index) {
      if (!(index < sizeOf(log))) return undefined;
      const place = index % TILE_WIDTH;
      const bundle = await openingBundle(log, Math.floor(index / TILE_WIDTH), place + 1);
      const bytes = item(bundle, 4, place);
      const entry = await entryBytes(log, index);
      if (bytes === undefined || entry === undefined) return undefined;
      // What does not open the entry convinces nobody, and looks like fraud: it is made anew first.
      const opening = openingOf(bytes, entry);
      return opening === 'damaged' ? damaged(log) : opening;
    },
  };
}

/** Undefined for a control entry, which hides nothing. */
function openingOf(bytes: Buffer, entryBytes: Buffer): Opening | 'damaged' | undefined {
  try {
    const entry = decodeEntry(entryBytes);
    if (entry.kind === 'control') return bytes.length === 0 ? undefined : 'damaged';
    const opening = decodeOpening(bytes);
    const { commitment, requestCommitment } = commitmentsOf(opening);
    const isOf = commitment.equals(entry.commitment) && requestCommitment.equals(entry.requestCommitment);
    return isOf ? opening : 'damaged';
  } catch (error) {
    if (error instanceof CborError || error instanceof RangeError) return 'damaged';
    throw error;
  }
}
