import { OF_SELF } from '../../answer/subject.ts';
import { READING } from '../../operation.ts';
import { peoplePage } from '../../page/person-page.ts';
import { related } from '../../page/relation-page.ts';

export const getUsersMuting = peoplePage({
  id: 'getUsersMuting',
  path: '/2/users/{id}/muting',
  tag: 'Persons',
  summary: 'Whom a person mutes',
  about: 'Who was muted last comes first. Nobody else sees it.',
  auth: ['person'],
  own: true,
  scopes: [...READING, 'mute.read'],
  of: OF_SELF,
  pageSize: [1, 1_000, 100],
  list: (deps, id) => related(deps, 'mute', { from: id }),
});
