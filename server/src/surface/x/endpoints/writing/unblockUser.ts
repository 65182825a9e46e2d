import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from './act.ts';

export const unblockUser = operation({
  id: 'unblockUser',
  path: '/2/users/{source_user_id}/blocking/{target_user_id}',
  method: 'DELETE',
  tag: 'Persons',
  summary: 'Blocks a person no longer',
  about: 'Follows that the block ended do not come back.',
  scopes: [...READING, 'block.write'],
  own: true,
  parameters: {
    id: pathId('source_user_id', 'Id of the person, whose token it is.'),
    targetId: pathId('target_user_id', 'Id of the other person.'),
  },
  answer: 'Blocking',
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'block', to: path.target_user_id ?? '' }),
    () => ({ blocking: false }),
  ),
});
