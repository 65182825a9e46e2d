import { acting } from '../../acting.ts';
import { readId } from '../../list-body.ts';
import { operation, READING } from '../../operation.ts';

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
    id: { name: 'id', in: 'path', kind: 'id', required: true, about: 'Id of the person, whose token it is.' },
  },
  answer: 'ListPinned',
  prepare: () => undefined,
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'list-pin', to: readId(body, 'list_id') }),
    () => ({ pinned: true }),
  ),
});
