import { OF_PERSON } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { listsPage } from '../../page/list-page.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersListMemberships = listsPage({
  id: 'getUsersListMemberships',
  path: '/2/users/{id}/list_memberships',
  tag: 'Lists',
  summary: 'Lists that a person is on',
  about: 'Where they were put last comes first. Of private lists the owner alone knows.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  of: OF_PERSON,
  pageSize: [1, 100, 100],
  list: (deps, id) => related(deps, 'list-member', { to: id }),
});
