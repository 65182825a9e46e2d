import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';

export const unblockUser = operation({
  id: 'unblockUser',
  path: '/2/users/{source_user_id}/blocking/{target_user_id}',
  method: 'DELETE',
  tag: 'Persons',
  summary: 'Blocks a person no longer',
  about: 'Follows that the block ended do not come back.',
  auth: ['person'],
  scopes: [...READING, 'block.write'],
  own: true,
  writes: true,
  parameters: {
    id: pathId('source_user_id', 'The person whose token it is.'),
    targetId: pathId('target_user_id', 'Id of the other person.'),
  },
  answer: 'Blocking',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ blocking: false });
  },
});

function wanted({ path }: Asked<unknown>) {
  return { kind: 'unrelate', relation: 'block', to: path.target_user_id ?? '' } as const;
}
