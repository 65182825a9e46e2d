import { OWN_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from './act.ts';

export const unlikePost = operation({
  id: 'unlikePost',
  path: '/2/users/{id}/likes/{tweet_id}',
  method: 'DELETE',
  tag: 'Posts',
  summary: 'Takes a like back',
  about: 'Where there is none, nothing changes.',
  scopes: [...READING, 'like.write'],
  own: true,
  parameters: {
    ...OWN_ID,
    postId: pathId('tweet_id', 'Id of the post.'),
  },
  answer: 'Liked',
  ...acting(
    ({ path }) => ({ kind: 'unrelate', relation: 'like', to: path.tweet_id ?? '' }),
    () => ({ liked: false }),
  ),
});
