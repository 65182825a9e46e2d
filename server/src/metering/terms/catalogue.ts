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
  // Reading sides of what persons do.
  getPostsLikingUsers: { delivers: 'persons', rate: [75, 75] },
  getPostsRepostedBy: { delivers: 'persons', rate: [75, 75] },
  getPostsReposts: { delivers: 'posts', rate: [75, 75] },
  getPostsQuotedPosts: { delivers: 'posts', rate: [75, 75] },
  searchUsers: { delivers: 'persons', rate: [300, 900] },
  getUsersTimeline: { delivers: 'posts', rate: [10_000, 180] },
  getUsersLikedPosts: { delivers: 'posts', rate: [75, 75] },
  getUsersFollowers: { delivers: 'persons', rate: [300, 300] },
  getUsersFollowing: { delivers: 'persons', rate: [300, 300] },
  getUsersBlocking: { delivers: 'persons', rate: [10_000, 15] },
  getUsersMuting: { delivers: 'persons', rate: [10_000, 15] },
  getUsersBookmarks: { delivers: 'posts', rate: [10_000, 180] },
  getUsersRepostsOfMe: { delivers: 'posts', rate: [10_000, 75] },
  getUsersOwnedLists: { delivers: 'nothing', rate: [15, 15] },
  getUsersListMemberships: { delivers: 'nothing', rate: [75, 75] },
  getUsersFollowedLists: { delivers: 'nothing', rate: [15, 15] },
  getUsersPinnedLists: { delivers: 'nothing', rate: [15, 15] },
  getListsById: { delivers: 'nothing', rate: [75, 75] },
  getListsMembers: { delivers: 'persons', rate: [900, 900] },
  getListsFollowers: { delivers: 'persons', rate: [180, 180] },
  getListsPosts: { delivers: 'posts', rate: [900, 900] },
  // Writing is limited per person; an app has no limit of its own beyond its people's.
  createPosts: { delivers: 'nothing', rate: [10_000, 100] },
  deletePosts: { delivers: 'nothing', rate: [10_000, 50] },
  hidePostsReply: { delivers: 'nothing', rate: [10_000, 50] },
  likePost: { delivers: 'nothing', rate: [10_000, 50] },
  unlikePost: { delivers: 'nothing', rate: [10_000, 50] },
  repostPost: { delivers: 'nothing', rate: [10_000, 50] },
  unrepostPost: { delivers: 'nothing', rate: [10_000, 50] },
  createUsersBookmark: { delivers: 'nothing', rate: [10_000, 50] },
  deleteUsersBookmark: { delivers: 'nothing', rate: [10_000, 50] },
  followUser: { delivers: 'nothing', rate: [10_000, 50] },
  unfollowUser: { delivers: 'nothing', rate: [10_000, 50] },
  muteUser: { delivers: 'nothing', rate: [10_000, 50] },
  unmuteUser: { delivers: 'nothing', rate: [10_000, 50] },
  blockUser: { delivers: 'nothing', rate: [10_000, 50] },
  unblockUser: { delivers: 'nothing', rate: [10_000, 50] },
  createLists: { delivers: 'nothing', rate: [10_000, 300] },
  updateLists: { delivers: 'nothing', rate: [10_000, 300] },
  deleteLists: { delivers: 'nothing', rate: [10_000, 300] },
  addListsMember: { delivers: 'nothing', rate: [10_000, 300] },
  removeListsMemberByUserId: { delivers: 'nothing', rate: [10_000, 300] },
  followList: { delivers: 'nothing', rate: [10_000, 50] },
  unfollowList: { delivers: 'nothing', rate: [10_000, 50] },
  pinList: { delivers: 'nothing', rate: [10_000, 50] },
  unpinList: { delivers: 'nothing', rate: [10_000, 50] },
  // A chunk is a call.
  mediaUpload: { delivers: 'nothing', rate: [50_000, 500] },
  initializeMediaUpload: { delivers: 'nothing', rate: [180_000, 1_875] },
  appendMediaUpload: { delivers: 'nothing', rate: [180_000, 1_875] },
  finalizeMediaUpload: { delivers: 'nothing', rate: [180_000, 1_875] },
  getMediaUploadStatus: { delivers: 'nothing', rate: [100_000, 1_000] },
  createMediaMetadata: { delivers: 'nothing', rate: [50_000, 500] },
  createComplianceJobs: { delivers: 'nothing', rate: [150, 150] },
  getComplianceJobs: { delivers: 'nothing', rate: [150, 150] },
  getComplianceJobsById: { delivers: 'nothing', rate: [150, 150] },
  streamPostsCompliance: { delivers: 'nothing', rate: [100, 100], stream: true },
  streamUsersCompliance: { delivers: 'nothing', rate: [100, 100], stream: true },
  createWebhooks: { delivers: 'nothing', rate: [450, 450], stream: true },
  getWebhooks: { delivers: 'nothing', rate: [450, 450], stream: true },
  validateWebhooks: { delivers: 'nothing', rate: [450, 450], stream: true },
  deleteWebhooks: { delivers: 'nothing', rate: [450, 450], stream: true },
  createWebhooksStreamLink: { delivers: 'nothing', rate: [450, 450], stream: true },
  getWebhooksStreamLinks: { delivers: 'nothing', rate: [450, 450], stream: true },
  deleteWebhooksStreamLink: { delivers: 'nothing', rate: [450, 450], stream: true },
  createAccountActivitySubscription: { delivers: 'nothing', rate: [500, 500], stream: true },
  validateAccountActivitySubscription: { delivers: 'nothing', rate: [500, 500], stream: true },
  getAccountActivitySubscriptions: { delivers: 'nothing', rate: [50, 50], stream: true },
  getAccountActivitySubscriptionCount: { delivers: 'nothing', rate: [50, 50], stream: true },
  deleteAccountActivitySubscription: { delivers: 'nothing', rate: [500, 500], stream: true },
  createWebhookReplayJob: { delivers: 'nothing', rate: [100, 100], stream: true },
  createAccountActivityReplayJob: { delivers: 'nothing', rate: [100, 100], stream: true },
  // Not called but brought: one a delivery to an app's webhook.
  deliverFilteredStream: { delivers: 'posts', rate: [1_000_000, 1_000_000], stream: true },
  deliverAccountActivity: { delivers: 'posts', rate: [1_000_000, 1_000_000], stream: true },
  getDirectMessagesEvents: { delivers: 'nothing', rate: [10_000, 300] },
  getDirectMessagesEventsById: { delivers: 'nothing', rate: [10_000, 300] },
  deleteDirectMessagesEvents: { delivers: 'nothing', rate: [10_000, 300] },
  getDirectMessagesEventsByConversationId: { delivers: 'nothing', rate: [10_000, 300] },
  getDirectMessagesEventsByParticipantId: { delivers: 'nothing', rate: [10_000, 300] },
  createDirectMessagesByParticipantId: { delivers: 'nothing', rate: [10_000, 200] },
  createDirectMessagesByConversationId: { delivers: 'nothing', rate: [10_000, 200] },
  createDirectMessagesConversation: { delivers: 'nothing', rate: [10_000, 200] },
};

/** What the plan of those who only write includes. */
const WRITING = [
  'createPosts',
  'deletePosts',
  'getUsersMe',
  'getUsage',
  'mediaUpload',
  'initializeMediaUpload',
  'appendMediaUpload',
  'finalizeMediaUpload',
  'getMediaUploadStatus',
  'createMediaMetadata',
];
/** Archive and streams begin with Pro. */
const BASIC = Object.keys(OPERATIONS).filter(
  (name) => !OPERATIONS[name]?.archive && !OPERATIONS[name]?.stream,
);

/** What a plan says nothing about: one connection an endpoint, and X's limits of self-serve plans. */
const STREAM_LIMITS: StreamLimits = {
  connections: 1,
  rules: 1_000,
  ruleLength: 1_024,
  postsPerSecond: 250,
};
/** A second connection, so that one can be replaced by the other without a gap. */
const ENTERPRISE_STREAMS: StreamLimits = { connections: 2, rules: 25_000, ruleLength: 2_048 };

export function streamLimits(plan: Pick<Plan, 'streams'>): StreamLimits {
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
    monthlyCallCaps: { createPosts: 1_500 },
  },
  {
    ...FLAT,
    name: 'basic',
    title: 'Basic, 10,000 posts a month',
    monthlyFeeMicros: 100 * DOLLAR,
    monthlyPostCap: 10_000,
    operations: BASIC,
    monthlyCallCaps: { createPosts: 50_000 },
  },
  {
    ...FLAT,
    name: 'pro',
    title: 'Pro, 1 million posts a month with the archive',
    monthlyFeeMicros: 5000 * DOLLAR,
    monthlyPostCap: 1_000_000,
    operations: 'all',
    monthlyCallCaps: { createPosts: 300_000 },
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
    callMicros: { getPostsCountsRecent: 5000, getPostsCountsAll: 10_000, createPosts: 15_000 },
    operations: 'all',
  },
];
