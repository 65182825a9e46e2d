import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, postIdOf, said } from './act.ts';

export const repostPost = operation({
  id: 'repostPost',
  path: '/2/users/{id}/retweets',
  method: 'POST',
  tag: 'Posts',
  summary: 'Reposts a post',
  about:
    'A post of one’s own that repeats the other, once. `rest_id` is its id. What a protected person wrote is not repeated.',
  auth: ['person'],
  scopes: [...READING, 'tweet.write'],
  own: true,
  writes: true,
  body: 'PostId',
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
  },
  answer: 'Reposted',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    const done = await act(asked, world, wanted(asked));
    return said({ rest_id: done.postId, retweeted: true });
  },
});

function wanted({ body }: Asked<unknown>) {
  return { kind: 'repost', postId: postIdOf(body) } as const;
}
