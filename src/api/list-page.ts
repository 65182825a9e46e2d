import type { PostList } from '#posts';
import type { ListAsk } from './ask.ts';
import { body, keptErrors, writeIncludes } from './body.ts';
import { gatherForPeople } from './gather.ts';
import type { Gathered } from './gathered.ts';
import type { Asked, Found, World } from './operation.ts';
import { type Parameters, pathId } from './parameter.ts';
import { capReached } from './partial.ts';
import type { Tokens } from './person-page.ts';
import { listWriter } from './present/list.ts';
import { type Listing, type RelationPlace, relationPage } from './relation-page.ts';
import { seenLists, seenPeople } from './subject.ts';

export const LIST_ID = {
  id: pathId('id', 'Id of the list.'),
} as const satisfies Parameters;

/** What an operation that pages over lists makes of its query string. */
export type ListsAsked = { ask: ListAsk; limit: number; place?: RelationPlace };

/** Lists that came through `seenLists`, as one object or with X's `meta`. Lists cost nothing, their owners do. */
export function answerOfLists(
  world: World,
  lists: readonly PostList[],
  ask: ListAsk,
  { audience }: Pick<Asked<unknown>, 'audience'>,
  shape: 'one' | Tokens,
): Found {
  const { shelf } = world;
  const gathered = gatherOwners(world, lists, ask, audience);
  const write = listWriter(ask.list, ask.dialect);
  const texts = lists.map((list) => JSON.stringify(write(list)));
  return {
    groups: gathered.groups,
    present(kept) {
      const cut = [...gathered.includes.people.keys()]
        .slice(kept.kept)
        .map((value) => capReached({ resource: 'user', parameter: 'owner_id', value, section: 'includes' }));
      const tokens = shape === 'one' ? undefined : shape(lists.length);
      return body({
        data: shape === 'one' ? texts[0] : texts,
        includes: writeIncludes(shelf, gathered, ask, kept),
        errors: [...keptErrors(gathered, kept), ...cut],
        meta: tokens && {
          result_count: lists.length,
          next_token: tokens.next,
          previous_token: tokens.previous,
        },
      });
    },
  };
}

/** The owners are all that an answer of lists delivers. */
function gatherOwners(
  world: World,
  lists: readonly PostList[],
  ask: ListAsk,
  audience: Asked<unknown>['audience'],
): Gathered {
  const ids = ask.expand.has('owner_id') ? [...new Set(lists.map(({ ownerId }) => ownerId))] : [];
  const owners = seenPeople(world, ids).filter((person) => person !== undefined);
  const gathered = gatherForPeople(world.shelf, owners, ask, audience);
  owners.forEach((thing, item) => {
    gathered.includes.people.set(thing.id, { thing, item });
  });
  return gathered;
}

/** A page of lists, by a relation or by the lists' ids. @param of whose they are: the tokens are bound to it. */
export function pageOfLists(
  kind: string,
  asked: Pick<Asked<ListsAsked>, 'query' | 'audience' | 'viewer'>,
  world: World,
  of: string,
  read: Listing<PostList>['read'],
): Found {
  const { ask, limit, place } = asked.query;
  const see = (ids: readonly string[]) => seenLists(world, ids, asked.viewer);
  const { things, tokens } = relationPage(kind, of, { read, see }, place, limit);
  return answerOfLists(world, things, ask, asked, tokens);
}

/** A person's own lists, as a listing reads them: a list's id is its place. */
export function ownedBy({ relations }: World, ownerId: string): Listing<PostList>['read'] {
  return ({ before, after }, limit) =>
    relations
      .listsOwned(ownerId, { beforeId: before, afterId: after, limit })
      .map(({ id }) => ({ id, place: BigInt(id) }));
}
