import type { Person, Post } from '#posts';
import { type ActionContext, livePost, postFor, refuseBlocks } from './action-context.ts';
import { forbidden } from './refusal.ts';

/** The post that is answered. @throws `forbidden` where this person may not answer it. */
export function answerable(context: ActionContext, actor: Person, replyTo: string): Post {
  const parent = postFor(context, actor.id, 'reply', replyTo, forbidden('not-visible'));
  const root = livePost(context, parent.conversationId) ?? parent;
  // The settings of the first post hold for its whole conversation; an answer can narrow what follows it.
  for (const post of root.id === parent.id ? [root] : [root, parent]) {
    if (post.authorId === actor.id) continue;
    refuseBlocks(context, actor.id, post.authorId);
    if (!mayAnswer(context, actor, post)) throw forbidden('reply-not-allowed');
  }
  return parent;
}

/** Whom the post names may always answer it. */
function mayAnswer({ relations }: ActionContext, actor: Person, post: Post): boolean {
  const setting = post.replySettings ?? 'everyone';
  if (setting === 'everyone' || isMentioned(actor, post)) return true;
  if (setting === 'following') return relations.isRelated('follow', post.authorId, actor.id);
  // Nobody here pays to subscribe to somebody, so `subscribers` leaves those whom the post names.
  return setting === 'verified' && actor.verified;
}

function isMentioned(actor: Person, post: Post): boolean {
  const name = actor.username.toLowerCase();
  const mentions = [...(post.entities.mentions ?? []), ...(post.longText?.entities?.mentions ?? [])];
  return mentions.some(({ id, username }) => id === actor.id || username.toLowerCase() === name);
}
