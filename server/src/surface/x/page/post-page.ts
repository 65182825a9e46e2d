import { compareIds } from '#kernel';
import { type Audience, judgePosts, type Post } from '#posts';
import { body, keptErrors, postText, refusedFields, writeIncludes } from '../answer/body.ts';
import { hydratePosts } from '../answer/hydrate.ts';
import { pageCut } from '../answer/partial.ts';
import type { ReadResult } from '../operation.ts';
import { type FieldSelection, seenBy } from '../params/field-selection.ts';
import type { JsonCache } from '../present/json-cache.ts';

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
  jsonCache: JsonCache,
  ids: readonly string[],
  asked: FieldSelection,
  audience: Audience,
  tokens: PageTokens,
  { hasEdges = true, hides = () => false }: PageOptions = {},
): ReadResult {
  const fields = seenBy(asked, audience);
  const found = jsonCache.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
  const verdicts = judgePosts(jsonCache, found, audience);
  const posts = found.filter((post, index) => verdicts[index] === 'serve' && !hides(post));
  const hydrated = hydratePosts(jsonCache, posts, fields, audience);
  return {
    groups: hydrated.groups,
    present(kept) {
      const shown = posts.slice(0, kept.kept);
      const isCut = shown.length < posts.length;
      const { next, previous } = tokens(
        isCut ? { last: shown.at(-1)?.id ?? '', kept: shown.length } : undefined,
      );
      return body({
        data: shown.map((post) => postText(jsonCache, post, fields)),
        includes: writeIncludes(jsonCache, hydrated, fields, kept),
        errors: [
          ...pageCut('tweet', posts.slice(kept.kept), kept.cutBy),
          ...keptErrors(hydrated, fields, kept),
          ...refusedFields(fields, 'id', posts, hydrated.includes, kept),
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
