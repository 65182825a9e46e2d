import {
  isListShown,
  judgeAccount,
  judgePosts,
  judgeShared,
  type Person,
  type PostList,
  viewingOf,
} from '#posts';
import type { OperationContext, OperationDeps, ReadResult } from '../operation.ts';
import { type Parameters, pathId } from '../params/parameter.ts';
import { body } from './body.ts';
import { notAuthorized, notFound, type PartialError, soughtPerson, suspended } from './partial.ts';

/** Who asks, as far as it decides what they see. */
export type SubjectViewer = Pick<OperationContext<unknown>, 'audience' | 'viewer'>;

/** An answer that is its one error: X's 200 for what is not there or may not be seen. */
export function nothingBut(error: PartialError): ReadResult {
  const text = body({ errors: [error] });
  return { groups: [], present: () => text };
}

/**
 * Why a person's follows, likes and lists are not shown to this caller, as an answer; undefined when they are. They
 * follow the person's posts: who is protected shows them to followers, who blocked the viewer shows them nothing.
 */
export function noPerson(
  { jsonCache, relations }: OperationDeps,
  id: string,
  { viewer }: Pick<SubjectViewer, 'viewer'>,
): ReadResult | undefined {
  const [person] = jsonCache.people([id]);
  const viewing = viewer === undefined ? undefined : viewingOf(relations, viewer, id, person);
  const verdict = judgeShared(person, viewing);
  if (verdict === 'serve') return undefined;
  const error = verdict === 'protected' ? notAuthorized : verdict === 'suspended' ? suspended : notFound;
  return nothingBut(error(soughtPerson(id, 'id')));
}

/** Why a post is not there for this caller, as an answer; undefined when it is. */
export function noPost(
  { jsonCache }: OperationDeps,
  id: string,
  { audience }: Pick<SubjectViewer, 'audience'>,
): ReadResult | undefined {
  const [post] = jsonCache.posts([id]);
  const [verdict] = post === undefined ? ['deleted'] : judgePosts(jsonCache, [post], audience);
  if (verdict === 'serve') return undefined;
  const sought = { resource: 'tweet', parameter: 'id', value: id, section: 'data' } as const;
  return nothingBut((verdict === 'protected' ? notAuthorized : notFound)(sought));
}

/** Persons whose accounts may be shown, in order. A protected account is public itself. */
export function seenPeople({ jsonCache }: OperationDeps, ids: readonly string[]): (Person | undefined)[] {
  return jsonCache.people(ids).map((person) => (judgeAccount(person) === 'serve' ? person : undefined));
}

/**
 * Lists that the caller may see, in order: a private one only for its owner, and none whose owner is gone. What else a
 * private list has (members, posts, followers) is asked only for lists that came through here.
 */
export function seenLists(
  deps: OperationDeps,
  ids: readonly string[],
  viewer: string | undefined,
): (PostList | undefined)[] {
  const lists = deps.relations.lists(ids);
  const ownerIds = [...new Set(lists.flatMap((list) => (list ? [list.ownerId] : [])))];
  const people = deps.jsonCache.people(ownerIds);
  const owners = new Map(ownerIds.map((id, index) => [id, people[index]]));
  return lists.map((list) =>
    list && isListShown(list, owners.get(list.ownerId), viewer) ? list : undefined,
  );
}

/**
 * Why a list is not there for this caller, as an answer; undefined when it is. What is missing and what is somebody
 * else's secret are answered alike.
 */
export function noList(
  deps: OperationDeps,
  id: string,
  { viewer }: Pick<SubjectViewer, 'viewer'>,
): ReadResult | undefined {
  if (seenLists(deps, [id], viewer)[0]) return undefined;
  return nothingBut(notFound({ resource: 'list', parameter: 'id', value: id, section: 'data' }));
}

/** Whose or what's page an operation gives: the path's parameter, and why a caller is not shown it. */
export type OperationSubject = {
  parameters: Parameters;
  missing(deps: OperationDeps, id: string, seer: SubjectViewer): ReadResult | undefined;
};

export const PERSON_ID = { id: pathId('id', 'Id of the person.') };
/** Of an operation that declares `own`. */
export const OWN_ID = { id: pathId('id', 'Id of the person, whose token it is.') };
export const POST_ID = { id: pathId('id', 'Id of the post.') };
export const LIST_ID = { id: pathId('id', 'Id of the list.') };

export const OF_PERSON = { parameters: PERSON_ID, missing: noPerson } as const satisfies OperationSubject;
export const OF_SELF = { parameters: OWN_ID, missing: noPerson } as const satisfies OperationSubject;
export const OF_POST = { parameters: POST_ID, missing: noPost } as const satisfies OperationSubject;
export const OF_LIST = { parameters: LIST_ID, missing: noList } as const satisfies OperationSubject;
