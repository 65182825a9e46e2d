import { OF_PERSON } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersFollowing = peoplePage({
  id: 'getUsersFollowing',
  path: '/2/users/{id}/following',
  tag: 'Persons',
  summary: 'Whom a person follows',
  about: 'Who was followed last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'follows.read'],
  of: OF_PERSON,
  pageSize: [1, 1_000, 100],
  list: (deps, id) => related(deps, 'follow', { from: id }),
});
