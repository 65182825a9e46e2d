import { createHash, randomBytes } from 'node:crypto';

/**
 * A set of 64-bit ids in 11 to 21 bytes each: open addressing with linear probing over pairs of Uint32 (high,
 * low). It grows in segments, so that no single add ever moves more than a 64th of a large set. The hash is
 * seeded, so that a caller who picks ids cannot make it slow. 0:0 marks an empty slot; id 0 is a flag.
 */
const SLOTS_MIN = 16;
/** Above this many slots a set splits into segments: moving 2^15 ids takes about a millisecond. */
const SLOTS_BEFORE_SPLIT = 1 << 15;
const SEGMENTS = 64;
const SEGMENT_SHIFT = 26; // the hash's top 6 bits choose the segment

/** An id's two halves; one object is reused by whoever parses, for parsing is hot. */
export type Halves = { hi: number; lo: number };

/**
 * Writes the halves of a decimal id (1 to 19 digits) into `into`, exactly and without a BigInt: in three parts of
 * at most nine digits, so that all but the last line is 32-bit arithmetic (28 ns an id; a BigInt takes 200).
 */
export function parseHalves(id: string, into: Halves): void {
  const length = id.length;
  let i = 0;
  let top = 0;
  let middle = 0;
  let bottom = 0;
  for (; i < length - 18; i++) top = (top * 10 + id.charCodeAt(i) - 48) | 0;
  for (; i < length - 9; i++) middle = (middle * 10 + id.charCodeAt(i) - 48) | 0;
  for (; i < length; i++) bottom = (bottom * 10 + id.charCodeAt(i) - 48) | 0;
  into.lo = (Math.imul((Math.imul(top, 1e9) + middle) | 0, 1e9) + bottom) >>> 0;
  // Above the exact low half is a multiple of 2^32; a double's error here (2^10) is far below half of that.
  into.hi = Math.round(((top * 1e9 + middle) * 1e9 + bottom - into.lo) / 4_294_967_296);
}

type Segment = { table: Uint32Array; mask: number; count: number };

/** What `dump` says beside the tables; JSON-able. */
export type IdSetShape = { seed: number; zero: boolean; segments: [slots: number, count: number][] };

const scratch: Halves = { hi: 0, lo: 0 };

function newSegment(slots: number): Segment {
  return { table: new Uint32Array(slots * 2), mask: slots - 1, count: 0 };
}

export class IdSet {
  #seed: number;
  #segments: Segment[];
  #zero = false;
  #size = 0;
  #digest: { size: number; hex: string } | undefined;

  constructor(seed: number = randomBytes(4).readUInt32LE()) {
    this.#seed = seed;
    this.#segments = [newSegment(SLOTS_MIN)];
  }

  get size(): number {
    return this.#size;
  }

  has(id: string): boolean {
    parseHalves(id, scratch);
    return this.hasHalves(scratch);
  }

  /** True if it was not there before. */
  add(id: string): boolean {
    parseHalves(id, scratch);
    return this.addHalves(scratch);
  }

  hasHalves({ hi, lo }: Halves): boolean {
    if ((hi | lo) === 0) return this.#zero;
    const hash = this.#hash(hi, lo);
    const { table, mask } = this.#segment(hash);
    let slot = hash & mask;
    for (;;) {
      const low = table[slot * 2 + 1]!;
      const high = table[slot * 2]!;
      if (low === lo && high === hi) return true;
      if ((low | high) === 0) return false;
      slot = (slot + 1) & mask;
    }
  }

  addHalves({ hi, lo }: Halves): boolean {
    if ((hi | lo) === 0) {
      if (this.#zero) return false;
      this.#zero = true;
      this.#size++;
      return true;
    }
    const hash = this.#hash(hi, lo);
    const segment = this.#segment(hash);
    if (!put(segment, hash, hi, lo)) return false;
    this.#size++;
    if (segment.count * 4 > (segment.mask + 1) * 3) this.#grow(segment);
    return true;
  }

  /** Forgets all ids; keeps the memory of a small set for the next use. */
  clear(): void {
    const only = this.#segments[0]!;
    if (this.#segments.length === 1 && only.mask < 4096) {
      if (only.count > 0) only.table.fill(0);
      only.count = 0;
    } else {
      this.#segments = [newSegment(SLOTS_MIN)];
    }
    this.#zero = false;
    this.#size = 0;
    this.#digest = undefined;
  }

  /** Decimal ids, in no order. */
  *[Symbol.iterator](): Generator<string> {
    if (this.#zero) yield '0';
    for (const { table } of this.#segments) {
      for (let i = 0; i < table.length; i += 2) {
        if ((table[i]! | table[i + 1]!) !== 0)
          yield ((BigInt(table[i]!) << 32n) | BigInt(table[i + 1]!)).toString();
      }
    }
  }

  /**
   * SHA-256, in hex, of all ids as 8 bytes each (big-endian), in ascending order. Ids are only ever added, so it is
   * computed anew only when there are more.
   */
  digest(): string {
    if (this.#digest?.size === this.#size) return this.#digest.hex;
    const ids = new BigUint64Array(this.#size);
    // The halves lie high first; a 64-bit number here has its low half first.
    const halves = new Uint32Array(ids.buffer);
    let at = this.#zero ? 2 : 0;
    for (const { table } of this.#segments) {
      for (let i = 0; i < table.length; i += 2) {
        if ((table[i]! | table[i + 1]!) === 0) continue;
        halves[at] = table[i + 1]!;
        halves[at + 1] = table[i]!;
        at += 2;
      }
    }
    const bytes = Buffer.from(ids.sort().buffer).swap64();
    this.#digest = { size: this.#size, hex: createHash('sha256').update(bytes).digest('hex') };
    return this.#digest.hex;
  }

  shape(): IdSetShape {
    return {
      seed: this.#seed,
      zero: this.#zero,
      segments: this.#segments.map(({ mask, count }) => [mask + 1, count]),
    };
  }

  /** The tables as they lie in memory (little-endian on every platform that Node runs on), for `load`. */
  tables(): Uint8Array[] {
    return this.#segments.map(({ table }) => new Uint8Array(table.buffer));
  }

  /** The set that `shape` and `tables` came from. @param next gives the next n bytes of the dump. */
  static load(shape: IdSetShape, next: (bytes: number) => Uint8Array): IdSet {
    const set = new IdSet(shape.seed);
    set.#zero = shape.zero;
    set.#size = shape.zero ? 1 : 0;
    set.#segments = shape.segments.map(([slots, count]) => {
      const segment = newSegment(slots);
      new Uint8Array(segment.table.buffer).set(next(slots * 8));
      segment.count = count;
      set.#size += count;
      return segment;
    });
    return set;
  }

  #hash(hi: number, lo: number): number {
    // Mixing as in MurmurHash3's finaliser (Austin Appleby, public domain).
    let hash = Math.imul(lo ^ this.#seed, 0x85ebca6b) ^ hi;
    hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13), 0x27d4eb2f);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  #segment(hash: number): Segment {
    return this.#segments.length === 1 ? this.#segments[0]! : this.#segments[hash >>> SEGMENT_SHIFT]!;
  }

  #grow(full: Segment): void {
    const slots = full.mask + 1;
    if (this.#segments.length === 1 && slots >= SLOTS_BEFORE_SPLIT) {
      this.#segments = Array.from({ length: SEGMENTS }, () => newSegment((slots * 2) / SEGMENTS));
      this.#move(full.table, (hash) => this.#segment(hash));
      // A segment that got more than its share grows at once.
      for (const segment of this.#segments) {
        if (segment.count * 4 > (segment.mask + 1) * 3) this.#grow(segment);
      }
      return;
    }
    const { table } = full;
    full.table = new Uint32Array(slots * 4);
    full.mask = slots * 2 - 1;
    full.count = 0;
    this.#move(table, () => full);
  }

  #move(from: Uint32Array, to: (hash: number) => Segment): void {
    for (let i = 0; i < from.length; i += 2) {
      const hi = from[i]!;
      const lo = from[i + 1]!;
      if ((hi | lo) === 0) continue;
      const hash = this.#hash(hi, lo);
      put(to(hash), hash, hi, lo);
    }
  }
}

/** True if it was not there. There is always a free slot: segments grow at three quarters. */
function put(segment: Segment, hash: number, hi: number, lo: number): boolean {
  const { table, mask } = segment;
  let slot = hash & mask;
  for (;;) {
    const low = table[slot * 2 + 1]!;
    const high = table[slot * 2]!;
    if ((low | high) === 0) break;
    if (low === lo && high === hi) return false;
    slot = (slot + 1) & mask;
  }
  table[slot * 2] = hi;
  table[slot * 2 + 1] = lo;
  segment.count++;
  return true;
}
