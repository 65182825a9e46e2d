import { CborError } from '../format/cbor.ts';
import type { Checkpoint } from '../format/checkpoint.ts';
import { openCheckpoint, readCheckpoint } from '../format/checkpoint.ts';
import type { Entry, Totals } from '../format/entry.ts';
import { decodeEntry, NO_TOTALS, totalsAfter } from '../format/entry.ts';
import { HASH_BYTES, leafInto } from '../format/hash.ts';
import { NoteError, parseVerifierKey } from '../format/note.ts';
import { inclusionProof } from '../format/proof.ts';
import { bundlePath, TILE_WIDTH, tileWidth } from '../format/tile.ts';
import type { FraudProof, ProvenEntry } from './fraud.ts';
import { contradiction, FRAUD_FORMAT, verifyFraudProof } from './fraud.ts';
import type { OlderReport } from './older.ts';
import { compareWithOlder } from './older.ts';
import { EVIDENCE, FAULTS_MAX, Faults, KEEP_OLDER, type LogReport, REFETCH } from './report.ts';
import type { LogSource, SourceFile } from './source.ts';
import { readBundle, readTile } from './source.ts';
import { TreeCheck } from './tree.ts';

/** Bundles asked for ahead of the one in hand, so that reading and hashing overlap. */
const READ_AHEAD = 16;

/**
 * The longest log that is read unless more is allowed: some hours. Who serves a log can claim any size, and go on making up
 * entries for as long as somebody reads them.
 */
const ENTRIES_MAX = 1_000_000_000;
/** After so many faults nothing more is read: what is wrong everywhere is wrong. */
const FAULTS_READ_MAX = 10_000;

export type VerifyOptions = {
  /** The log's verifier key, from where you trust it. Without it no signature is checked, and the report says so. */
  vkey?: string;
  onProgress?: (checked: number, size: number) => void;
  /** The longest log that is read, in entries. @default 1,000,000,000 */
  entriesMax?: number;
  /** A checkpoint of this log that was kept from earlier, as `vkey` signed it: its tree must be the beginning of this one. */
  older?: string;
  /** Stops the reading; `verifyLog` then rejects with its reason. */
  signal?: AbortSignal;
};

/**
 * Recomputes a whole log: every leaf, node and root, each entry's encoding and index, and every running total
 * from the entry before. Reads only from `source`. Never throws for what it reads; the report says what is wrong. Of a log
 * longer than `entriesMax` nothing is read, which is a fault; nor goes it on after 10,000 faults.
 * @throws NoteError if `older` is no checkpoint that `vkey` signed
 */
export async function verifyLog(source: LogSource, options: VerifyOptions = {}): Promise<LogReport> {
  if (options.older !== undefined) openCheckpoint(options.older, parseVerifierKey(options.vkey ?? ''));
  const faults = new Faults();
  const head = await readHead(source, options.vkey, faults);
  const size = head.checkpoint?.size ?? 0;
  const isReadable = isWithin(size, options.entriesMax ?? ENTRIES_MAX, faults);
  const tree = new TreeCheck(source, size, faults);
  const chain = new Chain(faults);
  const pending: Promise<[SourceFile | undefined, SourceFile | undefined]>[] = [];
  const bundles = isReadable ? Math.ceil(size / TILE_WIDTH) : 0;
  let isWhole = isReadable;
  for (let n = 0, asked = 0; n < bundles; n++) {
    options.signal?.throwIfAborted();
    for (; asked < Math.min(bundles, n + READ_AHEAD); asked++) {
      const width = tileWidth(size, 0, asked);
      const reads = Promise.all([readBundle(source, asked, width), readTile(source, 0, asked, width)]);
      reads.catch(() => {}); // Seen when its turn comes.
      pending.push(reads);
    }
    const [bundle, tile] = await pending.shift()!;
    const width = tileWidth(size, 0, n);
    const leaves = bundle && chain.readBundle(bundle, n, width);
    if ((bundle === undefined && !chain.missing(n)) || faults.count >= FAULTS_READ_MAX) {
      isWhole = false;
      break;
    }
    await tree.addLeaves(n, width, leaves, bundle, tile);
    options.onProgress?.(chain.checked, size);
  }
  const root = head.checkpoint && isWhole ? await tree.finish(head.checkpoint) : undefined;
  const report: LogReport = {
    ok: false,
    origin: head.checkpoint?.origin,
    size,
    root: root?.toString('base64'),
    signature: head.signature,
    checked: chain.checked,
    totals: chain.totals,
    faults: faults.list,
    faultCount: faults.count,
  };
  if (chain.firstWrong !== undefined && options.vkey !== undefined && head.note !== undefined) {
    report.fraudProof = await buildFraudProof(source, head.note, chain.firstWrong, options.vkey);
  }
  if (options.older !== undefined && options.vkey !== undefined && head.signature === 'good') {
    report.older = await compareWithOlder(source, head.note!, options.older, options.vkey);
    tellOlder(report.older, faults);
    report.faultCount = faults.count;
  }
  report.ok = faults.count === 0 && head.checkpoint !== undefined;
  return report;
}

function tellOlder({ what, proof, verdict }: OlderReport, faults: Faults): void {
  if (what === undefined) return;
  const advice = proof === undefined ? (verdict === 'unknown' ? REFETCH : KEEP_OLDER) : EVIDENCE;
  faults.add({ file: 'checkpoint', what: `Against the older checkpoint: ${what}`, advice });
}

function isWithin(size: number, entriesMax: number, faults: Faults): boolean {
  if (size <= entriesMax) return true;
  const what = `The log claims ${size} entries, more than the ${entriesMax} that are read`;
  faults.add({
    file: 'checkpoint',
    what,
    advice: 'If it can be as long as that, allow it, and take the time',
  });
  return false;
}

type Head = { note?: string; checkpoint?: Checkpoint; signature: LogReport['signature'] };

async function readHead(source: LogSource, vkey: string | undefined, faults: Faults): Promise<Head> {
  const bytes = await source.read('checkpoint');
  const file = 'checkpoint';
  if (bytes === undefined) {
    faults.add({ file, what: 'The log has no checkpoint', advice: "Check the address and the log's name" });
    return { signature: 'unchecked' };
  }
  const note = Buffer.from(bytes).toString('utf8');
  try {
    if (vkey === undefined) return { note, checkpoint: readCheckpoint(note), signature: 'unchecked' };
    return { note, checkpoint: openCheckpoint(note, parseVerifierKey(vkey)), signature: 'good' };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    faults.add({ file, what: `The checkpoint does not hold: ${error.message}`, advice: REFETCH });
    // What it claims may still help to find what else is wrong.
    return { note, checkpoint: tryRead(note), signature: 'bad' };
  }
}

function tryRead(note: string): Checkpoint | undefined {
  try {
    return readCheckpoint(note);
  } catch {
    return undefined; // Already told: the checkpoint does not hold.
  }
}

/** Walks the entries in order and holds each against the one before. */
class Chain {
  readonly #faults: Faults;
  #before: Entry | undefined;
  /** True while the entry before is not known, so that nothing can be held against it. */
  #broken = false;
  #missing = 0;
  checked = 0;
  totals: Totals = NO_TOTALS;
  firstWrong: { index: number; claim: string } | undefined;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  /** False when so many are missing that there is no sense in asking for the rest. */
  missing(n: number): boolean {
    const what = 'An entry bundle is missing';
    this.#faults.add({ file: bundlePath(n), index: n * TILE_WIDTH, what, advice: REFETCH });
    this.#broken = true;
    this.#missing += 1;
    return this.#missing < FAULTS_MAX;
  }

  /** The leaf hashes of a bundle, after checking its entries; undefined if it does not divide into `width` entries. */
  readBundle({ path, bytes }: SourceFile, n: number, width: number): Buffer | undefined {
    const leaves = Buffer.allocUnsafe(width * HASH_BYTES);
    let at = 0;
    for (let i = 0; i < width; i++) {
      const start = at + 2;
      const end = start > bytes.length ? Number.POSITIVE_INFINITY : start + bytes.readUInt16BE(at);
      if (end > bytes.length) return this.#malformed(path, n, at);
      // The entry goes first: hashing borrows the byte before it for as long as it takes.
      this.#check(path, bytes, n * TILE_WIDTH + i, start, end);
      leafInto(leaves, i * HASH_BYTES, bytes, start, end);
      at = end;
    }
    return at === bytes.length ? leaves : this.#malformed(path, n, at);
  }

  #malformed(path: string, n: number, offset: number): undefined {
    const what = 'The bundle does not divide into entries';
    this.#faults.add({ file: path, index: n * TILE_WIDTH, offset, what, advice: REFETCH });
    this.#broken = true;
    return undefined;
  }

  #check(path: string, bytes: Buffer, index: number, start: number, end: number): void {
    let entry: Entry;
    try {
      entry = decodeEntry(bytes, start, end);
    } catch (error) {
      if (!(error instanceof CborError)) throw error;
      this.#wrong(path, index, error.offset, `the entry is not canonical: ${error.message}`);
      this.#broken = true;
      return;
    }
    const claim = this.#broken ? undefined : contradiction(this.#before, entry, index);
    if (claim !== undefined) this.#wrong(path, index, start, claim);
    this.totals = this.#broken ? entry.totals : totalsAfter(this.totals, entry);
    this.#before = entry;
    this.#broken = false;
    this.checked += 1;
  }

  #wrong(file: string, index: number, offset: number, claim: string): void {
    this.firstWrong ??= { index, claim };
    this.#faults.add({ file, index, offset, what: `Entry ${index}: ${claim}`, advice: EVIDENCE });
  }
}

/** Undefined if the log's own files do not prove it: then it is damage, and no fraud is shown. */
async function buildFraudProof(
  source: LogSource,
  note: string,
  { index, claim }: { index: number; claim: string },
  vkey: string,
): Promise<FraudProof | undefined> {
  try {
    const { origin, size } = openCheckpoint(note, parseVerifierKey(vkey));
    const entries: ProvenEntry[] = [];
    for (let i = Math.max(0, index - 1); i <= index; i++) {
      const entry = await provenEntry(source, i, size);
      if (entry === undefined) return undefined;
      entries.push(entry);
    }
    const proof: FraudProof = { format: FRAUD_FORMAT, origin, claim, checkpoint: note, entries };
    verifyFraudProof(proof, vkey);
    return proof;
  } catch (error) {
    if (error instanceof NoteError || error instanceof CborError) return undefined;
    throw error;
  }
}

async function provenEntry(source: LogSource, index: number, size: number): Promise<ProvenEntry | undefined> {
  const n = Math.floor(index / TILE_WIDTH);
  const bundle = await readBundle(source, n, tileWidth(size, 0, n));
  const tile = async (level: number, of: number, width: number) =>
    (await readTile(source, level, of, width))?.bytes;
  const proof = await inclusionProof(tile, index, size);
  if (bundle === undefined || proof === undefined) return undefined;
  let at = 0;
  for (let i = 0; i < index % TILE_WIDTH; i++) at += 2 + bundle.bytes.readUInt16BE(at);
  const entry = bundle.bytes.subarray(at + 2, at + 2 + bundle.bytes.readUInt16BE(at));
  return { index, entry: entry.toString('base64'), proof: proof.map((hash) => hash.toString('base64')) };
}
