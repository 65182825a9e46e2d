import type { Person } from '#posts';
import { body, keptErrors, refusedFields, writeIncludes } from '../answer/body.ts';
import { hydratePeople } from '../answer/hydrate.ts';
import { pageCut } from '../answer/partial.ts';
import { type SubjectViewer, seenPeople } from '../answer/subject.ts';
import { type OperationContext, type OperationDeps, operation, type ReadResult } from '../operation.ts';
import { type FieldSelection, PERSON_SELECTION, personSelection, seenBy } from '../params/field-selection.ts';
import { pageParameters, type RelationContract, relationPage, relationPageQuery } from './relation-page.ts';

/** Tokens of a page of which so many items were shown. */
export type Tokens = (shown: number) => { next?: string; previous?: string };

/** A page of persons with X's `meta`. */
export function pageOfPeople(
  { jsonCache }: OperationDeps,
  people: readonly Person[],
  asked: FieldSelection,
  audience: OperationContext<unknown>['audience'],
  tokens: Tokens,
): ReadResult {
  const fields = seenBy(asked, audience);
  const hydrated = hydratePeople(jsonCache, people, fields, audience);
  return {
    groups: hydrated.groups,
    present(kept) {
      const shown = people.slice(0, kept.kept);
      const { next, previous } = tokens(shown.length);
      return body({
        data: shown.map((one) =>
          jsonCache.personJson(one, fields.person, fields.dialect, hydrated.live.get(one.id)),
        ),
        includes: writeIncludes(jsonCache, hydrated, fields, kept),
        errors: [
          ...pageCut('user', people.slice(kept.kept), kept.cutBy),
          ...keptErrors(hydrated, fields, kept),
          ...refusedFields(fields, 'id', [], hydrated.includes, kept),
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
  see?(deps: OperationDeps, ids: readonly string[], seer: SubjectViewer): readonly (Person | undefined)[];
}) {
  const { id } = contract;
  return operation({
    ...contract,
    parameters: { ...of.parameters, ...pageParameters(...pageSize), ...PERSON_SELECTION },
    answer: 'PersonsPage',
    prepare: (values) => relationPageQuery(id, personSelection(values), values),
    read(context, deps) {
      const { subject, query, audience } = context;
      const missing = of.missing(deps, subject, context);
      if (missing) return missing;
      const listing = {
        read: list(deps, subject),
        see: (ids: readonly string[]) => see(deps, ids, context),
      };
      const { things, tokens } = relationPage(id, subject, listing, query.place, query.limit);
      return pageOfPeople(deps, things, query.fields, audience, tokens);
    },
  });
}
