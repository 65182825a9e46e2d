import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { acting, listIdOf } from './acting.ts';

export const pinList = operation({
  id: 'pinList',
  path: '/2/users/{id}/pinned_lists',
  method: 'POST',
  tag: 'Lists',
  summary: 'Pins a list',
  about: 'A private list can be pinned by its owner only.',
  own: true,
  scopes: [...READING, 'list.write'],
  body: 'ListId',
  parameters: {
    id: pathId('id', 'Id of the person, whose token it is.'),
  },
  answer: 'ListPinned',
  prepare: () => undefined,
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'list-pin', to: listIdOf(body) }),
    () => ({ pinned: true }),
  ),
});
