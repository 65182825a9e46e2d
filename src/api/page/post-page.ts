import { compareIds } from '#kernel';
import { type Audience, judgePosts, type Post } from '#posts';
import { body, keptErrors, postText, refusedFields, writeIncludes } from '../answer/body.ts';
import { gatherForPosts } from '../answer/gather.ts';
import { pageCut } from '../answer/partial.ts';
import { type Ask, seenBy } from '../ask/ask.ts';
import type { Found } from '../operation.ts';
import type { Shelf } from '../present/shelf.ts';

/** The tokens of a page. @param last the last id of the page as it was cut; undefined when nothing was cut. */
export type PageTokens = (cut: { last: string; kept: number } | undefined) => {
  next?: string;
  previous?: string;
};

export type PageOptions = {
  /** False where X's `meta` names no newest and oldest id. */
  hasEdges?: boolean;
  /** What the viewer does not want to see, though the rules allow it. */
  hides?(post: Post): boolean;
};

/**
 * A page of posts: gathers what the ids name, keeps what may be seen, and shows it with X's `meta`. What the rules
 * hide after the index found it makes the page shorter; its tokens go on from the ids, not from what was shown.
 */
export function pageOfPosts(
  shelf: Shelf,
  ids: readonly string[],
  asked: Ask,
  audience: Audience,
  tokens: PageTokens,
  { hasEdges = true, hides = () => false }: PageOptions = {},
): Found {
  const ask = seenBy(asked, audience);
  const found = shelf.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
  const verdicts = judgePosts(shelf, found, audience);
  const posts = found.filter((post, index) => verdicts[index] === 'serve' && !hides(post));
  const gathered = gatherForPosts(shelf, posts, ask, audience);
  return {
    groups: gathered.groups,
    present(kept) {
      const shown = posts.slice(0, kept.kept);
      const isCut = shown.length < posts.length;
      const { next, previous } = tokens(
        isCut ? { last: shown.at(-1)?.id ?? '', kept: shown.length } : undefined,
      );
      return body({
        data: shown.map((post) => postText(shelf, post, ask)),
        includes: writeIncludes(shelf, gathered, ask, kept),
        errors: [
          ...pageCut('tweet', posts.slice(kept.kept), kept.cutBy),
          ...keptErrors(gathered, ask, kept),
          ...refusedFields(ask, 'id', posts, gathered.includes, kept),
        ],
        meta: {
          ...(hasEdges ? edges(shown) : {}),
          result_count: shown.length,
          next_token: next,
          previous_token: previous,
        },
      });
    },
  };
}

/** The greatest and the smallest id: the first and the last one in order of time, but not in order of relevancy. */
function edges(posts: readonly Post[]): { newest_id?: string; oldest_id?: string } {
  const first = posts[0];
  if (!first) return {};
  let newest = first.id;
  let oldest = first.id;
  for (const { id } of posts) {
    if (compareIds(id, newest) > 0) newest = id;
    if (compareIds(id, oldest) < 0) oldest = id;
  }
  return { newest_id: newest, oldest_id: oldest };
}
