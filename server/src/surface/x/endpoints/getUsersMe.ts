import { operation, READING } from '../operation.ts';
import { lookUpPeople } from '../page/look-up.ts';
import { PERSON_SELECTION, personSelection } from '../params/field-selection.ts';

export const getUsersMe = operation({
  id: 'getUsersMe',
  path: '/2/users/me',
  tag: 'Persons',
  summary: 'The person whose token it is',
  about: "Takes a person's token alone; with an app's own key there is nobody to tell of.",
  auth: ['person'],
  scopes: READING,
  parameters: PERSON_SELECTION,
  answer: 'PersonAnswer',
  prepare: personSelection,
  read: (context, deps) =>
    lookUpPeople(deps, context, { ids: [context.viewer ?? ''] }, 'id', context.query, 'one'),
});
