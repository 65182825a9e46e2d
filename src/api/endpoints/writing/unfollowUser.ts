import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';

export const unfollowUser = operation({
  id: 'unfollowUser',
  path: '/2/users/{source_user_id}/following/{target_user_id}',
  method: 'DELETE',
  tag: 'Persons',
  summary: 'Follows a person no longer',
  about: 'A request that waits is withdrawn.',
  auth: ['person'],
  scopes: [...READING, 'follows.write'],
  own: true,
  writes: true,
  parameters: {
    id: pathId('source_user_id', 'The person whose token it is.'),
    targetId: pathId('target_user_id', 'Id of the other person.'),
  },
  answer: 'Following',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ following: false });
  },
});

function wanted({ path }: Asked<unknown>) {
  return { kind: 'unrelate', relation: 'follow', to: path.target_user_id ?? '' } as const;
}
