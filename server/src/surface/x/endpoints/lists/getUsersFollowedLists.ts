import { OF_PERSON } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { listsPage } from '../../page/list-page.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersFollowedLists = listsPage({
  id: 'getUsersFollowedLists',
  path: '/2/users/{id}/followed_lists',
  tag: 'Lists',
  summary: 'Lists that a person follows',
  about: 'What was followed last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  of: OF_PERSON,
  pageSize: [1, 100, 100],
  list: (deps, id) => related(deps, 'list-follow', { from: id }),
});
