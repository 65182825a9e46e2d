/** Tile addresses (c2sp.org/tlog-tiles), with tiles of height 8. */
export const TILE_WIDTH = 256;
export const LEVEL_MAX = 63;

/** `1234067` → `x001/x234/067`. */
export function tileIndexPath(n: number): string {
  let rest = n;
  let path = String(rest % 1000).padStart(3, '0');
  while (rest >= 1000) {
    rest = Math.floor(rest / 1000);
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return path;
}

const partial = (width: number) => (width === TILE_WIDTH ? '' : `.p/${width}`);

/** @param width 256 is a full tile, less a partial one. */
export const tilePath = (level: number, n: number, width = TILE_WIDTH) =>
  `tile/${level}/${tileIndexPath(n)}${partial(width)}`;

export const bundlePath = (n: number, width = TILE_WIDTH) =>
  `tile/entries/${tileIndexPath(n)}${partial(width)}`;

/** Openings lie in bundles of 256 like entries, each with a uint32 length before it. Not part of the public tree. */
export const openingsPath = (n: number, width = TILE_WIDTH) =>
  `openings/${tileIndexPath(n)}${partial(width)}`;

export type TileAddress = { level: number | 'entries'; n: number; width: number };

const ADDRESS = /^(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** What stands after `tile/` in an address; undefined if it is not written exactly as the specification says. */
export function parseTileAddress(path: string): TileAddress | undefined {
  const parts = ADDRESS.exec(path);
  if (!parts) return undefined;
  const level = parts[1] === 'entries' ? 'entries' : Number(parts[1]);
  const n = Number(parts[2]!.replaceAll(/[x/]/g, ''));
  const width = parts[3] === undefined ? TILE_WIDTH : Number(parts[3]);
  if (level !== 'entries' && level > LEVEL_MAX) return undefined;
  if (parts[3] !== undefined && width >= TILE_WIDTH) return undefined;
  if (!Number.isSafeInteger(n) || tileIndexPath(n) !== parts[2]) return undefined;
  return { level, n, width };
}

/** How many hashes a level holds in a tree of `size` leaves; only complete subtrees count. */
export function hashesAtLevel(size: number, level: number): number {
  let count = size;
  for (let i = 0; i < level && count > 0; i++) count = Math.floor(count / TILE_WIDTH);
  return count;
}

/** The widest that tile n of a level is in a tree of `size` leaves: 0 (it does not exist) to 256. */
export function tileWidth(size: number, level: number, n: number): number {
  return Math.max(0, Math.min(TILE_WIDTH, hashesAtLevel(size, level) - n * TILE_WIDTH));
}

/** Levels that hold at least one hash in a tree of `size` leaves. */
export function levelsOf(size: number): number {
  let levels = 0;
  for (let count = size; count > 0; count = Math.floor(count / TILE_WIDTH)) levels++;
  return levels;
}

/** The places of the `count` items of a bundle, given the bytes of a length prefix; undefined if they do not fit exactly. */
export function bundleItems(
  bytes: Buffer,
  prefixBytes: 2 | 4,
  count: number,
): { start: number; end: number }[] | undefined {
  const items = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + prefixBytes > bytes.length) return undefined;
    const start = at + prefixBytes;
    const end = start + bytes.readUIntBE(at, prefixBytes);
    if (end > bytes.length) return undefined;
    items.push({ start, end });
    at = end;
  }
  return at === bytes.length ? items : undefined;
}

/** The first `width` items of a bundle that holds at least as many. */
export function cutBundle(bytes: Buffer, prefixBytes: 2 | 4, width: number): Buffer | undefined {
  let at = 0;
  for (let i = 0; i < width; i++) {
    if (at + prefixBytes > bytes.length) return undefined;
    at += prefixBytes + bytes.readUIntBE(at, prefixBytes);
  }
  return at <= bytes.length ? bytes.subarray(0, at) : undefined;
}
