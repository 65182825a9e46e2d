import type { Change, ChangeOutcome } from './change.ts';
import type { EventReader } from './event.ts';
import type { Person } from './person.ts';
import type { Media, Place, Poll, Post } from './post.ts';
import type { RelationReader } from './relation.ts';

/**
 * What reading needs. Synchronous: a look-up costs microseconds and never waits for a writer. What comes back may
 * be shared with other callers: never change it. Nothing here asks the rules: see visibility-policy.ts before anything leaves.
 */
export type PostReader = {
  /**
   * By id, in the order asked for. `undefined` for what never was; `deleted` for a tombstone, and for every post
   * of a deleted person. Older versions of edits are there.
   */
  posts(ids: readonly string[]): (Post | 'deleted' | undefined)[];
  /** Whose post it is or was: of a tombstone too, if the post was here before it. For its author's eyes alone. */
  authorOf(postId: string): string | undefined;
  /**
   * `undefined` for whom nobody told of, and for the deleted. One of whom only restrictions are known yet has the
   * username '': the rules need them, but there is no account to show.
   */
  people(ids: readonly string[]): (Person | undefined)[];
  /** Case does not matter. A name that moved finds who took it last; a name that was given up finds nobody. */
  peopleByUsername(usernames: readonly string[]): (Person | undefined)[];
  /**
   * Ids of a person's posts, newest first. Bounds are exclusive ids. Latest versions of edit chains only, nothing
   * withheld or promoted only. Whether the person's posts may be seen at all is for the rules.
   */
  timeline(
    authorId: string,
    page: {
      beforeId?: bigint;
      afterId?: bigint;
      limit: number;
      exclude?: readonly ('replies' | 'retweets')[];
    },
  ): string[];
  /** Ids of posts that are not deleted, older versions of edits too, oldest first. Bounds are exclusive ids. */
  between(page: { afterId: bigint; beforeId: bigint; limit: number }): string[];
  media(keys: readonly string[]): (Media | undefined)[];
  polls(ids: readonly string[]): (Poll | undefined)[];
  places(ids: readonly string[]): (Place | undefined)[];
  /** Id of the person's newest post, if any. */
  newestPostId(authorId: string): string | undefined;
  size(): { posts: number; people: number };
};

/** A reader on its own connection. One made with a cache must be told what changed, before anybody else hears of it. */
export type OpenPostReader = PostReader &
  RelationReader &
  EventReader & {
    /** Drops what the cache holds of these. Without it the cache serves old versions. */
    forget(touched: TouchedIds): void;
    close(): void;
  };

/**
 * What changed in a batch, so that caches forget and streams hear. `created` are those of `posts` that were not here
 * before; the new version of an edited post is one. `lastEvent` is the number of the newest event (event.ts), where the
 * batch wrote any.
 */
export type TouchedIds = { posts: string[]; people: string[]; created: string[]; lastEvent?: bigint };

/**
 * The one writer. It runs on its own thread; a batch is one transaction over posts and search index, so the
 * two can never disagree. When `apply` resolves, readers see the batch and it is on disk; every listener has
 * been told before that. A full disk or a failed sync rejects, and nothing of the batch was applied.
 */
export type PostWriter = {
  apply(changes: readonly Change[]): Promise<ChangeOutcome[]>;
  onTouched(listener: (touched: TouchedIds) => void): void;
  close(): Promise<void>;
};
