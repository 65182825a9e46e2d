import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting } from '../writing/act.ts';
import { listIdOf } from './body.ts';

export const followList = operation({
  id: 'followList',
  path: '/2/users/{id}/followed_lists',
  method: 'POST',
  tag: 'Lists',
  summary: 'Follows a list',
  about: 'A private list can be followed by its owner only.',
  own: true,
  scopes: [...READING, 'list.write'],
  body: 'ListId',
  parameters: OWN_ID,
  answer: 'ListFollowing',
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'list-follow', to: listIdOf(body) }),
    () => ({ following: true }),
  ),
});
