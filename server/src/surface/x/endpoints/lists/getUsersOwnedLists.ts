import { OF_PERSON } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { listsPage, ownedBy } from '../../page/list-page.ts';

export const getUsersOwnedLists = listsPage({
  id: 'getUsersOwnedLists',
  path: '/2/users/{id}/owned_lists',
  tag: 'Lists',
  summary: 'Lists that a person made',
  about: 'Newest first. Private ones are shown to the person alone.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  of: OF_PERSON,
  pageSize: [1, 100, 100],
  list: ownedBy,
});
