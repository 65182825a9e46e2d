import { LIST_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting } from '../writing/act.ts';

export const deleteLists = operation({
  id: 'deleteLists',
  path: '/2/lists/{id}',
  method: 'DELETE',
  tag: 'Lists',
  summary: 'Deletes a list',
  about: 'Only its owner can. Its members and followers are gone with it.',
  scopes: [...READING, 'list.write'],
  parameters: LIST_ID,
  answer: 'ListDeleted',
  ...acting(
    ({ subject }) => ({ kind: 'delete-list', listId: subject }),
    () => ({ deleted: true }),
  ),
});
