import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';
import { PERSON_SELECTION, personSelection } from '../params/field-selection.ts';

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
    ...PERSON_SELECTION,
  },
  answer: 'PersonsAnswer',
  prepare: (values) => ({ ids: values.ids, ask: personSelection(values) }),
  read: (context, deps) =>
    lookUpPeople(deps, context, { ids: context.query.ids }, 'ids', context.query.ask, 'many'),
});
