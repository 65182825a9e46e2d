import { LIST_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting } from '../writing/act.ts';
import { listChangeOf } from './body.ts';

export const updateLists = operation({
  id: 'updateLists',
  path: '/2/lists/{id}',
  method: 'PUT',
  tag: 'Lists',
  summary: 'Changes a list',
  about: 'Only its owner can. What the body does not name stays as it is.',
  scopes: [...READING, 'list.write'],
  body: 'ListChange',
  parameters: LIST_ID,
  answer: 'ListUpdated',
  ...acting(
    ({ body, subject }) => ({ kind: 'update-list', listId: subject, ...listChangeOf(body) }),
    () => ({ updated: true }),
  ),
});
