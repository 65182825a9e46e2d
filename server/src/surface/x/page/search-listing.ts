import type { Query } from '#search';
import type { OperationContext, OperationDeps } from '../operation.ts';
import type { TimelineListing } from './timeline-page.ts';

/** What the index is asked for at once while a list longer than a page is put together. */
const CHUNK = 500;

/** All that a query finds, as a timeline's pages read it. Authors who refuse search are not in it. */
export function searchListing(
  { search }: Pick<OperationDeps, 'search'>,
  query: Query,
  audience: OperationContext<unknown>['audience'],
): TimelineListing {
  return async (range, limit) => {
    const ids: string[] = [];
    let after: string | undefined;
    do {
      const size = Math.min(CHUNK, limit - ids.length);
      const page = await search.search({ query, range, limit: size, order: 'recency', audience, after });
      ids.push(...page.ids);
      after = page.next;
    } while (after !== undefined && ids.length < limit);
    return ids;
  };
}
