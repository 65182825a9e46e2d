/** The ledger's words as types. Money is integer micro-dollars, times Unix ms, ids decimal strings. */
import type { ControlEvent, Entry, Totals } from './format/entry.ts';
import type { Item, OpenedRequest, Opening } from './format/opening.ts';

export type { BatchEntry, CallEntry, ControlEntry, ControlEvent, Entry, Totals } from './format/entry.ts';
export type { ErasedItem, Item, OpenedRequest, Opening } from './format/opening.ts';

/** One admitted call, as terms hands it over in the synchronous step. The ledger adds index, totals and salts. */
export type CallFact = {
  /** What the server's clock says. It may run back from call to call: the order of a log is its index. */
  time: number;
  /** The licensee's log by its short name, as in `/ledger/<log>/…`; its origin is `<operator origin>/<log>`. */
  log: string;
  app: string;
  key: string;
  operation: string;
  purpose: string;
  recipient: string;
  status: number;
  items: readonly Item[];
  priceMicros: number;
  /** SHA-256 of the agreement in force (32 bytes). */
  agreement: Uint8Array;
  /** What was asked, hashed with a salt into the request commitment. `bodyDigest` is empty for no body. */
  request: OpenedRequest;
  /** Makes it a batch of a stream, which is no call of its own: the index of the call that opened the stream. */
  stream?: number;
  /** Decimal id of the person for whom the app called. In the journal alone: the entry shows it to nobody. */
  person?: string;
};

/** A control event of one log: an opaque body that the ledger does not interpret and that the entry shows to all. */
export type ControlFact = {
  time: number;
  log: string;
  /** Only the ledger itself writes day-closed; notice, ack, statement, epoch-seen have their codes reserved. */
  event: ControlEvent;
  agreement: Uint8Array;
  /** At most 32,768 bytes. */
  body: Uint8Array;
};

/** A record of the journal as projections see it: live at append and again at replay, the same either way. */
export type JournalRecord =
  | ({ type: 'call'; position: number; index: number; totals: Totals } & Omit<CallFact, 'request'>)
  | ({ type: 'control'; position: number; index: number; totals: Totals } & ControlFact);

/** What `append` answers at once. The call may be answered only after `committed` resolved. */
export type Appended = {
  index: number;
  totals: Totals;
  /** Resolves when the record's group is on disk; rejects with Problem `ledger-unavailable`. */
  committed: Promise<void>;
};

/**
 * What a projection commits to in a `day-closed` entry: SHA-256, in hex, of the canonical form of its state that follows
 * from one log; `days` are the UTC days (since 1970-01-01) whose sets are in it, where older ones are forgotten.
 */
export type StateDigest = { days?: number[]; sha256: string };

/**
 * A projection of the journal (counters, dedupe sets, rate windows). `apply` is called once for each record,
 * in order, in the same synchronous step as the append, and must not throw. `dump` returns its whole state;
 * at a start `load` gets a dump (or nothing), then `apply` the records since. `load` may throw for a dump that does not
 * read: the journal is replayed instead. A projection whose canonical form changes takes another name, for entries of
 * before hold digests of the old form under the old one.
 */
export type Projection = {
  name: string;
  load(state: Uint8Array | undefined): void;
  apply(record: JournalRecord): void;
  dump(): Uint8Array;
  /**
   * Takes back the newest record, which could not be made durable and whose caller was refused. Nothing is applied after
   * it until a restart: only what is still read then needs it. @param before the log's totals before the record.
   */
  revert?(record: JournalRecord, before: Totals): void;
  /** A function of the records alone: the same live, after a replay, and after `load`. */
  digest(log: string): StateDigest;
};

export type LogIdentity = { log: string; origin: string; vkey: string };

export type Ledger = {
  /** Makes a log known (idempotent) and returns its verifier key (`<origin>+<hash>+<key>`). */
  createLog(log: string): Promise<string>;
  logs(): LogIdentity[];
  /** Entries and totals of a log, committed or not. Throws for a log that was not created. */
  state(log: string): { size: number; totals: Totals };
  /** One synchronous step: index, totals, projections, place in the journal. Throws Problem `ledger-unavailable`. */
  append(fact: CallFact): Appended;
  appendControl(fact: ControlFact): Appended;
  /** False after a failed write or sync: nothing more is accepted until a restart. */
  healthy(): boolean;
  /** Resolves when every record committed so far is in its log under a signed checkpoint. */
  integrated(): Promise<void>;
  /** What can be read of the logs, under their newest published checkpoints. */
  reader: LedgerReader;
  close(): Promise<void>;
};

/** Reads of published logs. Everything is undefined for an unknown log or what the published size does not hold. */
export type LedgerReader = {
  /** The newest published checkpoint with its size. */
  checkpoint(log: string): { size: number; text: string } | undefined;
  /** @param width 256 for a full tile; less is cut from a wider one. @param n counts tiles of the level. */
  tile(log: string, level: number, n: number, width: number): Promise<Buffer | undefined>;
  entryBundle(log: string, n: number, width: number): Promise<Buffer | undefined>;
  /** A tlog-proof file with the entry's bytes in `extra`. */
  receipt(log: string, index: number): Promise<string | undefined>;
  /** Undefined for a control entry too: it hides nothing. */
  opening(log: string, index: number): Promise<Opening | undefined>;
  /** Entries `from` (included) to `to` (excluded, at most the published size), decoded, in order. */
  entries(log: string, from: number, to: number): AsyncIterable<Entry>;
};
