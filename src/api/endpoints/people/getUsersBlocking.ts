import { askOfPersons, PERSON_ASK } from '../../ask.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { type PeopleAsked, relatedPeople } from '../../person-page.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPerson } from '../../subject.ts';

const ID = 'getUsersBlocking';

export const getUsersBlocking = operation({
  id: ID,
  path: '/2/users/{id}/blocking',
  tag: 'Persons',
  summary: 'Whom a person blocks',
  about: 'Who was blocked last comes first. Nobody else sees it.',
  auth: ['person'],
  own: true,
  scopes: [...READING, 'block.read'],
  parameters: {
    id: pathId('id', 'Id of the person, whose token it is.'),
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
      world.relations.related('block', { from: subject }, { ...bounds, limit }),
    );
  },
});
