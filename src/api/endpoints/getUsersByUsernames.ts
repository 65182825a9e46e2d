import { askOfPersons, PERSON_ASK } from '../ask/ask.ts';
import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';

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
    ...PERSON_ASK,
  },
  answer: 'PersonsAnswer',
  prepare: (values) => ({ usernames: values.usernames, ask: askOfPersons(values) }),
  read: (asked, world) => {
    const { usernames, ask } = asked.query;
    return lookUpPeople(world, asked, { usernames }, 'usernames', ask, 'many');
  },
});
