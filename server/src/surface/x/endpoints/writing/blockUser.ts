import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting, personIdOf } from './act.ts';

export const blockUser = operation({
  id: 'blockUser',
  path: '/2/users/{id}/blocking',
  method: 'POST',
  tag: 'Persons',
  summary: 'Blocks a person',
  about: 'Neither follows the other from then on, nor answers, likes, reposts or quotes.',
  scopes: [...READING, 'block.write'],
  own: true,
  body: 'PersonId',
  parameters: OWN_ID,
  answer: 'Blocking',
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'block', to: personIdOf(body) }),
    () => ({ blocking: true }),
  ),
});
