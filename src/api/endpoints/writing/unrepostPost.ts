import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';

export const unrepostPost = operation({
  id: 'unrepostPost',
  path: '/2/users/{id}/retweets/{tweet_id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Takes a repost back',
  about: 'Where there is none, nothing changes.',
  auth: ['person'],
  scopes: [...READING, 'tweet.write'],
  own: true,
  writes: true,
  parameters: {
    id: pathId('id', 'The person whose token it is.'),
    postId: pathId('tweet_id', 'Id of the post that was reposted.'),
  },
  answer: 'Reposted',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    await act(asked, world, wanted(asked));
    return said({ retweeted: false });
  },
});

function wanted({ path }: Asked<unknown>) {
  return { kind: 'unrepost', postId: path.tweet_id ?? '' } as const;
}
