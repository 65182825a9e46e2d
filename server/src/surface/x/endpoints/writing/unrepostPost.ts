import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from './act.ts';

export const unrepostPost = operation({
  id: 'unrepostPost',
  path: '/2/users/{id}/retweets/{tweet_id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Takes a repost back',
  about: 'Where there is none, nothing changes.',
  scopes: [...READING, 'tweet.write'],
  own: true,
  parameters: {
    ...OWN_ID,
    postId: pathId('tweet_id', 'Id of the post that was reposted.'),
  },
  answer: 'Reposted',
  ...acting(
    ({ path }) => ({ kind: 'unrepost', postId: path.tweet_id ?? '' }),
    () => ({ retweeted: false }),
  ),
});
