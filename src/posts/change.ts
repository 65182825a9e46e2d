import type { Media, Person, Place, Poll, Post, PostMetrics, Preferences } from './index.ts';

/**
 * One line of what a platform tells us. Every source (files, push, later writing persons) speaks this.
 * Upserts are idempotent: applying the same change twice leaves the store as once did.
 */
export type Change =
  /**
   * Creates, or replaces what is newer. A deleted post stays deleted. `unsaid` names the fields that the source
   * did not give: a new post takes their values from `post`, a stored one keeps its own (a page fetched with
   * default fields must not wipe metrics that a better one brought).
   */
  | { kind: 'post'; post: Post; unsaid?: readonly (keyof Post)[] }
  /** `post.id` is the new version; `previousId` the version that it replaces (30 minutes, 5 times: checked). */
  | { kind: 'edit'; previousId: string; post: Post }
  /** Deletes the whole edit chain. Leaves a tombstone, so that an old file cannot bring it back. */
  | { kind: 'delete-post'; id: string; at: number }
  | { kind: 'metrics'; id: string; metrics: Partial<PostMetrics> }
  | { kind: 'withhold-post'; id: string; withheld: Post['withheld'] | null }
  /** As for a post. State and preferences are never said by an upsert of a source that does not know them. */
  | { kind: 'person'; person: Person; unsaid?: readonly (keyof Person)[] }
  | { kind: 'person-state'; id: string; state: Person['state'] }
  | { kind: 'protect'; id: string; protected: boolean }
  | { kind: 'preferences'; id: string; preferences: Partial<Preferences> }
  | { kind: 'delete-person'; id: string; at: number }
  | { kind: 'media'; media: Media }
  | { kind: 'poll'; poll: Poll }
  | { kind: 'place'; place: Place };

/** What became of one change, in the order in which they were given. */
export type Outcome =
  | { status: 'created' | 'updated' | 'unchanged' | 'deleted' }
  /** The change was understood and refused; `reason` says what to do. Nothing was altered. */
  | { status: 'refused'; reason: string };
