import { OF_LIST } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getListsMembers = peoplePage({
  id: 'getListsMembers',
  path: '/2/lists/{id}/members',
  tag: 'Lists',
  summary: 'Who is on a list',
  about: 'Who was put on it last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  of: OF_LIST,
  pageSize: [1, 100, 100],
  list: (deps, id) => related(deps, 'list-member', { from: id }),
});
