import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting, personIdOf } from './act.ts';

export const followUser = operation({
  id: 'followUser',
  path: '/2/users/{id}/following',
  method: 'POST',
  tag: 'Persons',
  summary: 'Follows a person',
  about: 'Somebody protected has to grant it first: then `pending_follow` is true.',
  scopes: [...READING, 'follows.write'],
  own: true,
  body: 'PersonId',
  parameters: OWN_ID,
  answer: 'Following',
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'follow', to: personIdOf(body) }),
    (done) => ({ following: !done.isPending, pending_follow: done.isPending === true }),
  ),
});
