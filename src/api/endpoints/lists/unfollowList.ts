import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { acting } from './acting.ts';

export const unfollowList = operation({
  id: 'unfollowList',
  path: '/2/users/{id}/followed_lists/{list_id}',
  method: 'DELETE',
  tag: 'Lists',
  summary: 'Follows a list no more',
  about: 'Who does not follow it stays so.',
  own: true,
  scopes: [...READING, 'list.write'],
  parameters: {
    id: pathId('id', 'Id of the person, whose token it is.'),
    listId: pathId('list_id', 'Id of the list.'),
  },
  answer: 'ListFollowing',
  prepare: () => undefined,
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'list-follow', to: path.list_id ?? '' }),
    () => ({ following: false }),
  ),
});
