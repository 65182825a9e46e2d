import type { Post } from '../model/post.ts';
import { repostedId } from '../policy/visibility-policy.ts';
import { kindOf, ownState } from '../store/codec.ts';
import { STATE } from '../store/sqlite-schema.ts';
import { hiddenOf } from './edits.ts';
import { syncIndex } from './index-sync.ts';
import { recordEvent } from './record-event.ts';
import type { WriteContext } from './write-context.ts';

/** Writes what a stored post became. @param oldState of its row. */
export function rewrite(tx: WriteContext, post: Post, doc: string, before: Post, oldState: number): void {
  const state = ownState(post) | (oldState & STATE.hidden) | (tx.anyEdits ? chainState(tx, post.id) : 0);
  tx.rows.updatePost(post.id, { kind: kindOf(post), state, repostedId: repostedId(post) ?? null, doc });
  noteThings(tx, post, before);
  syncIndex(tx, post.id, true, before);
  tellWithheld(tx, post, before);
}

function tellWithheld(tx: WriteContext, post: Post, before: Post): void {
  const about = { postId: post.id, personId: post.authorId };
  const codes = post.withheld?.countryCodes ?? [];
  if (codes.join() !== (before.withheld?.countryCodes ?? []).join())
    recordEvent(tx, { kind: 'post-withheld', ...about, countryCodes: codes });
  const dropped = post.withheld?.copyright ?? false;
  if (dropped !== (before.withheld?.copyright ?? false))
    recordEvent(tx, { kind: dropped ? 'post-dropped' : 'post-undropped', ...about });
}

/** The `state` bits that a post has from its edit chain. */
export function chainState(tx: WriteContext, id: string): number {
  const versions = tx.rows.chain(id);
  if (versions.length < 2) return 0;
  const hidden = hiddenOf(
    tx,
    versions.map(([version]) => version),
  );
  return STATE.edited | hidden | (versions.at(-1)?.[0] === id ? 0 : STATE.superseded);
}

/** Notes the media, polls and the place that a post shows now; `before` is what it showed. */
export function noteThings(tx: WriteContext, post: Post, before: Post | undefined): void {
  const shown = thingsOf(post);
  for (const thing of shown) tx.rows.addUse(thing, post.id);
  if (!before) return;
  for (const thing of thingsOf(before)) if (!shown.includes(thing)) tx.rows.dropUse(thing, post.id);
}

/** Media, polls and the place that a post shows, as `uses` names them. */
function thingsOf(post: Post): string[] {
  const things: string[] = [];
  for (const key of post.mediaKeys ?? []) things.push(`media:${key}`);
  for (const key of post.pollIds ?? []) things.push(`poll:${key}`);
  if (post.geo?.placeId) things.push(`place:${post.geo.placeId}`);
  return things;
}
