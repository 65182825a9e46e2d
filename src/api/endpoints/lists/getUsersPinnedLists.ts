import { noPerson, PERSON_ID, seenLists } from '../../answer/subject.ts';
import { askOfLists, LIST_ASK } from '../../ask/ask.ts';
import { operation, READING } from '../../operation.ts';
import { answerOfLists } from '../../page/list-page.ts';

/** X has no pages of pinned lists, for only a few can be pinned. */
const PINNED_MAX = 100;

export const getUsersPinnedLists = operation({
  id: 'getUsersPinnedLists',
  path: '/2/users/{id}/pinned_lists',
  tag: 'Lists',
  summary: 'Lists that a person pinned',
  about: 'All on one page, what was pinned last first. Private ones are shown to their owner alone.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  parameters: {
    ...PERSON_ID,
    ...LIST_ASK,
  },
  answer: 'ListsAnswer',
  prepare: askOfLists,
  read(asked, world) {
    const { subject, viewer } = asked;
    const none = noPerson(world, subject, asked);
    if (none) return none;
    const pinned = world.relations.related('list-pin', { from: subject }, { limit: PINNED_MAX });
    const lists = seenLists(
      world,
      pinned.map(({ id }) => id),
      viewer,
    ).filter((list) => list !== undefined);
    return answerOfLists(world, lists, asked.query, asked, () => ({}));
  },
});
