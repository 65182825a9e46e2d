import type { Operation } from '../../operation.ts';
import { addListsMember } from './addListsMember.ts';
import { createLists } from './createLists.ts';
import { deleteLists } from './deleteLists.ts';
import { followList } from './followList.ts';
import { getListsById } from './getListsById.ts';
import { getListsFollowers } from './getListsFollowers.ts';
import { getListsMembers } from './getListsMembers.ts';
import { getListsPosts } from './getListsPosts.ts';
import { getUsersFollowedLists } from './getUsersFollowedLists.ts';
import { getUsersListMemberships } from './getUsersListMemberships.ts';
import { getUsersOwnedLists } from './getUsersOwnedLists.ts';
import { getUsersPinnedLists } from './getUsersPinnedLists.ts';
import { pinList } from './pinList.ts';
import { removeListsMemberByUserId } from './removeListsMemberByUserId.ts';
import { unfollowList } from './unfollowList.ts';
import { unpinList } from './unpinList.ts';
import { updateLists } from './updateLists.ts';

export const listsOperations = [
  createLists,
  getListsById,
  updateLists,
  deleteLists,
  getListsMembers,
  addListsMember,
  removeListsMemberByUserId,
  getListsFollowers,
  getListsPosts,
  getUsersOwnedLists,
  getUsersListMemberships,
  getUsersFollowedLists,
  followList,
  unfollowList,
  getUsersPinnedLists,
  pinList,
  unpinList,
] as unknown as readonly Operation[];
