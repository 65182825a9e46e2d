import type { DatabaseSync } from 'node:sqlite';
import type { WriteContext } from './write-context.ts';

/**
 * Work over as many posts as a person, a post or a place has. It is noted in the transaction that causes it and
 * done there as far as the budget goes; the rest follows in transactions of its own, also after a restart. Until
 * then the rules already refuse what the index still shows.
 */
export type BackfillKind =
  /** Judge the posts of a person again. */
  | 'author'
  /** Judge the reposts of a post again. */
  | 'reposts'
  /** Index the posts that show a medium or place again. */
  | 'thing'
  /** Take away the posts of a deleted person. */
  | 'delete-author'
  /** Put every post into a new index. */
  | 'rebuild'
  /** Take away the relations of what was deleted, and a person's lists. */
  | 'post-relations'
  | 'person-relations'
  | 'person-lists'
  | 'list-relations'
  /** Count a list that became public or private for its members, or no more. */
  | 'list-privacy'
  /** Take away the places of a person's posts. */
  | 'scrub-geo'
  /** Note the names of persons who were here before names were noted. */
  | 'names'
  /** Take away events that nobody needs any more. */
  | 'events';

export function addBackfill(tx: WriteContext, kind: BackfillKind, subject: string, at = 0): void {
  tx.rows.addChore(kind, subject, at);
  tx.choresPending = true;
}

/**
 * Every post is to be put into the index again, because the index begins anew. Belongs into the transaction that
 * empties it; the posts follow in bounded batches, oldest first.
 */
export function noteIndexRebuild(db: DatabaseSync): void {
  db.exec("INSERT OR REPLACE INTO chores (kind, subject, cursor, at) VALUES ('rebuild', '', -1, 0)");
}
