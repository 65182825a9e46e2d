/**
 * What one person holds towards a post, a person or a list, and nothing else: it is there or it is not. `list-member` goes
 * from the list to the person. Ids are decimal strings, times Unix ms.
 */
export const RELATIONS = [
  'like', // person → post
  'bookmark', // person → post
  'follow', // person → person
  'mute', // person → person
  'block', // person → person
  'list-member', // list → person
  'list-follow', // person → list
  'list-pin', // person → list
] as const;
export type RelationKind = (typeof RELATIONS)[number];

/** A list of persons that somebody made. How many members and followers it has is counted from relations. */
export type PostList = {
  id: string;
  ownerId: string;
  name: string;
  description: string;
  private: boolean;
  createdAt: number;
  members: number;
  followers: number;
};

/** One relation as a page shows it. `place` orders it: later ones are greater, and it never changes. */
export type Related = { id: string; at: number; place: bigint };

/**
 * Newest first, strictly between the places (`before` is the last one of the page before). With `after` alone it is the
 * `limit` ones just above that place, still newest first: how a reader goes back.
 */
export type RelatedPage = { before?: bigint; after?: bigint; limit: number };

/** The same by id: newest first, strictly between; with `afterId` alone the `limit` ones just above it. */
export type IdPage = { beforeId?: bigint; afterId?: bigint; limit: number };

/** The reading side of relations and lists. Synchronous, like `PostReader`. Rules are not asked here. */
export type RelationReader = {
  /** Those at the other end: `{from}` gives whom or what this one holds it towards, `{to}` who holds it towards this one. */
  related(kind: RelationKind, end: { from: string } | { to: string }, page: RelatedPage): Related[];
  isRelated(kind: RelationKind, from: string, to: string): boolean;
  /** Which of `to` this one holds it towards. */
  relatedAmong(kind: RelationKind, from: string, to: readonly string[]): ReadonlySet<string>;
  /** `undefined` for what never was or was deleted. */
  lists(ids: readonly string[]): (PostList | undefined)[];
  /** Bounds are exclusive ids of lists. */
  listsOwned(ownerId: string, page: IdPage): PostList[];
  /** Ids of reposts of a post that stand, newest first. Bounds are exclusive ids. */
  repostsOf(postId: string, page: IdPage): string[];
  /** The person's own repost of a post, if it stands. */
  repostBy(personId: string, postId: string): string | undefined;
  /** Posts of these authors, newest first, as `timeline` lists them. Bounds are exclusive ids. */
  timelineOf(
    authorIds: readonly string[],
    page: {
      beforeId?: bigint;
      afterId?: bigint;
      limit: number;
      exclude?: readonly ('replies' | 'retweets')[];
    },
  ): string[];
  /** Ids of a person's posts that somebody else reposted, newest first. */
  repostedPostsOf(authorId: string, page: IdPage): string[];
  /** Persons whose username or name begins with these words, most followed first. @param words at most 50 characters. */
  searchPeople(words: string, page: { after: number; limit: number }): string[];
  /** Was this reply hidden by who wrote the post that began the conversation? */
  isHidden(postId: string): boolean;
};
