import type { Person } from '#posts';
import { body, keptErrors, refusedFields, writeIncludes } from '../answer/body.ts';
import { gatherForPeople } from '../answer/gather.ts';
import { pageCut } from '../answer/partial.ts';
import { type Seer, seenPeople } from '../answer/subject.ts';
import { type Ask, askOfPersons, PERSON_ASK, seenBy } from '../ask/ask.ts';
import { type Asked, type Found, operation, type World } from '../operation.ts';
import { pageAsked, pageParameters, type RelationContract, relationPage } from './relation-page.ts';

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
        errors: [
          ...pageCut('user', people.slice(kept.kept), kept.cutBy),
          ...keptErrors(gathered, ask, kept),
          ...refusedFields(ask, 'id', [], gathered.includes, kept),
        ],
        meta: { result_count: shown.length, next_token: next, previous_token: previous },
      });
    },
  };
}

/**
 * Declares an operation that pages over persons by a relation, those first who came last.
 * `see` tells what else must hold for a person to be shown; all whose accounts may be seen unless said.
 */
export function peoplePage({
  of,
  pageSize,
  list,
  see = seenPeople,
  ...contract
}: RelationContract & {
  see?(world: World, ids: readonly string[], seer: Seer): readonly (Person | undefined)[];
}) {
  const { id } = contract;
  return operation({
    ...contract,
    parameters: { ...of.parameters, ...pageParameters(...pageSize), ...PERSON_ASK },
    answer: 'PersonsPage',
    prepare: (values) => pageAsked(id, askOfPersons(values), values),
    read(asked, world) {
      const { subject, query, audience } = asked;
      const missing = of.missing(world, subject, asked);
      if (missing) return missing;
      const listing = {
        read: list(world, subject),
        see: (ids: readonly string[]) => see(world, ids, asked),
      };
      const { things, tokens } = relationPage(id, subject, listing, query.place, query.limit);
      return pageOfPeople(world, things, query.ask, audience, tokens);
    },
  });
}
