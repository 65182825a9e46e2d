import type { Operation } from '../operation.ts';
import { complianceOperations } from './compliance/index.ts';
import { deleteAllConnections } from './deleteAllConnections.ts';
import { deleteConnectionsByEndpoint } from './deleteConnectionsByEndpoint.ts';
import { deleteConnectionsByUuids } from './deleteConnectionsByUuids.ts';
import { getConnectionHistory } from './getConnectionHistory.ts';
import { getPostsById } from './getPostsById.ts';
import { getPostsByIds } from './getPostsByIds.ts';
import { getPostsCountsAll } from './getPostsCountsAll.ts';
import { getPostsCountsRecent } from './getPostsCountsRecent.ts';
import { getRuleCounts } from './getRuleCounts.ts';
import { getRules } from './getRules.ts';
import { getUsage } from './getUsage.ts';
import { getUsersById } from './getUsersById.ts';
import { getUsersByIds } from './getUsersByIds.ts';
import { getUsersByUsername } from './getUsersByUsername.ts';
import { getUsersByUsernames } from './getUsersByUsernames.ts';
import { getUsersMe } from './getUsersMe.ts';
import { getUsersMentions } from './getUsersMentions.ts';
import { getUsersPosts } from './getUsersPosts.ts';
import { listsOperations } from './lists/index.ts';
import { mediaOperations, olderMediaOperations } from './media/index.ts';
import { messagesOperations } from './messages/index.ts';
import { peopleOperations } from './people/index.ts';
import { searchPostsAll } from './searchPostsAll.ts';
import { searchPostsRecent } from './searchPostsRecent.ts';
import { streamPosts } from './streamPosts.ts';
import { streamPostsFirehose } from './streamPostsFirehose.ts';
import { streamPostsSample } from './streamPostsSample.ts';
import { streamPostsSample10 } from './streamPostsSample10.ts';
import { updateRules } from './updateRules.ts';
import { verifyCredentials } from './verifyCredentials.ts';
import { webhooksOperations } from './webhooks/index.ts';
import { writingOperations } from './writing/index.ts';

/** Every metered endpoint, in the order of the reference. Each one's own types stay behind its declaration. */
export const operations = [
  getPostsByIds,
  getPostsById,
  searchPostsRecent,
  searchPostsAll,
  getPostsCountsRecent,
  getPostsCountsAll,
  getUsersByIds,
  getUsersById,
  getUsersByUsernames,
  getUsersByUsername,
  getUsersMe,
  getUsersPosts,
  getUsersMentions,
  getUsage,
  streamPosts,
  streamPostsSample,
  streamPostsSample10,
  streamPostsFirehose,
  getRules,
  updateRules,
  getRuleCounts,
  getConnectionHistory,
  deleteConnectionsByUuids,
  deleteAllConnections,
  deleteConnectionsByEndpoint,
  ...writingOperations,
  ...peopleOperations,
  ...listsOperations,
  ...mediaOperations,
  ...messagesOperations,
  ...complianceOperations,
  ...webhooksOperations,
] as unknown as readonly Operation[];

/** The addresses of v1.1 that clients of v2 still use, each the operation of v2 that it stands for. Not in the document. */
export const olderOperations = [
  ...olderMediaOperations,
  verifyCredentials,
] as unknown as readonly Operation[];
