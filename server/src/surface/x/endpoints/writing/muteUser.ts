import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting, personIdOf } from './act.ts';

export const muteUser = operation({
  id: 'muteUser',
  path: '/2/users/{id}/muting',
  method: 'POST',
  tag: 'Persons',
  summary: 'Mutes a person',
  about: 'Their posts leave the home timeline; they are not told.',
  scopes: [...READING, 'mute.write'],
  own: true,
  body: 'PersonId',
  parameters: OWN_ID,
  answer: 'Muting',
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'mute', to: personIdOf(body) }),
    () => ({ muting: true }),
  ),
});
