import { listsPage, ownedBy } from '../../list-page.ts';
import { READING } from '../../operation.ts';
import { OF_PERSON } from '../../subject.ts';

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
