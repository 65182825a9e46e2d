import { join, relative } from 'node:path';
import { eachRecord, SEGMENT_HEADER_BYTES } from './block.ts';
import type { FilePort } from './file.ts';
import { CborError } from './format/cbor.ts';
import { commitmentsOf } from './format/commitment.ts';
import type { CallEntry, Totals } from './format/entry.ts';
import { encodeEntry, NO_TOTALS, totalsAfter, totalsDifference } from './format/entry.ts';
import { decodeOpening } from './format/opening.ts';
import { bundleItems, bundlePath, cutBundle, openingsPath, TILE_WIDTH, tileWidth } from './format/tile.ts';
import type { Head } from './heads.ts';
import { createReader } from './reader.ts';
import type { StoredRecord } from './record.ts';
import { entryOf, openingOf, readRecord } from './record.ts';
import type { JournalSegment, ReadBlock } from './segment.ts';
import { BrokenBlock, blockAfter, listSegments, readBlocks, segmentSalt } from './segment.ts';
import type { Faults } from './verify/report.ts';

const RESTORE = 'Restore the file from a backup: the journal is the truth and cannot be made again';
const REMAKE =
  'Stop the server, delete snapshots/trees.state, and start it: the file is then made anew from the journal';
const COMPARE =
  'If the journal is right, delete snapshots/trees.state and start the server: a tree other than the signed one then stops it and says so';

type JournalInspection = {
  files: FilePort;
  dir: string;
  heads: ReadonlyMap<string, Head>;
  faults: Faults;
  notes: string[];
  onProgress?: (done: number, of: number, what: string) => void;
  signal?: AbortSignal;
};

/** One log as it is walked alongside the journal. */
type Walk = { size: number; totals: Totals; bundle?: Bundle };
/** A fault whose file, unless given, is the journal's. */
type Finding = { file?: string; what: string; advice: string };
type Bundle = {
  n: number;
  entries: Buffer[] | undefined;
  entriesFile: string;
  openings: Buffer[] | undefined;
  openingsFile: string;
};

/** Walks the whole journal; returns the number of records read. */
export async function inspectJournal(inspection: JournalInspection): Promise<number> {
  const { files, dir, heads, faults } = inspection;
  const walker = new Walker(inspection);
  const segments = await listSegments(files, join(dir, 'journal'));
  const sizes = await Promise.all(segments.map(({ path }) => files.size(path)));
  // A start that recorded nothing leaves a segment without records; the next start takes its place.
  const hasRecords = (at: number) => at === 0 || sizes[at]! > SEGMENT_HEADER_BYTES;
  const live = segments.filter((_, i) => hasRecords(i));
  for (const [i, segment] of live.entries()) {
    await inspectSegment(inspection, walker, segment, live[i + 1]?.firstPosition);
  }
  const last = segments.at(-1);
  if (last !== undefined && !hasRecords(segments.length - 1) && !(await segmentSalt(files, last))) {
    inspection.notes.push(`${relative(dir, last.path)} was begun and never used; a start mends it.`);
  }
  for (const head of heads.values()) {
    const size = walker.sizeOf(head.log);
    if (size >= head.size || walker.isBroken) continue;
    const what = `Log ${head.log} is signed at ${head.size} entries, the journal holds ${size}`;
    faults.add({ file: 'journal', index: size, what, advice: RESTORE });
  }
  return walker.records;
}

async function inspectSegment(
  { files, dir, faults, notes, heads, signal }: JournalInspection,
  walker: Walker,
  segment: JournalSegment,
  next: number | undefined,
): Promise<void> {
  const isLast = next === undefined;
  const file = relative(dir, segment.path);
  const size = (await files.size(segment.path)) ?? 0;
  const salt = await segmentSalt(files, segment);
  if (salt === undefined) {
    if (isLast && size <= SEGMENT_HEADER_BYTES)
      notes.push(`${file} was begun and never used; a start mends it.`);
    else {
      faults.add({ file, offset: 0, what: "A segment's header is damaged", advice: RESTORE });
      walker.isBroken = true;
    }
    return;
  }
  walker.enter(segment, file);
  try {
    const until = { from: walker.position, position: next };
    for await (const read of readBlocks(files, segment.path, salt, SEGMENT_HEADER_BYTES, size, until)) {
      signal?.throwIfAborted();
      await walker.visit(read, file);
    }
  } catch (error) {
    if (!(error instanceof BrokenBlock)) throw error;
    const signed = Math.max(0, ...[...heads.values()].map((head) => head.through));
    const isTorn =
      isLast && walker.position >= signed && !(await blockAfter(files, segment.path, salt, error.offset));
    if (isTorn) {
      notes.push(
        `${file} ends in ${size - error.offset} bytes half-written, for which nobody was answered; a start cuts them.`,
      );
      return;
    }
    const what = `The journal is damaged from record ${walker.position} on`;
    faults.add({ file, index: walker.position, offset: error.offset, what, advice: RESTORE });
    walker.isBroken = true;
  }
}

class Walker {
  readonly #inspection: JournalInspection;
  readonly #reader: ReturnType<typeof createReader>;
  readonly #walks = new Map<string, Walk>();
  /** Entries under signed heads: about as many as there are records. */
  readonly #signed: number;
  position = 0;
  records = 0;
  /** Part of the journal could not be read: what follows has no predecessor to be held against. */
  isBroken = false;

  constructor(inspection: JournalInspection) {
    this.#inspection = inspection;
    this.#signed = [...inspection.heads.values()].reduce((sum, head) => sum + head.size, 0);
    const published = new Map([...inspection.heads].map(([log, { size, note }]) => [log, { size, note }]));
    this.#reader = createReader(inspection.files, inspection.dir, published);
  }

  sizeOf(log: string): number {
    return this.#walks.get(log)?.size ?? 0;
  }

  enter(segment: JournalSegment, file: string): void {
    if (segment.firstPosition !== this.position && !this.isBroken) {
      const what = `Records ${this.position} to ${segment.firstPosition - 1} are missing`;
      this.#inspection.faults.add({ file, index: this.position, offset: 0, what, advice: RESTORE });
      this.isBroken = true;
    }
    this.position = segment.firstPosition;
  }

  async visit({ bytes, block, base }: ReadBlock, file: string): Promise<void> {
    const places: [number, number][] = [];
    eachRecord(bytes, block, (start, end) => places.push([start, end]));
    for (const [start, end] of places) {
      const fault = await this.#record(bytes, start, end);
      if (fault !== undefined) {
        this.#inspection.faults.add({
          ...fault,
          file: fault.file ?? file,
          index: this.position,
          offset: base + start,
        });
      }
      this.position += 1;
      this.records += 1;
    }
    this.#inspection.onProgress?.(this.records, Math.max(this.records, this.#signed), 'journal');
  }

  async #record(bytes: Buffer, start: number, end: number): Promise<Finding | undefined> {
    let record: StoredRecord;
    try {
      record = readRecord(bytes, start, end);
    } catch (error) {
      return { what: `Record ${this.position} does not read: ${(error as Error).message}`, advice: RESTORE };
    }
    const entry = entryOf(record);
    const walk = this.#walks.get(record.log) ?? { size: 0, totals: NO_TOTALS };
    this.#walks.set(record.log, walk);
    const wrong = this.isBroken ? undefined : this.#outOfOrder(record, walk, totalsAfter(walk.totals, entry));
    walk.size = record.index + 1;
    walk.totals = record.totals;
    if (wrong !== undefined) return { what: `Record ${this.position}: ${wrong}`, advice: RESTORE };
    return this.#compare(record, encodeEntry(entry), walk);
  }

  #outOfOrder(record: StoredRecord, walk: Walk, totals: Totals): string | undefined {
    if (record.position !== this.position) return `it says it is record ${record.position}`;
    if (record.index !== walk.size) return `it says it is entry ${record.index}, entry ${walk.size} follows`;
    const wrong = totalsDifference(record.totals, totals);
    return wrong && `the running total of ${wrong}`;
  }

  /** The public entry and the opening must be what the record makes them. */
  async #compare(record: StoredRecord, expected: Buffer, walk: Walk): Promise<Finding | undefined> {
    const { log, index } = record;
    const size = this.#inspection.heads.get(log)?.size ?? 0;
    if (index >= size) return undefined;
    const n = Math.floor(index / TILE_WIDTH);
    if (walk.bundle?.n !== n) walk.bundle = await this.#load(log, n, tileWidth(size, 0, n));
    const entry = walk.bundle.entries?.[index % TILE_WIDTH];
    const opening = walk.bundle.openings?.[index % TILE_WIDTH];
    if (entry !== undefined && !entry.equals(expected)) {
      const what = `Record ${record.position} and entry ${index} of log ${log} do not agree`;
      return { file: walk.bundle.entriesFile, what, advice: COMPARE };
    }
    if (opening !== undefined && !this.#opens(record, opening)) {
      const what = `The opening of entry ${index} of log ${log} is not what the entry commits to`;
      return { file: walk.bundle.openingsFile, what, advice: REMAKE };
    }
    return undefined;
  }

  /** As the record has it, or with items erased and the commitments still standing. */
  #opens(record: StoredRecord, opening: Buffer): boolean {
    if (opening.equals(openingOf(record))) return true;
    if (record.kind === 'control') return false;
    try {
      const { commitment, requestCommitment } = commitmentsOf(decodeOpening(opening));
      const entry = entryOf(record) as CallEntry;
      return commitment.equals(entry.commitment) && requestCommitment.equals(entry.requestCommitment);
    } catch (error) {
      if (error instanceof CborError || error instanceof RangeError) return false;
      throw error;
    }
  }

  /** Missing or malformed bundles of entries were told by `verifyLog`; here they only leave nothing to compare. */
  async #load(log: string, n: number, width: number): Promise<Bundle> {
    const entries = await this.#reader.entryBundle(log, n, width);
    const openings = split(await this.#reader.openingBundle(log, n, width), 4, width);
    const openingsFile = join(log, openingsPath(n, width));
    if (openings === undefined) {
      const what = `The openings of log ${log} from entry ${n * TILE_WIDTH} on are missing or damaged`;
      this.#inspection.faults.add({ file: openingsFile, index: n * TILE_WIDTH, what, advice: REMAKE });
    }
    const entriesFile = join(log, bundlePath(n, width));
    return { n, entries: split(entries, 2, width), entriesFile, openings, openingsFile };
  }
}

/** The items of a bundle; undefined if it is missing or does not divide into them. */
function split(bytes: Buffer | undefined, prefixBytes: 2 | 4, width: number): Buffer[] | undefined {
  const cut = bytes && cutBundle(bytes, prefixBytes, width);
  const items = cut && bundleItems(cut, prefixBytes, width);
  return items?.map(({ start, end }) => cut!.subarray(start, end));
}
