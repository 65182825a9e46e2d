import { hash } from 'node:crypto';
import { CborWriter } from './cbor.ts';
import { foldRoot, HASH_BYTES, sha256, sha256Into } from './hash.ts';
import type { ErasedItem, Item, Opening } from './opening.ts';
import { ITEM_BYTES, packItem, SALT_BYTES, writeRequest } from './opening.ts';

/**
 * What an entry says about an answer without saying it.
 *
 *   salts              = SHAKE256(seed), 16 bytes for the request and then 16 for each item
 *   digest of item i   = SHA-256(salt_{i+1} ‖ kind (1 post, 2 person) ‖ id (8 bytes, big-endian) ‖ billed (0, 1))
 *   commitment         = RFC 6962 Merkle tree head whose leaves' data are the digests, in order
 *   request commitment = SHA-256(salt_0 ‖ the request's CBOR array)
 */
const LEAF = 0;
const BILLED_BIT = 16;

/** Salts of a request and `count` items from one seed, in one call. */
export function expandSalts(seed: Uint8Array, count: number): Buffer {
  const outputLength = (count + 1) * SALT_BYTES;
  const salts = Buffer.allocUnsafe(outputLength);
  salts.write(hash('shake256', seed, { outputEncoding: 'latin1', outputLength }), 0, outputLength, 'latin1');
  return salts;
}

const preimage = Buffer.alloc(SALT_BYTES + 1 + 8 + 1);
const leaf = Buffer.alloc(1 + HASH_BYTES);
leaf[0] = LEAF;

function digestInto(target: Buffer, offset: number, salts: Buffer, i: number, packed: Buffer, at: number) {
  salts.copy(preimage, 0, (i + 1) * SALT_BYTES, (i + 2) * SALT_BYTES);
  const flags = packed[at]!;
  packed.copy(preimage, SALT_BYTES, at, at + ITEM_BYTES);
  preimage[SALT_BYTES] = flags & 15;
  preimage[SALT_BYTES + ITEM_BYTES] = flags & BILLED_BIT ? 1 : 0;
  sha256Into(target, offset, preimage);
}

/** The commitment to packed items. */
export function commitItems(salts: Buffer, packed: Buffer): Buffer {
  const count = packed.length / ITEM_BYTES;
  const leaves = Buffer.allocUnsafe(count * HASH_BYTES);
  for (let i = 0; i < count; i++) {
    digestInto(leaf, 1, salts, i, packed, i * ITEM_BYTES);
    sha256Into(leaves, i * HASH_BYTES, leaf);
  }
  return foldRoot(leaves, count);
}

/** The commitment to a request, given the bytes of its CBOR array. */
export function commitRequest(salts: Buffer, request: Uint8Array): Buffer {
  const data = Buffer.allocUnsafe(SALT_BYTES + request.length);
  salts.copy(data, 0, 0, SALT_BYTES);
  data.set(request, SALT_BYTES);
  return sha256(data);
}

/** Both commitments of an opening, erased items and all: what the entry must say. */
export function commitmentsOf(opening: Opening): { commitment: Buffer; requestCommitment: Buffer } {
  const salts = saltsOf(opening);
  const leaves = Buffer.alloc(opening.items.length * HASH_BYTES);
  opening.items.forEach((item, i) => {
    leaf.set(item.kind === 'erased' ? item.digest : digestOf(salts, i, item), 1);
    sha256Into(leaves, i * HASH_BYTES, leaf);
  });
  const request = new CborWriter(256);
  writeRequest(request, opening.request);
  return {
    commitment: foldRoot(leaves, opening.items.length),
    requestCommitment: commitRequest(salts, request.written()),
  };
}

function saltsOf(opening: Opening): Buffer {
  if (opening.seed !== undefined) return expandSalts(opening.seed, opening.items.length);
  if (opening.salts?.length !== (opening.items.length + 1) * SALT_BYTES) {
    throw new RangeError('an opening has a seed, or a salt for the request and each item');
  }
  return Buffer.from(opening.salts);
}

function digestOf(salts: Buffer, i: number, item: Item): Buffer {
  const packed = Buffer.alloc(ITEM_BYTES);
  packItem(packed, 0, item);
  const digest = Buffer.alloc(HASH_BYTES);
  digestInto(digest, 0, salts, i, packed, 0);
  return digest;
}

/**
 * The opening without one kind and id, wherever it stands in the answer: each such item leaves its digest, the
 * seed gives way to the salts of the rest, and both commitments stay what they were. Returns the same opening
 * if the item is not in it.
 */
export function eraseFromOpening(opening: Opening, kind: Item['kind'], id: string): Opening {
  const isIt = (item: Item | ErasedItem) => item.kind === kind && item.id === id;
  if (!opening.items.some(isIt)) return opening;
  const salts = saltsOf(opening);
  const left = Buffer.from(salts);
  const items = opening.items.map((item, i): Item | ErasedItem => {
    if (item.kind === 'erased' || !isIt(item)) return item;
    left.fill(0, (i + 1) * SALT_BYTES, (i + 2) * SALT_BYTES);
    return { kind: 'erased', digest: digestOf(salts, i, item) };
  });
  return { salts: left, items, request: opening.request };
}
