/** The words of terms as types. Money is integer micro-dollars, times Unix ms, ids decimal strings. */

import type { ProblemCode } from '#kernel';
import type { CallFact, Ledger, Projection } from '#ledger';
import type { Charge, Group } from './charge-port.ts';
import type { DialectSetting, Dialects } from './dialect-port.ts';
import type { Plan, PlanInput } from './plan-port.ts';
import type { LogCounters, Usage, UsageDays } from './usage-port.ts';

export type * from './charge-port.ts';
export * from './dialect-port.ts';
export type * from './plan-port.ts';
export type * from './usage-port.ts';

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

/**
 * Whose data a call may touch: a licensee's id, or `OPERATOR`, who may touch all. What belongs to another
 * tenant does not exist (`not-found`).
 */
export type Tenant = string;
export const OPERATOR: Tenant = '*';

export type Licensee = { licenseeId: string; name: string; log: string; createdAt: number };

export type App = Omit<Licensee, 'log'> & { appId: string; dialect: DialectSetting };

/** What is public about a key. Tokens are stored as SHA-256 hashes and are nowhere in here. */
export type Key = {
  keyId: string;
  appId: string;
  licenseeId: string;
  sandbox: boolean;
  consumerKey: string;
  createdAt: number;
  /** Not accepted from this moment on; set by a rotation's overlap. Null: no end. */
  expiresAt: number | null;
  revokedAt: number | null;
};

/** Shown once, when a key is made. */
export type Credentials = {
  appId: string;
  keyId: string;
  sandbox: boolean;
  bearerToken: string;
  consumerKey: string;
  consumerSecret: string;
};

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
  /** `<appId>/<version>`. */
  id: string;
  version: number;
  appId: string;
  licenseeId: string;
  plan: Plan;
  purposes: readonly Purpose[];
  recipients: readonly string[];
  /** Unix ms; in force from `start` (included) until `end` (excluded; null is open). */
  start: number;
  end: number | null;
  /** Most that the app may spend on calls in a UTC month, the plan's fee aside. */
  spendingLimitMicros: number | null;
  /** SHA-256 over the canonical JSON (RFC 8785) of all of the above. Bytes and hex. */
  hash: Uint8Array;
  hashHex: string;
};

/** A 15-minute window's state, after this call; `resetSeconds` is Unix seconds. */
export type RateState = { limit: number; remaining: number; resetSeconds: number };

/** A refusal by key, plan or limit is a result, never an exception. `rate` is there whenever a window is known. */
export type Denial = {
  denied: true;
  code: Extract<
    ProblemCode,
    | 'unauthorized'
    | 'rate-limited'
    | 'usage-capped'
    | 'credits-depleted'
    | 'client-forbidden'
    | 'unsupported-authentication'
  >;
  /** For the reply's body; always a `detail` that says what to do and when. */
  fields: Record<string, unknown>;
  /** `retry-after` where a time is known. */
  headers: Record<string, string>;
  rate?: RateState;
};

/** True for the refusals among what `authenticate`, `admit` and `charge` return. */
export function isDenial(result: object): result is Denial {
  return 'denied' in result;
}

export type Admission = {
  caller: Caller;
  operation: string;
  purpose: Purpose;
  recipient: string;
  rate: RateState;
  /** When it was admitted: the windows that it took a call from. */
  at: number;
  dryRun: boolean;
  /** The person whose token it is, if it is one; recorded with the call, for the person's windows. */
  personId?: string;
};

/** What an act may cost, kept back for it until it is charged. */
export type Hold = {
  /** Gives back what was kept, for an act that did not come about. Once is enough, and twice does no harm. */
  release(): void;
};

/** What an operation answers with: decides which limits stand in its way. */
export type Delivers = 'posts' | 'persons' | 'counts' | 'nothing';

export type AdmitOptions = {
  now: number;
  /** Header `parley-purpose`; must be one of the agreement's. Default: its first. */
  purpose?: string;
  /** Header `parley-recipient`; must be one of the agreement's. Default: its first, or empty. */
  recipient?: string;
  /** Header `parley-dry-run: 1`: everything but the charge, past cap and limit too; still takes a call from the window. */
  dryRun?: boolean;
  /** With a person's token: the id of the person, whose own window of this app counts then instead of the app's. */
  personId?: string;
};

/** The moment and the address a request came from. */
export type From = { now: number; remote: string };

export type AgreementInput = {
  plan: string;
  /** At least one; default `display`. */
  purposes?: readonly string[];
  recipients?: readonly string[];
  /** Default: the UTC midnight before now. */
  start?: number;
  end?: number | null;
  spendingLimitMicros?: number | null;
};

/** What terms need of the ledger. */
export type TermsLedger = Pick<Ledger, 'createLog' | 'append' | 'appendControl' | 'healthy'>;

export type Terms = Dialects & {
  /** Hand these to the ledger before it opens. */
  projections: Projection[];
  /** Once, after the ledger is open and before the first request: makes logs known, writes what a crash kept back. */
  attach(ledger: TermsLedger): Promise<void>;

  /** By bearer. Without a valid one: 401, or 429 once the address has failed too often. Reads memory only. */
  authenticate(bearer: string | undefined, from: From): Caller | Denial;
  /** The same without a word about failures: undefined for what is no app's key in force. */
  callerByBearer(bearer: string | undefined, now: number): Caller | undefined;
  /**
   * Who calls with a person's token of this app: its agreement in force, its newest live key in force as `keyId` (a
   * sandbox key if it has no other), or the one that signed. Undefined for an app without any.
   */
  callerOfApp(appId: string, now: number, keyId?: string): Caller | undefined;
  /**
   * Counts a failed log-in of the address: 401, or 429 once it has failed too often.
   * @param hasEnded what was sent did work once, so it is no guess: 401 whatever the address did.
   */
  refuseUnknown(from: From, hasEnded?: boolean): Denial;
  /** Since when a bearer of an app works no more; undefined for what never was one, and for one in force. Times are Unix ms. */
  endOfBearer(bearer: string): { reason: 'revoked-key' | 'ended-key'; at: number } | undefined;
  /** Agreement, purpose, plan, window, cap and spending limit, in this order; takes one call from the window. */
  admit(caller: Caller, operation: string, options: AdmitOptions): Admission | Denial;
  /** Gives a call back to the windows, for one that was admitted and refused before anything was recorded of it. */
  giveBack(admission: Admission): RateState;
  /** The window that `admit` would take a call from, as it is; undefined for an unknown operation. */
  rateOf(
    caller: Caller,
    operation: string,
    options: Pick<AdmitOptions, 'now' | 'personId'>,
  ): RateState | undefined;
  /**
   * Before an act: keeps back its price and its place under the monthly cap of such acts, so that what was done can be
   * charged. A denial when there is none left. Throws Problem `ledger-unavailable`: nothing is done that cannot be recorded.
   */
  hold(admission: Admission, time: number): Hold | Denial;
  /**
   * The one synchronous step: dedupe, cut, price, append. Counted at `time`, by the agreement in force then. A
   * denial when key or agreement do not allow the call any more, or not even the first group fits (another call was
   * faster); nothing was recorded then. With `stream` it is a batch of the stream that the call of this index opened;
   * with `hold` the charge of an act, which is paid from what was kept back.
   * Throws Problem `ledger-unavailable`.
   */
  charge(
    admission: Admission,
    groups: readonly Group[],
    call: { time: number; status: number; request: CallFact['request']; stream?: number; hold?: Hold },
  ): Charge | Denial;

  /** The app's bearer for its consumer key and secret: the same one each time, until it is invalidated. */
  issueBearer(consumerKey: string, consumerSecret: string, from: From): Promise<string | Denial>;
  /** True if the bearer was this key's and is refused from now on. */
  invalidateBearer(
    consumerKey: string,
    consumerSecret: string,
    bearer: string,
    from: From,
  ): Promise<boolean | Denial>;
  /** The consumer secret of a key in force, for OAuth 1.0a signatures. */
  consumerSecret(consumerKey: string, now: number): string | undefined;
  /** The same with the key and its app. */
  consumerOf(consumerKey: string, now: number): { appId: string; keyId: string; secret: string } | undefined;
  /** The log that a bearer, or `consumerKey:consumerSecret`, may read: its licensee's own. */
  logOf(token: string, now: number): string | undefined;

  /** Names are unique, case ignored: `conflict`. */
  addLicensee(name: string): Promise<Licensee & { vkey: string }>;
  licensees(tenant: Tenant): Licensee[];
  /** Makes the app, its first agreement version and its first key. Without a name of its own it is called `<licensee> app`. Names are unique within a licensee: `conflict`. */
  addApp(
    tenant: Tenant,
    input: { licenseeId: string; name?: string; sandbox?: boolean; dialect?: string } & AgreementInput,
  ): Promise<Credentials>;
  /** In force at once. Throws Problem `body-invalid` for what is no dialect. */
  setApp(tenant: Tenant, appId: string, change: { dialect: string }): Promise<App>;
  apps(tenant: Tenant): (App & { agreement: Agreement; keys: Key[] })[];
  /** Another key of an app: a sandbox key beside the live one. */
  addKey(tenant: Tenant, appId: string, options?: { sandbox?: boolean }): Promise<Credentials>;
  /** A new key; the app's other keys of its kind end after the overlap (hours, default 24, 0 at once). */
  rotateKey(
    tenant: Tenant,
    appId: string,
    options?: { overlapHours?: number; sandbox?: boolean },
  ): Promise<Credentials>;
  /** At once. */
  revokeKey(tenant: Tenant, keyId: string): Promise<Key>;
  /** A new version; what is not given stays as it was. */
  amendAgreement(tenant: Tenant, appId: string, change: Partial<AgreementInput>): Promise<Agreement>;
  /** Every version ever accepted, oldest first. */
  agreements(tenant: Tenant, appId: string): Agreement[];
  agreementByHash(hashHex: string): Agreement | undefined;
  plans(): Plan[];
  addPlan(input: PlanInput): Promise<Plan>;

  /** From the counters. `from`, `to`: Unix ms of UTC midnights, `to` excluded. */
  usage(tenant: Tenant, period: { from: number; to: number }): Usage;
  /** @param days 1 to 90, today included. */
  usageDays(appId: string, days: number): UsageDays;
  logCounters(tenant: Tenant, licenseeId: string, period: { from: number; to: number }): LogCounters;
  close(): Promise<void>;
};
