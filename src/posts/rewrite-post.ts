import { kindOf, ownState } from './codec.ts';
import { hiddenOf } from './edits.ts';
import { happen } from './happen.ts';
import type { Post } from './post.ts';
import { STATE } from './sqlite-schema.ts';
import { refresh } from './visibility.ts';
import { repostedId } from './visibility-policy.ts';
import type { Work } from './work.ts';

/** Writes what a stored post became. @param oldState of its row. */
export function rewrite(work: Work, post: Post, doc: string, before: Post, oldState: number): void {
  const state = ownState(post) | (oldState & STATE.hidden) | (work.anyEdits ? chainState(work, post.id) : 0);
  work.rows.updatePost(post.id, { kind: kindOf(post), state, repostedId: repostedId(post) ?? null, doc });
  noteThings(work, post, before);
  refresh(work, post.id, true, before);
  tellWithheld(work, post, before);
}

function tellWithheld(work: Work, post: Post, before: Post): void {
  const about = { postId: post.id, personId: post.authorId };
  const codes = post.withheld?.countryCodes ?? [];
  if (codes.join() !== (before.withheld?.countryCodes ?? []).join())
    happen(work, { kind: 'post-withheld', ...about, countryCodes: codes });
  const dropped = post.withheld?.copyright ?? false;
  if (dropped !== (before.withheld?.copyright ?? false))
    happen(work, { kind: dropped ? 'post-dropped' : 'post-undropped', ...about });
}

/** The `state` bits that a post has from its edit chain. */
export function chainState(work: Work, id: string): number {
  const versions = work.rows.chain(id);
  if (versions.length < 2) return 0;
  const hidden = hiddenOf(
    work,
    versions.map(([version]) => version),
  );
  return STATE.edited | hidden | (versions.at(-1)?.[0] === id ? 0 : STATE.superseded);
}

/** Notes the media, polls and the place that a post shows now; `before` is what it showed. */
export function noteThings(work: Work, post: Post, before: Post | undefined): void {
  const shown = thingsOf(post);
  for (const thing of shown) work.rows.addUse(thing, post.id);
  if (!before) return;
  for (const thing of thingsOf(before)) if (!shown.includes(thing)) work.rows.dropUse(thing, post.id);
}

/** Media, polls and the place that a post shows, as `uses` names them. */
function thingsOf(post: Post): string[] {
  const things: string[] = [];
  for (const key of post.mediaKeys ?? []) things.push(`media:${key}`);
  for (const key of post.pollIds ?? []) things.push(`poll:${key}`);
  if (post.geo?.placeId) things.push(`place:${post.geo.placeId}`);
  return things;
}
