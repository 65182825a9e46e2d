/** What was used, as reports say it. Money is integer micro-dollars. */
/** Sums of one app, UTC day and operation. `micros` is the price of calls, without the plan's fee. */
export type Counts = {
  calls: number;
  posts: number;
  persons: number;
  billed: number;
  personsBilled: number;
  micros: number;
};

export type UsageRow = { licenseeId: string; appId: string; day: string; operation: string } & Counts;

/** Where an app stands in the current UTC month. */
export type AppStanding = {
  licenseeId: string;
  appId: string;
  name: string;
  plan: string;
  agreement: string;
  monthlyFeeMicros: number;
  monthlyPostCap: number | null;
  billedThisMonth: number;
  /** Null for a plan without a cap. */
  remaining: number | null;
  spendingLimitMicros: number | null;
  spentThisMonthMicros: number;
  /** ISO 8601 UTC: when cap and spending limit start anew. */
  resetsAt: string;
};

export type Usage = {
  /** UTC days, `to` excluded. */
  from: string;
  to: string;
  rows: UsageRow[];
  totals: Counts;
  /** Plan fees of the UTC months that the period touches, for apps that had an agreement in force in them. */
  feesMicros: number;
  apps: AppStanding[];
};

/** What GET /2/usage/tweets answers from: billed posts of the licensee of an app, by app. */
export type UsageDays = {
  licenseeId: string;
  capResetDay: number;
  /** Sum of the caps of the licensee's apps; null when one of them has none. */
  cap: number | null;
  used: number;
  /** Oldest first, every day, each `{date: ISO midnight, usage}`. */
  days: { date: string; usage: number }[];
  apps: { appId: string; days: { date: string; usage: number }[] }[];
};

/** What the counters say of one log, for the audit: the newest entry's index and totals, and sums a day. */
export type LogCounters = {
  log: string;
  /** Entries so far, control entries included. */
  entries: number;
  totals: { calls: number; posts: number; persons: number; billed: number; micros: number };
  rows: UsageRow[];
  /** False when an app has more days behind it than the counters keep. */
  complete: boolean;
  standing: StandingCounters;
  /** Of what was billed on each UTC day of the period that is kept: `digestOf` of that day alone. */
  dedupe: { day: number; sha256: string }[];
};

/** What caps, limits and windows go by, all that is kept of it. */
export type StandingCounters = {
  /** By app and UTC month (since 1970-01). */
  months: { appId: string; month: number; billed: number; micros: number }[];
  /** Items given to an app's sandbox keys on a UTC day, where there were any. */
  sandbox: { appId: string; day: number; items: number }[];
  /** Calls in a window's quarter hour, those for persons included; `name` is the operation, after `sandbox ` for its keys. */
  windows: { appId: string; name: string; quarter: number; calls: number }[];
};
