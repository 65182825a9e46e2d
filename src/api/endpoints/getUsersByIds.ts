import { askOfPersons, PERSON_ASK } from '../ask/ask.ts';
import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';

export const getUsersByIds = operation({
  id: 'getUsersByIds',
  path: '/2/users',
  tag: 'Persons',
  summary: 'Persons by their ids',
  about:
    'Answers in the order of the ids. Each id that is missing or may not be seen has its entry in `errors`.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    ids: {
      name: 'ids',
      kind: 'ids',
      max: 100,
      required: true,
      about: 'Ids of 1 to 100 persons, separated by commas.',
    },
    ...PERSON_ASK,
  },
  answer: 'PersonsAnswer',
  prepare: (values) => ({ ids: values.ids, ask: askOfPersons(values) }),
  read: (asked, world) =>
    lookUpPeople(world, asked, { ids: asked.query.ids }, 'ids', asked.query.ask, 'many'),
});
