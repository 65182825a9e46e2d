import { compareIds } from '#kernel';
import type { ChangeOutcome } from '../model/change.ts';
import { checkDoc, checkPost, EDIT_WINDOW_MS, EDITS_MAX, isPositiveId } from '../model/check.ts';
import { noMetrics } from '../model/defaults.ts';
import { extractEntities } from '../model/entities.ts';
import type { Post, PostInput, PostMetrics } from '../model/post.ts';
import { nameMentions } from '../model/usernames.ts';
import { isWithheld, repostedId } from '../policy/visibility-policy.ts';
import { decodePost, encodePost, foldUsername, kindOf, METRICS, ownState } from '../store/codec.ts';
import type { PostRow } from '../store/rows.ts';
import { STATE } from '../store/sqlite-schema.ts';
import { countPost } from './counts.ts';
import { registerChain } from './edits.ts';
import { isInIndex, judgeForIndex, syncReposts } from './index-sync.ts';
import { isNews, recordEvent } from './record-event.ts';
import { chainState, noteThings, rewrite } from './rewrite-post.ts';
import { isScrubbed, postRow, refused, standingOf, type WriteContext } from './write-context.ts';

type Unsaid = readonly (keyof Post)[];

/** Creates a post, or replaces what is stored of it. See `Change` for what an upsert may not take back. */
export function upsertPost(
  tx: WriteContext,
  given: PostInput,
  unsaid: Unsaid = [],
  counts = false,
): ChangeOutcome {
  const reason = checkPost(given);
  if (reason) return refused('invalid', reason);
  const row = postRow(tx, given.id);
  const denied = denyUpsert(tx, given, row);
  if (denied) return denied;
  const before = row?.doc ? decodePost(given.id, row.authorId, row.doc, [given.id]) : undefined;
  const post = before ? replace(before, given, unsaid) : complete(tx, given, unsaid);
  nameAll(tx, post);
  if (post.geo && isScrubbed(tx, post.authorId, post.id)) post.geo = undefined;
  const doc = encodePost(post);
  const tooLong = checkDoc(doc);
  if (tooLong) return refused('invalid', tooLong);
  const chained = registerChain(tx, given);
  if (typeof chained !== 'boolean') return chained;
  if (row?.doc === doc) return { status: chained ? 'updated' : 'unchanged' };
  tx.touched.posts.add(given.id);
  if (before) rewrite(tx, post, doc, before, row?.state ?? 0);
  else {
    insert(tx, post, doc);
    if (counts) countPost(tx, post, 1);
  }
  return { status: before ? 'updated' : 'created' };
}

function nameAll(tx: WriteContext, post: Post): void {
  const isBorne = (name: string) => tx.rows.usernameHolder(foldUsername(name)) !== undefined;
  post.entities = nameMentions(post.text, post.entities, isBorne);
  const { longText } = post;
  if (!longText?.entities) return;
  const entities = nameMentions(longText.text, longText.entities, isBorne);
  if (entities !== longText.entities) post.longText = { ...longText, entities };
}

function denyUpsert(tx: WriteContext, given: PostInput, row: PostRow | undefined): ChangeOutcome | undefined {
  if (row && row.doc === null)
    return refused('deleted', 'this post was deleted, and what was deleted stays deleted');
  if (row && row.authorId !== given.authorId)
    return refused('conflict', 'this id belongs to a post of another person');
  if (standingOf(tx, given.authorId) === 'deleted') {
    return refused('deleted', 'its author was deleted, and what was deleted stays deleted');
  }
  return undefined;
}

/** A new post, with what its source left out. */
function complete(tx: WriteContext, given: PostInput, unsaid: Unsaid): Post {
  const post: Post = {
    ...given,
    lang: given.lang || 'und',
    metrics: { ...noMetrics(), ...given.metrics },
    entities: given.entities ?? extractEntities(given.text),
    conversationId: given.conversationId ?? given.id,
    editHistory: [given.id],
  };
  post.longText = readLongText(given.longText, undefined);
  const parentId = given.references.find(({ type }) => type === 'replied_to')?.id;
  if (parentId === undefined) return post;
  const saysConversation = given.conversationId !== undefined && !unsaid.includes('conversationId');
  if (saysConversation && post.inReplyToPersonId !== undefined) return post;
  const row = postRow(tx, parentId);
  const parent = row?.doc ? decodePost(parentId, row.authorId, row.doc, [parentId]) : undefined;
  // A parent that is not here yet is most often the first of its conversation.
  if (!saysConversation) post.conversationId = parent?.conversationId ?? parentId;
  post.inReplyToPersonId ??= parent?.authorId;
  return post;
}

/** What a stored post becomes by an upsert. */
function replace(old: Post, given: PostInput, unsaid: Unsaid): Post {
  const next: Record<string, unknown> = { ...given };
  for (const field of unsaid) next[field] = old[field];
  const sameText = next.text === old.text;
  const post = {
    ...(next as PostInput),
    lang: (next.lang as string) || 'und',
    metrics: highest(old.metrics, next.metrics as Partial<PostMetrics>),
    entities:
      unsaid.includes('entities') || !given.entities ? keepEntities(old, given, sameText) : given.entities,
    conversationId: (next.conversationId as string | undefined) ?? old.conversationId,
    inReplyToPersonId: (next.inReplyToPersonId as string | undefined) ?? old.inReplyToPersonId,
    editHistory: old.editHistory,
  };
  post.longText = readLongText(next.longText as Post['longText'], old.longText);
  // Only `withhold-post` lifts it: an old file must not show what a court has hidden since.
  if (isWithheld(old.withheld) && !isWithheld(post.withheld)) post.withheld = old.withheld;
  return post;
}

function keepEntities(old: Post, given: PostInput, sameText: boolean): Post['entities'] {
  return sameText ? old.entities : (given.entities ?? extractEntities(given.text));
}

/** A long text with its own entities, whether its source gave them or not. */
function readLongText(given: Post['longText'], old: Post['longText']): Post['longText'] {
  if (!given || given.entities) return given;
  return {
    text: given.text,
    entities: given.text === old?.text ? old.entities : extractEntities(given.text),
  };
}

function highest(old: PostMetrics, given: Partial<PostMetrics>): PostMetrics {
  const metrics = { ...old };
  for (const name of METRICS) metrics[name] = Math.max(old[name], given[name] ?? 0);
  return metrics;
}

function insert(tx: WriteContext, post: Post, doc: string): void {
  let state = ownState(post);
  if (tx.anyEdits) state |= chainState(tx, post.id);
  const { marks, context } = judgeForIndex(tx, post, state);
  tx.rows.insertPost(post.id, {
    authorId: post.authorId,
    kind: kindOf(post),
    state,
    indexed: marks,
    repostedId: repostedId(post) ?? null,
    doc,
  });
  tx.counters.posts += 1;
  tx.touched.created.add(post.id);
  noteThings(tx, post, undefined);
  if (isInIndex(marks)) tx.index.put(post, context);
  syncReposts(tx, post.id);
  if (state & STATE.edited) tellVersion(tx, post, state);
  else if (isNews(tx, post.createdAt)) tellCreated(tx, post);
}

/** A new version is told wherever its holders may have the one before; an older one that comes late is nobody's news. */
function tellVersion(tx: WriteContext, post: Post, state: number): void {
  if (state & STATE.superseded) return;
  const previousId = tx.rows.chain(post.id).at(-2)?.[0];
  if (previousId !== undefined && tx.rows.post(previousId)?.doc)
    recordEvent(tx, { kind: 'post-edited', postId: post.id, personId: post.authorId, previousId });
  else if (isNews(tx, post.createdAt)) tellCreated(tx, post);
}

function tellCreated(tx: WriteContext, { id, authorId }: Post): void {
  recordEvent(tx, { kind: 'post-created', postId: id, personId: authorId });
}

/** A new version of a post: within 30 minutes of the first, at most 5 times, always on top of the newest. */
export function editPost(tx: WriteContext, previousId: string, given: PostInput): ChangeOutcome {
  const reason = isPositiveId(previousId)
    ? checkPost({ ...given, editHistory: undefined })
    : 'previousId is not an id';
  if (reason) return refused('invalid', reason);
  const row = postRow(tx, previousId);
  if (!row) return refused('unknown', 'the version that it replaces is not here');
  if (row.doc === null) return refused('deleted', 'the post was deleted, and what was deleted stays deleted');
  const chain = tx.rows.chain(previousId).map(([id]) => id);
  const history = chain.length > 0 ? chain : [previousId];
  const known = history.includes(given.id);
  const previous = decodePost(previousId, row.authorId, row.doc, history);
  const denied = known ? denyRepeat(history, previousId, given.id) : denyEdit(tx, previous, given);
  if (denied) return denied;
  const next: PostInput = { ...given, editHistory: known ? history : [...history, given.id] };
  next.conversationId ??= previous.conversationId;
  next.inReplyToPersonId ??= previous.inReplyToPersonId;
  if (isWithheld(previous.withheld) && !isWithheld(next.withheld)) next.withheld = previous.withheld;
  return upsertPost(tx, next);
}

/** The edit was applied before: only the same step of the chain is the same edit. */
function denyRepeat(history: string[], previousId: string, id: string): ChangeOutcome | undefined {
  return history.indexOf(id) === history.indexOf(previousId) + 1
    ? undefined
    : refused('conflict', 'this id is another version of the same post');
}

function denyEdit(tx: WriteContext, previous: Post, given: PostInput): ChangeOutcome | undefined {
  const history = previous.editHistory;
  const newest = history.at(-1) ?? previous.id;
  if (given.authorId !== previous.authorId) return refused('conflict', 'only its author edits a post');
  if (newest !== previous.id)
    return refused('conflict', `this version was edited already; the newest is ${newest}`);
  if (postRow(tx, given.id)) return refused('conflict', 'this id belongs to another post');
  if (history.length > EDITS_MAX) return refused('conflict', `a post is edited at most ${EDITS_MAX} times`);
  if (compareIds(given.id, newest) <= 0)
    return refused('conflict', 'the id of a new version is higher than those before it');
  const first = firstCreatedAt(tx, history) ?? previous.createdAt;
  if (given.createdAt < previous.createdAt || given.createdAt - first > EDIT_WINDOW_MS) {
    return refused(
      'conflict',
      `a post is edited within ${EDIT_WINDOW_MS / 60_000} minutes of its first version`,
    );
  }
  return undefined;
}

function firstCreatedAt(tx: WriteContext, history: string[]): number | undefined {
  for (const id of history) {
    const row = postRow(tx, id);
    if (row?.doc) return decodePost(id, row.authorId, row.doc, history).createdAt;
  }
  return undefined;
}
