import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, personIdOf, said } from './act.ts';

export const muteUser = operation({
  id: 'muteUser',
  path: '/2/users/{id}/muting',
  method: 'POST',
  tag: 'Persons',
  summary: 'Mutes a person',
  about: 'Their posts leave the home timeline; they are not told.',
  auth: ['person'],
  scopes: [...READING, 'mute.write'],
  own: true,
  writes: true,
  body: 'PersonId',
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
  },
  answer: 'Muting',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ muting: true });
  },
});

function wanted({ body }: Asked<unknown>) {
  return { kind: 'relate', relation: 'mute', to: personIdOf(body) } as const;
}
