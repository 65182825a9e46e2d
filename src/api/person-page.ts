import type { Person } from '#posts';
import { type Ask, seenBy } from './ask.ts';
import { body, keptErrors, refusedFields, writeIncludes } from './body.ts';
import { gatherForPeople } from './gather.ts';
import type { Asked, Found, World } from './operation.ts';
import { type Listing, type RelationPlace, relationPage } from './relation-page.ts';
import { seenPeople } from './subject.ts';

/** What an operation that pages over persons makes of its query string. */
export type PeopleAsked = { ask: Ask; limit: number; place?: RelationPlace };

/** Tokens of a page of which so many items were shown. */
export type Tokens = (shown: number) => { next?: string; previous?: string };

/** A page of persons with X's `meta`. */
export function pageOfPeople(
  { shelf }: World,
  people: readonly Person[],
  asked: Ask,
  audience: Asked<unknown>['audience'],
  tokens: Tokens,
): Found {
  const ask = seenBy(asked, audience);
  const gathered = gatherForPeople(shelf, people, ask, audience);
  return {
    groups: gathered.groups,
    present(kept) {
      const shown = people.slice(0, kept.kept);
      const { next, previous } = tokens(shown.length);
      return body({
        data: shown.map((one) => shelf.personJson(one, ask.person, ask.dialect, gathered.live.get(one.id))),
        includes: writeIncludes(shelf, gathered, ask, kept),
        errors: [...keptErrors(gathered, kept), ...refusedFields(ask, 'id', [], gathered.includes, kept)],
        meta: { result_count: shown.length, next_token: next, previous_token: previous },
      });
    },
  };
}

/**
 * A page of the persons at one end of a relation, those first who came last.
 * @param of whom or what the relation is held by or towards: the tokens are bound to it.
 * @param see what else must hold for a person to be shown; all whose accounts may be seen unless said.
 */
export function relatedPeople(
  kind: string,
  { query: { ask, limit, place }, audience }: Pick<Asked<PeopleAsked>, 'query' | 'audience'>,
  world: World,
  of: string,
  read: Listing<Person>['read'],
  see: Listing<Person>['see'] = (ids) => seenPeople(world, ids),
): Found {
  const page = relationPage(kind, of, { read, see }, place, limit);
  return pageOfPeople(world, page.things, ask, audience, page.tokens);
}
