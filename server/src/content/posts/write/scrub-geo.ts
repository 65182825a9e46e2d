import type { Change, ChangeOutcome } from '../model/change.ts';
import { checkTime, isPositiveId } from '../model/check.ts';
import { alterPost } from './alter-post.ts';
import { addBackfill } from './backfill.ts';
import { recordEvent } from './record-event.ts';
import { isScrubbed, refused, standingOf, type WriteContext } from './write-context.ts';

/**
 * Takes the places of a person's posts away, up to and with one of their posts. Stored posts follow in bounded batches;
 * of those that come later from older files the place is not taken.
 */
export function scrubGeo(
  tx: WriteContext,
  { id, upToPostId, at }: Extract<Change, { kind: 'scrub-geo' }>,
): ChangeOutcome {
  const reason =
    isPositiveId(id) && isPositiveId(upToPostId) ? checkTime('at', at) : 'id or upToPostId is not an id';
  if (reason) return refused('invalid', reason);
  if (standingOf(tx, id) === 'deleted')
    return refused('deleted', 'this person was deleted, and what was deleted stays deleted');
  if (isScrubbed(tx, id, upToPostId)) return { status: 'unchanged' };
  tx.rows.putScrub(id, upToPostId);
  tx.scrubs.set(id, upToPostId);
  if (tx.rows.hasPosts(id) !== undefined) addBackfill(tx, 'scrub-geo', id);
  recordEvent(tx, { kind: 'geo-scrubbed', personId: id, upToPostId });
  return { status: 'updated' };
}

/** Takes the place of one post away. @returns false where no later post of this person needs to be looked at. */
export function scrubPost(tx: WriteContext, personId: string, postId: string): boolean {
  if (!isScrubbed(tx, personId, postId)) return false;
  alterPost(tx, postId, (post) => {
    post.geo = undefined;
  });
  return true;
}
