/** The ledger's words as types. Money is integer micro-dollars, times Unix ms, ids decimal strings. */

/** Something that an answer carried. Order is the order in the answer, data first, then includes. */
export type Item = { kind: 'post' | 'person'; id: string; billed: boolean };

/** One admitted call, as terms hands it over in the synchronous step. The ledger adds index, totals and salts. */
export type CallFact = {
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
  request: {
    method: string;
    target: string;
    bodyDigest: Uint8Array;
    signatureBase?: string;
    signature?: Uint8Array;
  };
};

/** A control event of one log: an opaque JSON-able body that the ledger does not interpret. */
export type ControlFact = {
  time: number;
  log: string;
  /** key-enrolled, key-revoked, agreement-accepted now; notice, ack, statement, epoch have their codes reserved. */
  event: ControlEvent;
  agreement: Uint8Array;
  body: Uint8Array;
};

export type ControlEvent =
  | 'key-enrolled'
  | 'key-revoked'
  | 'agreement-accepted'
  | 'notice'
  | 'ack'
  | 'statement'
  | 'epoch-seen';

/** Running totals of a log after an entry. `billed` counts billed posts, the unit of every cap. */
export type Totals = { calls: number; posts: number; persons: number; billed: number; micros: number };

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
 * A projection of the journal (counters, dedupe sets, rate windows). `apply` is called once for each record,
 * in order, in the same synchronous step as the append, and must not throw. `dump` returns its whole state;
 * at a start `load` gets the newest dump (or nothing), then `apply` the records since.
 */
export type Projection = {
  name: string;
  load(state: Uint8Array | undefined): void;
  apply(record: JournalRecord): void;
  dump(): Uint8Array;
};

export type Ledger = {
  /** Makes a log known (idempotent) and returns its verifier key (`<origin>+<hash>+<key>`). */
  createLog(log: string): Promise<string>;
  logs(): { log: string; origin: string; vkey: string }[];
  /** One synchronous step: index, totals, projections, place in the journal. Throws Problem `ledger-unavailable`. */
  append(fact: CallFact): Appended;
  appendControl(fact: ControlFact): Appended;
  /** False after a failed write or sync: nothing more is accepted until a restart. */
  healthy(): boolean;
  /** Resolves when every record committed so far is in its log under a signed checkpoint. */
  integrated(): Promise<void>;
  close(): Promise<void>;
};
