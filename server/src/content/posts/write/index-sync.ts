import type { Media, Place, Post } from '../model/post.ts';
import { judge, REPOST_DEPTH_MAX, repostedId, type VisibilityCase } from '../policy/visibility-policy.ts';
import { decodePost } from '../store/codec.ts';
import { STATE } from '../store/sqlite-schema.ts';
import { addBackfill } from './backfill.ts';
import type { IndexContext } from './post-index.ts';
import { standingOf, type WriteContext } from './write-context.ts';

/**
 * Keeps the search index at what the rules say. `posts.indexed` holds what a post was last judged to be: whether
 * it is in the index and with which markers, so that a change which alters none of it costs no indexing.
 */
const MARK = {
  /** The rules let search show it (it may still be an older version, which search does not show). */
  served: 1,
  inIndex: 2,
  authorVerified: 4,
  refusesAiTraining: 8,
  refusesRedistribution: 16,
  images: 32,
  videos: 64,
  repostedKnown: 128,
  placeKnown: 256,
} as const;

export type IndexDecision = { marks: number; context: IndexContext };

/** What `posts.indexed` is to be for a post, and what the index needs to know of it. */
export function judgeForIndex(tx: WriteContext, post: Post, state: number): IndexDecision {
  const original = repostedId(post);
  const facts = caseOf(tx, post.authorId, state, original, 0);
  const context: IndexContext = {
    authorVerified: verified(tx, post.authorId),
    refusesAiTraining: judge(facts, { aiTraining: true }) === 'refused',
    refusesRedistribution: judge(facts, { redistribution: true }) === 'refused',
    media: mediaKinds(tx, post),
  };
  if (original !== undefined) {
    const row = tx.rows.post(original);
    if (row && row.authorId !== '0') context.repostedAuthorId = row.authorId;
  }
  const place = post.geo?.placeId === undefined ? undefined : tx.rows.places.get(post.geo.placeId)?.[0];
  if (place !== undefined) context.place = JSON.parse(place) as Place;
  const served = judge(facts, { search: true }) === 'serve';
  const marks =
    (served ? MARK.served : 0) |
    (served && !(state & STATE.superseded) ? MARK.inIndex : 0) |
    (context.authorVerified ? MARK.authorVerified : 0) |
    (context.refusesAiTraining ? MARK.refusesAiTraining : 0) |
    (context.refusesRedistribution ? MARK.refusesRedistribution : 0) |
    (context.media.images ? MARK.images : 0) |
    (context.media.videos ? MARK.videos : 0) |
    (context.repostedAuthorId !== undefined ? MARK.repostedKnown : 0) |
    (place !== undefined ? MARK.placeKnown : 0);
  return { marks, context };
}

/** The same facts that `judgePosts` gathers through a reader, from columns alone. */
function caseOf(
  tx: WriteContext,
  authorId: string,
  state: number,
  original: string | null | undefined,
  depth: number,
): VisibilityCase {
  const author = standingOf(tx, authorId);
  if (state & STATE.deleted || author === 'deleted') return { post: 'deleted', author: undefined };
  const post = state & STATE.withheld ? WITHHELD : SERVED;
  if (!original) return { post, author };
  const row = tx.rows.post(original);
  if (!row) return { post, author };
  if (depth >= REPOST_DEPTH_MAX) return { post, author, reposted: { post: 'deleted', author: undefined } };
  return { post, author, reposted: caseOf(tx, row.authorId, row.state, row.repostedId, depth + 1) };
}

const WITHHELD = { withheld: { copyright: true, countryCodes: [] } };
const SERVED = {};

function verified(tx: WriteContext, authorId: string): boolean {
  const standing = standingOf(tx, authorId);
  return standing !== undefined && standing !== 'deleted' && standing.verified;
}

/** An animated GIF counts as an image: it has no sound, and clients show it as one. */
function mediaKinds(tx: WriteContext, post: Post): IndexContext['media'] {
  const kinds = { images: false, videos: false };
  for (const key of post.mediaKeys ?? []) {
    const doc = tx.rows.media.get(key)?.[0];
    if (doc === undefined) continue;
    if ((JSON.parse(doc) as Media).type === 'video') kinds.videos = true;
    else kinds.images = true;
  }
  return kinds;
}

/**
 * Judges a post again and brings the index to the verdict; what repeats it is judged again too, if that altered
 * anything. @param rewrite true when what the index reads of the post may have changed, so that it must read it again.
 * @param before the post before that change, where nothing beside the post itself changed.
 */
export function syncIndex(tx: WriteContext, id: string, rewrite: boolean, before?: Post): void {
  const row = tx.rows.post(id);
  if (!row || row.doc === null) return;
  const post = decodePost(id, row.authorId, row.doc, [id]);
  const { marks, context } = judgeForIndex(tx, post, row.state);
  if (marks & MARK.inIndex) {
    if (marks !== row.indexed) tx.index.put(post, context);
    else if (rewrite) tx.index.put(post, context, before);
  } else if (row.indexed & MARK.inIndex) tx.index.remove(id);
  if (marks === row.indexed) return;
  tx.rows.setIndexed(marks, id);
  syncReposts(tx, id);
}

export function isInIndex(marks: number): boolean {
  return (marks & MARK.inIndex) !== 0;
}

/** What repeats this post is to be judged again, when there is any. */
export function syncReposts(tx: WriteContext, id: string): void {
  if (tx.rows.hasReposts(id)) addBackfill(tx, 'reposts', id);
}
