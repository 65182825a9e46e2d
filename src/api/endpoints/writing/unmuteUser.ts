import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';

export const unmuteUser = operation({
  id: 'unmuteUser',
  path: '/2/users/{source_user_id}/muting/{target_user_id}',
  method: 'DELETE',
  tag: 'Persons',
  summary: 'Mutes a person no longer',
  about: 'Where it was not so, nothing changes.',
  auth: ['person'],
  scopes: [...READING, 'mute.write'],
  own: true,
  writes: true,
  parameters: {
    id: pathId('source_user_id', 'The person whose token it is.'),
    targetId: pathId('target_user_id', 'Id of the other person.'),
  },
  answer: 'Muting',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ muting: false });
  },
});

function wanted({ path }: Asked<unknown>) {
  return { kind: 'unrelate', relation: 'mute', to: path.target_user_id ?? '' } as const;
}
