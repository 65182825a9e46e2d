import { operation, READING } from '../../operation.ts';
import { acting } from '../writing/act.ts';
import { newListOf } from './body.ts';

export const createLists = operation({
  id: 'createLists',
  path: '/2/lists',
  method: 'POST',
  status: 201,
  tag: 'Lists',
  summary: 'Makes a list',
  about: 'The list is of the person whose token it is. A private one is seen by nobody else.',
  scopes: [...READING, 'list.read', 'list.write'],
  body: 'NewList',
  parameters: {},
  answer: 'ListMade',
  ...acting(
    ({ body }) => ({ kind: 'create-list', ...newListOf(body) }),
    ({ list }) => ({ id: list?.id, name: list?.name }),
    201,
  ),
});
