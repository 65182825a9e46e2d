import { OF_SELF } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersBlocking = peoplePage({
  id: 'getUsersBlocking',
  path: '/2/users/{id}/blocking',
  tag: 'Persons',
  summary: 'Whom a person blocks',
  about: 'Who was blocked last comes first. Nobody else sees it.',
  auth: ['person'],
  own: true,
  scopes: [...READING, 'block.read'],
  of: OF_SELF,
  pageSize: [1, 1_000, 100],
  list: (deps, id) => related(deps, 'block', { from: id }),
});
