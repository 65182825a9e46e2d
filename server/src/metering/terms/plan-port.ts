/** The words of plans. Money is integer micro-dollars. */
/** Of an app: connections at a time to each stream (or each of its partitions), rules, and characters of a rule. */
export type StreamLimits = {
  readonly connections: number;
  readonly rules: number;
  readonly ruleLength: number;
  /** Posts that one connection is brought in a second; absent: as many as there are. */
  readonly postsPerSecond?: number;
};

/** Prices are micro-dollars for each billed resource or call, caps are billed posts a UTC month. */
export type Plan = {
  name: string;
  title: string;
  monthlyFeeMicros: number;
  monthlyPostCap: number | null;
  postMicros: number;
  personMicros: number;
  /** Price of a successful call itself, by operation: counts, creating a post. */
  callMicros: Readonly<Record<string, number>>;
  /** Operations that the plan does not include answer 403. */
  operations: readonly string[] | 'all';
  queryLengthMax: { readonly recent: number; readonly all: number };
  /** Calls per 15 minutes by operation, `[per app, per person]`; the multiplier of enterprise plans is applied already. */
  rates: Readonly<Record<string, readonly [app: number, person: number]>>;
  /** Calls per second by operation, per app, beside the 15-minute window (archive search). */
  ratesPerSecond: Readonly<Record<string, number>>;
  /** Absent: one connection a stream, 1,000 rules of at most 1,024 characters, 250 posts a second. */
  streams?: StreamLimits;
  /** Successful calls a UTC month, by operation (`createPosts`); what is not named has no such cap. */
  monthlyCallCaps?: Readonly<Record<string, number>>;
};

/** An own plan: what is not given comes from `base` (a plan's name; default `basic`). */
export type PlanInput = { name: string; base?: string } & Partial<Omit<Plan, 'name'>>;
