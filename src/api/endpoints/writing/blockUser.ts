import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, personIdOf, said } from './act.ts';

export const blockUser = operation({
  id: 'blockUser',
  path: '/2/users/{id}/blocking',
  method: 'POST',
  tag: 'Persons',
  summary: 'Blocks a person',
  about: 'Neither follows the other from then on, nor answers, likes, reposts or quotes.',
  auth: ['person'],
  scopes: [...READING, 'block.write'],
  own: true,
  writes: true,
  body: 'PersonId',
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
  },
  answer: 'Blocking',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ blocking: true });
  },
});

function wanted({ body }: Asked<unknown>) {
  return { kind: 'relate', relation: 'block', to: personIdOf(body) } as const;
}
