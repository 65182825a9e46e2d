import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from './act.ts';
import { readBody } from './body.ts';

export const hidePostsReply = operation({
  id: 'hidePostsReply',
  path: '/2/tweets/{tweet_id}/hidden',
  method: 'PUT',
  tag: 'Posts',
  summary: 'Hides a reply, or shows it again',
  about: 'For who wrote the first post of the conversation.',
  scopes: [...READING, 'tweet.moderate.write'],
  body: 'Hide',
  parameters: {
    postId: pathId('tweet_id', 'Id of the reply.'),
  },
  answer: 'Hidden',
  ...acting(
    ({ path, body }) => ({ kind: 'hide-reply', postId: path.tweet_id ?? '', hidden: hiddenOf(body) }),
    (_done, { body }) => ({ hidden: hiddenOf(body) }),
  ),
});

function hiddenOf(body: unknown): boolean {
  return readBody<{ hidden: boolean }>('Hide', body).hidden;
}
