import { judgeAccount, judgePosts, type Person } from '#posts';
import { body, keptErrors, postText, refusedFields, writeIncludes } from '../answer/body.ts';
import { hydratePeople, hydratePosts } from '../answer/hydrate.ts';
import {
  capReached,
  notAuthorized,
  notFound,
  type PartialError,
  type Sought,
  soughtPerson,
  suspended,
} from '../answer/partial.ts';
import type { OperationContext, OperationDeps, ReadResult } from '../operation.ts';
import { type FieldSelection, seenBy } from '../params/field-selection.ts';

/** How an answer holds its data: one thing as an object, several as a list. */
export type Shape = 'one' | 'many';

/** The look-up of posts by id: those that may be seen, in the order asked for, and an error for each other one. */
export function lookUpPosts(
  { jsonCache }: OperationDeps,
  { audience }: Pick<OperationContext<unknown>, 'audience'>,
  ids: readonly string[],
  parameter: string,
  asked: FieldSelection,
  shape: Shape,
): ReadResult {
  const fields = seenBy(asked, audience);
  const distinct = shape === 'one' ? ids : [...new Set(ids)];
  const found = jsonCache.posts(distinct);
  const verdicts = judgePosts(
    jsonCache,
    found.map((post) => post ?? 'deleted'),
    audience,
  );
  const errors: PartialError[] = [];
  const posts = found.filter((_post, index) => {
    if (verdicts[index] === 'serve') return true;
    const sought = soughtPost(distinct[index]!, parameter);
    errors.push(verdicts[index] === 'protected' ? notAuthorized(sought) : notFound(sought));
    return false;
  }) as Exclude<(typeof found)[number], 'deleted' | undefined>[];
  const hydrated = hydratePosts(jsonCache, posts, fields, audience);
  return {
    groups: hydrated.groups,
    present(kept) {
      const texts = posts.slice(0, kept.kept).map((post) => postText(jsonCache, post, fields));
      const cut = posts
        .slice(kept.kept)
        .map((post) => capReached(soughtPost(post.id, parameter), kept.cutBy));
      const refused = refusedFields(fields, parameter, posts, hydrated.includes, kept);
      return body({
        data: shape === 'one' ? texts[0] : texts,
        includes: writeIncludes(jsonCache, hydrated, fields, kept),
        errors: [...errors, ...cut, ...keptErrors(hydrated, fields, kept), ...refused],
      });
    },
  };
}

function soughtPost(value: string, parameter: string): Sought {
  return { resource: 'tweet', parameter, value, section: 'data' };
}

/** The look-up of persons by id or by username. */
export function lookUpPeople(
  { jsonCache }: OperationDeps,
  { audience }: Pick<OperationContext<unknown>, 'audience'>,
  by: { ids: readonly string[] } | { usernames: readonly string[] },
  parameter: string,
  asked: FieldSelection,
  shape: Shape,
): ReadResult {
  const fields = seenBy(asked, audience);
  const values = [...new Set('ids' in by ? by.ids : by.usernames)];
  const found = 'ids' in by ? jsonCache.people(values) : jsonCache.peopleByUsername(values);
  const errors: PartialError[] = [];
  const people = new Map<string, { person: Person; value: string }>();
  found.forEach((person, index) => {
    const value = values[index]!;
    const verdict = judgeAccount(person);
    if (person && verdict === 'serve') people.set(person.id, { person, value });
    else errors.push((verdict === 'suspended' ? suspended : notFound)(soughtPerson(value, parameter)));
  });
  const list = [...people.values()];
  const hydrated = hydratePeople(
    jsonCache,
    list.map(({ person }) => person),
    fields,
    audience,
  );
  return {
    groups: hydrated.groups,
    present(kept) {
      const texts = list
        .slice(0, kept.kept)
        .map(({ person }) =>
          jsonCache.personJson(person, fields.person, fields.dialect, hydrated.live.get(person.id)),
        );
      const cut = list
        .slice(kept.kept)
        .map(({ value }) => capReached(soughtPerson(value, parameter), kept.cutBy));
      return body({
        data: shape === 'one' ? texts[0] : texts,
        includes: writeIncludes(jsonCache, hydrated, fields, kept),
        errors: [
          ...errors,
          ...cut,
          ...keptErrors(hydrated, fields, kept),
          ...refusedFields(fields, parameter, [], hydrated.includes, kept),
        ],
      });
    },
  };
}
