import { noteNames } from '../model/names.ts';
import type { PersonMetrics } from '../model/person.ts';
import type { Post, PostMetrics, Reference } from '../model/post.ts';
import type { RelationKind } from '../model/relation.ts';
import { decodePerson, encodePerson } from '../store/codec.ts';
import type { RelationRow } from '../store/relation-rows.ts';
import { alterPost } from './alter-post.ts';
import { isPublicList } from './list-doc.ts';
import type { WriteContext } from './write-context.ts';

/**
 * Counts that posts, persons and lists show, moved with what they count and in the same transaction. None falls below
 * 0: where a source never gave a count, what it counted may still go.
 */

const OF_REFERENCE: Record<Reference['type'], keyof PostMetrics> = {
  replied_to: 'replies',
  quoted: 'quotes',
  retweeted: 'reposts',
};

/** A post began or ceased to be: its author's posts, and what it answers, quotes or repeats. */
export function countPost(tx: WriteContext, post: Post, by: 1 | -1): void {
  movePerson(tx, post.authorId, 'posts', by);
  const counted = new Set(post.references.map(({ type, id }) => `${type} ${id}`));
  for (const { type, id } of post.references) {
    if (counted.delete(`${type} ${id}`)) movePost(tx, id, OF_REFERENCE[type], by);
  }
}

/**
 * A relation began or ended: what posts and persons show of it. Mutes, blocks and pins are nobody else's business.
 * @param listed is the list that it puts somebody on a public one, as `isPublicList` says?
 */
export function countRelation(
  tx: WriteContext,
  kind: RelationKind,
  { from, to, listed }: { from: string; to: string; listed: boolean },
  by: 1 | -1,
): void {
  switch (kind) {
    case 'like':
      movePost(tx, to, 'likes', by);
      movePerson(tx, from, 'likes', by);
      break;
    case 'bookmark':
      movePost(tx, to, 'bookmarks', by);
      break;
    case 'follow':
      movePerson(tx, from, 'following', by);
      movePerson(tx, to, 'followers', by);
      break;
    case 'list-member':
      if (listed) movePerson(tx, to, 'listed', by);
      break;
  }
}

/** A list's members or followers became more or fewer. No source tells how many it has: these are counted always. */
export function countInList(
  tx: WriteContext,
  kind: RelationKind,
  from: string,
  to: string,
  by: 1 | -1,
): void {
  if (kind === 'list-member') moveList(tx, from, 'members', by);
  else if (kind === 'list-follow') moveList(tx, to, 'followers', by);
}

/** The list of this member became public or private: its count follows. */
export function relist(tx: WriteContext, [place, , from, to, listed]: RelationRow): void {
  const isPublic = isPublicList(tx, from);
  if (isPublic === (listed === 1)) return;
  tx.rows.setListed(isPublic ? 1 : 0, place);
  movePerson(tx, to, 'listed', isPublic ? 1 : -1);
}

function movePost(tx: WriteContext, id: string, name: keyof PostMetrics, by: 1 | -1): void {
  alterPost(tx, id, (post) => {
    post.metrics = { ...post.metrics, [name]: Math.max(0, post.metrics[name] + by) };
  });
}

function movePerson(tx: WriteContext, id: string, name: keyof PersonMetrics, by: 1 | -1): void {
  const row = tx.rows.person(id);
  if (!row?.[0]) return;
  const person = decodePerson(row[0]);
  const count = person.metrics[name];
  // A count that the source never told is not known to be 0.
  if (count === undefined) return;
  const moved = Math.max(0, count + by);
  if (moved === count) return;
  const next = { ...person, metrics: { ...person.metrics, [name]: moved } };
  const username = tx.rows.ownUsername(id)?.[0] ?? null;
  tx.rows.putPerson(id, username, encodePerson(next));
  tx.touched.people.add(id);
  if (name !== 'followers') return;
  const ownsName = username !== null;
  noteNames(tx, { person, ownsName }, { person: next, ownsName });
}

function moveList(tx: WriteContext, id: string, name: 'members' | 'followers', by: 1 | -1): void {
  const list = tx.rows.list(id);
  if (!list?.doc) return;
  list[name] = Math.max(0, list[name] + by);
  tx.rows.setListCounts(list.members, list.followers, id);
}
