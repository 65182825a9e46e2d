import { compareIds } from '#kernel';
import type { ChangeOutcome } from '../model/change.ts';
import { EDITS_MAX } from '../model/check.ts';
import type { PostInput } from '../model/post.ts';
import { STATE } from '../store/sqlite-schema.ts';
import { syncIndex } from './index-sync.ts';
import { refused, type WriteContext } from './write-context.ts';

/**
 * Edit chains. Every version has its own id and stays readable by it; the highest id is the newest version, and
 * only that is in timelines and in search. A chain may be known before all its versions are here, because a file
 * names the whole history in each of them.
 */

/**
 * Learns from a post's own history which versions belong together.
 * @returns whether that was new, or the refusal of the post.
 */
export function registerChain(tx: WriteContext, given: PostInput): boolean | ChangeOutcome {
  const named = given.editHistory ?? [given.id];
  if (named.length === 1 && !tx.anyEdits) return false;
  const claimed = tx.rows.chain(given.id);
  const isForeign = claimed.some(([, author]) => author !== given.authorId);
  const known = new Map(named.flatMap((id) => (id === given.id && isForeign ? [] : tx.rows.chain(id))));
  for (const [id, author] of known) {
    if (author !== given.authorId)
      return refused('conflict', `editHistory names ${id}, a post of another person`);
  }
  const versions = [...new Set([...named, ...known.keys()])].sort(compareIds);
  const denied = denyVersions(tx, given, versions);
  if (denied) return denied;
  if (isForeign) disown(tx, given.id, claimed);
  const isWhole = !isForeign && claimed.length === versions.length;
  if (versions.length < 2 || isWhole) return false;
  writeChain(tx, versions, given.authorId);
  return true;
}

/** Somebody else's file claimed this id as a version of their post: the claim falls when the real one comes. */
function disown(tx: WriteContext, id: string, claimed: [id: string, authorId: string][]): void {
  for (const [version] of claimed) tx.rows.dropEdit(version);
  const rest = claimed.map(([version]) => version).filter((version) => version !== id);
  if (rest.length > 1) writeChain(tx, rest, claimed[0]?.[1] ?? '0');
  else for (const version of rest) setChainState(tx, version, 0);
}

function denyVersions(tx: WriteContext, given: PostInput, versions: string[]): ChangeOutcome | undefined {
  if (versions.length > EDITS_MAX + 1)
    return refused('conflict', `a post has at most ${EDITS_MAX + 1} versions`);
  for (const id of versions) {
    const row = tx.rows.post(id);
    if (row && row.doc === null)
      return refused('deleted', 'a version of this post was deleted, and with it all of them');
    if (row && row.authorId !== given.authorId) {
      return refused('conflict', `editHistory names ${id}, a post of another person`);
    }
  }
  return undefined;
}

function writeChain(tx: WriteContext, versions: string[], authorId: string): void {
  const newest = versions.at(-1);
  const hidden = hiddenOf(tx, versions);
  for (const id of versions) tx.rows.putEdit(id, versions[0] ?? id, authorId);
  tx.anyEdits = true;
  for (const id of versions)
    setChainState(tx, id, STATE.edited | hidden | (id === newest ? 0 : STATE.superseded));
}

/** The `state` bit of a reply of which one version is hidden: then all are. */
export function hiddenOf(tx: WriteContext, versions: readonly string[]): number {
  return versions.some((id) => (tx.rows.post(id)?.state ?? 0) & STATE.hidden) ? STATE.hidden : 0;
}

function setChainState(tx: WriteContext, id: string, bits: number): void {
  const row = tx.rows.post(id);
  if (!row || row.doc === null) return;
  tx.touched.posts.add(id);
  const state = (row.state & ~(STATE.edited | STATE.superseded)) | bits;
  if (state === row.state) return;
  tx.rows.setState(state, id);
  syncIndex(tx, id, false);
}
