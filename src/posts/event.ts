/**
 * What licensees must follow, and what webhooks tell: written in the transaction that does it, numbered without gaps in
 * the order of commits, kept for `EVENTS_KEPT_MS`. Ids are decimal strings, times Unix ms.
 */
export type NetworkEvent = { seq: bigint; at: number } & (
  | { kind: 'post-created'; postId: string; personId: string }
  | { kind: 'post-deleted'; postId: string; personId: string }
  | { kind: 'post-edited'; postId: string; personId: string; previousId: string }
  /** `countryCodes` empty: no longer withheld. */
  | { kind: 'post-withheld'; postId: string; personId: string; countryCodes: readonly string[] }
  /** Not to be shown for now, and shown again: its author was suspended or protected, or no longer is. */
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
  | { kind: 'person-withheld'; personId: string; countryCodes: readonly string[] }
  | { kind: 'person-modified'; personId: string; field: string; value: string }
  /** `relation` of relation.ts, begun or ended by the person `personId` towards `to`. */
  | { kind: 'related' | 'unrelated'; relation: string; personId: string; to: string }
);

export type NetworkEventKind = NetworkEvent['kind'];

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
