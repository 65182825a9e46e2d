import {
  blankInput,
  type Change,
  type Post,
  type PostInput,
  type PostList,
  type RelationKind,
  repostedId,
} from '#posts';
import { allowedParts, createPost } from './create-post.ts';
import { actorOf, type Ground, livePost, personOf, refuseBlocks, seenPost } from './ground.ts';
import { planList } from './plan-list.ts';
import type { Act, Done, PostAct } from './port.ts';
import { forbidden, missing } from './refusal.ts';

/** What an act comes to: the changes, and what is told of it once they are on disk. No changes: it was so already. */
export type Plan = {
  changes: Change[];
  done: Done;
  /** Media that this post uses from now on. */
  keeps?: { postId: string; mediaIds: readonly string[] };
  /** A request to follow that the other person has to grant begins, or ends. */
  request?: { from: string; to: string; begins: boolean };
};

/** X cuts the words of a repost at 140 characters. */
const REPOST_LENGTH_MAX = 140;

export const NOTHING: Plan = { changes: [], done: { changed: false } };

/**
 * Asks all rules of the network about an act and says what it changes. Nothing is changed by it.
 * @throws Problem `not-found`, `forbidden`, `body-invalid`.
 */
export function plan(ground: Ground, actorId: string, act: Act): Plan {
  actorOf(ground, actorId);
  switch (act.kind) {
    case 'create-post':
      return planPost(createPost(ground, allowedParts(ground, actorId, act), act), act);
    case 'delete-post':
      return planDelete(ground, actorId, act.postId);
    case 'repost':
      return planRepost(ground, actorId, act.postId);
    case 'unrepost':
      return planUnrepost(ground, actorId, act.postId);
    case 'hide-reply':
      return planHide(ground, actorId, act.postId, act.hidden);
    case 'relate':
    case 'unrelate':
      return planRelation(ground, actorId, act);
    default:
      return planList(ground, actorId, act);
  }
}

function planPost({ changes, post }: { changes: Change[]; post: PostInput }, { mediaIds }: PostAct): Plan {
  return {
    changes,
    done: { changed: true, postId: post.id, text: post.longText?.text ?? post.text, editHistory: [post.id] },
    ...(mediaIds?.length && { keeps: { postId: post.id, mediaIds } }),
  };
}

function planDelete(ground: Ground, actorId: string, postId: string): Plan {
  const { posts, clock } = ground;
  const post = posts.posts([postId])[0];
  if (post === undefined) throw missing('post', postId);
  if (post === 'deleted') return NOTHING;
  // Of what they may not see nobody is told that it is there.
  if (post.authorId !== actorId)
    throw seenPost(ground, actorId, postId) ? forbidden('not-author') : missing('post', postId);
  return { changes: [{ kind: 'delete-post', id: postId, at: clock.now() }], done: { changed: true } };
}

function planRepost(ground: Ground, actorId: string, postId: string): Plan {
  const original = seenPost(ground, actorId, postId);
  if (!original) throw missing('post', postId);
  const standing = ground.relations.repostBy(actorId, original.id);
  if (standing !== undefined) return { changes: [], done: { changed: false, postId: standing } };
  refuseBlocks(ground, actorId, original.authorId);
  const author = ground.posts.people([original.authorId])[0];
  if (author?.protected) throw forbidden('protected-post');
  const post = repostOf(ground, actorId, original, ground.mint.next());
  return { changes: [{ kind: 'post', post, counts: true }], done: { changed: true, postId: post.id } };
}

/** A post that repeats another one, in X's form. */
export function repostOf(
  { posts }: Pick<Ground, 'posts'>,
  authorId: string,
  original: Post,
  given: { id: string; createdAt: number },
): PostInput {
  const author = posts.people([original.authorId])[0];
  const whole = [...`RT @${author?.username ?? ''}: ${original.text}`];
  const isCut = whole.length > REPOST_LENGTH_MAX;
  return {
    ...blankInput({ ...given, authorId }),
    text: isCut ? `${whole.slice(0, REPOST_LENGTH_MAX - 1).join('')}…` : whole.join(''),
    lang: original.lang,
    references: [{ type: 'retweeted', id: original.id }],
    sensitive: original.sensitive,
  };
}

function planUnrepost(ground: Ground, actorId: string, postId: string): Plan {
  const { posts, relations, clock } = ground;
  const named = posts.posts([postId])[0];
  if (named === undefined) throw missing('post', postId);
  const original = named === 'deleted' ? postId : (repostedId(named) ?? postId);
  const versions = named === 'deleted' ? [original] : (livePost(ground, original)?.editHistory ?? [original]);
  for (const version of versions) {
    const repost = relations.repostBy(actorId, version);
    if (repost !== undefined)
      return { changes: [{ kind: 'delete-post', id: repost, at: clock.now() }], done: { changed: true } };
  }
  if (named !== 'deleted' && !seenPost(ground, actorId, postId)) throw missing('post', postId);
  return NOTHING;
}

function planHide(ground: Ground, actorId: string, postId: string, hidden: boolean): Plan {
  const reply = seenPost(ground, actorId, postId);
  if (!reply) throw missing('post', postId);
  if (!reply.references.some(({ type }) => type === 'replied_to')) throw forbidden('not-a-reply');
  const root = livePost(ground, reply.conversationId);
  if (root?.authorId !== actorId) throw forbidden('not-conversation-author');
  if (ground.relations.isHidden(reply.id) === hidden) return NOTHING;
  return { changes: [{ kind: 'hide-reply', id: reply.id, hidden }], done: { changed: true } };
}

type RelationAct = {
  kind: 'relate' | 'unrelate';
  relation: Exclude<RelationKind, 'list-member'>;
  to: string;
};

/** X's. */
const PINS_MAX = 5;

function planRelation(ground: Ground, actorId: string, { kind, relation, to }: RelationAct): Plan {
  const { relations, clock } = ground;
  const target = kind === 'relate' ? relatable(ground, actorId, relation, to) : endOf(ground, relation, to);
  const change: Change = { kind, relation, from: actorId, to: target, at: clock.now() };
  const stands = relations.isRelated(relation, actorId, target);
  if (relation === 'follow' && !stands) return planFollow(ground, actorId, target, kind, change);
  return stands === (kind === 'relate') ? NOTHING : { changes: [change], done: { changed: true } };
}

/** To follow somebody protected is a request, which that person grants or not. */
function planFollow(
  { posts }: Ground,
  from: string,
  to: string,
  kind: 'relate' | 'unrelate',
  change: Change,
): Plan {
  if (kind === 'unrelate') return { ...NOTHING, request: { from, to, begins: false } };
  if (posts.people([to])[0]?.protected)
    return { changes: [], done: { changed: false, isPending: true }, request: { from, to, begins: true } };
  return { changes: [change], done: { changed: true }, request: { from, to, begins: false } };
}

/** The id of what a relation may be begun towards. @throws where the rules do not allow it. */
function relatable(ground: Ground, actorId: string, relation: RelationAct['relation'], to: string): string {
  switch (relation) {
    case 'like':
    case 'bookmark': {
      const post = seenPost(ground, actorId, to);
      if (!post) throw missing('post', to);
      if (relation === 'like') refuseBlocks(ground, actorId, post.authorId);
      return post.id;
    }
    case 'follow':
    case 'mute':
    case 'block':
      if (to === actorId) throw forbidden('self');
      personOf(ground, to);
      if (relation === 'follow') refuseBlocks(ground, actorId, to);
      return to;
    case 'list-follow':
    case 'list-pin': {
      const list = seenList(ground, actorId, to);
      refuseBlocks(ground, actorId, list.ownerId);
      const pins = relation === 'list-pin' && !ground.relations.isRelated(relation, actorId, to);
      if (
        pins &&
        ground.relations.related('list-pin', { from: actorId }, { limit: PINS_MAX }).length >= PINS_MAX
      )
        throw forbidden('pins-used-up');
      return to;
    }
  }
}

/** What a relation was towards may be gone or hidden by now; ending it stays possible. */
function endOf(ground: Ground, relation: RelationAct['relation'], to: string): string {
  if (relation !== 'like' && relation !== 'bookmark') return to;
  const named = livePost(ground, to);
  const original: Post | undefined =
    named && repostedId(named) ? livePost(ground, repostedId(named)!) : named;
  return original?.editHistory.at(-1) ?? to;
}

function seenList({ relations }: Ground, actorId: string, id: string): PostList {
  const list = relations.lists([id])[0];
  if (!list || (list.private && list.ownerId !== actorId)) throw missing('list', id);
  return list;
}
