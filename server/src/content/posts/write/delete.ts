import type { ChangeOutcome } from '../model/change.ts';
import { checkTime, isPositiveId } from '../model/check.ts';
import { noteNames } from '../model/names.ts';
import type { Post } from '../model/post.ts';
import { decodePerson, decodePost } from '../store/codec.ts';
import { STATE } from '../store/sqlite-schema.ts';
import { addBackfill } from './backfill.ts';
import { countPost } from './counts.ts';
import { isInIndex, syncReposts } from './index-sync.ts';
import { recordEvent } from './record-event.ts';
import { postRow, refused, type WriteContext } from './write-context.ts';

/** Deletes a post with all its versions. One that was never here gets its tombstone too. @param at Unix ms. */
export function deletePost(tx: WriteContext, id: string, at: number, authorId?: string): ChangeOutcome {
  const reason = isPositiveId(id) ? checkTime('at', at) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  if (authorId !== undefined) {
    const row = postRow(tx, id);
    if (!row || row.doc === null) return { status: 'unchanged' };
    if (row.authorId !== authorId) return refused('conflict', 'this id belongs to a post of another person');
  }
  const versions = tx.anyEdits ? tx.rows.chain(id).map(([version]) => version) : [];
  const gone = (versions.length > 0 ? versions : [id]).filter((version) => {
    const row = postRow(tx, version);
    if (row?.doc) recordEvent(tx, { kind: 'post-deleted', postId: version, personId: row.authorId });
    return row?.doc !== null && tombstone(tx, version, at);
  });
  return { status: gone.length > 0 ? 'deleted' : 'unchanged' };
}

/** Of a post that goes with its author nobody is told on its own. @returns false when it was deleted already. */
export function tombstone(tx: WriteContext, id: string, at: number): boolean {
  const row = tx.rows.post(id);
  if (row && row.doc === null) return false;
  tx.rows.putTombstone(id, row?.authorId ?? '0', STATE.deleted, at);
  tx.touched.posts.add(id);
  if (row?.doc) {
    tx.counters.posts -= 1;
    if (isInIndex(row.indexed)) tx.index.remove(id);
    const post = decodePost(id, row.authorId, row.doc, [id]);
    dropThings(tx, post);
    // A post was counted once, however often it was edited.
    if (!(row.state & STATE.superseded)) countPost(tx, post, -1);
  }
  if (tx.rows.towardsPost(id, 1).length > 0) addBackfill(tx, 'post-relations', id);
  syncReposts(tx, id);
  return true;
}

/** Media and polls go with the last post that showed them. Places stay: they are nobody's. */
function dropThings(tx: WriteContext, post: Post): void {
  for (const key of post.mediaKeys ?? []) {
    if (!stillUsed(tx, `media:${key}`, post.id)) tx.rows.media.drop(key);
  }
  for (const key of post.pollIds ?? []) {
    if (!stillUsed(tx, `poll:${key}`, post.id)) tx.rows.polls.drop(key);
  }
  if (post.geo?.placeId) tx.rows.dropUse(`place:${post.geo.placeId}`, post.id);
}

function stillUsed(tx: WriteContext, thing: string, postId: string): boolean {
  tx.rows.dropUse(thing, postId);
  return tx.rows.hasUses(thing) !== undefined;
}

/** Deletes a person; their posts follow in bounded batches and are not served meanwhile. @param at Unix ms. */
export function deletePerson(tx: WriteContext, id: string, at: number): ChangeOutcome {
  const reason = isPositiveId(id) ? checkTime('at', at) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  const row = tx.rows.person(id);
  if (row && row[0] === null) return { status: 'unchanged' };
  const hasPosts = tx.rows.hasPosts(id) !== undefined;
  if (row?.[0]) {
    const ownsName = tx.rows.ownUsername(id)?.[0] != null;
    noteNames(tx, { person: decodePerson(row[0]), ownsName }, undefined);
  }
  if (row || hasPosts) recordEvent(tx, { kind: 'person-deleted', personId: id });
  tx.rows.putPersonTombstone(id, at);
  tx.standings.delete(id);
  tx.touched.people.add(id);
  if (row) tx.counters.people -= 1;
  if (hasPosts) addBackfill(tx, 'delete-author', id, at);
  if (tx.rows.byPerson(id, 1).length > 0 || tx.rows.towardsPerson(id, 1).length > 0)
    addBackfill(tx, 'person-relations', id);
  if (tx.rows.listsOf(id, 1).length > 0) addBackfill(tx, 'person-lists', id, at);
  return { status: 'deleted' };
}
