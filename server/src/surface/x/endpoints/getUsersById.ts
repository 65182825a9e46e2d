import { PERSON_ID } from '../answer/subject.ts';
import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';
import { PERSON_SELECTION, personSelection } from '../params/field-selection.ts';

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
    ...PERSON_SELECTION,
  },
  answer: 'PersonAnswer',
  prepare: personSelection,
  read: (context, deps) =>
    lookUpPeople(deps, context, { ids: [context.subject] }, 'id', context.query, 'one'),
});
