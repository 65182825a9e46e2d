import { parse, type Query, terms } from '#search';
import type { Admission } from '#terms';
import { seenLists } from '../answer/subject.ts';
import type { OperationDeps } from '../operation.ts';
import { invalid, invalidRequest } from '../params/invalid.ts';
import type { Parameters } from '../params/parameter.ts';
import type { Reach } from '../params/span.ts';

export const QUERY_PARAMETER = {
  query: {
    name: 'query',
    kind: 'query',
    required: true,
    about:
      'What to look for, in the query language: words, "phrases", #tags, @mentions, operators, OR, -, ( ).',
  },
} as const satisfies Parameters;

/** A query's text, parsed once for each length that a plan allows. */
export type QueryReader = (admission: Admission, reach: Reach) => Query;

/** The reader throws `invalid-request` with the parser's own message. */
export function queryReader(text: string): QueryReader {
  const read = new Map<number, Query>();
  return ({ caller }, reach) => {
    const { recent, all } = caller.agreement.plan.queryLengthMax;
    const lengthMax = reach === 'recent' ? recent : all;
    let query = read.get(lengthMax);
    if (!query) {
      const result = parse(text, { mode: 'search', lengthMax });
      if (!result.ok) throw invalidRequest([invalid('query', [text], result.message)]);
      query = result.query;
      read.set(lengthMax, query);
    }
    return query;
  };
}

/** No list has this id. */
const NO_LIST = '0';
/** Which lists a query names; queries are parsed once and asked many times. */
const named = new WeakMap<Query, readonly string[]>();

/** The query with every `list:` that the caller may not see, or that is not there, as a list of nobody. */
export function withSeenLists(query: Query, deps: OperationDeps, viewer: string | undefined): Query {
  let ids = named.get(query);
  if (!ids) {
    ids = [...terms(query)].flatMap((term) =>
      term.kind === 'text' && term.field === 'list' ? [term.value] : [],
    );
    named.set(query, ids);
  }
  if (ids.length === 0) return query;
  const seen = new Set(seenLists(deps, ids, viewer).map((list) => list?.id));
  return ids.every((id) => seen.has(id)) ? query : withoutLists(query, (id) => !seen.has(id));
}

function withoutLists(query: Query, isHidden: (id: string) => boolean): Query {
  if (query.kind === 'and' || query.kind === 'or')
    return { kind: query.kind, of: query.of.map((child) => withoutLists(child, isHidden)) };
  if (query.kind === 'not') return { kind: 'not', of: withoutLists(query.of, isHidden) };
  const isNobody = query.kind === 'text' && query.field === 'list' && isHidden(query.value);
  return isNobody ? { ...query, value: NO_LIST } : query;
}
