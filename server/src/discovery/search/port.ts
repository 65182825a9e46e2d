import type { PostIndex } from '#posts';
import type { Query } from './query/ast.ts';

/** Ids, exclusive on both sides; `undefined` is open. */
export type IdRange = { afterId?: bigint; beforeId?: bigint };

/** Authors who refused a use are left out of both pages and counts for callers with that use. */
export type SearchAudience = { aiTraining?: boolean; redistribution?: boolean };

export type SearchRequest = {
  query: Query;
  range: IdRange;
  limit: number;
  order: 'recency' | 'relevancy';
  audience: SearchAudience;
  /** From a `SearchPage.next`; absent on the first page. Bound to the query and the order. */
  after?: string;
  /** For whom it is: tenants take turns at the threads. One for all unless said. */
  tenant?: string;
};

export type SearchPage = {
  ids: string[];
  /** Where to go on. Present with fewer than `limit` ids when the budget ran out: a short page, never a hang. */
  next?: string;
};

export type CountRequest = {
  query: Query;
  /** Unix ms, start included, end excluded. */
  start: number;
  end: number;
  granularity: 'minute' | 'hour' | 'day';
  audience: SearchAudience;
  /** As of a search. */
  tenant?: string;
};

/** Buckets oldest first, none left out, edges cut to start and end, as X's counts endpoints send them. */
export type CountPage = { buckets: { start: number; end: number; count: number }[]; total: number };

/** Posts of these authors, newest first: what `RelationReader.timelineOf` is asked. */
export type TimelineRequest = IdRange & {
  authorIds: readonly string[];
  limit: number;
  exclude?: readonly ('replies' | 'retweets')[];
};

/** Reading side of the index. Runs on worker threads with a budget; the event loop never waits for it. */
export type SearchIndex = {
  /** Throws the Problem `overloaded` when its queue, or the tenant's share of it, is full, `invalid-request` for a foreign token. */
  search(request: SearchRequest): Promise<SearchPage>;
  count(request: CountRequest): Promise<CountPage>;
  /** The same ids as `RelationReader.timelineOf`. Throws `overloaded` when the queue is full or the time ran out. */
  timeline(request: TimelineRequest): Promise<string[]>;
  /** Questions that wait for, or are under way on, each of its threads. */
  state(): { quick: number; long: number };
  close(): Promise<void>;
};

/**
 * Writing side: what the posts' writer calls inside its own transaction, on its own connection, so that posts and
 * index never disagree. `put` and `remove` take note, `flush` writes; after a rollback, `rolledBack`.
 */
export type IndexWriter = PostIndex;
