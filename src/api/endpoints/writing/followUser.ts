import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, personIdOf, said } from './act.ts';

export const followUser = operation({
  id: 'followUser',
  path: '/2/users/{id}/following',
  method: 'POST',
  tag: 'Persons',
  summary: 'Follows a person',
  about: 'Somebody protected has to grant it first: then `pending_follow` is true.',
  auth: ['person'],
  scopes: [...READING, 'follows.write'],
  own: true,
  writes: true,
  body: 'PersonId',
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
  },
  answer: 'Following',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    const done = await act(asked, world, wanted(asked));
    return said({ following: !done.isPending, pending_follow: done.isPending === true });
  },
});

function wanted({ body }: Asked<unknown>) {
  return { kind: 'relate', relation: 'follow', to: personIdOf(body) } as const;
}
