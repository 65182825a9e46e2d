import {
  isListShown,
  judgeAccount,
  judgePosts,
  judgeShared,
  type Person,
  type PostList,
  viewingOf,
} from '#posts';
import { type Parameters, pathId } from '../ask/parameter.ts';
import type { Asked, Found, World } from '../operation.ts';
import { body } from './body.ts';
import { notAuthorized, notFound, type PartialError, soughtPerson, suspended } from './partial.ts';

/** Who asks, as far as it decides what they see. */
export type Seer = Pick<Asked<unknown>, 'audience' | 'viewer'>;

/** An answer that is its one error: X's 200 for what is not there or may not be seen. */
export function nothingBut(error: PartialError): Found {
  const text = body({ errors: [error] });
  return { groups: [], present: () => text };
}

/**
 * Why a person's follows, likes and lists are not shown to this caller, as an answer; undefined when they are. They
 * follow the person's posts: who is protected shows them to followers, who blocked the viewer shows them nothing.
 */
export function noPerson(
  { shelf, relations }: World,
  id: string,
  { viewer }: Pick<Seer, 'viewer'>,
): Found | undefined {
  const [person] = shelf.people([id]);
  const viewing = viewer === undefined ? undefined : viewingOf(relations, viewer, id, person);
  const verdict = judgeShared(person, viewing);
  if (verdict === 'serve') return undefined;
  const error = verdict === 'protected' ? notAuthorized : verdict === 'suspended' ? suspended : notFound;
  return nothingBut(error(soughtPerson(id, 'id')));
}

/** Why a post is not there for this caller, as an answer; undefined when it is. */
export function noPost(
  { shelf }: World,
  id: string,
  { audience }: Pick<Seer, 'audience'>,
): Found | undefined {
  const [post] = shelf.posts([id]);
  const [verdict] = post === undefined ? ['deleted'] : judgePosts(shelf, [post], audience);
  if (verdict === 'serve') return undefined;
  const sought = { resource: 'tweet', parameter: 'id', value: id, section: 'data' } as const;
  return nothingBut((verdict === 'protected' ? notAuthorized : notFound)(sought));
}

/** Persons whose accounts may be shown, in order. A protected account is public itself. */
export function seenPeople({ shelf }: World, ids: readonly string[]): (Person | undefined)[] {
  return shelf.people(ids).map((person) => (judgeAccount(person) === 'serve' ? person : undefined));
}

/**
 * Lists that the caller may see, in order: a private one only for its owner, and none whose owner is gone. What else a
 * private list has (members, posts, followers) is asked only for lists that came through here.
 */
export function seenLists(
  world: World,
  ids: readonly string[],
  viewer: string | undefined,
): (PostList | undefined)[] {
  const lists = world.relations.lists(ids);
  const ownerIds = [...new Set(lists.flatMap((list) => (list ? [list.ownerId] : [])))];
  const people = world.shelf.people(ownerIds);
  const owners = new Map(ownerIds.map((id, index) => [id, people[index]]));
  return lists.map((list) =>
    list && isListShown(list, owners.get(list.ownerId), viewer) ? list : undefined,
  );
}

/**
 * Why a list is not there for this caller, as an answer; undefined when it is. What is missing and what is somebody
 * else's secret are answered alike.
 */
export function noList(world: World, id: string, { viewer }: Pick<Seer, 'viewer'>): Found | undefined {
  if (seenLists(world, [id], viewer)[0]) return undefined;
  return nothingBut(notFound({ resource: 'list', parameter: 'id', value: id, section: 'data' }));
}

/** Whose or what's page an operation gives: the path's parameter, and why a caller is not shown it. */
export type Subject = {
  parameters: Parameters;
  missing(world: World, id: string, seer: Seer): Found | undefined;
};

export const PERSON_ID = { id: pathId('id', 'Id of the person.') };
/** Of an operation that declares `own`. */
export const OWN_ID = { id: pathId('id', 'Id of the person, whose token it is.') };
export const POST_ID = { id: pathId('id', 'Id of the post.') };
export const LIST_ID = { id: pathId('id', 'Id of the list.') };

export const OF_PERSON = { parameters: PERSON_ID, missing: noPerson } as const satisfies Subject;
export const OF_SELF = { parameters: OWN_ID, missing: noPerson } as const satisfies Subject;
export const OF_POST = { parameters: POST_ID, missing: noPost } as const satisfies Subject;
export const OF_LIST = { parameters: LIST_ID, missing: noList } as const satisfies Subject;
