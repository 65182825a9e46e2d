import type { PostList } from '#posts';
import { body, keptErrors, writeIncludes } from '../answer/body.ts';
import { gatherForPeople } from '../answer/gather.ts';
import type { Gathered } from '../answer/gathered.ts';
import { capReached } from '../answer/partial.ts';
import { seenLists, seenPeople } from '../answer/subject.ts';
import { askOfLists, LIST_ASK, type ListAsk } from '../ask/ask.ts';
import { type Asked, type Found, operation, type World } from '../operation.ts';
import { listWriter } from '../present/list.ts';
import type { Tokens } from './person-page.ts';
import {
  type Listing,
  pageAsked,
  pageParameters,
  type RelationContract,
  relationPage,
} from './relation-page.ts';

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
        .map((value) =>
          capReached({ resource: 'user', parameter: 'owner_id', value, section: 'includes' }, kept.cutBy),
        );
      const tokens = shape === 'one' ? undefined : shape(lists.length);
      return body({
        data: shape === 'one' ? texts[0] : texts,
        includes: writeIncludes(shelf, gathered, ask, kept),
        errors: [...keptErrors(gathered, ask, kept), ...cut],
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

/** Declares an operation that pages over lists, by a relation or by the lists' ids. */
export function listsPage({ of, pageSize, list, ...contract }: RelationContract) {
  const { id } = contract;
  return operation({
    ...contract,
    parameters: { ...of.parameters, ...pageParameters(...pageSize), ...LIST_ASK },
    answer: 'ListsAnswer',
    prepare: (values) => pageAsked(id, askOfLists(values), values),
    read(asked, world) {
      const { subject, viewer, query } = asked;
      const missing = of.missing(world, subject, asked);
      if (missing) return missing;
      const listing = {
        read: list(world, subject),
        see: (ids: readonly string[]) => seenLists(world, ids, viewer),
      };
      const { things, tokens } = relationPage(id, subject, listing, query.place, query.limit);
      return answerOfLists(world, things, query.ask, asked, tokens);
    },
  });
}

/** A person's own lists, as a listing reads them: a list's id is its place. */
export function ownedBy({ relations }: World, ownerId: string): Listing<PostList>['read'] {
  return ({ before, after }, limit) =>
    relations
      .listsOwned(ownerId, { beforeId: before, afterId: after, limit })
      .map(({ id }) => ({ id, place: BigInt(id) }));
}
