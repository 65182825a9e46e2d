import { operations } from '#api';
import type { Change } from '#posts';
import { type Api, checkReply, person, post, type Reply, read } from './api.ts';

/** An address that each operation answers with 200, for an app or for the person 101. */
export const GOOD: Record<string, string> = {
  getPostsByIds: '/2/tweets?ids=1',
  getPostsById: '/2/tweets/1',
  searchPostsRecent: '/2/tweets/search/recent?query=a1',
  searchPostsAll: '/2/tweets/search/all?query=a1',
  getPostsCountsRecent: '/2/tweets/counts/recent?query=a1&granularity=day',
  getPostsCountsAll: '/2/tweets/counts/all?query=a1&granularity=day',
  getUsersByIds: '/2/users?ids=101',
  getUsersById: '/2/users/101',
  getUsersByUsernames: '/2/users/by?usernames=alice',
  getUsersByUsername: '/2/users/by/username/alice',
  getUsersMe: '/2/users/me',
  getUsersPosts: '/2/users/101/tweets',
  getUsersMentions: '/2/users/101/mentions',
  getUsage: '/2/usage/tweets',
  streamPosts: '/2/tweets/search/stream',
  streamPostsSample: '/2/tweets/sample/stream',
  streamPostsSample10: '/2/tweets/sample10/stream?partition=1',
  streamPostsFirehose: '/2/tweets/firehose/stream?partition=1',
  getRules: '/2/tweets/search/stream/rules',
  updateRules: '/2/tweets/search/stream/rules',
  getRuleCounts: '/2/tweets/search/stream/rules/counts',
  getConnectionHistory: '/2/connections',
  deleteConnectionsByUuids: '/2/connections',
  deleteAllConnections: '/2/connections/all',
  deleteConnectionsByEndpoint: '/2/connections/sample_stream',
  createPosts: '/2/tweets',
  deletePosts: '/2/tweets/1',
  hidePostsReply: '/2/tweets/2/hidden',
  likePost: '/2/users/101/likes',
  unlikePost: '/2/users/101/likes/1',
  repostPost: '/2/users/101/retweets',
  unrepostPost: '/2/users/101/retweets/1',
  createUsersBookmark: '/2/users/101/bookmarks',
  deleteUsersBookmark: '/2/users/101/bookmarks/1',
  followUser: '/2/users/101/following',
  unfollowUser: '/2/users/101/following/102',
  muteUser: '/2/users/101/muting',
  unmuteUser: '/2/users/101/muting/102',
  blockUser: '/2/users/101/blocking',
  unblockUser: '/2/users/101/blocking/102',
  getPostsLikingUsers: '/2/tweets/1/liking_users',
  getPostsRepostedBy: '/2/tweets/1/retweeted_by',
  getPostsReposts: '/2/tweets/1/retweets',
  getPostsQuotedPosts: '/2/tweets/1/quote_tweets',
  searchUsers: '/2/users/search?query=ali',
  getUsersTimeline: '/2/users/101/timelines/reverse_chronological',
  getUsersLikedPosts: '/2/users/101/liked_tweets',
  getUsersFollowers: '/2/users/101/followers',
  getUsersFollowing: '/2/users/101/following',
  getUsersBlocking: '/2/users/101/blocking',
  getUsersMuting: '/2/users/101/muting',
  getUsersBookmarks: '/2/users/101/bookmarks',
  getUsersRepostsOfMe: '/2/users/reposts_of_me',
  createLists: '/2/lists',
  getListsById: '/2/lists/1',
  updateLists: '/2/lists/1',
  deleteLists: '/2/lists/1',
  getListsMembers: '/2/lists/1/members',
  addListsMember: '/2/lists/1/members',
  removeListsMemberByUserId: '/2/lists/1/members/102',
  getListsFollowers: '/2/lists/1/followers',
  getListsPosts: '/2/lists/1/tweets',
  getUsersOwnedLists: '/2/users/101/owned_lists',
  getUsersListMemberships: '/2/users/101/list_memberships',
  getUsersFollowedLists: '/2/users/101/followed_lists',
  followList: '/2/users/101/followed_lists',
  unfollowList: '/2/users/101/followed_lists/1',
  getUsersPinnedLists: '/2/users/101/pinned_lists',
  pinList: '/2/users/101/pinned_lists',
  unpinList: '/2/users/101/pinned_lists/1',
  mediaUpload: '/2/media/upload',
  initializeMediaUpload: '/2/media/upload/initialize',
  appendMediaUpload: '/2/media/upload/1/append',
  finalizeMediaUpload: '/2/media/upload/1/finalize',
  getMediaUploadStatus: '/2/media/upload?media_id=1',
  createMediaMetadata: '/2/media/metadata',
  getDirectMessagesEvents: '/2/dm_events',
  getDirectMessagesEventsById: '/2/dm_events/1',
  deleteDirectMessagesEvents: '/2/dm_events/1',
  getDirectMessagesEventsByConversationId: '/2/dm_conversations/101-102/dm_events',
  getDirectMessagesEventsByParticipantId: '/2/dm_conversations/with/102/dm_events',
  createDirectMessagesByParticipantId: '/2/dm_conversations/with/102/messages',
  createDirectMessagesByConversationId: '/2/dm_conversations/101-102/messages',
  createDirectMessagesConversation: '/2/dm_conversations',
  createComplianceJobs: '/2/compliance/jobs',
  getComplianceJobs: '/2/compliance/jobs?type=tweets',
  getComplianceJobsById: '/2/compliance/jobs/1',
  streamPostsCompliance: '/2/tweets/compliance/stream?partition=1',
  streamUsersCompliance: '/2/users/compliance/stream?partition=1',
};
/** What stands before the good addresses are tried: acts are refused on what is not there. */
export const GROUND: readonly Change[] = [
  person('101', { username: 'alice' }),
  person('102', { username: 'bob' }),
  post(9, { id: '1' }),
  post(8, {
    id: '2',
    authorId: '102',
    conversationId: '1',
    inReplyToPersonId: '101',
    references: [{ type: 'replied_to', id: '1' }],
  }),
  {
    kind: 'list',
    list: { id: '1', ownerId: '101', name: 'Friends', description: '', private: false, createdAt: 0 },
  },
];

/** What is sent to those that take a body. */
const BODIES: Record<string, object> = {
  updateRules: { add: [{ value: 'coffee' }] },
  deleteConnectionsByUuids: { uuids: ['x'] },
  createDirectMessagesByParticipantId: { text: 'hello' },
  createDirectMessagesByConversationId: { text: 'hello' },
  createDirectMessagesConversation: {
    conversation_type: 'Group',
    participant_ids: ['102', '103'],
    message: { text: 'hello' },
  },
  createComplianceJobs: { type: 'tweets' },
  createPosts: { text: 'Good morning' },
  hidePostsReply: { hidden: true },
  likePost: { tweet_id: '1' },
  repostPost: { tweet_id: '2' },
  createUsersBookmark: { tweet_id: '1' },
  followUser: { target_user_id: '102' },
  muteUser: { target_user_id: '102' },
  blockUser: { target_user_id: '102' },
  createMediaMetadata: { id: '1', metadata: { alt_text: { text: 'a cat' } } },
  createLists: { name: 'Friends' },
  updateLists: { name: 'Friends' },
  addListsMember: { user_id: '102' },
  followList: { list_id: '1' },
  pinList: { list_id: '1' },
};

/**
 * The operation's good address with its own method. Streams are asked what they cost, for their answer has no end, and so
 * is what changes something, for it is tried elsewhere.
 */
export async function ask(api: Api, id: string, authorization: string | undefined): Promise<Reply> {
  const { method = 'GET', opens, writes } = operations.find((one) => one.id === id)!;
  const reply = await api.server.inject({
    method,
    url: GOOD[id]!,
    // Each operation from an address of its own: 150 failures of one address are another test's.
    remoteAddress: `10.0.0.${1 + operations.findIndex((one) => one.id === id)}`,
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(opens || writes ? { 'parley-dry-run': '1' } : {}),
    },
    payload: BODIES[id],
  });
  const result = read(reply);
  checkReply(GOOD[id]!, result, method.toLowerCase());
  return result;
}
