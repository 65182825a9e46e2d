import { READING } from '../../operation.ts';
import { peoplePage } from '../../person-page.ts';
import { related } from '../../relation-page.ts';
import { OF_PERSON } from '../../subject.ts';

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
  list: (world, id) => related(world, 'follow', { to: id }),
});
