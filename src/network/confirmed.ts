import { idTime } from '#kernel';
import type { Change, PostInput } from '#posts';
import type { Confirmation } from './command.ts';
import { createPost, knownParts } from './create-post.ts';
import type { Plan } from './ground.ts';
import { type Ground, livePost } from './ground.ts';
import { languageOf } from './language.ts';
import { repostOf } from './plan.ts';
import type { Act, Done } from './port.ts';

/**
 * What the platform has done already, as changes here, so that the next read shows it. No rule is asked: the platform
 * has decided. What is not here changes nothing here; the platform's own feed brings it.
 */
export function planConfirmed(ground: Ground, personId: string, act: Act, said: Confirmation): Plan {
  const { postId = '', listId = '', isPending } = said;
  if (isPending) return { changes: [], done: { changed: true, isPending } };
  const at = ground.clock.now();
  const one = (change: Change, done: Partial<Done> = {}): Plan => ({
    changes: [change],
    done: { changed: true, ...done },
  });
  switch (act.kind) {
    case 'create-post':
      return created(ground, personId, act, said);
    case 'repost': {
      const original = livePost(ground, act.postId);
      const given = { id: postId, createdAt: idTime(postId) };
      if (!original) return { changes: [], done: { changed: true, postId } };
      return one(
        { kind: 'post', post: repostOf(ground, personId, original, given), counts: true },
        { postId },
      );
    }
    case 'unrepost': {
      const repost = ground.relations.repostBy(personId, act.postId);
      return repost === undefined ? NOTHING_HERE : one({ kind: 'delete-post', id: repost, at });
    }
    case 'delete-post':
      return livePost(ground, act.postId)?.authorId === personId
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
      const known = ground.relations.lists([act.listId])[0];
      if (!known) return NOTHING_HERE;
      const { members, followers, ...kept } = known;
      const { name = kept.name, description = kept.description, private: isPrivate = kept.private } = act;
      const list = { ...kept, name, description, private: isPrivate };
      return one({ kind: 'list', list }, { list: { ...list, members, followers } });
    }
  }
}

const NOTHING_HERE: Plan = { changes: [], done: { changed: true } };

function created(
  ground: Ground,
  personId: string,
  act: Act & { kind: 'create-post' },
  said: Confirmation,
): Plan {
  const { postId: id = '', text } = said;
  const given = { id, createdAt: idTime(id) };
  const { changes, post } = createPost(ground, knownParts(ground, personId, act), act, given);
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
