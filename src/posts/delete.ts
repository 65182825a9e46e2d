import type { Outcome } from './change.ts';
import { checkTime, isPositiveId } from './check.ts';
import { addChore } from './chore.ts';
import { decodePerson, decodePost } from './codec.ts';
import { countPost } from './counts.ts';
import { happen } from './happen.ts';
import { noteNames } from './names.ts';
import type { Post } from './post.ts';
import { STATE } from './sqlite-schema.ts';
import { isInIndex, refreshReposts } from './visibility.ts';
import { postRow, refused, type Work } from './work.ts';

/** Deletes a post with all its versions. One that was never here gets its tombstone too. @param at Unix ms. */
export function deletePost(work: Work, id: string, at: number, authorId?: string): Outcome {
  const reason = isPositiveId(id) ? checkTime('at', at) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  if (authorId !== undefined) {
    const row = postRow(work, id);
    if (!row || row.doc === null) return { status: 'unchanged' };
    if (row.authorId !== authorId) return refused('conflict', 'this id belongs to a post of another person');
  }
  const versions = work.anyEdits ? work.rows.chain(id).map(([version]) => version) : [];
  const gone = (versions.length > 0 ? versions : [id]).filter((version) => {
    const row = postRow(work, version);
    if (row?.doc) happen(work, { kind: 'post-deleted', postId: version, personId: row.authorId });
    return row?.doc !== null && tombstone(work, version, at);
  });
  return { status: gone.length > 0 ? 'deleted' : 'unchanged' };
}

/** Of a post that goes with its author nobody is told on its own. @returns false when it was deleted already. */
export function tombstone(work: Work, id: string, at: number): boolean {
  const row = work.rows.post(id);
  if (row && row.doc === null) return false;
  work.rows.putTombstone(id, row?.authorId ?? '0', STATE.deleted, at);
  work.touched.posts.add(id);
  if (row?.doc) {
    work.counters.posts -= 1;
    if (isInIndex(row.indexed)) work.index.remove(id);
    const post = decodePost(id, row.authorId, row.doc, [id]);
    dropThings(work, post);
    // A post was counted once, however often it was edited.
    if (!(row.state & STATE.superseded)) countPost(work, post, -1);
  }
  if (work.rows.towardsPost(id, 1).length > 0) addChore(work, 'post-relations', id);
  refreshReposts(work, id);
  return true;
}

/** Media and polls go with the last post that showed them. Places stay: they are nobody's. */
function dropThings(work: Work, post: Post): void {
  for (const key of post.mediaKeys ?? []) {
    if (!stillUsed(work, `media:${key}`, post.id)) work.rows.media.drop(key);
  }
  for (const key of post.pollIds ?? []) {
    if (!stillUsed(work, `poll:${key}`, post.id)) work.rows.polls.drop(key);
  }
  if (post.geo?.placeId) work.rows.dropUse(`place:${post.geo.placeId}`, post.id);
}

function stillUsed(work: Work, thing: string, postId: string): boolean {
  work.rows.dropUse(thing, postId);
  return work.rows.hasUses(thing) !== undefined;
}

/** Deletes a person; their posts follow in bounded batches and are not served meanwhile. @param at Unix ms. */
export function deletePerson(work: Work, id: string, at: number): Outcome {
  const reason = isPositiveId(id) ? checkTime('at', at) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  const row = work.rows.person(id);
  if (row && row[0] === null) return { status: 'unchanged' };
  const hasPosts = work.rows.hasPosts(id) !== undefined;
  if (row?.[0]) {
    const ownsName = work.rows.ownUsername(id)?.[0] != null;
    noteNames(work, { person: decodePerson(row[0]), ownsName }, undefined);
  }
  if (row || hasPosts) happen(work, { kind: 'person-deleted', personId: id });
  work.rows.putPersonTombstone(id, at);
  work.standings.delete(id);
  work.touched.people.add(id);
  if (row) work.counters.people -= 1;
  if (hasPosts) addChore(work, 'delete-author', id, at);
  if (work.rows.byPerson(id, 1).length > 0 || work.rows.towardsPerson(id, 1).length > 0)
    addChore(work, 'person-relations', id);
  if (work.rows.listsOf(id, 1).length > 0) addChore(work, 'person-lists', id, at);
  return { status: 'deleted' };
}
