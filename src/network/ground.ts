import type { Clock } from '#kernel';
import type { MediaRoom } from '#media';
import {
  judge,
  judgePerson,
  type Person,
  type Post,
  type PostReader,
  type RelationReader,
  repostedId,
} from '#posts';
import type { Mint } from './mint.ts';
import { forbidden, missing } from './refusal.ts';

/** What acts are judged by. */
export type Ground = {
  posts: Pick<PostReader, 'posts' | 'people' | 'timeline' | 'places'>;
  relations: Pick<RelationReader, 'isRelated' | 'related' | 'lists' | 'listsOwned' | 'repostBy' | 'isHidden'>;
  clock: Clock;
  mint: Mint;
  /** Media of this person for one post, or why they cannot be in it. */
  mediaOf: MediaRoom['mediaOf'];
};

/** Who acts. @throws `forbidden` for whom the network does not let act. */
export function actorOf({ posts }: Pick<Ground, 'posts'>, personId: string): Person {
  const person = posts.people([personId])[0];
  if (!person || person.username === '' || judgePerson(person) !== 'serve') throw forbidden('account-closed');
  return person;
}

/** Somebody towards whom something is done. @throws `not-found` for who is not there. */
export function personOf({ posts }: Pick<Ground, 'posts'>, personId: string): Person {
  const person = posts.people([personId])[0];
  if (!person || person.username === '' || judgePerson(person) !== 'serve') throw missing('person', personId);
  return person;
}

/**
 * The post that an act is about: of a repost its original, of an edited one its newest version, as on X. `undefined` for
 * what this person may not see.
 */
export function seenPost(ground: Ground, actorId: string, id: string): Post | undefined {
  const named = livePost(ground, id);
  const original = named && repostedId(named);
  const post = original === undefined ? named : livePost(ground, original);
  const newest = post?.editHistory.at(-1) ?? post?.id;
  const seen = newest === undefined || newest === post?.id ? post : livePost(ground, newest);
  return seen && maySee(ground, actorId, seen) ? seen : undefined;
}

export function livePost({ posts }: Pick<Ground, 'posts'>, id: string): Post | undefined {
  const post = posts.posts([id])[0];
  return post === 'deleted' ? undefined : post;
}

function maySee({ posts, relations }: Ground, actorId: string, post: Post): boolean {
  const author = posts.people([post.authorId])[0];
  const verdict = judge({ post, author }, {});
  if (verdict !== 'protected') return verdict === 'serve';
  return post.authorId === actorId || relations.isRelated('follow', actorId, post.authorId);
}

/** Neither reaches the other while one of the two blocks. */
export function refuseBlocks({ relations }: Ground, actorId: string, otherId: string): void {
  if (actorId === otherId) return;
  if (relations.isRelated('block', otherId, actorId)) throw forbidden('blocked-by');
  if (relations.isRelated('block', actorId, otherId)) throw forbidden('blocking');
}
