import { Problem } from '#kernel';
import { judgePosts, type Post } from '#posts';
import { seenPeople } from '../answer/subject.ts';
import { type OperationContext, type OperationDeps, operation } from '../operation.ts';
import type { Parameters } from '../params/parameter.ts';
import { classicAccount } from '../present/classic.ts';
import { getUsersMe } from './getUsersMe.ts';

const YES = ['true', 't', '1'];

function flag<const Fallback extends 'true' | 'false'>(name: string, fallback: Fallback, about: string) {
  return { name, kind: 'one', of: [...YES, 'false', 'f', '0'], fallback, about } as const;
}

const FLAGS = {
  includeEntities: flag('include_entities', 'true', 'With the links in the description and in the post.'),
  skipStatus: flag('skip_status', 'false', 'Without the newest post.'),
  includeEmail: flag('include_email', 'false', 'With `email`, null where no address is confirmed.'),
  tweetMode: {
    name: 'tweet_mode',
    kind: 'one',
    of: ['compat', 'extended'],
    fallback: 'compat',
    about: 'extended: the whole text of the newest post, as `full_text`.',
  },
} as const satisfies Parameters;

const { id, tag, summary, about, auth, scopes, answer } = getUsersMe;

/**
 * `GET /1.1/account/verify_credentials.json`, by which X's guides and clients ask whose token it is: v1.1's form of
 * `getUsersMe`, with its window and its price. The newest post is delivered and billed like any other. Not in the document.
 */
export const verifyCredentials = operation({
  ...{ id, tag, summary, about, auth, scopes, answer },
  path: '/1.1/account/verify_credentials.json',
  parameters: FLAGS,
  prepare: ({ includeEntities, skipStatus, includeEmail, tweetMode }) => ({
    withEntities: YES.includes(includeEntities),
    withEmail: YES.includes(includeEmail),
    isExtended: tweetMode === 'extended',
    withStatus: !YES.includes(skipStatus),
  }),
  read({ query: { withStatus, ...parts }, viewer = '', audience }, deps) {
    const [person] = seenPeople(deps, [viewer]);
    if (!person) {
      throw new Problem('forbidden', {
        detail: 'The account of this person is suspended or does not exist.',
      });
    }
    const newest = withStatus ? newestPost(viewer, audience, deps) : undefined;
    return {
      groups: [{ kind: 'person', id: viewer, posts: newest ? [newest.id] : [], persons: [] }],
      present({ dropped }) {
        const status = newest && !dropped.posts.has(newest.id) ? newest : undefined;
        return JSON.stringify(classicAccount(person, { ...parts, status }));
      },
    };
  },
});

function newestPost(
  personId: string,
  audience: OperationContext<unknown>['audience'],
  { jsonCache }: Pick<OperationDeps, 'jsonCache'>,
): Post | undefined {
  const id = jsonCache.newestPostId(personId);
  const [post] = id === undefined ? [] : jsonCache.posts([id]);
  if (!post || post === 'deleted') return undefined;
  return judgePosts(jsonCache, [post], audience)[0] === 'serve' ? post : undefined;
}
