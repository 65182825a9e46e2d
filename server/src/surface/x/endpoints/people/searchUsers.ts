import { decodePage, encodePage } from '#kernel';
import { seenPeople } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pageOfPeople } from '../../page/person-page.ts';
import { type FieldSelection, PERSON_SELECTION, personSelection } from '../../params/field-selection.ts';
import { foreignToken, TOKEN_PARAMETERS, tokenOf } from '../../params/token.ts';

const ID = 'searchUsers';
/** X's: letters of any script here, for names are. */
const QUERY_PATTERN = "^[\\p{L}\\p{M}\\p{N}_'. -]{1,50}$";
/** X gives no more of a search than so many persons. */
const FOUND_MAX = 1_000;

type SearchAsked = { query: string; fields: FieldSelection; limit: number; after: number };

export const searchUsers = operation({
  id: ID,
  path: '/2/users/search',
  tag: 'Persons',
  summary: 'Persons by the beginning of a username or name',
  about: `Who is followed most comes first; the first ${FOUND_MAX.toLocaleString('en')} persons.`,
  auth: ['person'],
  scopes: READING,
  parameters: {
    query: {
      name: 'query',
      kind: 'pattern',
      pattern: QUERY_PATTERN,
      required: true,
      about: 'How the username or a word of the name begins, in 1 to 50 characters.',
    },
    maxResults: {
      name: 'max_results',
      kind: 'integer',
      min: 1,
      max: FOUND_MAX,
      fallback: 100,
      about: 'Persons on a page at most.',
    },
    ...TOKEN_PARAMETERS,
    ...PERSON_SELECTION,
  },
  answer: 'PersonsPage',
  prepare: (values): SearchAsked => ({
    query: values.query,
    fields: personSelection(values),
    limit: values.maxResults,
    after: readAfter(values.query, tokenOf(values)),
  }),
  read({ query: { query, fields, limit, after }, audience }, deps) {
    const size = Math.min(limit, FOUND_MAX - after);
    const ids = deps.relations.searchPeople(query, { after, limit: size + 1 });
    const people = seenPeople(deps, ids.slice(0, size)).filter((person) => person !== undefined);
    return pageOfPeople(deps, people, fields, audience, (shown) => {
      const isCut = shown < people.length;
      const next = after + (isCut ? ids.indexOf(people[shown - 1]?.id ?? '') + 1 : size);
      const hasNext = (isCut || ids.length > size) && next < FOUND_MAX;
      return {
        next: hasNext ? encodePage(ID, [query, next]) : undefined,
        previous: after > 0 ? encodePage(ID, [query, Math.max(0, after - limit)]) : undefined,
      };
    });
  },
});

/** How many persons the pages before have shown. */
function readAfter(query: string, { name, token }: ReturnType<typeof tokenOf>): number {
  if (token === undefined) return 0;
  const [of, after] = decodePage(ID, token, name);
  const isPlace = of === query && typeof after === 'number' && after >= 0 && after < FOUND_MAX;
  return isPlace ? after : foreignToken(name, token);
}
