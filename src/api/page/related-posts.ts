import { judgePosts } from '#posts';
import { type Ask, askOfPosts, POST_ASK } from '../ask/ask.ts';
import { type Asked, type Found, operation, type World } from '../operation.ts';
import { pageOfPosts } from './post-page.ts';
import {
  type Listing,
  type PageAsked,
  pageAsked,
  pageParameters,
  type RelationContract,
  relationPage,
} from './relation-page.ts';

/**
 * A page of posts in the order of what led to them (likes, bookmarks, reposts), those first that came last.
 * @param of whom or what it is about: the tokens are bound to it.
 */
export function relatedPosts(
  kind: string,
  { query: { ask, limit, place }, audience }: Pick<Asked<PageAsked<Ask>>, 'query' | 'audience'>,
  { shelf }: World,
  of: string,
  read: Listing<string>['read'],
): Found {
  const see = (ids: readonly string[]) => {
    const verdicts = judgePosts(
      shelf,
      shelf.posts(ids).map((post) => post ?? 'deleted'),
      audience,
    );
    return ids.map((id, index) => (verdicts[index] === 'serve' ? id : undefined));
  };
  const { things, tokens } = relationPage(kind, of, { read, see }, place, limit);
  return pageOfPosts(shelf, things, ask, audience, (cut) => tokens(cut?.kept ?? things.length), {
    hasEdges: false,
  });
}

/** Declares an operation that pages over posts by a relation. */
export function relatedPostsPage({ of, pageSize, list, ...contract }: RelationContract) {
  const { id } = contract;
  return operation({
    ...contract,
    parameters: { ...of.parameters, ...pageParameters(...pageSize), ...POST_ASK },
    answer: 'PostsAnswer',
    prepare: (values) => pageAsked(id, askOfPosts(values), values),
    read(asked, world) {
      const { subject } = asked;
      const missing = of.missing(world, subject, asked);
      return missing ?? relatedPosts(id, asked, world, subject, list(world, subject));
    },
  });
}

/** Ids as a listing reads them: an id is its own place. */
export function byId(
  ids: (page: { beforeId?: bigint; afterId?: bigint; limit: number }) => readonly string[],
): Listing<unknown>['read'] {
  return ({ before, after }, limit) =>
    ids({ beforeId: before, afterId: after, limit }).map((id) => ({ id, place: BigInt(id) }));
}
