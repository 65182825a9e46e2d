import type { Clock, Problem } from '#kernel';
import type { MediaLibrary } from '#media';
import type { Change } from '#posts';
import {
  type ActOnPerson,
  type ActOnPost,
  type ActRefusal,
  bondOf,
  decideOnConversation,
  decideOnPerson,
  decideOnPost,
  isListShown,
  judgeAccount,
  type Person,
  type Post,
  type PostList,
  type PostReader,
  type RelationReader,
  repostedId,
} from '#posts';
import type { PostIdMint } from './mint.ts';
import type { Done } from './port.ts';
import { forbidden, missing } from './refusal.ts';

/** What an act comes to: the changes, and what is told of it once they are on disk. No changes: it was so already. */
export type ActionDecision = {
  changes: Change[];
  done: Done;
  /** Media that this post uses from now on. */
  keeps?: { postId: string; mediaIds: readonly string[] };
  /** A request to follow that the other person has to grant begins, or ends. */
  request?: { from: string; to: string; begins: boolean };
};

/** What acts are judged by. */
export type ActionContext = {
  posts: Pick<PostReader, 'posts' | 'authorOf' | 'people' | 'timeline' | 'places'>;
  relations: Pick<RelationReader, 'isRelated' | 'related' | 'lists' | 'listsOwned' | 'repostBy' | 'isHidden'>;
  clock: Clock;
  mint: PostIdMint;
  /** Media of this person for one post, or why they cannot be in it. */
  mediaOf: MediaLibrary['mediaOf'];
};

/** Who acts. @throws `forbidden` for an account that the network does not let act. */
export function actorOf({ posts }: Pick<ActionContext, 'posts'>, personId: string): Person {
  const person = posts.people([personId])[0];
  if (!person || judgeAccount(person) !== 'serve') throw forbidden('account-closed');
  return person;
}

/** The person towards whom something is done. @throws what the policy refuses; `not-found` where there is no such account. */
export function personFor(context: ActionContext, actorId: string, act: ActOnPerson, personId: string): void {
  const person = context.posts.people([personId])[0];
  const refusal = decideOnPerson(act, person, bondOf(context.relations, actorId, personId, person));
  if (refusal) throw refusalOf(refusal, missing('person', personId));
}

/**
 * The post that an act is about: of a repost its original, of an edited one its newest version, as on X.
 * @throws what the policy refuses; `unseen` where there is no such post for this person.
 */
export function postFor(
  context: ActionContext,
  actorId: string,
  act: ActOnPost,
  id: string,
  unseen = missing('post', id),
): Post {
  const found = resolve(context, actorId, act, id);
  if (typeof found === 'string') throw refusalOf(found, unseen);
  return found;
}

/** The same, or undefined for what this person may not see. Blocks hide nothing here. */
export function seenPost(context: ActionContext, actorId: string, id: string): Post | undefined {
  const found = resolve(context, actorId, 'see', id);
  return typeof found === 'string' ? undefined : found;
}

function resolve(context: ActionContext, actorId: string, act: ActOnPost, id: string): Post | ActRefusal {
  const named = livePost(context, id);
  const original = named && repostedId(named);
  const post = original === undefined ? named : livePost(context, original);
  const newestId = post?.editHistory.at(-1);
  const newest = newestId === undefined || newestId === post?.id ? post : livePost(context, newestId);
  if (!named || !newest) return 'missing';
  // A repost that this person may not see does not lead to its original. What else is refused concerns the original.
  const ofNamed = named === newest ? undefined : decide(context, actorId, act, named);
  if (ofNamed === 'missing' || ofNamed === 'blocked-by') return ofNamed;
  return decide(context, actorId, act, newest) ?? newest;
}

function decide(
  { posts, relations }: ActionContext,
  actorId: string,
  act: ActOnPost,
  post: Post,
): ActRefusal | undefined {
  const author = posts.people([post.authorId])[0];
  return decideOnPost(act, { post, author }, bondOf(relations, actorId, post.authorId, author));
}

/** Neither of two persons answers in a conversation of the other while one of them blocks. @throws `forbidden`. */
export function refuseBlocks({ posts, relations }: ActionContext, actorId: string, otherId: string): void {
  const refusal = decideOnConversation(bondOf(relations, actorId, otherId, posts.people([otherId])[0]));
  if (refusal) throw forbidden(refusal);
}

function refusalOf(refusal: ActRefusal, unseen: Problem): Problem {
  return refusal === 'missing' ? unseen : forbidden(refusal);
}

export function livePost({ posts }: Pick<ActionContext, 'posts'>, id: string): Post | undefined {
  const post = posts.posts([id])[0];
  return post === 'deleted' ? undefined : post;
}

/** A list that is there for this person. @throws `not-found`. */
export function listFor({ posts, relations }: ActionContext, actorId: string, id: string): PostList {
  const list = relations.lists([id])[0];
  const owner = list && posts.people([list.ownerId])[0];
  if (!list || !isListShown(list, owner, actorId)) throw missing('list', id);
  return list;
}
