import { ALICE, BOB, CAROL, type Names, PUBLIC_PAGES } from './tenant-world.ts';

/** Whose it is that a request names: the app's, its licensee's, Bob's, or the network's (posts and persons). */
export type Whose = 'app' | 'licensee' | 'bob' | 'network';
export type Request = { url: string; body?: unknown; form?: string; headers?: Record<string, string> };
/** @param names the victim's, or made-up ones. @param me the person for whom the request is made. */
export type Case = { whose: Whose; request(names: Names, me: string): Request };

const of =
  (whose: Whose) =>
  (url: (names: Names, me: string) => string, body?: (names: Names, me: string) => unknown): Case => ({
    whose,
    request: (names, me) => ({ url: url(names, me), body: body?.(names, me) }),
  });
const [app, bob, network] = [of('app'), of('bob'), of('network')];
const EXPANDED =
  'expansions=author_id,referenced_tweets.id&tweet.fields=text,public_metrics,non_public_metrics,organic_metrics';
const all = '/2/account_activity/webhooks';
const MINUTES = { from_date: '202611210900', to_date: '202611210930' };

/** Of each operation the request that comes nearest to what is the victim's. */
export const CASES: Readonly<Record<string, Case>> = {
  getPostsByIds: network(({ post }) => `/2/tweets?ids=${post}&${EXPANDED}`),
  getPostsById: network(({ post }) => `/2/tweets/${post}?${EXPANDED}`),
  searchPostsRecent: network(({ post }) => `/2/tweets/search/recent?query=xyzzy%20OR%20url%3A${post}`),
  searchPostsAll: network(() => '/2/tweets/search/all?query=from%3Abob'),
  getPostsCountsRecent: network(() => '/2/tweets/counts/recent?query=xyzzy'),
  getPostsCountsAll: network(() => '/2/tweets/counts/all?query=xyzzy'),
  getUsersByIds: network(() => `/2/users?ids=${BOB}&expansions=pinned_tweet_id,most_recent_tweet_id`),
  getUsersById: network(() => `/2/users/${BOB}?user.fields=connection_status,most_recent_tweet_id`),
  getUsersByUsernames: network(() => '/2/users/by?usernames=bob'),
  getUsersByUsername: network(() => '/2/users/by/username/bob'),
  getUsersMe: network(() => '/2/users/me?user.fields=confirmed_email'),
  getUsersPosts: network(() => `/2/users/${BOB}/tweets?${EXPANDED}`),
  getUsersMentions: network(() => `/2/users/${BOB}/mentions`),
  getUsage: network(() => '/2/usage/tweets?usage.fields=daily_client_app_usage,project_id'),
  streamPosts: app(() => '/2/tweets/search/stream'),
  streamPostsSample: network(() => '/2/tweets/sample/stream'),
  streamPostsSample10: network(() => '/2/tweets/sample10/stream?partition=1'),
  streamPostsFirehose: network(() => '/2/tweets/firehose/stream?partition=1'),
  getRules: app(({ rule }) => `/2/tweets/search/stream/rules?ids=${rule}`),
  updateRules: app(
    () => '/2/tweets/search/stream/rules',
    ({ rule }) => ({ delete: { ids: [rule] } }),
  ),
  getRuleCounts: network(() => '/2/tweets/search/stream/rules/counts'),
  getConnectionHistory: network(() => '/2/connections?status=all'),
  deleteConnectionsByUuids: app(
    () => '/2/connections',
    ({ connection }) => ({ uuids: [connection] }),
  ),
  deleteAllConnections: network(() => '/2/connections/all'),
  deleteConnectionsByEndpoint: network(() => '/2/connections/filtered_stream'),
  createPosts: bob(
    () => '/2/tweets',
    ({ post }) => ({ text: 'seen?', reply: { in_reply_to_tweet_id: post } }),
  ),
  deletePosts: bob(({ post }) => `/2/tweets/${post}`),
  hidePostsReply: bob(
    ({ post }) => `/2/tweets/${post}/hidden`,
    () => ({ hidden: true }),
  ),
  likePost: bob(
    (_, me) => `/2/users/${me}/likes`,
    ({ post }) => ({ tweet_id: post }),
  ),
  unlikePost: bob(({ post }, me) => `/2/users/${me}/likes/${post}`),
  repostPost: bob(
    (_, me) => `/2/users/${me}/retweets`,
    ({ post }) => ({ tweet_id: post }),
  ),
  unrepostPost: bob(({ post }, me) => `/2/users/${me}/retweets/${post}`),
  createUsersBookmark: bob(
    (_, me) => `/2/users/${me}/bookmarks`,
    ({ post }) => ({ tweet_id: post }),
  ),
  deleteUsersBookmark: bob(({ post }, me) => `/2/users/${me}/bookmarks/${post}`),
  // In Bob's name: another person's id is X's 400, whoever it is.
  followUser: network(
    () => `/2/users/${BOB}/following`,
    () => ({ target_user_id: ALICE }),
  ),
  unfollowUser: network(() => `/2/users/${BOB}/following/${CAROL}`),
  muteUser: network(
    () => `/2/users/${BOB}/muting`,
    () => ({ target_user_id: ALICE }),
  ),
  unmuteUser: network(() => `/2/users/${BOB}/muting/${ALICE}`),
  blockUser: network(
    () => `/2/users/${BOB}/blocking`,
    () => ({ target_user_id: ALICE }),
  ),
  unblockUser: network(() => `/2/users/${BOB}/blocking/${ALICE}`),
  getPostsLikingUsers: network(({ post }) => `/2/tweets/${post}/liking_users`),
  getPostsRepostedBy: network(({ post }) => `/2/tweets/${post}/retweeted_by`),
  getPostsReposts: network(({ post }) => `/2/tweets/${post}/retweets`),
  getPostsQuotedPosts: network(({ post }) => `/2/tweets/${post}/quote_tweets`),
  searchUsers: network(() => '/2/users/search?query=bob'),
  getUsersTimeline: network(() => `/2/users/${BOB}/timelines/reverse_chronological`),
  getUsersLikedPosts: network(() => `/2/users/${BOB}/liked_tweets`),
  getUsersFollowers: network(() => `/2/users/${BOB}/followers`),
  getUsersFollowing: network(() => `/2/users/${BOB}/following`),
  getUsersBlocking: network(() => `/2/users/${BOB}/blocking`),
  getUsersMuting: network(() => `/2/users/${BOB}/muting`),
  getUsersBookmarks: network(() => `/2/users/${BOB}/bookmarks`),
  getUsersRepostsOfMe: network(() => '/2/users/reposts_of_me'),
  createLists: network(
    () => '/2/lists',
    () => ({ name: 'mine' }),
  ),
  getListsById: bob(({ list }) => `/2/lists/${list}?list.fields=description,owner_id,private`),
  updateLists: bob(
    ({ list }) => `/2/lists/${list}`,
    () => ({ private: false }),
  ),
  deleteLists: bob(({ list }) => `/2/lists/${list}`),
  getListsMembers: bob(({ list }) => `/2/lists/${list}/members`),
  addListsMember: bob(
    ({ list }) => `/2/lists/${list}/members`,
    () => ({ user_id: CAROL }),
  ),
  removeListsMemberByUserId: bob(({ list }) => `/2/lists/${list}/members/${CAROL}`),
  getListsFollowers: bob(({ list }) => `/2/lists/${list}/followers`),
  getListsPosts: bob(({ list }) => `/2/lists/${list}/tweets`),
  getUsersOwnedLists: network(() => `/2/users/${BOB}/owned_lists`),
  getUsersListMemberships: network(() => `/2/users/${CAROL}/list_memberships`),
  getUsersFollowedLists: network(() => `/2/users/${BOB}/followed_lists`),
  followList: bob(
    (_, me) => `/2/users/${me}/followed_lists`,
    ({ list }) => ({ list_id: list }),
  ),
  unfollowList: bob(({ list }, me) => `/2/users/${me}/followed_lists/${list}`),
  getUsersPinnedLists: network(() => `/2/users/${BOB}/pinned_lists`),
  pinList: bob(
    (_, me) => `/2/users/${me}/pinned_lists`,
    ({ list }) => ({ list_id: list }),
  ),
  unpinList: bob(({ list }, me) => `/2/users/${me}/pinned_lists/${list}`),
  mediaUpload: network(
    () => '/2/media/upload',
    () => ({ media: 'bm90aGluZw==', media_category: 'tweet_image' }),
  ),
  initializeMediaUpload: network(
    () => '/2/media/upload/initialize',
    () => ({ media_type: 'image/png', total_bytes: 4, media_category: 'tweet_image' }),
  ),
  appendMediaUpload: bob(
    ({ upload }) => `/2/media/upload/${upload}/append`,
    () => ({ media: 'bm90aGluZw==', segment_index: 0 }),
  ),
  finalizeMediaUpload: bob(({ upload }) => `/2/media/upload/${upload}/finalize`),
  getMediaUploadStatus: bob(({ upload }) => `/2/media/upload?command=STATUS&media_id=${upload}`),
  createMediaMetadata: bob(
    () => '/2/media/metadata',
    ({ upload }) => ({ id: upload, metadata: { alt_text: { text: 'mine' } } }),
  ),
  getDirectMessagesEvents: network(() => '/2/dm_events'),
  getDirectMessagesEventsById: bob(({ message }) => `/2/dm_events/${message}`),
  deleteDirectMessagesEvents: bob(({ message }) => `/2/dm_events/${message}`),
  getDirectMessagesEventsByConversationId: bob(({ group }) => `/2/dm_conversations/${group}/dm_events`),
  getDirectMessagesEventsByParticipantId: network(() => `/2/dm_conversations/with/${CAROL}/dm_events`),
  createDirectMessagesByParticipantId: network(
    () => `/2/dm_conversations/with/${BOB}/messages`,
    ({ upload }) => ({ text: 'look', attachments: [{ media_id: upload }] }),
  ),
  createDirectMessagesByConversationId: bob(
    ({ pair }) => `/2/dm_conversations/${pair}/messages`,
    () => ({ text: 'I am one of you' }),
  ),
  createDirectMessagesConversation: network(
    () => '/2/dm_conversations',
    () => ({ conversation_type: 'Group', participant_ids: [BOB, CAROL], message: { text: 'hello' } }),
  ),
  createComplianceJobs: network(
    () => '/2/compliance/jobs',
    () => ({ type: 'tweets' }),
  ),
  getComplianceJobs: network(() => '/2/compliance/jobs?type=tweets'),
  getComplianceJobsById: app(({ job }) => `/2/compliance/jobs/${job}`),
  streamPostsCompliance: network(() => '/2/tweets/compliance/stream?partition=1'),
  streamUsersCompliance: network(() => '/2/users/compliance/stream?partition=1'),
  createWebhooks: network(
    () => '/2/webhooks',
    () => ({ url: 'https://10.0.0.1/hook' }),
  ),
  getWebhooks: network(() => '/2/webhooks'),
  validateWebhooks: app(({ webhook }) => `/2/webhooks/${webhook}`),
  deleteWebhooks: app(({ webhook }) => `/2/webhooks/${webhook}`),
  createWebhookReplayJob: app(
    () => '/2/webhooks/replay',
    ({ webhook }) => ({ webhook_id: webhook, ...MINUTES }),
  ),
  createWebhooksStreamLink: app(({ webhook }) => `/2/tweets/search/webhooks/${webhook}`),
  getWebhooksStreamLinks: network(() => '/2/tweets/search/webhooks'),
  deleteWebhooksStreamLink: app(({ webhook }) => `/2/tweets/search/webhooks/${webhook}`),
  createAccountActivitySubscription: app(({ webhook }) => `${all}/${webhook}/subscriptions/all`),
  validateAccountActivitySubscription: app(({ webhook }) => `${all}/${webhook}/subscriptions/all`),
  getAccountActivitySubscriptions: app(({ webhook }) => `${all}/${webhook}/subscriptions/all/list`),
  getAccountActivitySubscriptionCount: network(() => '/2/account_activity/subscriptions/count'),
  deleteAccountActivitySubscription: app(({ webhook }) => `${all}/${webhook}/subscriptions/${BOB}/all`),
  createAccountActivityReplayJob: app(
    ({ webhook }) =>
      `/2/account_activity/replay/webhooks/${webhook}/subscriptions/all?${new URLSearchParams(MINUTES)}`,
  ),
};

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const form =
  (whose: Whose) =>
  (url: string, fields: (names: Names) => Record<string, string>): Case => ({
    whose,
    request: (names) => ({ url, form: String(new URLSearchParams(fields(names))), headers: FORM }),
  });
const page = form('app');
const authorize = ({ client }: Names) => ({
  client_id: client,
  redirect_uri: 'https://elsewhere.example/',
  response_type: 'code',
  scope: 'tweet.read',
  code_challenge: 'c'.repeat(43),
});
const authorizing = (names: Names) => new URLSearchParams(authorize(names));
const code = ({ client }: Names) => ({
  grant_type: 'authorization_code',
  client_id: client,
  code: 'guessed',
  redirect_uri: 'https://victim.example/back',
  code_verifier: 'c'.repeat(43),
});
const upload = (command: string) =>
  bob(
    ({ upload: id }) => `/1.1/media/upload.json?command=${command}&media_id=${id}`,
    () => ({}),
  );

/** The routes beside the operations, by method and path as they are registered. */
export const OTHER_ROUTES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(PUBLIC_PAGES.map((route) => [route, network(() => route.split(' ')[1]!)])),
  'GET /favicon.ico': network(() => '/favicon.ico'),
  'GET /metrics': network(() => '/metrics'),
  'POST /v1/posts': network(
    () => '/v1/posts',
    ({ post }) => ({ kind: 'delete-post', id: post, at: 1 }),
  ),
  'GET /ledger/:log/*': of('licensee')(({ log }) => `/ledger/${log}/receipts/0`),
  'GET /media/:name': network(() => '/media/AAAAAAAAAAAAAAAAAAAAAA.png'),
  'HEAD /media/:name': network(() => '/media/AAAAAAAAAAAAAAAAAAAAAA.png'),
  'POST /compliance/uploads/:id': {
    whose: 'app',
    request: ({ job }) => ({
      url: `/compliance/uploads/${job}?token=guessed`,
      headers: { 'x-goog-resumable': 'start' },
    }),
  },
  'PUT /compliance/uploads/:id': app(
    ({ job }) => `/compliance/uploads/${job}?token=guessed`,
    () => '1',
  ),
  'GET /compliance/results/:id': app(({ job }) => `/compliance/results/${job}?token=guessed`),
  'POST /1.1/media/upload.json': upload('FINALIZE'),
  'GET /1.1/media/upload.json': upload('STATUS'),
  'POST /1.1/media/metadata/create.json': bob(
    () => '/1.1/media/metadata/create.json',
    ({ upload: id }) => ({ media_id: id, alt_text: { text: 'mine' } }),
  ),
  'GET /1.1/account/verify_credentials.json': bob(() => '/1.1/account/verify_credentials.json'),
  // An app's address to come back to is not told either.
  'GET /i/oauth2/authorize': network((names) => `/i/oauth2/authorize?${authorizing(names)}`),
  'POST /i/oauth2/authorize': page('/i/oauth2/authorize', authorize),
  'POST /oauth2/token': page('/oauth2/token', () => ({ grant_type: 'client_credentials' })),
  'POST /oauth2/invalidate_token': page('/oauth2/invalidate_token', () => ({ access_token: 'guessed' })),
  'POST /2/oauth2/token': form('network')('/2/oauth2/token', code),
  'POST /2/oauth2/revoke': form('network')('/2/oauth2/revoke', ({ client }) => ({
    client_id: client,
    token: 'guessed',
  })),
  'GET /oauth/authorize': network(() => '/oauth/authorize?oauth_token=guessed'),
  'GET /oauth/authenticate': network(() => '/oauth/authenticate?oauth_token=guessed'),
  'GET /i/oauth/authenticate': network(() => '/i/oauth/authenticate?oauth_token=guessed'),
  'POST /oauth/authorize': page('/oauth/authorize', () => ({ oauth_token: 'guessed' })),
  'POST /oauth/request_token': page('/oauth/request_token', () => ({ oauth_callback: 'oob' })),
  'POST /oauth/access_token': page('/oauth/access_token', () => ({ oauth_verifier: '1234567' })),
  'POST /oauth/invalidate_token': page('/oauth/invalidate_token', () => ({})),
  'POST /1.1/oauth/invalidate_token': page('/1.1/oauth/invalidate_token', () => ({})),
  'POST /1.1/oauth/invalidate_token.json': page('/1.1/oauth/invalidate_token.json', () => ({})),
  'GET /sign-in': network(() => `/sign-in?next=https%3A%2F%2Felsewhere.example`),
  'POST /sign-in': page('/sign-in', () => ({ username: 'bob', password: 'guessed-password' })),
  'GET /sign-in/return': network(() => '/sign-in/return?token=guessed&state=guessed'),
  'POST /sign-out': page('/sign-out', () => ({})),
  'GET /settings/apps': network(() => '/settings/apps'),
  'POST /settings/apps': page('/settings/apps', ({ client }) => ({ app: client })),
  'GET /settings/password': network(() => '/settings/password'),
  'POST /settings/password': page('/settings/password', () => ({
    password: 'new password',
    again: 'new password',
  })),
};
