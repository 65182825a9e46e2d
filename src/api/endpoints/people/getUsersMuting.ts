import { askOfPersons, PERSON_ASK } from '../../ask.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../parameter.ts';
import { type PeopleAsked, relatedPeople } from '../../person-page.ts';
import { pageParameters, readRelationPlace } from '../../relation-page.ts';
import { noPerson } from '../../subject.ts';

const ID = 'getUsersMuting';

export const getUsersMuting = operation({
  id: ID,
  path: '/2/users/{id}/muting',
  tag: 'Persons',
  summary: 'Whom a person mutes',
  about: 'Who was muted last comes first. Nobody else sees it.',
  auth: ['person'],
  own: true,
  scopes: [...READING, 'mute.read'],
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
      world.relations.related('mute', { from: subject }, { ...bounds, limit }),
    );
  },
});
