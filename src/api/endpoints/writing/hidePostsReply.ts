import { type Asked, operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { act, checkAct, said } from './act.ts';
import { readBody } from './body.ts';

export const hidePostsReply = operation({
  id: 'hidePostsReply',
  path: '/2/tweets/{tweet_id}/hidden',
  method: 'PUT',
  tag: 'Posts',
  summary: 'Hides a reply, or shows it again',
  about: 'For who wrote the first post of the conversation.',
  auth: ['person'],
  scopes: [...READING, 'tweet.moderate.write'],
  writes: true,
  body: 'Hide',
  parameters: {
    postId: pathId('tweet_id', 'Id of the reply.'),
  },
  answer: 'Hidden',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked)),
  async read(asked, world) {
    const what = wanted(asked);
    await act(asked, world, what);
    return said({ hidden: what.hidden });
  },
});

function wanted({ path, body }: Asked<unknown>) {
  const { hidden } = readBody<{ hidden: boolean }>('Hide', body);
  return { kind: 'hide-reply', postId: path.tweet_id ?? '', hidden } as const;
}
