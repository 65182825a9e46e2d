import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { acting } from './acting.ts';

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
    id: pathId('id', 'Id of the person, whose token it is.'),
    listId: pathId('list_id', 'Id of the list.'),
  },
  answer: 'ListPinned',
  prepare: () => undefined,
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'list-pin', to: path.list_id ?? '' }),
    () => ({ pinned: false }),
  ),
});
