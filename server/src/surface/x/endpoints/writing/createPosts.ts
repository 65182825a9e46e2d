import { TEXT_LENGTH_MAX } from '#posts';
import type { Admission } from '#terms';
import { bodyWithText, type OperationDeps, operation, READING } from '../../operation.ts';
import { POST_FIELDS } from '../../vocabulary.ts';
import { acting } from './act.ts';
import { postActOf, saidInNewPost } from './new-post.ts';

export const createPosts = operation({
  id: 'createPosts',
  path: '/2/tweets',
  method: 'POST',
  status: 201,
  tag: 'Posts',
  summary: 'Creates a post, or edits one',
  about:
    'For the person whose token it is: words, up to four photos or one video, a poll, a reply, a quote. `edit_options.previous_post_id` replaces a version of one’s own, within 30 minutes and five times. What the network does not have is refused by name, never left out.',
  scopes: [...READING, 'tweet.write'],
  body: 'NewPost',
  bodyLimits: bodyWithText(TEXT_LENGTH_MAX),
  parameters: {},
  answer: 'PostMade',
  saidInBody: saidInNewPost,
  ...acting(
    ({ body, admission }, deps) => postActOf(body, appName(admission, deps)),
    ({ postId = '', text = '', editHistory = [postId] }, { dialect }) => {
      const history = POST_FIELDS.spell('edit_history_tweet_ids', dialect);
      return { [history]: editHistory, id: postId, text };
    },
    201,
  ),
});

function appName({ caller }: Admission, { terms }: OperationDeps): string | undefined {
  return terms.apps(caller.licenseeId).find(({ appId }) => appId === caller.appId)?.name;
}
