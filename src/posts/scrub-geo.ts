import { alterPost } from './alter-post.ts';
import type { Change, Outcome } from './change.ts';
import { checkTime, isPositiveId } from './check.ts';
import { addChore } from './chore.ts';
import { happen } from './happen.ts';
import { isScrubbed, refused, standingOf, type Work } from './work.ts';

/**
 * Takes the places of a person's posts away, up to and with one of their posts. Stored posts follow in bounded batches;
 * of those that come later from older files the place is not taken.
 */
export function scrubGeo(
  work: Work,
  { id, upToPostId, at }: Extract<Change, { kind: 'scrub-geo' }>,
): Outcome {
  const reason =
    isPositiveId(id) && isPositiveId(upToPostId) ? checkTime('at', at) : 'id or upToPostId is not an id';
  if (reason) return refused('invalid', reason);
  if (standingOf(work, id) === 'deleted')
    return refused('deleted', 'this person was deleted, and what was deleted stays deleted');
  if (isScrubbed(work, id, upToPostId)) return { status: 'unchanged' };
  work.rows.putScrub(id, upToPostId);
  work.scrubs.set(id, upToPostId);
  if (work.rows.hasPosts(id) !== undefined) addChore(work, 'scrub-geo', id);
  happen(work, { kind: 'geo-scrubbed', personId: id, upToPostId });
  return { status: 'updated' };
}

/** Takes the place of one post away. @returns false where no later post of this person needs to be looked at. */
export function scrubPost(work: Work, personId: string, postId: string): boolean {
  if (!isScrubbed(work, personId, postId)) return false;
  alterPost(work, postId, (post) => {
    post.geo = undefined;
  });
  return true;
}
