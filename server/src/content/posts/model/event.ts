/**
 * What licensees must follow, and what webhooks tell: written in the transaction that does it, numbered without gaps in
 * the order of commits, kept for `EVENTS_KEPT_MS`. Ids are decimal strings, times Unix ms.
 */
export type NetworkEvent = { seq: bigint; at: number } & (
  | { kind: 'post-created'; postId: string; personId: string }
  | { kind: 'post-deleted'; postId: string; personId: string }
  | { kind: 'post-edited'; postId: string; personId: string; previousId: string }
  /** Withheld in these countries; `countryCodes` empty: no longer. */
  | { kind: 'post-withheld'; postId: string; personId: string; countryCodes: readonly string[] }
  /**
   * This one post is to be shown nowhere for now (a copyright notice), and again. That a person's posts are not to be
   * shown, or are again, is told once, of the person.
   */
  | { kind: 'post-dropped' | 'post-undropped'; postId: string; personId: string }
  /** Places of all the person's posts up to this id were taken away. */
  | { kind: 'geo-scrubbed'; personId: string; upToPostId: string }
  | {
      kind:
        | 'person-deleted'
        | 'person-undeleted'
        | 'person-protected'
        | 'person-unprotected'
        | 'person-suspended'
        | 'person-unsuspended';
      personId: string;
    }
  /** As of a post; `XX` stands for every country, where it is for copyright. */
  | { kind: 'person-withheld'; personId: string; countryCodes: readonly string[] }
  /** `field` as `Person` names it; `value` is empty where it was taken away. */
  | { kind: 'person-modified'; personId: string; field: ModifiedField; value: string }
  /** `relation` of relation.ts, begun or ended by the person `personId` towards `to`. */
  | { kind: 'related' | 'unrelated'; relation: string; personId: string; to: string }
);

export type NetworkEventKind = NetworkEvent['kind'];

/** What of an account is told when it changes. */
export type ModifiedField =
  | 'username'
  | 'name'
  | 'description'
  | 'location'
  | 'url'
  | 'profileImageUrl'
  | 'profileBannerUrl'
  | 'verified'
  | 'verifiedType';

/**
 * A post or relation that began longer ago than this is no news: it came with a file of old ones.
 */
export const NEWS_MS = 3_600_000;

/** A licensee that was away for a long weekend and a day still finds all that it missed. */
export const EVENTS_KEPT_MS = 7 * 86_400_000;

export type EventReader = {
  /** In order, after a number (exclusive); `undefined` bounds begin at the oldest kept. */
  events(page: { after?: bigint; limit: number; kinds?: readonly NetworkEventKind[] }): NetworkEvent[];
  /** Number of the newest event; 0 when there was none. */
  lastEvent(): bigint;
  /** Number of the last event before this moment; 0 when none is kept. */
  lastEventBefore(at: number): bigint;
};
