import { compareIds } from '#kernel';
import { noMetrics } from './blank.ts';
import type { Outcome } from './change.ts';
import { checkDoc, checkPost, EDIT_WINDOW_MS, EDITS_MAX, isPositiveId } from './check.ts';
import { decodePost, encodePost, foldUsername, kindOf, METRICS, ownState } from './codec.ts';
import { countPost } from './counts.ts';
import { registerChain } from './edits.ts';
import { extractEntities } from './entities.ts';
import { happen, isNews } from './happen.ts';
import type { Post, PostInput, PostMetrics } from './post.ts';
import { chainState, noteThings, rewrite } from './rewrite-post.ts';
import type { PostRow } from './rows.ts';
import { STATE } from './sqlite-schema.ts';
import { nameMentions } from './usernames.ts';
import { isInIndex, judgeForIndex, refreshReposts } from './visibility.ts';
import { isWithheld, repostedId } from './visibility-policy.ts';
import { isScrubbed, postRow, refused, standingOf, type Work } from './work.ts';

type Unsaid = readonly (keyof Post)[];

/** Creates a post, or replaces what is stored of it. See `Change` for what an upsert may not take back. */
export function upsertPost(work: Work, given: PostInput, unsaid: Unsaid = [], counts = false): Outcome {
  const reason = checkPost(given);
  if (reason) return refused('invalid', reason);
  const row = postRow(work, given.id);
  const denied = denyUpsert(work, given, row);
  if (denied) return denied;
  const before = row?.doc ? decodePost(given.id, row.authorId, row.doc, [given.id]) : undefined;
  const post = before ? replace(before, given, unsaid) : complete(work, given, unsaid);
  nameAll(work, post);
  if (post.geo && isScrubbed(work, post.authorId, post.id)) post.geo = undefined;
  const doc = encodePost(post);
  const tooLong = checkDoc(doc);
  if (tooLong) return refused('invalid', tooLong);
  const chained = registerChain(work, given);
  if (typeof chained !== 'boolean') return chained;
  if (row?.doc === doc) return { status: chained ? 'updated' : 'unchanged' };
  work.touched.posts.add(given.id);
  if (before) rewrite(work, post, doc, before, row?.state ?? 0);
  else {
    insert(work, post, doc);
    if (counts) countPost(work, post, 1);
  }
  return { status: before ? 'updated' : 'created' };
}

function nameAll(work: Work, post: Post): void {
  const isBorne = (name: string) => work.rows.usernameHolder(foldUsername(name)) !== undefined;
  post.entities = nameMentions(post.text, post.entities, isBorne);
  const { longText } = post;
  if (!longText?.entities) return;
  const entities = nameMentions(longText.text, longText.entities, isBorne);
  if (entities !== longText.entities) post.longText = { ...longText, entities };
}

function denyUpsert(work: Work, given: PostInput, row: PostRow | undefined): Outcome | undefined {
  if (row && row.doc === null)
    return refused('deleted', 'this post was deleted, and what was deleted stays deleted');
  if (row && row.authorId !== given.authorId)
    return refused('conflict', 'this id belongs to a post of another person');
  if (standingOf(work, given.authorId) === 'deleted') {
    return refused('deleted', 'its author was deleted, and what was deleted stays deleted');
  }
  return undefined;
}

/** A new post, with what its source left out. */
function complete(work: Work, given: PostInput, unsaid: Unsaid): Post {
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
  const row = postRow(work, parentId);
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

function insert(work: Work, post: Post, doc: string): void {
  let state = ownState(post);
  if (work.anyEdits) state |= chainState(work, post.id);
  const { marks, context } = judgeForIndex(work, post, state);
  work.rows.insertPost(post.id, {
    authorId: post.authorId,
    kind: kindOf(post),
    state,
    indexed: marks,
    repostedId: repostedId(post) ?? null,
    doc,
  });
  work.counters.posts += 1;
  work.touched.created.add(post.id);
  noteThings(work, post, undefined);
  if (isInIndex(marks)) work.index.put(post, context);
  refreshReposts(work, post.id);
  if (state & STATE.edited) tellVersion(work, post, state);
  else if (isNews(work, post.createdAt)) tellCreated(work, post);
}

/** A new version is told wherever its holders may have the one before; an older one that comes late is nobody's news. */
function tellVersion(work: Work, post: Post, state: number): void {
  if (state & STATE.superseded) return;
  const previousId = work.rows.chain(post.id).at(-2)?.[0];
  if (previousId !== undefined && work.rows.post(previousId)?.doc)
    happen(work, { kind: 'post-edited', postId: post.id, personId: post.authorId, previousId });
  else if (isNews(work, post.createdAt)) tellCreated(work, post);
}

function tellCreated(work: Work, { id, authorId }: Post): void {
  happen(work, { kind: 'post-created', postId: id, personId: authorId });
}

/** A new version of a post: within 30 minutes of the first, at most 5 times, always on top of the newest. */
export function editPost(work: Work, previousId: string, given: PostInput): Outcome {
  const reason = isPositiveId(previousId)
    ? checkPost({ ...given, editHistory: undefined })
    : 'previousId is not an id';
  if (reason) return refused('invalid', reason);
  const row = postRow(work, previousId);
  if (!row) return refused('unknown', 'the version that it replaces is not here');
  if (row.doc === null) return refused('deleted', 'the post was deleted, and what was deleted stays deleted');
  const chain = work.rows.chain(previousId).map(([id]) => id);
  const history = chain.length > 0 ? chain : [previousId];
  const known = history.includes(given.id);
  const previous = decodePost(previousId, row.authorId, row.doc, history);
  const denied = known ? denyRepeat(history, previousId, given.id) : denyEdit(work, previous, given);
  if (denied) return denied;
  const next: PostInput = { ...given, editHistory: known ? history : [...history, given.id] };
  next.conversationId ??= previous.conversationId;
  next.inReplyToPersonId ??= previous.inReplyToPersonId;
  if (isWithheld(previous.withheld) && !isWithheld(next.withheld)) next.withheld = previous.withheld;
  return upsertPost(work, next);
}

/** The edit was applied before: only the same step of the chain is the same edit. */
function denyRepeat(history: string[], previousId: string, id: string): Outcome | undefined {
  return history.indexOf(id) === history.indexOf(previousId) + 1
    ? undefined
    : refused('conflict', 'this id is another version of the same post');
}

function denyEdit(work: Work, previous: Post, given: PostInput): Outcome | undefined {
  const history = previous.editHistory;
  const newest = history.at(-1) ?? previous.id;
  if (given.authorId !== previous.authorId) return refused('conflict', 'only its author edits a post');
  if (newest !== previous.id)
    return refused('conflict', `this version was edited already; the newest is ${newest}`);
  if (postRow(work, given.id)) return refused('conflict', 'this id belongs to another post');
  if (history.length > EDITS_MAX) return refused('conflict', `a post is edited at most ${EDITS_MAX} times`);
  if (compareIds(given.id, newest) <= 0)
    return refused('conflict', 'the id of a new version is higher than those before it');
  const first = firstCreatedAt(work, history) ?? previous.createdAt;
  if (given.createdAt < previous.createdAt || given.createdAt - first > EDIT_WINDOW_MS) {
    return refused(
      'conflict',
      `a post is edited within ${EDIT_WINDOW_MS / 60_000} minutes of its first version`,
    );
  }
  return undefined;
}

function firstCreatedAt(work: Work, history: string[]): number | undefined {
  for (const id of history) {
    const row = postRow(work, id);
    if (row?.doc) return decodePost(id, row.authorId, row.doc, history).createdAt;
  }
  return undefined;
}
