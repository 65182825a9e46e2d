import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting, postIdOf } from './act.ts';

export const repostPost = operation({
  id: 'repostPost',
  path: '/2/users/{id}/retweets',
  method: 'POST',
  tag: 'Posts',
  summary: 'Reposts a post',
  about:
    'A post of one’s own that repeats the other, once. `rest_id` is its id. What a protected person wrote is not repeated.',
  scopes: [...READING, 'tweet.write'],
  own: true,
  body: 'PostId',
  parameters: OWN_ID,
  answer: 'Reposted',
  ...acting(
    ({ body }) => ({ kind: 'repost', postId: postIdOf(body) }),
    (done) => ({ rest_id: done.postId, retweeted: true }),
  ),
});
