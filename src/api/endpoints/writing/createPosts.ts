import type { Admission } from '#terms';
import { type Asked, operation, READING, type World } from '../../operation.ts';
import { act, checkAct, said } from './act.ts';
import { postActOf } from './new-post.ts';

export const createPosts = operation({
  id: 'createPosts',
  path: '/2/tweets',
  method: 'POST',
  status: 201,
  tag: 'Posts',
  summary: 'Creates a post, or edits one',
  about:
    'For the person whose token it is: words, up to four photos or one video, a poll, a reply, a quote. `edit_options.previous_post_id` replaces a version of one’s own, within 30 minutes and five times. What the network does not have is refused by name, never left out.',
  auth: ['person'],
  scopes: [...READING, 'tweet.write'],
  writes: true,
  body: 'NewPost',
  parameters: {},
  answer: 'PostMade',
  prepare: () => undefined,
  check: (asked, world) => checkAct(asked, world, wanted(asked, world).act),
  async read(asked, world) {
    const { act: what, isNewer } = wanted(asked, world);
    const { postId = '', text = '', editHistory = [postId] } = await act(asked, world, what);
    const history = isNewer ? 'edit_history_post_ids' : 'edit_history_tweet_ids';
    return said({ [history]: editHistory, id: postId, text }, 201);
  },
});

function wanted({ body, admission }: Asked<unknown>, world: World) {
  return postActOf(body, appName(admission, world));
}

function appName({ caller }: Admission, { terms }: World): string | undefined {
  return terms.apps(caller.licenseeId).find(({ appId }) => appId === caller.appId)?.name;
}
