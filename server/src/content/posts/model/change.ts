import type { Person, PersonField, Preferences } from './person.ts';
import type { Media, Place, Poll, Post, PostInput, PostMetrics, Withheld } from './post.ts';
import type { PostList, RelationKind } from './relation.ts';

/**
 * One line of what a platform tells us. Every source (files, push, later writing persons) speaks this.
 * Upserts are idempotent: applying the same change twice leaves the store as once did.
 */
export type Change =
  /**
   * Creates, or replaces what is newer. A deleted post stays deleted. `unsaid` names the fields that the source
   * did not give: a new post takes their values from `post`, a stored one keeps its own (a page fetched with
   * default fields must not wipe metrics that a better one brought). Metrics of a stored post only rise by an
   * upsert: an old file must not take back newer counts. A `metrics` change sets them as it says.
   * @param counts true for an act of a person that no count knows of yet: a new post then raises its author's posts
   *   and the replies, quotes or reposts of what it points at. Without it the platform's own counts are waited for.
   */
  | { kind: 'post'; post: PostInput; unsaid?: readonly (keyof Post)[]; counts?: boolean }
  /** `post.id` is the new version; `previousId` the version that it replaces (30 minutes, 5 times: checked). */
  | { kind: 'edit'; previousId: string; post: PostInput }
  /**
   * Deletes the whole edit chain. Leaves a tombstone, so that an old file cannot bring it back. What counted it counts
   * it no more.
   * @param authorId whose posts the source speaks for: another person's is refused, and one that is not here is nothing.
   */
  | { kind: 'delete-post'; id: string; at: number; authorId?: string }
  /** Sets the counts that it names, up or down. */
  | { kind: 'metrics'; id: string; metrics: Partial<PostMetrics> }
  | { kind: 'withhold-post'; id: string; withheld: Withheld | null }
  /**
   * As for a post. An upsert can add a restriction (protected, suspended, withheld, a refused use) and never lifts
   * one, so that an old file cannot show what its author has hidden since: that takes the change that says so. Of the
   * counts single ones can be unsaid too (`metrics.listed`).
   */
  | { kind: 'person'; person: Person; unsaid?: readonly PersonField[] }
  /** These four hold from before the person is known, too. */
  | { kind: 'person-state'; id: string; state: Person['state'] }
  | { kind: 'protect'; id: string; protected: boolean }
  | { kind: 'preferences'; id: string; preferences: Partial<Preferences> }
  | { kind: 'withhold-person'; id: string; withheld: Withheld | null }
  /** Deletes the person and all their posts. Nothing of it is served from the moment that it is applied. */
  | { kind: 'delete-person'; id: string; at: number }
  | { kind: 'media'; media: Media }
  | { kind: 'poll'; poll: Poll }
  | { kind: 'place'; place: Place }
  /**
   * Begins and ends what relation.ts names. Beginning one moves the counts of posts and persons that show it.
   * @param counted true where their counts include it already: what a platform tells of the past.
   */
  | { kind: 'relate'; relation: RelationKind; from: string; to: string; at: number; counted?: boolean }
  | { kind: 'unrelate'; relation: RelationKind; from: string; to: string; at: number }
  /** Creates a list, or sets what is said of one. Counts of members and followers come from relations. */
  | {
      kind: 'list';
      list: Omit<PostList, 'members' | 'followers'>;
      /** As for a post. */
      unsaid?: readonly ('description' | 'private' | 'createdAt')[];
    }
  | { kind: 'delete-list'; id: string; at: number }
  /** Hides a reply, or shows it again, with all its versions. */
  | { kind: 'hide-reply'; id: string; hidden: boolean }
  /** Takes the places of all the person's posts up to this id away, for good: an old file does not bring them back. */
  | { kind: 'scrub-geo'; id: string; upToPostId: string; at: number };

/** What became of one change, in the order in which they were given. */
export type ChangeOutcome =
  | { status: 'created' | 'updated' | 'unchanged' | 'deleted' }
  /** The change was understood and refused; `reason` says why, for people. Nothing was altered. */
  | { status: 'refused'; because: ChangeRefusal; reason: string };

export type ChangeRefusal =
  /** It breaks a limit or a shape. */
  | 'invalid'
  /** What it would change was deleted, and what was deleted stays deleted. */
  | 'deleted'
  /** What it would change is not here. */
  | 'unknown'
  /** It contradicts what is here: another person's post, an edit too late. */
  | 'conflict';
