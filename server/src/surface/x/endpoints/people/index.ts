import type { Operation } from '../../operation.ts';
import { getPostsLikingUsers } from './getPostsLikingUsers.ts';
import { getPostsQuotedPosts } from './getPostsQuotedPosts.ts';
import { getPostsRepostedBy } from './getPostsRepostedBy.ts';
import { getPostsReposts } from './getPostsReposts.ts';
import { getUsersBlocking } from './getUsersBlocking.ts';
import { getUsersBookmarks } from './getUsersBookmarks.ts';
import { getUsersFollowers } from './getUsersFollowers.ts';
import { getUsersFollowing } from './getUsersFollowing.ts';
import { getUsersLikedPosts } from './getUsersLikedPosts.ts';
import { getUsersMuting } from './getUsersMuting.ts';
import { getUsersRepostsOfMe } from './getUsersRepostsOfMe.ts';
import { getUsersTimeline } from './getUsersTimeline.ts';
import { searchUsers } from './searchUsers.ts';

export const peopleOperations = [
  getPostsLikingUsers,
  getPostsRepostedBy,
  getPostsReposts,
  getPostsQuotedPosts,
  searchUsers,
  getUsersTimeline,
  getUsersLikedPosts,
  getUsersFollowers,
  getUsersFollowing,
  getUsersBlocking,
  getUsersMuting,
  getUsersBookmarks,
  getUsersRepostsOfMe,
] as unknown as readonly Operation[];
