import { askOfPersons, PERSON_ASK } from '../../ask.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { type PeopleAsked, relatedPeople } from '../../person-page.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPerson } from '../../subject.ts';

const ID = 'getUsersFollowing';

export const getUsersFollowing = operation({
  id: ID,
  path: '/2/users/{id}/following',
  tag: 'Persons',
  summary: 'Whom a person follows',
  about: 'Who was followed last comes first.',
  auth: ['app', 'person'],
  scopes: [...READING, 'follows.read'],
  parameters: {
    id: pathId('id', 'Id of the person.'),
    ...pageParameters(1, 1000, 100),
    ...PERSON_ASK,
  },
  answer: 'PersonsPage',
  prepare: (values): PeopleAsked => ({
    ask: askOfPersons(values),
    limit: values.maxResults,
    place: readRelationPlace(ID, values),
  }),
  read(asked, world) {
    const { subject } = asked;
    const none = noPerson(world, subject, asked);
    if (none) return none;
    return relatedPeople(ID, asked, world, subject, (bounds, limit) =>
      world.relations.related('follow', { from: subject }, { ...bounds, limit }),
    );
  },
});
