import { PERSON_ID } from '../answer/subject.ts';
import { askOfPersons, PERSON_ASK } from '../ask/ask.ts';
import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';

export const getUsersById = operation({
  id: 'getUsersById',
  path: '/2/users/{id}',
  tag: 'Persons',
  summary: 'One person by id',
  about: 'A person who is missing, suspended or gone is a 200 that has only `errors`.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    ...PERSON_ID,
    ...PERSON_ASK,
  },
  answer: 'PersonAnswer',
  prepare: askOfPersons,
  read: (asked, world) => lookUpPeople(world, asked, { ids: [asked.subject] }, 'id', asked.query, 'one'),
});
