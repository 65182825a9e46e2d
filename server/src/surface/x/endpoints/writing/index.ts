import type { Operation } from '../../operation.ts';
import { blockUser } from './blockUser.ts';
import { createPosts } from './createPosts.ts';
import { createUsersBookmark } from './createUsersBookmark.ts';
import { deletePosts } from './deletePosts.ts';
import { deleteUsersBookmark } from './deleteUsersBookmark.ts';
import { followUser } from './followUser.ts';
import { hidePostsReply } from './hidePostsReply.ts';
import { likePost } from './likePost.ts';
import { muteUser } from './muteUser.ts';
import { repostPost } from './repostPost.ts';
import { unblockUser } from './unblockUser.ts';
import { unfollowUser } from './unfollowUser.ts';
import { unlikePost } from './unlikePost.ts';
import { unmuteUser } from './unmuteUser.ts';
import { unrepostPost } from './unrepostPost.ts';

export const writingOperations = [
  createPosts,
  deletePosts,
  hidePostsReply,
  likePost,
  unlikePost,
  repostPost,
  unrepostPost,
  createUsersBookmark,
  deleteUsersBookmark,
  followUser,
  unfollowUser,
  muteUser,
  unmuteUser,
  blockUser,
  unblockUser,
] as unknown as readonly Operation[];
