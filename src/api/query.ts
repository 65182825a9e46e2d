import { parse, type Query } from '#search';
import type { Admission } from '#terms';
import { invalid, invalidRequest } from './invalid.ts';
import type { Parameters } from './parameter.ts';
import type { Reach } from './span.ts';

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
