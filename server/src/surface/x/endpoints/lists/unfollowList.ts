import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from '../writing/act.ts';

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
    ...OWN_ID,
    listId: pathId('list_id', 'Id of the list.'),
  },
  answer: 'ListFollowing',
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'list-follow', to: path.list_id ?? '' }),
    () => ({ following: false }),
  ),
});
