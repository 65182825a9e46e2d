import { crc32 } from 'node:zlib';

/**
 * Segments of blocks, the framing of the journal and of the signed heads. A block is what one sync makes
 * durable: the unit that a power cut can tear, since the pages of one write reach the disk in any order. So the
 * CRC is over the block, and only the last block of the last segment can ever be torn.
 *
 *   segment = "PLYS" ‖ salt (8) ‖ first position (u64) ‖ CRC-32 of these 20 bytes, then blocks
 *   block   = salt (8) ‖ first position (u64) ‖ body bytes (u32) ‖ records (u32) ‖ CRC-32 of these 24 bytes and body
 *   body    = records, each length (u32) ‖ bytes
 *
 * All integers are big-endian. The salt is random and never leaves the machine: nothing that a client sent can
 * look like a block when recovery searches a torn end.
 */
export const SEGMENT_HEADER_BYTES = 24;
export const BLOCK_HEADER_BYTES = 28;
export const SALT_BYTES = 8;
/** A record's length goes before it. */
export const RECORD_HEADER_BYTES = 4;
/** Well above one record's largest size (about 350 KB) and above what a group commit gathers. */
export const BLOCK_BYTES_MAX = 8 * 1024 * 1024;
const SEGMENT_MAGIC = 'PLYS';
const TWO_32 = 0x1_0000_0000;

export function segmentHeader(salt: Uint8Array, firstPosition: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.write(SEGMENT_MAGIC, 0, 'latin1');
  header.set(salt, 4);
  writePosition(header, 12, firstPosition);
  header.writeUInt32BE(crc32(header.subarray(0, 20)), 20);
  return header;
}

/** The salt and first position; undefined if the bytes are no whole segment header. */
export function readSegmentHeader(bytes: Buffer): { salt: Buffer; firstPosition: number } | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES || bytes.toString('latin1', 0, 4) !== SEGMENT_MAGIC)
    return undefined;
  if (bytes.readUInt32BE(20) !== crc32(bytes.subarray(0, 20))) return undefined;
  return { salt: Buffer.from(bytes.subarray(4, 12)), firstPosition: readPosition(bytes, 12) };
}

/** Fills in the header of a block whose body follows it in `block`. */
export function sealBlock(block: Buffer, salt: Uint8Array, firstPosition: number, records: number): void {
  block.set(salt, 0);
  writePosition(block, 8, firstPosition);
  block.writeUInt32BE(block.length - BLOCK_HEADER_BYTES, 16);
  block.writeUInt32BE(records, 20);
  block.writeUInt32BE(crc32(block.subarray(BLOCK_HEADER_BYTES), crc32(block.subarray(0, 24))), 24);
}

export type Block = { offset: number; end: number; firstPosition: number; records: number };

/** The block at an offset; undefined if what is there is not a whole, undamaged block. */
export function readBlock(bytes: Buffer, offset: number, salt: Buffer): Block | undefined {
  const body = offset + BLOCK_HEADER_BYTES;
  if (body > bytes.length || salt.compare(bytes, offset, offset + SALT_BYTES) !== 0) return undefined;
  const end = body + bytes.readUInt32BE(offset + 16);
  if (end > bytes.length) return undefined;
  const crc = crc32(bytes.subarray(body, end), crc32(bytes.subarray(offset, offset + 24)));
  if (bytes.readUInt32BE(offset + 24) !== crc) return undefined;
  return {
    offset,
    end,
    firstPosition: readPosition(bytes, offset + 8),
    records: bytes.readUInt32BE(offset + 20),
  };
}

/** How many bytes a block at an offset claims to have, header included; undefined if its header is cut off. */
export function claimedBytes(bytes: Buffer, offset: number): number | undefined {
  if (offset + BLOCK_HEADER_BYTES > bytes.length) return undefined;
  return BLOCK_HEADER_BYTES + bytes.readUInt32BE(offset + 16);
}

/** The first whole block that begins after `offset`: if there is one, what lies before it is no torn end. */
export function findBlock(bytes: Buffer, offset: number, salt: Buffer): Block | undefined {
  for (let at = bytes.indexOf(salt, offset); at >= 0; at = bytes.indexOf(salt, at + 1)) {
    const block = readBlock(bytes, at, salt);
    if (block !== undefined) return block;
  }
  return undefined;
}

/** Calls `visit` with the bounds of each record of a block. @throws RangeError if the lengths do not add up. */
export function eachRecord(bytes: Buffer, block: Block, visit: (start: number, end: number) => void): void {
  let at = block.offset + BLOCK_HEADER_BYTES;
  for (let i = 0; i < block.records; i++) {
    const start = at + RECORD_HEADER_BYTES;
    const end = start > block.end ? Number.POSITIVE_INFINITY : start + bytes.readUInt32BE(at);
    if (end > block.end) throw new RangeError('a record reaches beyond its block');
    visit(start, end);
    at = end;
  }
  if (at !== block.end) throw new RangeError('a block holds more than its records');
}

function writePosition(buffer: Buffer, offset: number, value: number): void {
  buffer.writeUInt32BE(Math.floor(value / TWO_32), offset);
  buffer.writeUInt32BE(value % TWO_32, offset + 4);
}

function readPosition(buffer: Buffer, offset: number): number {
  return buffer.readUInt32BE(offset) * TWO_32 + buffer.readUInt32BE(offset + 4);
}
