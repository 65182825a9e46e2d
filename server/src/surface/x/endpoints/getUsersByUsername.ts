import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';
import { PERSON_SELECTION, personSelection } from '../params/field-selection.ts';

export const getUsersByUsername = operation({
  id: 'getUsersByUsername',
  path: '/2/users/by/username/{username}',
  tag: 'Persons',
  summary: 'One person by username',
  about: 'Case does not matter. A name that nobody has is a 200 that has only `errors`.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    username: {
      name: 'username',
      in: 'path',
      kind: 'username',
      required: true,
      about: 'The username without @.',
    },
    ...PERSON_SELECTION,
  },
  answer: 'PersonAnswer',
  prepare: personSelection,
  read: (context, deps) =>
    lookUpPeople(deps, context, { usernames: [context.subject] }, 'username', context.query, 'one'),
});
