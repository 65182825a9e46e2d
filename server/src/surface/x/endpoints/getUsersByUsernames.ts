import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';
import { PERSON_SELECTION, personSelection } from '../params/field-selection.ts';

export const getUsersByUsernames = operation({
  id: 'getUsersByUsernames',
  path: '/2/users/by',
  tag: 'Persons',
  summary: 'Persons by their usernames',
  about: 'Case does not matter. Each name that nobody has has its entry in `errors`.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    usernames: {
      name: 'usernames',
      kind: 'usernames',
      max: 100,
      required: true,
      about: '1 to 100 usernames without @, separated by commas.',
    },
    ...PERSON_SELECTION,
  },
  answer: 'PersonsAnswer',
  prepare: (values) => ({ usernames: values.usernames, fields: personSelection(values) }),
  read: (context, deps) => {
    const { usernames, fields } = context.query;
    return lookUpPeople(deps, context, { usernames }, 'usernames', fields, 'many');
  },
});
