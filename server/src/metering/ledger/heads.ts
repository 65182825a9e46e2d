import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  BLOCK_HEADER_BYTES,
  eachRecord,
  findBlock,
  RECORD_HEADER_BYTES,
  readBlock,
  readSegmentHeader,
  SALT_BYTES,
  SEGMENT_HEADER_BYTES,
  sealBlock,
  segmentHeader,
} from './block.ts';
import type { AppendFile, FilePort } from './file.ts';
import { replaceFile } from './file.ts';
import { CborReader, CborWriter } from './format/cbor.ts';
import { openTimedCheckpoint, readCheckpoint } from './format/checkpoint.ts';
import { readCosignedAt } from './format/cosignature.ts';
import { NAME_BYTES_MAX } from './format/entry.ts';
import { NOTE_CHARACTERS_MAX, NoteError, parseVerifierKey } from './format/note.ts';
import type { OpenedFile } from './opened-file.ts';
import { assertSameFile, openedFile } from './opened-file.ts';
import type { LogIdentity } from './port.ts';
import { LedgerDamage } from './segment.ts';

/**
 * The last signed head of every log, kept apart from tiles and checkpoints, which can be made again. A head is
 * on disk here before anybody sees it, so no other tree is ever signed for a size that was. One file for all
 * logs, since then one sync serves a round of signatures however many logs it covers.
 */
const FILE = 'heads';
const ADVICE = 'Restore it from a backup; without it no log here may be signed again';
const VERSION = 1;
/** The file is written anew with only the last head of each log when it has grown past this. */
const COMPACT_BYTES = 4 * 1024 * 1024;

export type Head = {
  log: string;
  size: number;
  root: Buffer;
  /** The journal's records below this position were in the trees when it was signed. */
  through: number;
  /** The signed checkpoint. */
  note: string;
  /** Unix time of the log's own cosignature in it; 0 if it has none. */
  seconds: number;
};

export const headsPath = (dir: string) => join(dir, FILE);

type HeadsContent = { heads: Map<string, Head>; salt: Buffer; records: number; end: number };

/** Reads the file and changes nothing. A torn end is left out: what was in it was never published. */
export async function readHeads(files: FilePort, dir: string): Promise<HeadsContent | undefined> {
  const path = headsPath(dir);
  const bytes = await files.read(path);
  if (bytes === undefined) return undefined;
  const header = readSegmentHeader(bytes);
  if (header === undefined) throw new LedgerDamage('The signed heads are damaged', path, 0, ADVICE);
  const content: HeadsContent = {
    heads: new Map(),
    salt: header.salt,
    records: 0,
    end: SEGMENT_HEADER_BYTES,
  };
  for (
    let block = readBlock(bytes, content.end, content.salt);
    block !== undefined;
    block = readBlock(bytes, content.end, content.salt)
  ) {
    eachRecord(bytes, block, (start, stop) => {
      const head = readHead(bytes, start, stop);
      content.heads.set(head.log, head);
    });
    content.records += block.records;
    content.end = block.end;
  }
  if (content.end < bytes.length && findBlock(bytes, content.end + 1, content.salt) !== undefined) {
    throw new LedgerDamage('The signed heads are damaged', path, content.end, ADVICE);
  }
  return content;
}

/**
 * What was signed is told by signatures, not by what lies in the folder: heads that anybody can write would have another
 * history signed in place of the first.
 * @param sizeOf entries of a log in the journal
 * @throws LedgerDamage for a head that its log's key did not sign, and for a log that has entries and no head
 */
export function assertSigned(
  dir: string,
  heads: ReadonlyMap<string, Head>,
  keys: Iterable<LogIdentity>,
  sizeOf: (log: string) => number,
): void {
  for (const { log, vkey } of keys) {
    const head = heads.get(log);
    const why = head && unsigned(head, vkey);
    const what =
      head === undefined
        ? `Log ${log} has ${sizeOf(log)} entries, but no signed head of that size is kept`
        : `The head of log ${log} was not signed with its key (${why})`;
    const isGood = head === undefined ? sizeOf(log) === 0 : why === undefined;
    if (!isGood) throw new LedgerDamage(what, headsPath(dir), undefined, ADVICE);
  }
}

/** Why a head is not one that the key signed. */
function unsigned({ note, seconds }: Head, vkey: string): string | undefined {
  try {
    const signed = openTimedCheckpoint(note, parseVerifierKey(vkey));
    return (signed.seconds ?? 0) === seconds ? undefined : 'its time is another';
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    return error.message;
  }
}

function readHead(bytes: Buffer, start: number, end: number): Head {
  const reader = new CborReader(bytes, start, end);
  reader.array(4);
  reader.expectUint(VERSION);
  const log = reader.text(NAME_BYTES_MAX);
  const through = reader.uint();
  const note = reader.text(NOTE_CHARACTERS_MAX);
  reader.finish();
  const { size, root } = readCheckpoint(note);
  return { log, size, root, through, note, seconds: readCosignedAt(note) };
}

function blockOf(heads: readonly Head[], salt: Buffer, firstPosition: number): Buffer {
  const writer = new CborWriter(1024 + heads.length * 512);
  writer.length = BLOCK_HEADER_BYTES;
  for (const head of heads) {
    const at = writer.reserve(RECORD_HEADER_BYTES);
    writer.length += RECORD_HEADER_BYTES;
    writer.array(4);
    writer.uint(VERSION);
    writer.text(head.log);
    writer.uint(head.through);
    writer.text(head.note);
    writer.buffer.writeUInt32BE(writer.length - at - RECORD_HEADER_BYTES, at);
  }
  const block = writer.written();
  sealBlock(block, salt, firstPosition, heads.length);
  return block;
}

/** The heads of a folder, for the one that signs. */
export class Heads {
  readonly #files: FilePort;
  readonly #path: string;
  readonly #heads: Map<string, Head>;
  #salt: Buffer;
  #records: number;
  #end: number;
  #file: AppendFile;
  #opened: OpenedFile;

  private constructor(files: FilePort, path: string, content: HeadsContent, file: AppendFile) {
    this.#files = files;
    this.#path = path;
    this.#heads = content.heads;
    this.#salt = content.salt;
    this.#records = content.records;
    this.#end = content.end;
    this.#file = file;
    this.#opened = openedFile(files, path);
  }

  /**
   * Opens the file and writes it anew: what it holds may be in the page cache only, if a sync failed before, and
   * its end may be torn.
   */
  static async open(files: FilePort, dir: string): Promise<Heads> {
    const heads = (await readHeads(files, dir))?.heads ?? new Map<string, Head>();
    const path = headsPath(dir);
    const fresh = await rewrite(files, path, heads);
    return new Heads(files, path, fresh, await files.openAppend(path, fresh.end));
  }

  get(log: string): Head | undefined {
    return this.#heads.get(log);
  }

  all(): IterableIterator<Head> {
    return this.#heads.values();
  }

  /**
   * Replaces heads, durably once it resolves. Compare-and-swap: each log's last head must be the one given as
   * `before`, and the file the one that it opened, as it left it; else it rejects, and nothing may be shown.
   */
  async replace(changes: readonly { before: Head | undefined; after: Head }[]): Promise<void> {
    for (const { before, after } of changes) {
      const last = this.#heads.get(after.log);
      // The same tree may be signed again, at a later time.
      const isSame =
        last?.size === after.size && last.root.equals(after.root) && after.seconds > last.seconds;
      if (last !== before || !(isSame || last === undefined || after.size > last.size)) {
        const what = `Another head of log ${after.log} was signed meanwhile`;
        throw new LedgerDamage(what, this.#path, undefined, 'Two processes may be at work on one folder');
      }
    }
    assertSameFile(this.#files, this.#opened, this.#end);
    const block = blockOf(
      changes.map((change) => change.after),
      this.#salt,
      this.#records,
    );
    await this.#file.append(block);
    await this.#file.sync();
    assertSameFile(this.#files, this.#opened);
    this.#records += changes.length;
    this.#end += block.length;
    for (const { after } of changes) this.#heads.set(after.log, after);
    if (this.#end > COMPACT_BYTES) await this.#compact();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #compact(): Promise<void> {
    await this.#file.close();
    const { salt, records, end } = await rewrite(this.#files, this.#path, this.#heads);
    this.#salt = salt;
    this.#records = records;
    this.#end = end;
    this.#file = await this.#files.openAppend(this.#path, end);
    this.#opened = openedFile(this.#files, this.#path);
  }
}

/** Replaces the file, durably, by one that holds the last head of each log and nothing else. */
async function rewrite(files: FilePort, path: string, heads: Map<string, Head>): Promise<HeadsContent> {
  const salt = randomBytes(SALT_BYTES);
  const parts = [segmentHeader(salt, 0)];
  if (heads.size > 0) parts.push(blockOf([...heads.values()], salt, 0));
  const content = Buffer.concat(parts);
  await replaceFile(files, path, content);
  return { heads, salt, records: heads.size, end: content.length };
}
