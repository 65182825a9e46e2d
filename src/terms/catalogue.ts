import type { Delivers, Plan, StreamLimits } from './port.ts';

/** A dollar in micro-dollars. */
export const DOLLAR = 1_000_000;

/**
 * What can be called: what it answers with, and its window in calls per 15 minutes `[per app, per person]` as X
 * publishes them. An operation that is not in this table cannot be admitted.
 */
export const OPERATIONS: Readonly<
  Record<
    string,
    {
      delivers: Delivers;
      rate: readonly [app: number, person: number];
      perSecond?: number;
      archive?: true;
      stream?: true;
    }
  >
> = {
  getPostsByIds: { delivers: 'posts', rate: [3500, 5000] },
  getPostsById: { delivers: 'posts', rate: [450, 900] },
  searchPostsRecent: { delivers: 'posts', rate: [450, 300] },
  searchPostsAll: { delivers: 'posts', rate: [300, 300], perSecond: 1, archive: true },
  getPostsCountsRecent: { delivers: 'counts', rate: [300, 300] },
  getPostsCountsAll: { delivers: 'counts', rate: [300, 300], archive: true },
  getUsersPosts: { delivers: 'posts', rate: [10_000, 900] },
  getUsersMentions: { delivers: 'posts', rate: [450, 300] },
  getUsersByIds: { delivers: 'persons', rate: [300, 900] },
  getUsersById: { delivers: 'persons', rate: [300, 900] },
  getUsersByUsernames: { delivers: 'persons', rate: [300, 900] },
  getUsersByUsername: { delivers: 'persons', rate: [300, 900] },
  getUsersMe: { delivers: 'persons', rate: [300, 900] },
  getUsage: { delivers: 'nothing', rate: [50, 50] },
  streamPosts: { delivers: 'posts', rate: [50, 50], stream: true },
  streamPostsSample: { delivers: 'posts', rate: [50, 50], stream: true },
  streamPostsSample10: { delivers: 'posts', rate: [50, 50], stream: true },
  streamPostsFirehose: { delivers: 'posts', rate: [50, 50], stream: true },
  getRules: { delivers: 'nothing', rate: [450, 450], stream: true },
  updateRules: { delivers: 'nothing', rate: [100, 100], stream: true },
  getRuleCounts: { delivers: 'nothing', rate: [450, 450], stream: true },
  getConnectionHistory: { delivers: 'nothing', rate: [450, 450], stream: true },
  deleteConnectionsByUuids: { delivers: 'nothing', rate: [450, 450], stream: true },
  deleteAllConnections: { delivers: 'nothing', rate: [450, 450], stream: true },
  deleteConnectionsByEndpoint: { delivers: 'nothing', rate: [450, 450], stream: true },
  // Writing is limited per person; an app has no limit of its own beyond its people's.
  createPosts: { delivers: 'nothing', rate: [10_000, 100] },
  deletePosts: { delivers: 'nothing', rate: [10_000, 50] },
};

const WRITING = ['createPosts', 'deletePosts', 'getUsersMe', 'getUsage'];
/** Archive and streams begin with Pro. */
const BASIC = Object.keys(OPERATIONS).filter(
  (name) => !OPERATIONS[name]?.archive && !OPERATIONS[name]?.stream,
);

/** What a plan says nothing about: one connection an endpoint, and X's limits of self-serve plans. */
const STREAM_LIMITS: StreamLimits = { connections: 1, rules: 1_000, ruleLength: 1_024 };
/** A second connection, so that one can be replaced by the other without a gap. */
const ENTERPRISE_STREAMS: StreamLimits = { connections: 2, rules: 25_000, ruleLength: 2_048 };

export function streamLimits(plan: Plan): StreamLimits {
  return plan.streams ?? STREAM_LIMITS;
}

/** Enterprise plans get ten times the table. */
const ENTERPRISE_TIMES = 10;

function rates(times: number): Plan['rates'] {
  return Object.fromEntries(
    Object.entries(OPERATIONS).map(([name, { rate }]) => [name, [rate[0] * times, rate[1] * times]]),
  );
}

function ratesPerSecond(times: number): Plan['ratesPerSecond'] {
  return Object.fromEntries(
    Object.entries(OPERATIONS).flatMap(([name, { perSecond }]) =>
      perSecond ? [[name, perSecond * times]] : [],
    ),
  );
}

const FLAT = {
  postMicros: 0,
  personMicros: 0,
  callMicros: {},
  queryLengthMax: { recent: 512, all: 1024 },
  rates: rates(1),
  ratesPerSecond: ratesPerSecond(1),
};

function enterprise(millions: number, dollars: number): Plan {
  return {
    ...FLAT,
    name: `enterprise-${millions}m`,
    title: `Enterprise, ${millions} million posts a month`,
    monthlyFeeMicros: dollars * DOLLAR,
    monthlyPostCap: millions * 1_000_000,
    operations: 'all',
    queryLengthMax: { recent: 4096, all: 4096 },
    rates: rates(ENTERPRISE_TIMES),
    ratesPerSecond: ratesPerSecond(ENTERPRISE_TIMES),
    streams: ENTERPRISE_STREAMS,
  };
}

/** The default plans: X's ladder of 2023 and its pay-per-use prices of 2026. */
export const CATALOGUE: readonly Plan[] = [
  {
    ...FLAT,
    name: 'free',
    title: 'Free, writing only',
    monthlyFeeMicros: 0,
    monthlyPostCap: 0,
    operations: WRITING,
  },
  {
    ...FLAT,
    name: 'basic',
    title: 'Basic, 10,000 posts a month',
    monthlyFeeMicros: 100 * DOLLAR,
    monthlyPostCap: 10_000,
    operations: BASIC,
  },
  {
    ...FLAT,
    name: 'pro',
    title: 'Pro, 1 million posts a month with the archive',
    monthlyFeeMicros: 5000 * DOLLAR,
    monthlyPostCap: 1_000_000,
    operations: 'all',
  },
  enterprise(50, 42_000),
  enterprise(100, 125_000),
  enterprise(200, 210_000),
  {
    ...FLAT,
    name: 'pay-per-use',
    title: 'Pay per use',
    monthlyFeeMicros: 0,
    monthlyPostCap: null,
    postMicros: 5000,
    personMicros: 10_000,
    callMicros: { getPostsCountsRecent: 5000, getPostsCountsAll: 10_000 },
    operations: 'all',
  },
];
