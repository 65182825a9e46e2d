import { join } from 'node:path';
import { unseal, writeSealed } from './envelope.ts';
import type { FilePort } from './file.ts';
import { isTemporary } from './file.ts';
import { CborError, CborReader, CborWriter } from './format/cbor.ts';
import type { Totals } from './format/entry.ts';
import { NAME_BYTES_MAX } from './format/entry.ts';
import type { JournalPoint } from './journal.ts';

/**
 * A snapshot: the logs' running totals and every projection's dump as of one place in the journal, so that a
 * start replays only what came since. It can always be made again from the journal. A sealed CBOR array:
 * version, position, segment, offset, [log, size, calls, posts, persons, billed, micros]…, [name, dump]…
 */
const VERSION = 2;
const SUFFIX = '.snapshot';
/** The newest, and one more in case the newest does not read. */
const KEPT = 2;
const COUNT_MAX = 10_000_000;

export type LogTotals = { log: string; size: number; totals: Totals };

export type Snapshot = {
  point: JournalPoint;
  logs: LogTotals[];
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
  for (const { log, size, totals } of snapshot.logs) {
    const { calls, posts, persons, billed, micros } = totals;
    writer.array(7);
    writer.text(log);
    for (const value of [size, calls, posts, persons, billed, micros]) writer.uint(value);
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
  const logs = Array.from({ length: reader.array(COUNT_MAX) }, (): LogTotals => {
    reader.array(7);
    const log = reader.text(NAME_BYTES_MAX);
    const size = reader.uint();
    const calls = reader.uint();
    const posts = reader.uint();
    const persons = reader.uint();
    const billed = reader.uint();
    return { log, size, totals: { calls, posts, persons, billed, micros: reader.uint() } };
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

/**
 * The newest snapshot that reads and holds every projection asked for; undefined if there is none, and the
 * whole journal must be replayed. `report` hears of files that do not read.
 */
export async function readSnapshot(
  files: FilePort,
  dir: string,
  projections: readonly string[],
  report: (message: string) => void,
): Promise<Snapshot | undefined> {
  for (const name of (await files.list(dir)).filter(isSnapshot).reverse()) {
    const path = join(dir, name);
    const snapshot = tryDecode(unseal((await files.read(path)) ?? Buffer.alloc(0)));
    if (snapshot === undefined) {
      report(`The snapshot ${path} does not read; an older one, or the journal itself, is used instead.`);
      continue;
    }
    if (projections.every((projection) => snapshot.dumps.has(projection))) return snapshot;
  }
  return undefined;
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
