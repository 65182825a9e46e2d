import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting } from '../writing/act.ts';
import { listIdOf } from './body.ts';

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
  parameters: OWN_ID,
  answer: 'ListPinned',
  ...acting(
    ({ body }) => ({ kind: 'relate', relation: 'list-pin', to: listIdOf(body) }),
    () => ({ pinned: true }),
  ),
});
