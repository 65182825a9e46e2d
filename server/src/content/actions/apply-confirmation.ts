import { idTime } from '#kernel';
import type { Change, PostInput } from '#posts';
import type { ActionDecision } from './action-context.ts';
import { type ActionContext, livePost } from './action-context.ts';
import type { Confirmation } from './command.ts';
import { createPost, knownParts } from './create-post.ts';
import { repostOf } from './decide-action.ts';
import { languageOf } from './language.ts';
import type { Act, Done } from './port.ts';

/**
 * What the platform has done already, as changes here, so that the next read shows it. No rule is asked: the platform
 * has decided. What is not here changes nothing here; the platform's own feed brings it.
 */
export function decideConfirmed(
  context: ActionContext,
  personId: string,
  act: Act,
  said: Confirmation,
): ActionDecision {
  const { postId = '', listId = '', isPending } = said;
  if (isPending) return { changes: [], done: { changed: true, isPending } };
  const at = context.clock.now();
  const one = (change: Change, done: Partial<Done> = {}): ActionDecision => ({
    changes: [change],
    done: { changed: true, ...done },
  });
  switch (act.kind) {
    case 'create-post':
      return created(context, personId, act, said);
    case 'repost': {
      const original = livePost(context, act.postId);
      const given = { id: postId, createdAt: idTime(postId) };
      if (!original) return { changes: [], done: { changed: true, postId } };
      return one(
        { kind: 'post', post: repostOf(context, personId, original, given), counts: true },
        { postId },
      );
    }
    case 'unrepost': {
      const repost = context.relations.repostBy(personId, act.postId);
      return repost === undefined ? NOTHING_HERE : one({ kind: 'delete-post', id: repost, at });
    }
    case 'delete-post':
      return livePost(context, act.postId)?.authorId === personId
        ? one({ kind: 'delete-post', id: act.postId, at })
        : NOTHING_HERE;
    case 'hide-reply':
      return one({ kind: 'hide-reply', id: act.postId, hidden: act.hidden });
    case 'relate':
    case 'unrelate':
      return one({ kind: act.kind, relation: act.relation, from: personId, to: act.to, at });
    case 'add-member':
    case 'remove-member': {
      const kind = act.kind === 'add-member' ? 'relate' : 'unrelate';
      return one({ kind, relation: 'list-member', from: act.listId, to: act.personId, at });
    }
    case 'delete-list':
      return one({ kind: 'delete-list', id: act.listId, at });
    case 'create-list': {
      const { name, description = '', private: isPrivate = false } = act;
      const list = {
        id: listId,
        ownerId: personId,
        name,
        description,
        private: isPrivate,
        createdAt: idTime(listId),
      };
      return one({ kind: 'list', list }, { list: { ...list, members: 0, followers: 0 } });
    }
    case 'update-list': {
      const known = context.relations.lists([act.listId])[0];
      if (!known) return NOTHING_HERE;
      const { members, followers, ...kept } = known;
      const { name = kept.name, description = kept.description, private: isPrivate = kept.private } = act;
      const list = { ...kept, name, description, private: isPrivate };
      return one({ kind: 'list', list }, { list: { ...list, members, followers } });
    }
  }
}

const NOTHING_HERE: ActionDecision = { changes: [], done: { changed: true } };

function created(
  context: ActionContext,
  personId: string,
  act: Act & { kind: 'create-post' },
  said: Confirmation,
): ActionDecision {
  const { postId: id = '', text } = said;
  const given = { id, createdAt: idTime(id) };
  const { changes, post } = createPost(context, knownParts(context, personId, act), act, given);
  if (text !== undefined) {
    const own: Partial<PostInput> = {
      text,
      longText: undefined,
      displayTextRange: undefined,
      lang: languageOf(text),
    };
    Object.assign(post, own);
  }
  return {
    changes,
    done: { changed: true, postId: id, text: post.longText?.text ?? post.text, editHistory: [id] },
    ...(act.mediaIds?.length && { keeps: { postId: id, mediaIds: act.mediaIds } }),
  };
}
