import { LIST_ID, noList, seenLists } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { answerOfLists } from '../../page/list-page.ts';
import { LIST_SELECTION, listSelection } from '../../params/field-selection.ts';

export const getListsById = operation({
  id: 'getListsById',
  path: '/2/lists/{id}',
  tag: 'Lists',
  summary: 'One list by its id',
  about: 'A list that is missing or private to somebody else is a 200 that has only `errors`.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  parameters: { ...LIST_ID, ...LIST_SELECTION },
  answer: 'ListAnswer',
  prepare: listSelection,
  read(context, deps) {
    const { subject, viewer, query } = context;
    const lists = seenLists(deps, [subject], viewer).filter((list) => list !== undefined);
    return noList(deps, subject, context) ?? answerOfLists(deps, lists, query, context, 'one');
  },
});
