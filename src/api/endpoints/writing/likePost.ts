import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, postIdOf, said } from './act.ts';

export const likePost = operation({
  id: 'likePost',
  path: '/2/users/{id}/likes',
  method: 'POST',
  tag: 'Posts',
  summary: 'Likes a post',
  about: 'Liking it twice is liking it once.',
  auth: ['person'],
  scopes: [...READING, 'like.write'],
  own: true,
  writes: true,
  body: 'PostId',
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
  },
  answer: 'Liked',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ liked: true });
  },
});

function wanted({ body }: Asked<unknown>) {
  return { kind: 'relate', relation: 'like', to: postIdOf(body) } as const;
}
