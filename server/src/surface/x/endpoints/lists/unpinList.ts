import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from '../writing/act.ts';

export const unpinList = operation({
  id: 'unpinList',
  path: '/2/users/{id}/pinned_lists/{list_id}',
  method: 'DELETE',
  tag: 'Lists',
  summary: 'Pins a list no more',
  about: 'What is not pinned stays so.',
  own: true,
  scopes: [...READING, 'list.write'],
  parameters: {
    ...OWN_ID,
    listId: pathId('list_id', 'Id of the list.'),
  },
  answer: 'ListPinned',
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'list-pin', to: path.list_id ?? '' }),
    () => ({ pinned: false }),
  ),
});
