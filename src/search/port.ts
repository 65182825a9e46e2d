import type { Place, Post, PostReader } from '#posts';
import type { Query } from './ast.ts';

/** Ids, exclusive on both sides; `undefined` is open. */
export type IdRange = { afterId?: bigint; beforeId?: bigint };

/** Authors who refused a use are left out of both pages and counts for callers with that use. */
export type Audience = { aiTraining?: boolean; redistribution?: boolean };

export type SearchRequest = {
  query: Query;
  range: IdRange;
  limit: number;
  order: 'recency' | 'relevancy';
  audience: Audience;
  /** From a `SearchPage.next`; absent on the first page. Bound to the query and the order. */
  after?: string;
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
  audience: Audience;
};

/** Buckets oldest first, none left out, edges cut to start and end, as X's counts endpoints send them. */
export type CountPage = { buckets: { start: number; end: number; count: number }[]; total: number };

/** Reading side of the index. Runs on worker threads with a budget; the event loop never waits for it. */
export type SearchIndex = {
  /** Throws the Problem `overloaded` when its queue is full, `invalid-request` for a foreign token. */
  search(request: SearchRequest): Promise<SearchPage>;
  count(request: CountRequest): Promise<CountPage>;
  close(): Promise<void>;
};

/**
 * Writing side: lives on the writer's thread, inside its transaction. What does not belong into search
 * results (deleted, protected author, refused search, withheld, an older version of an edit) gets no `put`,
 * or a `remove` if it had one.
 *
 * `put` and `remove` only take note; `flush` writes, and belongs before COMMIT in the same transaction.
 * After a ROLLBACK call `discard`. Notes are sorted by id at `flush`, because FTS5 is fast in that order only.
 */
export type IndexWriter = {
  /** Replaces what the id had before. */
  put(post: Post, context: IndexContext): void;
  remove(id: string): void;
  flush(): void;
  discard(): void;
};

/** What the index needs to know of a post beside the post. */
export type IndexContext = {
  authorVerified: boolean;
  refusesAiTraining: boolean;
  refusesRedistribution: boolean;
  /** Author of the reposted post, for `retweets_of:`. */
  repostedAuthorId?: string;
  /** The place of `post.geo.placeId`, where it is known. */
  place?: Place;
  media: { images: boolean; videos: boolean };
};

export type Reader = PostReader;
