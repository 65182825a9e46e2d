import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from './act.ts';

export const unfollowUser = operation({
  id: 'unfollowUser',
  path: '/2/users/{source_user_id}/following/{target_user_id}',
  method: 'DELETE',
  tag: 'Persons',
  summary: 'Follows a person no longer',
  about: 'A request that waits is withdrawn.',
  scopes: [...READING, 'follows.write'],
  own: true,
  parameters: {
    id: pathId('source_user_id', 'Id of the person, whose token it is.'),
    targetId: pathId('target_user_id', 'Id of the other person.'),
  },
  answer: 'Following',
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'follow', to: path.target_user_id ?? '' }),
    () => ({ following: false }),
  ),
});
