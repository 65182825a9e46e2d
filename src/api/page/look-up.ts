import { judgeAccount, judgePosts, type Person } from '#posts';
import { body, keptErrors, postText, refusedFields, writeIncludes } from '../answer/body.ts';
import { gatherForPeople, gatherForPosts } from '../answer/gather.ts';
import {
  capReached,
  notAuthorized,
  notFound,
  type PartialError,
  type Sought,
  soughtPerson,
  suspended,
} from '../answer/partial.ts';
import { type Ask, seenBy } from '../ask/ask.ts';
import type { Asked, Found, World } from '../operation.ts';

/** How an answer holds its data: one thing as an object, several as a list. */
export type Shape = 'one' | 'many';

/** The look-up of posts by id: those that may be seen, in the order asked for, and an error for each other one. */
export function lookUpPosts(
  { shelf }: World,
  { audience }: Pick<Asked<unknown>, 'audience'>,
  ids: readonly string[],
  parameter: string,
  asked: Ask,
  shape: Shape,
): Found {
  const ask = seenBy(asked, audience);
  const distinct = shape === 'one' ? ids : [...new Set(ids)];
  const found = shelf.posts(distinct);
  const verdicts = judgePosts(
    shelf,
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
  const gathered = gatherForPosts(shelf, posts, ask, audience);
  return {
    groups: gathered.groups,
    present(kept) {
      const texts = posts.slice(0, kept.kept).map((post) => postText(shelf, post, ask));
      const cut = posts
        .slice(kept.kept)
        .map((post) => capReached(soughtPost(post.id, parameter), kept.cutBy));
      const refused = refusedFields(ask, parameter, posts, gathered.includes, kept);
      return body({
        data: shape === 'one' ? texts[0] : texts,
        includes: writeIncludes(shelf, gathered, ask, kept),
        errors: [...errors, ...cut, ...keptErrors(gathered, ask, kept), ...refused],
      });
    },
  };
}

function soughtPost(value: string, parameter: string): Sought {
  return { resource: 'tweet', parameter, value, section: 'data' };
}

/** The look-up of persons by id or by username. */
export function lookUpPeople(
  { shelf }: World,
  { audience }: Pick<Asked<unknown>, 'audience'>,
  by: { ids: readonly string[] } | { usernames: readonly string[] },
  parameter: string,
  asked: Ask,
  shape: Shape,
): Found {
  const ask = seenBy(asked, audience);
  const values = [...new Set('ids' in by ? by.ids : by.usernames)];
  const found = 'ids' in by ? shelf.people(values) : shelf.peopleByUsername(values);
  const errors: PartialError[] = [];
  const people = new Map<string, { person: Person; value: string }>();
  found.forEach((person, index) => {
    const value = values[index]!;
    const verdict = judgeAccount(person);
    if (person && verdict === 'serve') people.set(person.id, { person, value });
    else errors.push((verdict === 'suspended' ? suspended : notFound)(soughtPerson(value, parameter)));
  });
  const list = [...people.values()];
  const gathered = gatherForPeople(
    shelf,
    list.map(({ person }) => person),
    ask,
    audience,
  );
  return {
    groups: gathered.groups,
    present(kept) {
      const texts = list
        .slice(0, kept.kept)
        .map(({ person }) => shelf.personJson(person, ask.person, ask.dialect, gathered.live.get(person.id)));
      const cut = list
        .slice(kept.kept)
        .map(({ value }) => capReached(soughtPerson(value, parameter), kept.cutBy));
      return body({
        data: shape === 'one' ? texts[0] : texts,
        includes: writeIncludes(shelf, gathered, ask, kept),
        errors: [
          ...errors,
          ...cut,
          ...keptErrors(gathered, ask, kept),
          ...refusedFields(ask, parameter, [], gathered.includes, kept),
        ],
      });
    },
  };
}
