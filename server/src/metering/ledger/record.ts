import type { CborWriter } from './format/cbor.ts';
import { CborReader } from './format/cbor.ts';
import { commitItems, commitRequest, expandSalts } from './format/commitment.ts';
import type { CallEntry, ControlEvent, Entry, Totals } from './format/entry.ts';
import {
  BODY_BYTES_MAX,
  eventCode,
  HASH_BYTES,
  KIND_BATCH,
  KIND_CALL,
  KIND_CONTROL,
  NAME_BYTES_MAX,
  readEvent,
} from './format/entry.ts';
import {
  assembleOpening,
  countItems,
  ITEM_BYTES,
  ITEMS_MAX,
  packItem,
  readRequest,
  SEED_BYTES,
  unpackItems,
  writeRequest,
} from './format/opening.ts';
import type { CallFact, ControlFact, JournalRecord } from './port.ts';

/**
 * The journal's record: the canonical call with its opening, or a control event. The truth of which entries,
 * openings and counters are functions. A deterministic CBOR array:
 *
 *   version, kind, position, log, index, time, agreement, calls, posts, persons, billed, micros,
 *   call: app, key, operation, purpose, recipient, status, price, seed, items (packed), request (array),
 *         and the id of the person for whom the app called, if it called for one
 *   batch: the same, then stream (the index of the call that opened it)
 *   control: event, body
 */
const RECORD_VERSION = 1;
const COMMON_PARTS = 12;
const CALL_PARTS = COMMON_PARTS + 10;
const PERSON_CALL_PARTS = CALL_PARTS + 1;
const BATCH_PARTS = CALL_PARTS + 1;
const CONTROL_PARTS = COMMON_PARTS + 2;

/** What the ledger adds to a fact in the synchronous step. */
export type Fixed = { position: number; index: number; totals: Totals };

type Head = Fixed & { time: number; log: string; agreement: Buffer };

/** A call as it lies in the journal: items still packed, the request still its CBOR array. */
export type StoredCall = Head & {
  kind: 'call' | 'batch';
  /** Of a batch: the index of the call that opened its stream. */
  stream?: number;
  app: string;
  key: string;
  operation: string;
  purpose: string;
  recipient: string;
  /** Of a call for a person. */
  person?: string;
  status: number;
  priceMicros: number;
  seed: Buffer;
  packed: Buffer;
  request: Buffer;
};

export type StoredControl = Head & { kind: 'control'; event: ControlEvent; body: Buffer };
export type StoredRecord = StoredCall | StoredControl;

function writeHead(
  writer: CborWriter,
  kind: number,
  parts: number,
  fact: CallFact | ControlFact,
  fixed: Fixed,
): void {
  writer.array(parts);
  writer.uint(RECORD_VERSION);
  writer.uint(kind);
  writer.uint(fixed.position);
  writer.text(fact.log);
  writer.uint(fixed.index);
  writer.uint(fact.time);
  if (fact.agreement.length !== HASH_BYTES) throw new RangeError("an agreement's hash is 32 bytes");
  writer.bytes(fact.agreement);
  writer.uint(fixed.totals.calls);
  writer.uint(fixed.totals.posts);
  writer.uint(fixed.totals.persons);
  writer.uint(fixed.totals.billed);
  writer.uint(fixed.totals.micros);
}

function writeName(writer: CborWriter, name: string): void {
  if (
    name.length > NAME_BYTES_MAX ||
    (name.length > NAME_BYTES_MAX / 3 && Buffer.byteLength(name) > NAME_BYTES_MAX)
  ) {
    throw new RangeError(`a name in an entry is at most ${NAME_BYTES_MAX} bytes`);
  }
  writer.text(name);
}

/** Appends the record of a call, or of a stream's batch. @param seed 16 random bytes, used for nothing else. */
export function writeCallRecord(writer: CborWriter, fact: CallFact, fixed: Fixed, seed: Uint8Array): void {
  const { items } = fact;
  if (items.length > ITEMS_MAX) throw new RangeError(`an answer carries at most ${ITEMS_MAX} items`);
  const isBatch = fact.stream !== undefined;
  const callParts = fact.person === undefined ? CALL_PARTS : PERSON_CALL_PARTS;
  writeHead(writer, isBatch ? KIND_BATCH : KIND_CALL, isBatch ? BATCH_PARTS : callParts, fact, fixed);
  writeName(writer, fact.app);
  writeName(writer, fact.key);
  writeName(writer, fact.operation);
  writeName(writer, fact.purpose);
  writeName(writer, fact.recipient);
  writer.uint(fact.status);
  writer.uint(fact.priceMicros);
  writer.bytes(seed);
  let at = writer.bytesHead(items.length * ITEM_BYTES);
  for (const item of items) {
    packItem(writer.buffer, at, item);
    at += ITEM_BYTES;
  }
  writeRequest(writer, fact.request);
  if (fact.stream !== undefined) writer.uint(fact.stream);
  else if (fact.person !== undefined) writeName(writer, fact.person);
}

export function writeControlRecord(writer: CborWriter, fact: ControlFact, fixed: Fixed): void {
  if (fact.body.length > BODY_BYTES_MAX) throw new RangeError('the body of a control event is too long');
  writeHead(writer, KIND_CONTROL, CONTROL_PARTS, fact, fixed);
  writer.uint(eventCode(fact.event));
  writer.bytes(fact.body);
}

/** Reads a record; byte strings are views. @throws CborError or RangeError if it is not one. */
export function readRecord(buffer: Buffer, start: number, end: number): StoredRecord {
  const reader = new CborReader(buffer, start, end);
  const parts = reader.array(BATCH_PARTS);
  reader.expectUint(RECORD_VERSION);
  const kind = reader.uint();
  const head: Head = {
    position: reader.uint(),
    log: reader.text(NAME_BYTES_MAX),
    index: reader.uint(),
    time: reader.uint(),
    agreement: reader.bytesOf(HASH_BYTES),
    totals: {
      calls: reader.uint(),
      posts: reader.uint(),
      persons: reader.uint(),
      billed: reader.uint(),
      micros: reader.uint(),
    },
  };
  if (kind === KIND_CALL && (parts === CALL_PARTS || parts === PERSON_CALL_PARTS)) {
    return readCall(reader, head, 'call', parts === PERSON_CALL_PARTS);
  }
  if (kind === KIND_BATCH && parts === BATCH_PARTS) return readCall(reader, head, 'batch', false);
  if (kind === KIND_CONTROL && parts === CONTROL_PARTS) {
    const event = readEvent(reader);
    const body = reader.bytes(BODY_BYTES_MAX);
    reader.finish();
    return { kind: 'control', ...head, event, body };
  }
  throw new RangeError(`a record of kind ${kind} with ${parts} parts is unknown`);
}

function readCall(
  reader: CborReader,
  head: Head,
  kind: StoredCall['kind'],
  isForPerson: boolean,
): StoredCall {
  const { position, index, time, totals, log, agreement } = head;
  const app = reader.text(NAME_BYTES_MAX);
  const key = reader.text(NAME_BYTES_MAX);
  const operation = reader.text(NAME_BYTES_MAX);
  const purpose = reader.text(NAME_BYTES_MAX);
  const recipient = reader.text(NAME_BYTES_MAX);
  const status = reader.uint();
  const priceMicros = reader.uint();
  const seed = reader.bytesOf(SEED_BYTES);
  const packed = reader.bytes(ITEMS_MAX * ITEM_BYTES);
  if (packed.length % ITEM_BYTES !== 0) throw new RangeError('items are 9 bytes each');
  const from = reader.offset;
  readRequest(reader);
  const request = reader.buffer.subarray(from, reader.offset);
  const stream = kind === 'batch' ? reader.uint() : undefined;
  const person = isForPerson ? reader.text(NAME_BYTES_MAX) : undefined;
  reader.finish();
  return {
    kind,
    stream,
    person,
    position,
    index,
    time,
    totals,
    log,
    agreement,
    app,
    key,
    operation,
    purpose,
    recipient,
    status,
    priceMicros,
    seed,
    packed,
    request,
  };
}

/** The record as projections see it. */
export function presentRecord(stored: StoredRecord): JournalRecord {
  const { position, log, index, time, totals } = stored;
  const agreement = Buffer.from(stored.agreement);
  if (stored.kind === 'control') {
    const body = Buffer.from(stored.body);
    return { type: 'control', position, log, index, time, totals, agreement, event: stored.event, body };
  }
  const { app, key, operation, purpose, recipient, status, priceMicros } = stored;
  return {
    type: 'call',
    ...(stored.stream !== undefined && { stream: stored.stream }),
    ...(stored.person !== undefined && { person: stored.person }),
    position,
    log,
    index,
    time,
    totals,
    agreement,
    app,
    key,
    operation,
    purpose,
    recipient,
    status,
    items: unpackItems(stored.packed),
    priceMicros,
  };
}

/**
 * The entry of a record: a pure function, so that whoever holds the journal can make the whole log again.
 * @param known commitments that are taken as given: making them is most of the work
 */
export function entryOf(stored: StoredRecord, known?: Commitments): Entry {
  const { index, time, agreement, totals } = stored;
  if (stored.kind === 'control') {
    return { kind: 'control', index, time, agreement, totals, event: stored.event, body: stored.body };
  }
  const counts = countItems(stored.packed);
  const { commitment, requestCommitment } = known ?? commit(stored);
  const delivery = {
    index,
    time,
    agreement,
    totals,
    app: stored.app,
    key: stored.key,
    operation: stored.operation,
    purpose: stored.purpose,
    recipient: stored.recipient,
    status: stored.status,
    posts: counts.posts,
    persons: counts.persons,
    postsBilled: counts.postsBilled,
    personsBilled: counts.personsBilled,
    priceMicros: stored.priceMicros,
    commitment,
    requestCommitment,
  };
  return stored.stream === undefined
    ? { kind: 'call', ...delivery }
    : { kind: 'batch', ...delivery, stream: stored.stream };
}

type Commitments = Pick<CallEntry, 'commitment' | 'requestCommitment'>;

function commit({ seed, packed, request }: StoredCall): Commitments {
  const salts = expandSalts(seed, packed.length / ITEM_BYTES);
  return { commitment: commitItems(salts, packed), requestCommitment: commitRequest(salts, request) };
}

/** The opening of a record; empty for a control event, whose entry says all. */
export function openingOf(stored: StoredRecord): Buffer {
  if (stored.kind === 'control') return Buffer.alloc(0);
  return assembleOpening(stored.seed, stored.packed, stored.request);
}
