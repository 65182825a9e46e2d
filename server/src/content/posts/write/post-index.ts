import type { Place, Post } from '../model/post.ts';

/**
 * What the store needs of a search index. Posts do not know search: the writer's thread hands one in, and the
 * store calls it inside its own transaction on the same SQLite connection, so that posts and index never disagree.
 */
export type PostIndex = {
  /**
   * Adds a post that search may show, or replaces what the index holds under its id.
   * @param before what was put last under this id, with the same context; nothing need be written where the index
   *   would not see the difference.
   */
  put(post: Post, context: IndexContext, before?: Post): void;
  /** Takes a post out: deleted, withheld, its author protected or refusing search, an older version of an edit. */
  remove(id: string): void;
  /**
   * Writes what `put` and `remove` only took note of. The last call before COMMIT, in the same transaction: an
   * index may want its changes sorted (FTS5 is fast in the order of ids only).
   */
  flush(): void;
  /** The transaction was rolled back: forget whatever was remembered since it began. */
  rolledBack(): void;
};

/** What the index needs to know of a post beside the post. */
export type IndexContext = {
  authorVerified: boolean;
  /** Refusals of the author, or of the author of the post that it reposts. */
  refusesAiTraining: boolean;
  refusesRedistribution: boolean;
  /** Author of the reposted post, for `retweets_of:`. */
  repostedAuthorId?: string;
  /** The place of `post.geo.placeId`, where it is known. */
  place?: Place;
  media: { images: boolean; videos: boolean };
};
