import { Problem } from '#kernel';
import type { SearchIndex } from '#search';
import type { OperationContext, OperationDeps, ReadResult } from '../operation.ts';
import { type FieldSelection, POST_SELECTION, postSelection } from '../params/field-selection.ts';
import type { InDialect, Parameters, Values } from '../params/parameter.ts';
import { type Reach, SPAN_PARAMETERS, type SpanQuery, searchSpan } from '../params/span.ts';
import {
  foreignToken,
  readSearchPlace,
  type SearchPlace,
  TOKEN_PARAMETERS,
  tokenOf,
  writeSearchPlace,
} from '../params/token.ts';
import { pageOfPosts } from './post-page.ts';
import { QUERY_PARAMETER, type QueryReader, queryReader, withSeenLists } from './query.ts';

/** The parameters of both searches; only the largest page differs. */
export function searchParameters<const Max extends number>(max: Max) {
  return {
    ...QUERY_PARAMETER,
    ...SPAN_PARAMETERS,
    maxResults: {
      name: 'max_results',
      kind: 'integer',
      min: 10,
      max,
      fallback: 10,
      about: 'Posts on a page at most.',
    },
    sortOrder: {
      name: 'sort_order',
      kind: 'one',
      of: ['recency', 'relevancy'],
      fallback: 'recency',
      about: 'Newest first, or the most engaged with first.',
    },
    ...TOKEN_PARAMETERS,
    ...POST_SELECTION,
  } as const satisfies Parameters;
}

export type SearchQuery = {
  query: QueryReader;
  fields: FieldSelection;
  span: SpanQuery;
  limit: number;
  order: 'recency' | 'relevancy';
  place?: SearchPlace;
  /** The token under the name that it was sent by, for its refusal. */
  token: { name: string; token?: string };
};

export function prepareSearch(
  id: string,
  values: Values<ReturnType<typeof searchParameters>> & InDialect,
): SearchQuery {
  const given = tokenOf(values);
  return {
    query: queryReader(values.query),
    fields: postSelection(values),
    span: values,
    limit: values.maxResults,
    order: values.sortOrder === 'relevancy' ? 'relevancy' : 'recency',
    place: given.token === undefined ? undefined : readSearchPlace(id, given.name, given.token),
    token: given,
  };
}

/** One page of search: the index finds on its own threads, the rest is a page of posts like any other. */
export async function searchPage(
  id: string,
  reach: Reach,
  { query: asked, admission, audience, viewer, now }: OperationContext<SearchQuery>,
  deps: OperationDeps,
): Promise<ReadResult> {
  const { jsonCache, search } = deps;
  const { fields, limit, order, place } = asked;
  const query = withSeenLists(asked.query(admission, reach), deps, viewer);
  const { range } = searchSpan(asked.span, reach, now, place !== undefined);
  if (place?.at === 'id') {
    const beforeId = BigInt(place.beforeId);
    if (beforeId < range.beforeId!) range.beforeId = beforeId;
  }
  const after = place?.at === 'index' ? place.after : undefined;
  const skip = place?.at === 'index' ? place.skip : 0;
  const found = await search
    .search({ query, range, limit, order, audience, after, tenant: admission.caller.licenseeId })
    .catch((error) => refuseForeign(error, asked.token));
  const ids = skip > 0 ? found.ids.slice(skip) : found.ids;
  return pageOfPosts(jsonCache, ids, fields, { ...audience, search: true }, (cut) => ({
    next: nextPlace(id, order, after, ids, skip, found, cut?.last),
  }));
}

/**
 * By recency a page goes on below an id, whatever was cut or hidden. By relevancy only the index knows what comes
 * next, so a cut page names the same place again and how much of it was delivered.
 */
function nextPlace(
  id: string,
  order: SearchQuery['order'],
  after: string | undefined,
  ids: readonly string[],
  skip: number,
  found: Awaited<ReturnType<SearchIndex['search']>>,
  cutAt: string | undefined,
): string | undefined {
  if (cutAt !== undefined) {
    return order === 'recency'
      ? writeSearchPlace(id, { at: 'id', beforeId: cutAt })
      : writeSearchPlace(id, { at: 'index', after, skip: skip + ids.indexOf(cutAt) + 1 });
  }
  if (found.next === undefined) return undefined;
  return writeSearchPlace(id, { at: 'index', after: found.next, skip: 0 });
}

/** All that the index can refuse is a token that belongs to another query; shown is what the client sent. */
function refuseForeign(error: unknown, { name, token }: SearchQuery['token']): never {
  if (error instanceof Problem && error.code === 'invalid-request' && token !== undefined)
    foreignToken(name, token);
  throw error;
}
