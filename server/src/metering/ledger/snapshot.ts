import { basename, dirname, join } from 'node:path';
import { unseal, writeSealed } from './envelope.ts';
import type { FilePort } from './file.ts';
import { isTemporary } from './file.ts';
import { CborError, CborReader, CborWriter } from './format/cbor.ts';
import type { Totals } from './format/entry.ts';
import { NAME_BYTES_MAX } from './format/entry.ts';
import type { JournalPoint } from './journal.ts';

/**
 * A snapshot: the logs' running totals and every projection's dump as of one place in the journal, so that a
 * start replays only what came since. The records at that place are the `day-closed` entries that commit to it, without
 * which it is not believed. It can always be made again from the journal. A sealed CBOR array:
 * version, position, segment, offset, [log, size, last time, calls, posts, persons, billed, micros]…, [name, dump]…
 */
const VERSION = 3;
const SUFFIX = '.snapshot';
/** Of one that the journal contradicts: kept to be looked into. */
const REJECTED = '.rejected';
/** The newest, and one more in case the newest does not read. */
const KEPT = 2;
const COUNT_MAX = 10_000_000;

/** `lastTime` is the Unix ms of the log's last entry. */
export type SnapshotTotals = { log: string; size: number; lastTime: number; totals: Totals };

export type Snapshot = {
  point: JournalPoint;
  logs: SnapshotTotals[];
  dumps: Map<string, Uint8Array>;
};

/** The snapshot's bytes in parts, so that large dumps are not copied. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array[] {
  const writer = new CborWriter(4096 + snapshot.logs.length * 128);
  writer.array(6);
  writer.uint(VERSION);
  writer.uint(snapshot.point.position);
  writer.uint(snapshot.point.segment);
  writer.uint(snapshot.point.offset);
  writer.array(snapshot.logs.length);
  for (const { log, size, lastTime, totals } of snapshot.logs) {
    const { calls, posts, persons, billed, micros } = totals;
    writer.array(8);
    writer.text(log);
    for (const value of [size, lastTime, calls, posts, persons, billed, micros]) writer.uint(value);
  }
  writer.array(snapshot.dumps.size);
  const parts: Uint8Array[] = [writer.written()];
  for (const [name, dump] of snapshot.dumps) {
    const head = new CborWriter(NAME_BYTES_MAX + 32);
    head.array(2);
    head.text(name);
    head.headOfBytes(dump.length);
    parts.push(head.written(), dump);
  }
  return parts;
}

export function decodeSnapshot(body: Buffer): Snapshot {
  const reader = new CborReader(body);
  reader.array(6);
  reader.expectUint(VERSION);
  const point = { position: reader.uint(), segment: reader.uint(), offset: reader.uint() };
  const logs = Array.from({ length: reader.array(COUNT_MAX) }, (): SnapshotTotals => {
    reader.array(8);
    const log = reader.text(NAME_BYTES_MAX);
    const size = reader.uint();
    const lastTime = reader.uint();
    const calls = reader.uint();
    const posts = reader.uint();
    const persons = reader.uint();
    const billed = reader.uint();
    return { log, size, lastTime, totals: { calls, posts, persons, billed, micros: reader.uint() } };
  });
  const dumps = new Map<string, Uint8Array>();
  for (let left = reader.array(COUNT_MAX); left > 0; left--) {
    reader.array(2);
    dumps.set(reader.text(NAME_BYTES_MAX), reader.bytes());
  }
  reader.finish();
  return { point, logs, dumps };
}

const isSnapshot = (name: string) => name.endsWith(SUFFIX);

/** Writes a snapshot durably, then removes older ones. The journal must be durable up to its position first. */
export async function writeSnapshot(files: FilePort, dir: string, snapshot: Snapshot): Promise<void> {
  const name = `${String(snapshot.point.position).padStart(16, '0')}${SUFFIX}`;
  await writeSealed(files, join(dir, name), encodeSnapshot(snapshot));
  const names = await files.list(dir);
  const stale = names.filter(isSnapshot).slice(0, -KEPT);
  for (const old of [...stale, ...names.filter(isTemporary)]) await files.remove(join(dir, old));
}

/** Puts a snapshot aside under a name that no start reads. Returns the name. */
export async function rejectSnapshot(files: FilePort, path: string): Promise<string> {
  await files.rename(path, path + REJECTED);
  await files.sync(dirname(path));
  return basename(path) + REJECTED;
}

/**
 * Snapshots that read and hold every projection asked for, newest first; without any, the whole journal must be
 * replayed. `report` hears of files that do not read.
 */
export async function* readSnapshots(
  files: FilePort,
  dir: string,
  projections: readonly string[],
  report: (message: string) => void,
): AsyncGenerator<{ path: string; snapshot: Snapshot }> {
  for (const name of (await files.list(dir)).filter(isSnapshot).reverse()) {
    const path = join(dir, name);
    const body = unseal((await files.read(path)) ?? Buffer.alloc(0));
    const snapshot = tryDecode(body);
    if (snapshot === undefined) {
      const what = body && isOlder(body) ? 'was written by an older Parley' : 'does not read';
      report(`The snapshot ${path} ${what}; an older one, or the journal itself, is used instead.`);
      continue;
    }
    if (projections.every((projection) => snapshot.dumps.has(projection))) yield { path, snapshot };
  }
}

/** Undefined for a damaged file and for one that another version wrote: the journal has it all. */
function tryDecode(body: Buffer | undefined): Snapshot | undefined {
  try {
    return body && decodeSnapshot(body);
  } catch (error) {
    if (error instanceof CborError) return undefined;
    throw error;
  }
}

function isOlder(body: Buffer): boolean {
  try {
    const reader = new CborReader(body);
    reader.array(6);
    return reader.uint() < VERSION;
  } catch {
    return false;
  }
}
