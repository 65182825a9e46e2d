/**
 * Deterministic CBOR (RFC 8949 §4.2.1), the part that the ledger's formats use: unsigned integers up to
 * 2^53 − 1, byte strings, text strings, arrays and maps of definite length. The reader refuses every other
 * encoding of the same value, so equal values have equal bytes and a hash pins them.
 */

const UINT = 0x00;
const BYTES = 0x40;
const TEXT = 0x60;
const ARRAY = 0x80;
const MAP = 0xa0;
const TWO_32 = 0x1_0000_0000;
/** Below this a string's length fits the initial byte. */
const SHORT = 24;

/** The bytes are not the deterministic encoding of what was expected. `offset` is where in the buffer. */
export class CborError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.name = 'CborError';
    this.offset = offset;
  }
}

/** Writes one value after another into a growing buffer. `length` is where the next byte goes; set it back to undo. */
export class CborWriter {
  buffer: Buffer;
  length = 0;

  /** @param capacity bytes to begin with; it doubles as needed. */
  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafeSlow(capacity);
  }

  /** What has been written, as a view that the next write may change. */
  written(): Buffer {
    return this.buffer.subarray(0, this.length);
  }

  /** Makes room for `count` more bytes and returns where they begin. */
  reserve(count: number): number {
    const needed = this.length + count;
    if (needed > this.buffer.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, this.length);
      this.buffer = grown;
    }
    return this.length;
  }

  /** @throws RangeError unless it is a safe, non-negative integer. */
  uint(value: number): void {
    this.#head(UINT, value);
  }

  array(count: number): void {
    this.#head(ARRAY, count);
  }

  map(pairs: number): void {
    this.#head(MAP, pairs);
  }

  bytes(value: Uint8Array): void {
    this.#head(BYTES, value.length);
    this.raw(value);
  }

  /** The head of a byte string whose bytes follow elsewhere. */
  headOfBytes(length: number): void {
    this.#head(BYTES, length);
  }

  /** A byte string's head and room for it; the caller fills the `length` bytes from the returned offset on. */
  bytesHead(length: number): number {
    this.#head(BYTES, length);
    const at = this.reserve(length);
    this.length += length;
    return at;
  }

  /** Bytes as they are, without a head: something encoded elsewhere. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.buffer.set(value, at);
    this.length = at + value.length;
  }

  /** UTF-8. A lone surrogate becomes U+FFFD, as everywhere in Node. */
  text(value: string): void {
    const start = this.reserve(value.length * 3 + 9);
    if (value.length < SHORT && this.#ascii(value, start)) return;
    const size = Buffer.byteLength(value);
    this.#head(TEXT, size);
    this.length += this.buffer.write(value, this.length, size, 'utf8');
  }

  #ascii(value: string, start: number): boolean {
    const buffer = this.buffer;
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      buffer[start + 1 + i] = code;
    }
    buffer[start] = TEXT | value.length;
    this.length = start + 1 + value.length;
    return true;
  }

  #head(major: number, value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number ≥ 0: ${value}`);
    const at = this.reserve(9);
    const buffer = this.buffer;
    if (value < SHORT) {
      buffer[at] = major | value;
      this.length = at + 1;
    } else if (value <= 0xff) {
      buffer[at] = major | 24;
      buffer[at + 1] = value;
      this.length = at + 2;
    } else if (value <= 0xffff) {
      buffer[at] = major | 25;
      buffer[at + 1] = value >>> 8;
      buffer[at + 2] = value & 0xff;
      this.length = at + 3;
    } else if (value < TWO_32) {
      buffer[at] = major | 26;
      buffer.writeUInt32BE(value, at + 1);
      this.length = at + 5;
    } else {
      buffer[at] = major | 27;
      buffer.writeUInt32BE(Math.floor(value / TWO_32), at + 1);
      buffer.writeUInt32BE(value % TWO_32, at + 5);
      this.length = at + 9;
    }
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads values in the order they are expected; anything else throws CborError. Byte strings are views. */
export class CborReader {
  readonly buffer: Buffer;
  offset: number;
  readonly end: number;

  constructor(buffer: Buffer, start = 0, end = buffer.length) {
    this.buffer = buffer;
    this.offset = start;
    this.end = end;
  }

  uint(): number {
    return this.#head(UINT);
  }

  /** An integer that must be exactly this one: a version, or the next key of a map. */
  expectUint(value: number): void {
    const at = this.offset;
    if (this.#head(UINT) !== value) throw new CborError(`expected ${value}`, at);
  }

  /** The number of items of an array, at most `max`. */
  array(max: number): number {
    return this.#bounded(ARRAY, max);
  }

  /** The number of pairs of a map, at most `max`. */
  map(max: number): number {
    return this.#bounded(MAP, max);
  }

  bytes(max = 0xffff_ffff): Buffer {
    const length = this.#bounded(BYTES, max);
    const start = this.#take(length);
    return this.buffer.subarray(start, start + length);
  }

  /** A byte string of exactly `length` bytes. */
  bytesOf(length: number): Buffer {
    const at = this.offset;
    if (this.#head(BYTES) !== length) throw new CborError(`expected ${length} bytes`, at);
    const start = this.#take(length);
    return this.buffer.subarray(start, start + length);
  }

  /** Valid UTF-8 of at most `max` bytes. */
  text(max: number): string {
    const length = this.#bounded(TEXT, max);
    const start = this.#take(length);
    const stop = start + length;
    const buffer = this.buffer;
    for (let i = start; i < stop; i++) {
      if (buffer[i]! > 0x7f) return this.#unicode(start, stop);
    }
    return buffer.toString('latin1', start, stop);
  }

  /** Throws if anything is left. */
  finish(): void {
    if (this.offset !== this.end) throw new CborError('bytes left over', this.offset);
  }

  #unicode(start: number, stop: number): string {
    try {
      return decoder.decode(this.buffer.subarray(start, stop));
    } catch {
      throw new CborError('text is not UTF-8', start);
    }
  }

  #bounded(major: number, max: number): number {
    const at = this.offset;
    const length = this.#head(major);
    if (length > max) throw new CborError(`longer than ${max}`, at);
    return length;
  }

  #take(count: number): number {
    const start = this.offset;
    if (start + count > this.end) throw new CborError('cut short', start);
    this.offset = start + count;
    return start;
  }

  #head(major: number): number {
    const at = this.#take(1);
    const initial = this.buffer[at]!;
    if ((initial & 0xe0) !== major) throw new CborError(`expected major type ${major >> 5}`, at);
    const info = initial & 0x1f;
    if (info < SHORT) return info;
    return this.#argument(info, at);
  }

  #argument(info: number, at: number): number {
    const buffer = this.buffer;
    let value: number;
    let least: number;
    if (info === 24) {
      value = buffer[this.#take(1)]!;
      least = SHORT;
    } else if (info === 25) {
      const from = this.#take(2);
      value = (buffer[from]! << 8) | buffer[from + 1]!;
      least = 0x100;
    } else if (info === 26) {
      value = buffer.readUInt32BE(this.#take(4));
      least = 0x1_0000;
    } else if (info === 27) {
      const from = this.#take(8);
      value = buffer.readUInt32BE(from) * TWO_32 + buffer.readUInt32BE(from + 4);
      least = TWO_32;
    } else {
      throw new CborError('indefinite or reserved length', at);
    }
    if (value < least) throw new CborError('not the shortest form', at);
    if (!Number.isSafeInteger(value)) throw new CborError('integer above 2^53 − 1', at);
    return value;
  }
}
