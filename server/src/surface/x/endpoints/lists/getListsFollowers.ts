import { OF_LIST } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getListsFollowers = peoplePage({
  id: 'getListsFollowers',
  path: '/2/lists/{id}/followers',
  tag: 'Lists',
  summary: 'Who follows a list',
  about: 'Who followed it last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  of: OF_LIST,
  pageSize: [1, 100, 100],
  list: (deps, id) => related(deps, 'list-follow', { to: id }),
});
