import type { DatabaseSync } from 'node:sqlite';
import { tombstone } from './delete.ts';
import { refresh } from './visibility.ts';
import type { Work } from './work.ts';

/**
 * Work over as many posts as a person, a post or a place has. It is noted in the transaction that causes it and
 * done there as far as the budget goes; the rest follows in transactions of its own, also after a restart. Until
 * then the rules already refuse what the index still shows.
 */
export type ChoreKind =
  /** Judge the posts of a person again. */
  | 'author'
  /** Judge the reposts of a post again. */
  | 'reposts'
  /** Index the posts that show a medium or place again. */
  | 'thing'
  /** Take away the posts of a deleted person. */
  | 'delete-author'
  /** Put every post into a new index. */
  | 'rebuild';

/** Posts that one step of one chore takes, so that a large chore does not hold up the small ones. */
const STEP_POSTS = 500;
/** Chores that are taken up in one round. */
const ROUND_CHORES = 100;

export function addChore(work: Work, kind: ChoreKind, subject: string, at = 0): void {
  work.rows.addChore(kind, subject, at);
  work.choresPending = true;
}

/**
 * Every post is to be put into the index again, because the index begins anew. Belongs into the transaction that
 * empties it; the posts follow in bounded batches, oldest first.
 */
export function noteIndexRebuild(db: DatabaseSync): void {
  db.exec("INSERT OR REPLACE INTO chores (kind, subject, cursor, at) VALUES ('rebuild', '', -1, 0)");
}

/** Is there anything to do? */
export function choresWait(work: Work): boolean {
  work.choresPending &&= work.rows.chores(1).length > 0;
  return work.choresPending;
}

/** Does chores in turn until none is left or `budget` posts were handled. */
export function doChores(work: Work, budget: number): void {
  let left = budget;
  while (left > 0 && choresWait(work)) {
    const round = work.rows.chores(ROUND_CHORES);
    for (const [kind, subject, cursor, at] of round) {
      if (left <= 0) return;
      left -= 1 + step(work, kind as ChoreKind, subject, cursor, at, Math.min(STEP_POSTS, left));
    }
  }
}

/** @returns how many posts were handled. */
function step(
  work: Work,
  kind: ChoreKind,
  subject: string,
  cursor: string,
  at: number,
  limit: number,
): number {
  const ids = SUBJECTS[kind](work)(subject, cursor, limit);
  const last = ids.at(-1)?.[0];
  // The note goes first: what is done below may note the same chore again, and that must stay.
  if (last === undefined || ids.length < limit) work.rows.dropChore(kind, subject);
  else work.rows.moveChore(last, kind, subject);
  for (const [id] of ids) {
    if (kind === 'delete-author') tombstone(work, id, at);
    else refresh(work, id, kind === 'thing' || kind === 'rebuild');
  }
  return ids.length;
}

const SUBJECTS: Record<ChoreKind, (work: Work) => Work['rows']['postsOf']> = {
  author: (work) => work.rows.postsOf,
  'delete-author': (work) => work.rows.postsOf,
  reposts: (work) => work.rows.repostsOf,
  thing: (work) => work.rows.usesOf,
  rebuild: (work) => work.rows.allPosts,
};
