import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { acting, listIdOf } from './acting.ts';

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
  parameters: {
    id: pathId('id', 'Id of the person, whose token it is.'),
  },
  answer: 'ListFollowing',
  prepare: () => undefined,
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'list-follow', to: listIdOf(body) }),
    () => ({ following: true }),
  ),
});
