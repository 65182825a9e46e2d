import type { PostList } from '#posts';
import { body, keptErrors, writeIncludes } from '../answer/body.ts';
import type { Hydrated } from '../answer/gathered.ts';
import { hydratePeople } from '../answer/hydrate.ts';
import { capReached } from '../answer/partial.ts';
import { seenLists, seenPeople } from '../answer/subject.ts';
import { type OperationContext, type OperationDeps, operation, type ReadResult } from '../operation.ts';
import { LIST_SELECTION, type ListFieldSelection, listSelection } from '../params/field-selection.ts';
import { listWriter } from '../present/list.ts';
import type { Tokens } from './person-page.ts';
import {
  pageParameters,
  type RelationContract,
  type RelationListing,
  relationPage,
  relationPageQuery,
} from './relation-page.ts';

/** Lists that came through `seenLists`, as one object or with X's `meta`. Lists cost nothing, their owners do. */
export function answerOfLists(
  deps: OperationDeps,
  lists: readonly PostList[],
  ask: ListFieldSelection,
  { audience }: Pick<OperationContext<unknown>, 'audience'>,
  shape: 'one' | Tokens,
): ReadResult {
  const { jsonCache } = deps;
  const hydrated = gatherOwners(deps, lists, ask, audience);
  const write = listWriter(ask.list, ask.dialect);
  const texts = lists.map((list) => JSON.stringify(write(list)));
  return {
    groups: hydrated.groups,
    present(kept) {
      const cut = [...hydrated.includes.people.keys()]
        .slice(kept.kept)
        .map((value) =>
          capReached({ resource: 'user', parameter: 'owner_id', value, section: 'includes' }, kept.cutBy),
        );
      const tokens = shape === 'one' ? undefined : shape(lists.length);
      return body({
        data: shape === 'one' ? texts[0] : texts,
        includes: writeIncludes(jsonCache, hydrated, ask, kept),
        errors: [...keptErrors(hydrated, ask, kept), ...cut],
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
  deps: OperationDeps,
  lists: readonly PostList[],
  ask: ListFieldSelection,
  audience: OperationContext<unknown>['audience'],
): Hydrated {
  const ids = ask.expand.has('owner_id') ? [...new Set(lists.map(({ ownerId }) => ownerId))] : [];
  const owners = seenPeople(deps, ids).filter((person) => person !== undefined);
  const hydrated = hydratePeople(deps.jsonCache, owners, ask, audience);
  owners.forEach((thing, item) => {
    hydrated.includes.people.set(thing.id, { thing, item });
  });
  return hydrated;
}

/** Declares an operation that pages over lists, by a relation or by the lists' ids. */
export function listsPage({ of, pageSize, list, ...contract }: RelationContract) {
  const { id } = contract;
  return operation({
    ...contract,
    parameters: { ...of.parameters, ...pageParameters(...pageSize), ...LIST_SELECTION },
    answer: 'ListsAnswer',
    prepare: (values) => relationPageQuery(id, listSelection(values), values),
    read(context, deps) {
      const { subject, viewer, query } = context;
      const missing = of.missing(deps, subject, context);
      if (missing) return missing;
      const listing = {
        read: list(deps, subject),
        see: (ids: readonly string[]) => seenLists(deps, ids, viewer),
      };
      const { things, tokens } = relationPage(id, subject, listing, query.place, query.limit);
      return answerOfLists(deps, things, query.fields, context, tokens);
    },
  });
}

/** A person's own lists, as a listing reads them: a list's id is its place. */
export function ownedBy({ relations }: OperationDeps, ownerId: string): RelationListing<PostList>['read'] {
  return ({ before, after }, limit) =>
    relations
      .listsOwned(ownerId, { beforeId: before, afterId: after, limit })
      .map(({ id }) => ({ id, place: BigInt(id) }));
}
