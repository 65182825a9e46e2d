import { CborReader, CborWriter } from './cbor.ts';

/**
 * An opening discloses what an entry commits to: the ids that an answer carried and what was asked. Both
 * parties hold it; the log holds only salted hashes. A deterministic CBOR map:
 *
 *   0 version (1)   1 seed (16 bytes)   2 items (9 bytes each)   3 request (array, see `Request`)
 *   once something was erased, instead of 1:   4 salts (16 bytes each; 0 for the erased)   5 digests of the erased
 *
 * An item is one byte, 1 for a post or 2 for a person, plus 16 if billed (0: erased), then the id as eight
 * bytes, big-endian. Salts are numbered from 0, which is the request's; item i has salt i + 1.
 */
export const OPENING_VERSION = 1;
export const SEED_BYTES = 16;
export const SALT_BYTES = 16;
export const ITEM_BYTES = 9;
export const DIGEST_BYTES = 32;
/** Room for the largest page with all its includes many times over; bounds what one record can cost. */
export const ITEMS_MAX = 20_000;
/** As much as the server takes for a request's whole head, so that no request that got in is refused here. */
export const TARGET_BYTES_MAX = 65_536;
export const METHOD_BYTES_MAX = 32;
export const SIGNATURE_BASE_BYTES_MAX = 65_536;
export const SIGNATURE_BYTES_MAX = 16_384;

const POST = 1;
const PERSON = 2;
const BILLED = 16;

/** Something that an answer carried. Order is the order in the answer, data first, then includes. */
export type Item = { kind: 'post' | 'person'; id: string; billed: boolean };

/** An item that its author had erased: only its digest is left, so that the commitment still adds up. */
export type ErasedItem = { kind: 'erased'; digest: Uint8Array };

/**
 * What was asked: CBOR array of method, target, SHA-256 of the body (empty for none), and, if the request was
 * signed (RFC 9421), the signature base and the signature.
 */
export type OpenedRequest = {
  method: string;
  target: string;
  bodyDigest: Uint8Array;
  signatureBase?: string;
  signature?: Uint8Array;
};

export type Opening = {
  /** Absent once something was erased. */
  seed?: Uint8Array;
  /** Absent while the seed is there: 16 bytes for the request, then for each item; zeros for the erased. */
  salts?: Uint8Array;
  items: (Item | ErasedItem)[];
  request: OpenedRequest;
};

/** Writes 9 bytes at `offset`. @throws RangeError unless the id is 1 to 19 decimal digits below 2^63. */
export function packItem(buffer: Buffer, offset: number, item: Item): void {
  buffer[offset] = (item.kind === 'post' ? POST : PERSON) | (item.billed ? BILLED : 0);
  writeId(buffer, offset + 1, item.id);
}

/** Decimal to 64 bits without BigInt (half its cost, a hundred times a page): id = high · 10^9 + low, in 16-bit steps. */
function writeId(buffer: Buffer, offset: number, id: string): void {
  const length = id.length;
  const split = length > 9 ? length - 9 : 0;
  const high = digits(id, 0, split);
  const low = digits(id, split, length);
  const upper = Math.floor(high / 0x1_0000) * 1e9;
  const lower = (high % 0x1_0000) * 1e9 + low;
  const middle = (upper % 0x1_0000) * 0x1_0000 + lower;
  const top = Math.floor(upper / 0x1_0000) + Math.floor(middle / 0x1_0000_0000);
  if (length === 0 || length > 19 || !(top < 0x8000_0000)) throw new RangeError('not an id');
  buffer.writeUInt32BE(top, offset);
  buffer.writeUInt32BE(middle % 0x1_0000_0000, offset + 4);
}

/** NaN if anything but a digit is in the way. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** The items in packed bytes. @throws RangeError for a kind that the format does not know, or an erased one. */
export function unpackItems(packed: Buffer): Item[] {
  const items = new Array<Item>(packed.length / ITEM_BYTES);
  for (let i = 0; i < items.length; i++) {
    const flags = packed[i * ITEM_BYTES]!;
    const kind = flags & 15;
    if ((kind !== POST && kind !== PERSON) || (flags & ~(15 | BILLED)) !== 0) {
      throw new RangeError(`item ${i} has an unknown kind`);
    }
    const id = packed.readBigUInt64BE(i * ITEM_BYTES + 1).toString();
    items[i] = { kind: kind === POST ? 'post' : 'person', id, billed: (flags & BILLED) !== 0 };
  }
  return items;
}

/** Delivered and billed, by kind, of packed items. */
export type ItemCounts = { posts: number; persons: number; postsBilled: number; personsBilled: number };

export function countItems(packed: Uint8Array): ItemCounts {
  const counts = { posts: 0, persons: 0, postsBilled: 0, personsBilled: 0 };
  for (let at = 0; at < packed.length; at += ITEM_BYTES) {
    const flags = packed[at]!;
    const billed = flags & BILLED ? 1 : 0;
    if ((flags & 15) === POST) {
      counts.posts += 1;
      counts.postsBilled += billed;
    } else {
      counts.persons += 1;
      counts.personsBilled += billed;
    }
  }
  return counts;
}

/** Appends the request's array; these bytes are also what the request commitment hashes. */
export function writeRequest(writer: CborWriter, request: OpenedRequest): void {
  const signed = request.signature !== undefined;
  if (request.target.length > TARGET_BYTES_MAX) throw new RangeError('the target is too long');
  writer.array(signed ? 5 : 3);
  writer.text(request.method);
  writer.text(request.target);
  writer.bytes(request.bodyDigest);
  if (signed) {
    writer.text(request.signatureBase ?? '');
    writer.bytes(request.signature!);
  }
}

export function readRequest(reader: CborReader): OpenedRequest {
  const at = reader.offset;
  const count = reader.array(5);
  if (count !== 3 && count !== 5) throw new RangeError(`a request of ${count} parts at byte ${at}`);
  const request: OpenedRequest = {
    method: reader.text(METHOD_BYTES_MAX),
    target: reader.text(TARGET_BYTES_MAX * 3),
    bodyDigest: reader.bytes(DIGEST_BYTES),
  };
  if (count === 5) {
    request.signatureBase = reader.text(SIGNATURE_BASE_BYTES_MAX);
    request.signature = reader.bytes(SIGNATURE_BYTES_MAX);
  }
  return request;
}

/** The opening's bytes straight from a record's parts; nothing is decoded on the way. */
export function assembleOpening(seed: Uint8Array, packed: Uint8Array, request: Uint8Array): Buffer {
  const writer = new CborWriter(packed.length + request.length + 64);
  writer.map(4);
  writer.uint(0);
  writer.uint(OPENING_VERSION);
  writer.uint(1);
  writer.bytes(seed);
  writer.uint(2);
  writer.bytes(packed);
  writer.uint(3);
  writer.raw(request);
  return writer.written();
}

/** The bytes of an opening. @throws RangeError for what the format cannot hold. */
export function encodeOpening(opening: Opening): Buffer {
  const packed = Buffer.alloc(opening.items.length * ITEM_BYTES);
  const erased: Uint8Array[] = [];
  opening.items.forEach((item, i) => {
    if (item.kind === 'erased') erased.push(item.digest);
    else packItem(packed, i * ITEM_BYTES, item);
  });
  const request = new CborWriter(256);
  writeRequest(request, opening.request);
  if (opening.seed !== undefined) return assembleOpening(opening.seed, packed, request.written());
  const writer = new CborWriter(packed.length + 256);
  writer.map(5);
  writer.uint(0);
  writer.uint(OPENING_VERSION);
  writer.uint(2);
  writer.bytes(packed);
  writer.uint(3);
  writer.raw(request.written());
  writer.uint(4);
  writer.bytes(opening.salts ?? new Uint8Array());
  writer.uint(5);
  writer.bytes(Buffer.concat(erased));
  return writer.written();
}

/** Reads an opening. @throws CborError or RangeError if the bytes are not what `encodeOpening` writes. */
export function decodeOpening(bytes: Buffer): Opening {
  const reader = new CborReader(bytes);
  const pairs = reader.map(5);
  reader.expectUint(0);
  reader.expectUint(OPENING_VERSION);
  if (pairs === 4) {
    reader.expectUint(1);
    const seed = reader.bytesOf(SEED_BYTES);
    const packed = packedAt(reader);
    reader.expectUint(3);
    const request = readRequest(reader);
    reader.finish();
    return { seed, items: unpackItems(packed), request };
  }
  const packed = packedAt(reader);
  reader.expectUint(3);
  const request = readRequest(reader);
  reader.expectUint(4);
  const salts = reader.bytesOf((packed.length / ITEM_BYTES + 1) * SALT_BYTES);
  reader.expectUint(5);
  const digests = reader.bytes();
  reader.finish();
  return { salts, items: withErased(packed, digests), request };
}

function packedAt(reader: CborReader): Buffer {
  reader.expectUint(2);
  const packed = reader.bytes(ITEMS_MAX * ITEM_BYTES);
  if (packed.length % ITEM_BYTES !== 0) throw new RangeError('items are 9 bytes each');
  return packed;
}

function withErased(packed: Buffer, digests: Buffer): (Item | ErasedItem)[] {
  let next = 0;
  const items: (Item | ErasedItem)[] = [];
  for (let at = 0; at < packed.length; at += ITEM_BYTES) {
    const bytes = packed.subarray(at, at + ITEM_BYTES);
    if (bytes[0] !== 0) {
      items.push(unpackItems(bytes)[0]!);
      continue;
    }
    const digest = digests.subarray(next, next + DIGEST_BYTES);
    if (digest.length !== DIGEST_BYTES || bytes.some((byte) => byte !== 0)) {
      throw new RangeError('an erased item has zeros for an id and one digest');
    }
    next += DIGEST_BYTES;
    items.push({ kind: 'erased', digest });
  }
  if (next !== digests.length) throw new RangeError('more digests than erased items');
  return items;
}
