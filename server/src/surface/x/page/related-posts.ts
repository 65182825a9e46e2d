import { judgePosts } from '#posts';
import { type OperationContext, type OperationDeps, operation, type ReadResult } from '../operation.ts';
import { type FieldSelection, POST_SELECTION, postSelection } from '../params/field-selection.ts';
import { pageOfPosts } from './post-page.ts';
import {
  pageParameters,
  type RelationContract,
  type RelationListing,
  type RelationPageQuery,
  relationPage,
  relationPageQuery,
} from './relation-page.ts';

/**
 * A page of posts in the order of what led to them (likes, bookmarks, reposts), those first that came last.
 * @param of whom or what it is about: the tokens are bound to it.
 */
export function relatedPosts(
  kind: string,
  {
    query: { fields, limit, place },
    audience,
  }: Pick<OperationContext<RelationPageQuery<FieldSelection>>, 'query' | 'audience'>,
  { jsonCache }: OperationDeps,
  of: string,
  read: RelationListing<string>['read'],
): ReadResult {
  const see = (ids: readonly string[]) => {
    const verdicts = judgePosts(
      jsonCache,
      jsonCache.posts(ids).map((post) => post ?? 'deleted'),
      audience,
    );
    return ids.map((id, index) => (verdicts[index] === 'serve' ? id : undefined));
  };
  const { things, tokens } = relationPage(kind, of, { read, see }, place, limit);
  return pageOfPosts(jsonCache, things, fields, audience, (cut) => tokens(cut?.kept ?? things.length), {
    hasEdges: false,
  });
}

/** Declares an operation that pages over posts by a relation. */
export function relatedPostsPage({ of, pageSize, list, ...contract }: RelationContract) {
  const { id } = contract;
  return operation({
    ...contract,
    parameters: { ...of.parameters, ...pageParameters(...pageSize), ...POST_SELECTION },
    answer: 'PostsAnswer',
    prepare: (values) => relationPageQuery(id, postSelection(values), values),
    read(context, deps) {
      const { subject } = context;
      const missing = of.missing(deps, subject, context);
      return missing ?? relatedPosts(id, context, deps, subject, list(deps, subject));
    },
  });
}

/** Ids as a listing reads them: an id is its own place. */
export function byId(
  ids: (page: { beforeId?: bigint; afterId?: bigint; limit: number }) => readonly string[],
): RelationListing<unknown>['read'] {
  return ({ before, after }, limit) =>
    ids({ beforeId: before, afterId: after, limit }).map((id) => ({ id, place: BigInt(id) }));
}
