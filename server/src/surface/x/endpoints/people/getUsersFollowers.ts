import { OF_PERSON } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersFollowers = peoplePage({
  id: 'getUsersFollowers',
  path: '/2/users/{id}/followers',
  tag: 'Persons',
  summary: 'Who follows a person',
  about: 'Who followed last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'follows.read'],
  of: OF_PERSON,
  pageSize: [1, 1_000, 100],
  list: (deps, id) => related(deps, 'follow', { to: id }),
});
