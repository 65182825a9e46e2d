import { LIST_ID } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pathId } from '../../params/parameter.ts';
import { acting } from '../writing/act.ts';

export const removeListsMemberByUserId = operation({
  id: 'removeListsMemberByUserId',
  path: '/2/lists/{id}/members/{user_id}',
  method: 'DELETE',
  tag: 'Lists',
  summary: 'Takes a person off a list',
  about: 'Only its owner can. Who is not on it stays off it.',
  scopes: [...READING, 'list.write'],
  parameters: {
    ...LIST_ID,
    userId: pathId('user_id', 'Id of the person.'),
  },
  answer: 'ListMember',
  ...acting(
    ({ path, subject }) => ({ kind: 'remove-member', listId: subject, personId: path.user_id ?? '' }),
    () => ({ is_member: false }),
  ),
});
