import { LIST_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { acting } from '../writing/act.ts';
import { memberIdOf } from './body.ts';

export const addListsMember = operation({
  id: 'addListsMember',
  path: '/2/lists/{id}/members',
  method: 'POST',
  tag: 'Lists',
  summary: 'Puts a person on a list',
  about: 'Only its owner can. Who is on it already stays on it.',
  scopes: [...READING, 'list.write'],
  body: 'UserId',
  parameters: LIST_ID,
  answer: 'ListMember',
  ...acting(
    ({ body, subject }) => ({ kind: 'add-member', listId: subject, personId: memberIdOf(body) }),
    () => ({ is_member: true }),
  ),
});
