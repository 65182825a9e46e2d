import { askOfPersons, PERSON_ASK } from '../../ask.ts';
import { LIST_ID } from '../../list-page.ts';
import { operation, READING } from '../../operation.ts';
import { type PeopleAsked, relatedPeople } from '../../person-page.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noList, seenLists } from '../../subject.ts';

const ID = 'getListsFollowers';

export const getListsFollowers = operation({
  id: ID,
  path: '/2/lists/{id}/followers',
  tag: 'Lists',
  summary: 'Who follows a list',
  about: 'Who followed it last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  parameters: { ...LIST_ID, ...pageParameters(1, 100, 100), ...PERSON_ASK },
  answer: 'PersonsPage',
  prepare: (values): PeopleAsked => ({
    ask: askOfPersons(values),
    limit: values.maxResults,
    place: readRelationPlace(ID, values),
  }),
  read(asked, world) {
    const { subject } = asked;
    if (!seenLists(world, [subject], asked.viewer)[0]) return noList(subject);
    return relatedPeople(ID, asked, world, subject, (bounds, limit) =>
      world.relations.related('list-follow', { to: subject }, { ...bounds, limit }),
    );
  },
});
