import { type Change, defaultPostInput, type Post, type PostInput, type RelationKind } from '#posts';
import {
  type ActionContext,
  type ActionDecision,
  actorOf,
  listFor,
  livePost,
  personFor,
  postFor,
  seenPost,
} from './action-context.ts';
import { allowedParts, createPost } from './create-post.ts';
import { decideListAction } from './decide-list-action.ts';
import type { Act, PostAct } from './port.ts';
import { forbidden, missing } from './refusal.ts';

/** X cuts the words of a repost at 140 characters. */
const REPOST_LENGTH_MAX = 140;

export const NOTHING: ActionDecision = { changes: [], done: { changed: false } };

/**
 * Asks all rules of the network about an act and says what it changes. Nothing is changed by it.
 * @throws Problem `not-found`, `forbidden`, `body-invalid`.
 */
export function decideAction(context: ActionContext, actorId: string, act: Act): ActionDecision {
  actorOf(context, actorId);
  switch (act.kind) {
    case 'create-post':
      return planPost(createPost(context, allowedParts(context, actorId, act), act), act);
    case 'delete-post':
      return planDelete(context, actorId, act.postId);
    case 'repost':
      return planRepost(context, actorId, act.postId);
    case 'unrepost':
      return planUnrepost(context, actorId, act.postId);
    case 'hide-reply':
      return planHide(context, actorId, act.postId, act.hidden);
    case 'relate':
    case 'unrelate':
      return planRelation(context, actorId, act);
    default:
      return decideListAction(context, actorId, act);
  }
}

function planPost(
  { changes, post }: { changes: Change[]; post: PostInput },
  { mediaIds }: PostAct,
): ActionDecision {
  return {
    changes,
    done: { changed: true, postId: post.id, text: post.longText?.text ?? post.text, editHistory: [post.id] },
    ...(mediaIds?.length && { keeps: { postId: post.id, mediaIds } }),
  };
}

function planDelete(context: ActionContext, actorId: string, postId: string): ActionDecision {
  const { posts, clock } = context;
  if (posts.authorOf(postId) !== actorId)
    throw seenPost(context, actorId, postId) ? forbidden('not-author') : missing('post', postId);
  // Again is as good as once, for the author alone: nobody else is told what was deleted from what never was.
  if (!livePost(context, postId)) return NOTHING;
  return { changes: [{ kind: 'delete-post', id: postId, at: clock.now() }], done: { changed: true } };
}

function planRepost(context: ActionContext, actorId: string, postId: string): ActionDecision {
  const seen = seenPost(context, actorId, postId);
  const standing = seen && context.relations.repostBy(actorId, seen.id);
  if (standing !== undefined) return { changes: [], done: { changed: false, postId: standing } };
  const original = postFor(context, actorId, 'repost', postId);
  const post = repostOf(context, actorId, original, context.mint.next());
  return { changes: [{ kind: 'post', post, counts: true }], done: { changed: true, postId: post.id } };
}

/** A post that repeats another one, in X's form. */
export function repostOf(
  { posts }: Pick<ActionContext, 'posts'>,
  authorId: string,
  original: Post,
  given: { id: string; createdAt: number },
): PostInput {
  const author = posts.people([original.authorId])[0];
  const whole = [...`RT @${author?.username ?? ''}: ${original.text}`];
  const isCut = whole.length > REPOST_LENGTH_MAX;
  return {
    ...defaultPostInput({ ...given, authorId }),
    text: isCut ? `${whole.slice(0, REPOST_LENGTH_MAX - 1).join('')}…` : whole.join(''),
    lang: original.lang,
    references: [{ type: 'retweeted', id: original.id }],
    sensitive: original.sensitive,
  };
}

function planUnrepost(context: ActionContext, actorId: string, postId: string): ActionDecision {
  const { relations, clock } = context;
  // What was reposted may be hidden from this person by now; their own repost of it still ends.
  const seen = seenPost(context, actorId, postId);
  for (const version of seen?.editHistory ?? livePost(context, postId)?.editHistory ?? [postId]) {
    const repost = relations.repostBy(actorId, version);
    if (repost !== undefined)
      return { changes: [{ kind: 'delete-post', id: repost, at: clock.now() }], done: { changed: true } };
  }
  if (!seen) throw missing('post', postId);
  return NOTHING;
}

function planHide(context: ActionContext, actorId: string, postId: string, hidden: boolean): ActionDecision {
  const reply = postFor(context, actorId, 'hide', postId);
  if (!reply.references.some(({ type }) => type === 'replied_to')) throw forbidden('not-a-reply');
  const root = livePost(context, reply.conversationId);
  if (root?.authorId !== actorId) throw forbidden('not-conversation-author');
  if (context.relations.isHidden(reply.id) === hidden) return NOTHING;
  return { changes: [{ kind: 'hide-reply', id: reply.id, hidden }], done: { changed: true } };
}

type RelationAct = {
  kind: 'relate' | 'unrelate';
  relation: Exclude<RelationKind, 'list-member'>;
  to: string;
};

/** X's. */
const PINS_MAX = 5;

function planRelation(
  context: ActionContext,
  actorId: string,
  { kind, relation, to }: RelationAct,
): ActionDecision {
  const { relations, clock } = context;
  const target =
    kind === 'relate' ? relatable(context, actorId, relation, to) : endOf(context, actorId, relation, to);
  const change: Change = { kind, relation, from: actorId, to: target, at: clock.now() };
  const stands = relations.isRelated(relation, actorId, target);
  if (relation === 'follow' && !stands) return planFollow(context, actorId, target, kind, change);
  return stands === (kind === 'relate') ? NOTHING : { changes: [change], done: { changed: true } };
}

/** To follow somebody protected is a request, which that person grants or not. */
function planFollow(
  { posts }: ActionContext,
  from: string,
  to: string,
  kind: 'relate' | 'unrelate',
  change: Change,
): ActionDecision {
  if (kind === 'unrelate') return { ...NOTHING, request: { from, to, begins: false } };
  if (posts.people([to])[0]?.protected)
    return { changes: [], done: { changed: false, isPending: true }, request: { from, to, begins: true } };
  return { changes: [change], done: { changed: true }, request: { from, to, begins: false } };
}

/** The id of what a relation may be begun towards. @throws where the rules do not allow it. */
function relatable(
  context: ActionContext,
  actorId: string,
  relation: RelationAct['relation'],
  to: string,
): string {
  switch (relation) {
    case 'like':
    case 'bookmark': {
      return postFor(context, actorId, relation, to).id;
    }
    case 'follow':
    case 'mute':
    case 'block':
      personFor(context, actorId, relation, to);
      return to;
    case 'list-follow':
    case 'list-pin': {
      personFor(context, actorId, 'list-follow', listFor(context, actorId, to).ownerId);
      const pins = relation === 'list-pin' && !context.relations.isRelated(relation, actorId, to);
      if (
        pins &&
        context.relations.related('list-pin', { from: actorId }, { limit: PINS_MAX }).length >= PINS_MAX
      )
        throw forbidden('pins-used-up');
      return to;
    }
  }
}

/** What a relation was towards may be gone or hidden by now; ending it stays possible. */
function endOf(
  context: ActionContext,
  actorId: string,
  relation: RelationAct['relation'],
  to: string,
): string {
  if (relation !== 'like' && relation !== 'bookmark') return to;
  return seenPost(context, actorId, to)?.id ?? livePost(context, to)?.editHistory.at(-1) ?? to;
}
