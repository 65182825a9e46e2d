import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from './act.ts';

export const unmuteUser = operation({
  id: 'unmuteUser',
  path: '/2/users/{source_user_id}/muting/{target_user_id}',
  method: 'DELETE',
  tag: 'Persons',
  summary: 'Mutes a person no longer',
  about: 'Where it was not so, nothing changes.',
  scopes: [...READING, 'mute.write'],
  own: true,
  parameters: {
    id: pathId('source_user_id', 'Id of the person, whose token it is.'),
    targetId: pathId('target_user_id', 'Id of the other person.'),
  },
  answer: 'Muting',
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'mute', to: path.target_user_id ?? '' }),
    () => ({ muting: false }),
  ),
});
