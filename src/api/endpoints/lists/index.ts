import type { Operation } from '../../operation.ts';
import { getListsById } from './getListsById.ts';
import { getListsFollowers } from './getListsFollowers.ts';
import { getListsMembers } from './getListsMembers.ts';
import { getListsPosts } from './getListsPosts.ts';
import { getUsersFollowedLists } from './getUsersFollowedLists.ts';
import { getUsersListMemberships } from './getUsersListMemberships.ts';
import { getUsersOwnedLists } from './getUsersOwnedLists.ts';
import { getUsersPinnedLists } from './getUsersPinnedLists.ts';

export const listsOperations = [
  getListsById,
  getListsMembers,
  getListsFollowers,
  getListsPosts,
  getUsersOwnedLists,
  getUsersListMemberships,
  getUsersFollowedLists,
  getUsersPinnedLists,
] as unknown as readonly Operation[];
