import type { Operation } from '../operation.ts';
import { getPostsById } from './getPostsById.ts';
import { getPostsByIds } from './getPostsByIds.ts';
import { getPostsCountsAll } from './getPostsCountsAll.ts';
import { getPostsCountsRecent } from './getPostsCountsRecent.ts';
import { getUsage } from './getUsage.ts';
import { getUsersById } from './getUsersById.ts';
import { getUsersByIds } from './getUsersByIds.ts';
import { getUsersByUsername } from './getUsersByUsername.ts';
import { getUsersByUsernames } from './getUsersByUsernames.ts';
import { getUsersMentions } from './getUsersMentions.ts';
import { getUsersPosts } from './getUsersPosts.ts';
import { searchPostsAll } from './searchPostsAll.ts';
import { searchPostsRecent } from './searchPostsRecent.ts';

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
  getUsersPosts,
  getUsersMentions,
  getUsage,
] as unknown as readonly Operation[];
