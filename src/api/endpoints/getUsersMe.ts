import { askOfPersons, PERSON_ASK } from '../ask/ask.ts';
import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';

export const getUsersMe = operation({
  id: 'getUsersMe',
  path: '/2/users/me',
  tag: 'Persons',
  summary: 'The person whose token it is',
  about: "Takes a person's token alone; with an app's own key there is nobody to tell of.",
  auth: ['person'],
  scopes: READING,
  parameters: PERSON_ASK,
  answer: 'PersonAnswer',
  prepare: askOfPersons,
  read: (asked, world) => lookUpPeople(world, asked, { ids: [asked.viewer ?? ''] }, 'id', asked.query, 'one'),
});
