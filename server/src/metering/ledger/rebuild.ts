import { dirname, join } from 'node:path';
import { eachRecord, SEGMENT_HEADER_BYTES } from './block.ts';
import type { FilePort } from './file.ts';
import { commitmentsOf } from './format/commitment.ts';
import { decodeOpening } from './format/opening.ts';
import {
  bundleItems,
  bundlePath,
  hashesAtLevel,
  levelsOf,
  openingsPath,
  TILE_WIDTH,
  tilePath,
} from './format/tile.ts';
import { entryOf, openingOf, readRecord } from './record.ts';
import { BrokenBlock, LedgerDamage, listSegments, readBlocks, segmentSalt } from './segment.ts';
import { edgePaths, LogTree, type TreeFile } from './tree.ts';
import type { TreeFiles } from './tree-files.ts';

/** Makes what is missing or damaged of single logs anew from the journal; other logs are not looked at. */

/** @param dir the log's folder. @param size leaves whose files are all to be right */
export type Rebuilding = { name: string; dir: string; size: number };
export type Rebuilt = { tree: LogTree /** Files that were written. */; written: number };

/** True if a file of the tree of `size` leaves is not there: at its right edge or a full one. Lists, and reads nothing. */
export async function isIncomplete(files: FilePort, dir: string, size: number): Promise<boolean> {
  for (const path of edgePaths(size)) {
    if ((await files.size(join(dir, path))) === undefined) return true;
  }
  const kinds: { count: number; pathOf: (n: number) => string }[] = [];
  for (let level = 0; level < levelsOf(size); level++) {
    const count = Math.floor(hashesAtLevel(size, level) / TILE_WIDTH);
    kinds.push({ count, pathOf: (n) => tilePath(level, n) });
  }
  const bundles = Math.floor(size / TILE_WIDTH);
  kinds.push(
    { count: bundles, pathOf: (n) => bundlePath(n) },
    { count: bundles, pathOf: (n) => openingsPath(n) },
  );
  for (const { count, pathOf } of kinds) {
    let [folder, names] = ['', new Set<string>()];
    for (let n = 0; n < count; n++) {
      const path = join(dir, pathOf(n));
      if (dirname(path) !== folder) {
        folder = dirname(path);
        names = new Set(await files.list(folder));
      }
      if (!names.has(path.slice(folder.length + 1))) return true;
    }
  }
  return false;
}

/**
 * Reads the journal from its beginning and writes every file of the given logs that is not what the journal makes it.
 * @param through the journal's position up to which it is read
 * @throws LedgerDamage if the journal itself does not read
 */
export async function rebuildLogs(
  files: FilePort,
  journalDir: string,
  through: number,
  logs: readonly Rebuilding[],
  tiles: TreeFiles,
): Promise<Map<string, Rebuilt>> {
  const wanted = new Map(logs.map((log) => [log.name, { ...log, tree: new LogTree(), written: 0 }]));
  const segments = (await listSegments(files, journalDir)).filter(
    ({ firstPosition }) => firstPosition < through,
  );
  for (const [i, segment] of segments.entries()) {
    const { path, firstPosition } = segment;
    const salt = await segmentSalt(files, segment);
    if (salt === undefined) throw damaged(path, 0);
    const size = (await files.size(path)) ?? 0;
    const until = { from: firstPosition, position: segments[i + 1]?.firstPosition ?? through };
    try {
      for await (const { bytes, block } of readBlocks(files, path, salt, SEGMENT_HEADER_BYTES, size, until)) {
        const places: [number, number][] = [];
        eachRecord(bytes, block, (start, end) => places.push([start, end]));
        for (const [start, end] of places) {
          const record = readRecord(bytes, start, end);
          const log = wanted.get(record.log);
          if (log === undefined || record.index >= log.size) continue;
          log.tree.append(entryOf(record), openingOf(record));
          for (const file of log.tree.takeFull()) log.written += await mend(files, tiles, log.dir, file);
        }
        await tiles.settle();
      }
    } catch (error) {
      if (error instanceof BrokenBlock) throw damaged(path, error.offset);
      throw error;
    }
  }
  for (const log of wanted.values()) {
    for (const file of log.tree.edge()) log.written += await mend(files, tiles, log.dir, file);
  }
  await tiles.settle();
  return wanted;
}

function damaged(path: string, offset: number): LedgerDamage {
  const advice = 'Inspect the folder with `parley ledger verify`, and restore the file from a backup';
  return new LedgerDamage('The journal is damaged', path, offset, advice);
}

/** Writes a file if it is missing or other than it should be. @returns how many were written */
async function mend(
  files: FilePort,
  tiles: TreeFiles,
  dir: string,
  { path, bytes }: TreeFile,
): Promise<0 | 1> {
  const found = await files.read(join(dir, path));
  const right = path.startsWith('openings/') ? withErased(path, found, bytes) : bytes;
  if (found?.equals(right)) return 0;
  tiles.write(dir, path, right);
  return 1;
}

/** Openings may have had items erased since: those that still open their commitments stay, the others are the journal's. */
function withErased(path: string, found: Buffer | undefined, made: Buffer): Buffer {
  const width = Number(/\.p\/(\d+)$/.exec(path)?.[1] ?? TILE_WIDTH);
  const places = found && bundleItems(found, 4, width);
  if (!found || !places || found.equals(made)) return made;
  const parts = bundleItems(made, 4, width)!.map(({ start, end }, i) => {
    const own = made.subarray(start, end);
    const kept = found.subarray(places[i]!.start, places[i]!.end);
    const item = opensTheSame(kept, own) ? kept : own;
    const head = Buffer.alloc(4);
    head.writeUInt32BE(item.length);
    return Buffer.concat([head, item]);
  });
  return Buffer.concat(parts);
}

function opensTheSame(kept: Buffer, own: Buffer): boolean {
  if (kept.equals(own)) return true;
  try {
    const [a, b] = [kept, own].map((bytes) => commitmentsOf(decodeOpening(bytes)));
    return a!.commitment.equals(b!.commitment) && a!.requestCommitment.equals(b!.requestCommitment);
  } catch {
    return false;
  }
}
