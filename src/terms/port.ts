import type { Appended } from '#ledger';

export type Purpose =
  | 'display'
  | 'analytics'
  | 'research'
  | 'ai-training'
  | 'ai-input'
  | 'government'
  | 'resale';
export const PURPOSES: readonly Purpose[] = [
  'display',
  'analytics',
  'research',
  'ai-training',
  'ai-input',
  'government',
  'resale',
];

/** Who stands behind a request: found by its key, before anything else is known. */
export type Caller = {
  licenseeId: string;
  appId: string;
  keyId: string;
  /** A sandbox key answers and is never billed. */
  sandbox: boolean;
  log: string;
  agreement: Agreement;
};

/** A plan plus purposes, recipients and dates. Never edited: a change is a new version. */
export type Agreement = {
  id: string;
  version: number;
  appId: string;
  licenseeId: string;
  plan: Plan;
  purposes: Purpose[];
  recipients: string[];
  /** Unix ms; in force from `start` (included) until `end` (excluded; null is open). */
  start: number;
  end: number | null;
  spendingLimitMicros: number | null;
  /** SHA-256 over the canonical JSON of all of the above. Bytes and hex. */
  hash: Uint8Array;
  hashHex: string;
};

/** Prices are micro-dollars for each billed resource or call, caps are billed posts a UTC month. */
export type Plan = {
  name: string;
  title: string;
  monthlyFeeMicros: number;
  monthlyPostCap: number | null;
  postMicros: number;
  personMicros: number;
  /** Price of a counts request, by operation. */
  callMicros: Record<string, number>;
  /** Operations that the plan does not include answer 403. */
  operations: readonly string[] | 'all';
  queryLengthMax: { recent: number; all: number };
  /** Calls per 15 minutes by operation, `[per app, per person]`; the multiplier of enterprise plans is applied already. */
  rates: Record<string, [app: number, person: number]>;
};

export type RateState = { limit: number; remaining: number; resetSeconds: number };

/** A refusal by plan or limit is a result, never an exception. `rate` is there whenever a window is known. */
export type Denial = {
  code:
    | 'rate-limited'
    | 'usage-capped'
    | 'credits-depleted'
    | 'client-forbidden'
    | 'unsupported-authentication';
  fields: Record<string, unknown>;
  headers: Record<string, string>;
  rate?: RateState;
};

export type Admission = {
  caller: Caller;
  operation: string;
  purpose: Purpose;
  recipient: string;
  rate: RateState;
  dryRun: boolean;
};

/** One data item of an answer with what it alone brings into `includes`. */
export type Group = { posts: readonly string[]; persons: readonly string[] };

export type Charge = {
  /** How many of the groups fit. Fewer than asked: the page is cut and keeps its next_token. */
  kept: number;
  /** Includes of the last kept group that did not fit any more: leave them out of the answer. */
  dropped: ReadonlySet<string>;
  postsDelivered: number;
  postsBilled: number;
  personsBilled: number;
  priceMicros: number;
  /** Billed posts left this month after the call; null for a plan without a cap. */
  remaining: number | null;
  /** Absent on a dry run. */
  entry?: Appended;
};
