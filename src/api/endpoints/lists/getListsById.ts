import { LIST_ID, noList, seenLists } from '../../answer/subject.ts';
import { askOfLists, LIST_ASK } from '../../ask/ask.ts';
import { operation, READING } from '../../operation.ts';
import { answerOfLists } from '../../page/list-page.ts';

export const getListsById = operation({
  id: 'getListsById',
  path: '/2/lists/{id}',
  tag: 'Lists',
  summary: 'One list by its id',
  about: 'A list that is missing or private to somebody else is a 200 that has only `errors`.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  parameters: { ...LIST_ID, ...LIST_ASK },
  answer: 'ListAnswer',
  prepare: askOfLists,
  read(asked, world) {
    const { subject, viewer, query } = asked;
    const lists = seenLists(world, [subject], viewer).filter((list) => list !== undefined);
    return noList(world, subject, asked) ?? answerOfLists(world, lists, query, asked, 'one');
  },
});
