import { CborError, CborReader, CborWriter } from './cbor.ts';

/**
 * Entry, version 1: what a leaf of a log holds. A deterministic CBOR map with integer keys:
 *
 *    0 version   1 kind   2 index   3 time   4 agreement
 *    5 total calls   6 total posts   7 total persons   8 total billed   9 total micros
 *   call:    10 app   11 key   12 operation   13 purpose   14 recipient   15 status   16 posts   17 persons
 *            18 posts billed   19 persons billed   20 price   21 commitment   22 request commitment
 *   batch:   the same, then 23 stream: the index of the call that opened the stream
 *   control: 10 event   11 body
 *
 * The reference with test vectors is docs/reference/ledger.md. Times are Unix ms, money integer micro-dollars.
 */
export const ENTRY_VERSION = 1;
/** An entry bundle prefixes each entry by a uint16. */
export const ENTRY_BYTES_MAX = 65_535;
/** For app, key, operation, purpose and recipient: ids and words, never free text. */
export const NAME_BYTES_MAX = 255;
/** A control event's body travels in the entry, beside about 200 bytes of other fields. */
export const BODY_BYTES_MAX = 32_768;
export const HASH_BYTES = 32;

export const KIND_CALL = 1;
/** What a stream delivered in one go. */
export const KIND_BATCH = 2;
export const KIND_CONTROL = 3;

/** A control event's code is its place in this list plus one. notice, ack, statement and epoch-seen are reserved. */
export const CONTROL_EVENTS = [
  'key-enrolled',
  'key-revoked',
  'agreement-accepted',
  'notice',
  'ack',
  'statement',
  'epoch-seen',
  'day-closed',
] as const;
export type ControlEvent = (typeof CONTROL_EVENTS)[number];

/** Running totals of a log after an entry. `billed` counts billed posts, the unit of every cap. */
export type Totals = { calls: number; posts: number; persons: number; billed: number; micros: number };

type Common = {
  /** Equals the leaf's position in the log. */
  index: number;
  /** Never less than in the entry before. */
  time: number;
  /** SHA-256 of the agreement in force. */
  agreement: Uint8Array;
  totals: Totals;
};

type Delivery = Common & {
  app: string;
  key: string;
  operation: string;
  purpose: string;
  recipient: string;
  status: number;
  /** Delivered, includes too; of these, billed. */
  posts: number;
  persons: number;
  postsBilled: number;
  personsBilled: number;
  priceMicros: number;
  commitment: Uint8Array;
  requestCommitment: Uint8Array;
};

export type CallEntry = Delivery & { kind: 'call' };

/** Part of what a stream delivered. It is no call: `stream` is the index of the one that opened the stream. */
export type BatchEntry = Delivery & { kind: 'batch'; stream: number };

export type ControlEntry = Common & { kind: 'control'; event: ControlEvent; body: Uint8Array };

export type Entry = CallEntry | BatchEntry | ControlEntry;

export const NO_TOTALS: Totals = Object.freeze({ calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 });

const COMMON_PAIRS = 10;
const CALL_PAIRS = COMMON_PAIRS + 13;
const BATCH_PAIRS = CALL_PAIRS + 1;
const CONTROL_PAIRS = COMMON_PAIRS + 2;
const ENTRY_CAPACITY = 512;
const SHAPES = {
  call: [KIND_CALL, CALL_PAIRS],
  batch: [KIND_BATCH, BATCH_PAIRS],
  control: [KIND_CONTROL, CONTROL_PAIRS],
} as const;

/** The entry's bytes, freshly allocated. @throws RangeError if a number or length is outside the format. */
export function encodeEntry(entry: Entry): Buffer {
  const writer = new CborWriter(ENTRY_CAPACITY);
  writeEntry(writer, entry);
  return Buffer.from(writer.written());
}

/** Appends the entry's bytes to a writer. */
export function writeEntry(writer: CborWriter, entry: Entry): void {
  const start = writer.length;
  const [kind, pairs] = SHAPES[entry.kind];
  writer.map(pairs);
  pair(writer, 0, ENTRY_VERSION);
  pair(writer, 1, kind);
  pair(writer, 2, entry.index);
  pair(writer, 3, entry.time);
  hash(writer, 4, entry.agreement);
  pair(writer, 5, entry.totals.calls);
  pair(writer, 6, entry.totals.posts);
  pair(writer, 7, entry.totals.persons);
  pair(writer, 8, entry.totals.billed);
  pair(writer, 9, entry.totals.micros);
  if (entry.kind === 'control') writeControl(writer, entry);
  else writeDelivery(writer, entry);
  if (entry.kind === 'batch') pair(writer, 23, entry.stream);
  if (writer.length - start > ENTRY_BYTES_MAX) throw new RangeError('an entry holds at most 65,535 bytes');
}

function writeDelivery(writer: CborWriter, entry: Delivery): void {
  name(writer, 10, entry.app);
  name(writer, 11, entry.key);
  name(writer, 12, entry.operation);
  name(writer, 13, entry.purpose);
  name(writer, 14, entry.recipient);
  pair(writer, 15, entry.status);
  pair(writer, 16, entry.posts);
  pair(writer, 17, entry.persons);
  pair(writer, 18, entry.postsBilled);
  pair(writer, 19, entry.personsBilled);
  pair(writer, 20, entry.priceMicros);
  hash(writer, 21, entry.commitment);
  hash(writer, 22, entry.requestCommitment);
}

function writeControl(writer: CborWriter, entry: ControlEntry): void {
  if (entry.body.length > BODY_BYTES_MAX) throw new RangeError('the body of a control entry is too long');
  pair(writer, 10, eventCode(entry.event));
  writer.uint(11);
  writer.bytes(entry.body);
}

/** The code of a control event. @throws RangeError for a name that is not in the list. */
export function eventCode(event: ControlEvent): number {
  const place = CONTROL_EVENTS.indexOf(event);
  if (place < 0) throw new RangeError(`no such control event: ${event}`);
  return place + 1;
}

function pair(writer: CborWriter, key: number, value: number): void {
  writer.uint(key);
  writer.uint(value);
}

function name(writer: CborWriter, key: number, value: string): void {
  writer.uint(key);
  writer.text(value);
}

function hash(writer: CborWriter, key: number, value: Uint8Array): void {
  if (value.length !== HASH_BYTES) throw new RangeError(`a hash is 32 bytes, not ${value.length}`);
  writer.uint(key);
  writer.bytes(value);
}

/**
 * Reads one entry. Byte strings are views into the buffer.
 * @throws CborError if the bytes are not exactly what `encodeEntry` writes for some entry.
 */
export function decodeEntry(buffer: Buffer, start = 0, end = buffer.length): Entry {
  const reader = new CborReader(buffer, start, end);
  const pairs = reader.map(BATCH_PAIRS);
  reader.expectUint(0);
  reader.expectUint(ENTRY_VERSION);
  reader.expectUint(1);
  const kindAt = reader.offset;
  const kind = reader.uint();
  const common: Common = {
    index: uintAt(reader, 2),
    time: uintAt(reader, 3),
    agreement: hashAt(reader, 4),
    totals: {
      calls: uintAt(reader, 5),
      posts: uintAt(reader, 6),
      persons: uintAt(reader, 7),
      billed: uintAt(reader, 8),
      micros: uintAt(reader, 9),
    },
  };
  if (kind === KIND_CALL && pairs === CALL_PAIRS) {
    const entry: CallEntry = { kind: 'call', ...readDelivery(reader, common) };
    reader.finish();
    return entry;
  }
  if (kind === KIND_BATCH && pairs === BATCH_PAIRS) {
    const entry: BatchEntry = {
      kind: 'batch',
      ...readDelivery(reader, common),
      stream: uintAt(reader, 23),
    };
    reader.finish();
    return entry;
  }
  if (kind === KIND_CONTROL && pairs === CONTROL_PAIRS) return readControl(reader, common);
  throw new CborError(`an entry of kind ${kind} with ${pairs} pairs is unknown`, kindAt);
}

function readDelivery(reader: CborReader, common: Common): Delivery {
  const { index, time, agreement, totals } = common;
  return {
    index,
    time,
    agreement,
    totals,
    app: nameAt(reader, 10),
    key: nameAt(reader, 11),
    operation: nameAt(reader, 12),
    purpose: nameAt(reader, 13),
    recipient: nameAt(reader, 14),
    status: uintAt(reader, 15),
    posts: uintAt(reader, 16),
    persons: uintAt(reader, 17),
    postsBilled: uintAt(reader, 18),
    personsBilled: uintAt(reader, 19),
    priceMicros: uintAt(reader, 20),
    commitment: hashAt(reader, 21),
    requestCommitment: hashAt(reader, 22),
  };
}

function readControl(reader: CborReader, common: Common): ControlEntry {
  reader.expectUint(10);
  const event = readEvent(reader);
  reader.expectUint(11);
  const body = reader.bytes(BODY_BYTES_MAX);
  reader.finish();
  return { kind: 'control', ...common, event, body };
}

/** A control event by its code. @throws CborError for a code that is not in the list. */
export function readEvent(reader: CborReader): ControlEvent {
  const at = reader.offset;
  const event = CONTROL_EVENTS[reader.uint() - 1];
  if (event === undefined) throw new CborError('no such control event', at);
  return event;
}

function uintAt(reader: CborReader, key: number): number {
  reader.expectUint(key);
  return reader.uint();
}

function hashAt(reader: CborReader, key: number): Buffer {
  reader.expectUint(key);
  return reader.bytesOf(HASH_BYTES);
}

function nameAt(reader: CborReader, key: number): string {
  reader.expectUint(key);
  return reader.text(NAME_BYTES_MAX);
}

/** What the totals must be after an entry, from those before it: the rule that every verifier applies. */
export function totalsAfter(before: Totals, entry: Entry): Totals {
  if (entry.kind === 'control') return before;
  return {
    // A batch belongs to the call that opened its stream.
    calls: before.calls + (entry.kind === 'call' ? 1 : 0),
    posts: before.posts + entry.posts,
    persons: before.persons + entry.persons,
    billed: before.billed + entry.postsBilled,
    micros: before.micros + entry.priceMicros,
  };
}

/** The first total in which the two differ, as `posts is 7, not 6`; undefined if they agree. */
export function totalsDifference(found: Totals, expected: Totals): string | undefined {
  if (found.calls !== expected.calls) return `calls is ${found.calls}, not ${expected.calls}`;
  if (found.posts !== expected.posts) return `posts is ${found.posts}, not ${expected.posts}`;
  if (found.persons !== expected.persons) return `persons is ${found.persons}, not ${expected.persons}`;
  if (found.billed !== expected.billed) return `billed is ${found.billed}, not ${expected.billed}`;
  if (found.micros !== expected.micros) return `micros is ${found.micros}, not ${expected.micros}`;
  return undefined;
}
