import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';

export const unlikePost = operation({
  id: 'unlikePost',
  path: '/2/users/{id}/likes/{tweet_id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Takes a like back',
  about: 'Where there is none, nothing changes.',
  auth: ['person'],
  scopes: [...READING, 'like.write'],
  own: true,
  writes: true,
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
    postId: pathId('tweet_id', 'Id of the post.'),
  },
  answer: 'Liked',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ liked: false });
  },
});

function wanted({ path }: Asked<unknown>) {
  return { kind: 'unrelate', relation: 'like', to: path.tweet_id ?? '' } as const;
}
