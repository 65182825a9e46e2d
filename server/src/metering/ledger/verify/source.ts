import { HASH_BYTES } from '../format/hash.ts';
import { bundlePath, cutBundle, TILE_WIDTH, tilePath } from '../format/tile.ts';

/**
 * Where a log is read from: a folder, an address, a test's table. Paths are those of c2sp.org/tlog-tiles, as
 * `checkpoint` or `tile/0/x001/234.p/5`. Undefined for what is not there; rejects when it cannot be known.
 */
export type LogSource = { read(path: string): Promise<Uint8Array | undefined> };

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A file as it was found: the address it really came from, since a partial one may be cut from the full one. */
export type SourceFile = { path: string; bytes: Buffer };

async function partialOrFull(
  source: LogSource,
  pathOf: (width: number) => string,
  width: number,
  cut: (full: Buffer) => Buffer | undefined,
): Promise<SourceFile | undefined> {
  const exact = await source.read(pathOf(width));
  if (exact !== undefined) return { path: pathOf(width), bytes: asBuffer(exact) };
  if (width === TILE_WIDTH) return undefined;
  const full = await source.read(pathOf(TILE_WIDTH));
  const bytes = full && cut(asBuffer(full));
  return bytes && { path: pathOf(TILE_WIDTH), bytes };
}

/** Tile n of a level with `width` hashes; a partial one may be gone once the full one is there. */
export function readTile(
  source: LogSource,
  level: number,
  n: number,
  width: number,
): Promise<SourceFile | undefined> {
  const cut = (full: Buffer) => full.subarray(0, width * HASH_BYTES);
  return partialOrFull(source, (w) => tilePath(level, n, w), width, cut);
}

/** Entry bundle n with `width` entries. */
export function readBundle(source: LogSource, n: number, width: number): Promise<SourceFile | undefined> {
  return partialOrFull(
    source,
    (w) => bundlePath(n, w),
    width,
    (full) => cutBundle(full, 2, width),
  );
}
