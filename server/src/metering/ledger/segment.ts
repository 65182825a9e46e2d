import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Block } from './block.ts';
import {
  BLOCK_HEADER_BYTES,
  claimedBytes,
  findBlock,
  readBlock,
  readSegmentHeader,
  SALT_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
} from './block.ts';
import type { FilePort } from './file.ts';

/** Files of blocks: finding, reading and beginning them. The name is the first position, so that a listing sorts. */
const SUFFIX = '.seg';
const NAME_DIGITS = 16;
/** What is read at once: large enough for speed, small beside the process's memory. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Something in the ledger's folder is not what was written. The message says what, where and what to do. */
export class LedgerDamage extends Error {
  readonly what: string;
  readonly file: string;
  readonly offset: number | undefined;
  readonly advice: string;

  constructor(what: string, file: string, offset: number | undefined, advice: string) {
    super(`${what} (${file}${offset === undefined ? '' : ` at byte ${offset}`}). ${advice}`);
    this.name = 'LedgerDamage';
    this.what = what;
    this.file = file;
    this.offset = offset;
    this.advice = advice;
  }
}

export type JournalSegment = { path: string; firstPosition: number };

export const segmentPath = (dir: string, firstPosition: number) =>
  join(dir, `${String(firstPosition).padStart(NAME_DIGITS, '0')}${SUFFIX}`);

/** The segments of a folder, oldest first. */
export async function listSegments(files: FilePort, dir: string): Promise<JournalSegment[]> {
  const names = (await files.list(dir)).filter((name) => /^\d{16}\.seg$/.test(name));
  return names.map((name) => ({ path: join(dir, name), firstPosition: Number(name.slice(0, NAME_DIGITS)) }));
}

/** The position at which the segment after this one begins; undefined if this is the last. */
export async function nextSegmentPosition(
  files: FilePort,
  dir: string,
  firstPosition: number,
): Promise<number | undefined> {
  return (await listSegments(files, dir)).find((one) => one.firstPosition > firstPosition)?.firstPosition;
}

/** Begins a segment, durably, before anything goes into it. Returns its salt. */
export async function beginSegment(files: FilePort, dir: string, firstPosition: number): Promise<Buffer> {
  const path = segmentPath(dir, firstPosition);
  const salt = randomBytes(SALT_BYTES);
  await files.write(path, segmentHeader(salt, firstPosition));
  await files.sync(path);
  await files.sync(dir);
  return salt;
}

/** The salt of a segment; undefined if its header is not whole or belongs to another position. */
export async function segmentSalt(files: FilePort, segment: JournalSegment): Promise<Buffer | undefined> {
  const header = readSegmentHeader(await files.readPart(segment.path, 0, SEGMENT_HEADER_BYTES));
  return header?.firstPosition === segment.firstPosition ? header.salt : undefined;
}

/** A block with the bytes that its offsets refer to, and where that buffer begins in the file. */
export type ReadBlock = { bytes: Buffer; block: Block; base: number };

/** The first thing in a segment that is not a whole block. */
export class BrokenBlock extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super(`no whole block at byte ${offset}`);
    this.offset = offset;
  }
}

/**
 * Where the segment after it begins: what lies beyond that in this one was written by a process that had lost the
 * folder, and was answered to nobody. `from`: the position of the first block that is read.
 */
export type Until = { from: number; position: number | undefined };

/**
 * Reads blocks from `from` up to `to` in chunks, and none from the position `until` on.
 * @throws BrokenBlock at the first that is damaged or cut off.
 */
export async function* readBlocks(
  files: FilePort,
  path: string,
  salt: Buffer,
  from: number,
  to: number,
  until?: Until,
): AsyncGenerator<ReadBlock> {
  const stop = until?.position ?? Number.POSITIVE_INFINITY;
  let position = until?.from ?? 0;
  let base = from;
  let want = CHUNK_BYTES;
  while (base < to) {
    const bytes = await files.readPart(path, base, Math.min(want, to - base));
    let at = 0;
    for (let block = readBlock(bytes, at, salt); block !== undefined; block = readBlock(bytes, at, salt)) {
      if (position >= stop) return;
      yield { bytes, block, base };
      at = block.end;
      position = block.firstPosition + block.records;
    }
    if (position >= stop) return;
    const claimed = claimedBytes(bytes, at) ?? BLOCK_HEADER_BYTES;
    const atEnd = base + bytes.length >= to;
    // A whole claim that did not read is damage; a claim beyond the chunk is read again from its beginning.
    if (at === bytes.length ? bytes.length === 0 : claimed <= bytes.length - at || atEnd) {
      throw new BrokenBlock(base + at);
    }
    want = Math.max(CHUNK_BYTES, at === bytes.length ? 0 : claimed);
    base += at;
  }
}

/** True if a whole block begins anywhere after `offset`. */
export async function blockAfter(
  files: FilePort,
  path: string,
  salt: Buffer,
  offset: number,
): Promise<boolean> {
  const size = (await files.size(path)) ?? 0;
  const rest = await files.readPart(path, offset, Math.max(0, size - offset));
  return findBlock(rest, 1, salt) !== undefined;
}
