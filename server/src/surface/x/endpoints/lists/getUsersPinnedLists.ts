import { noPerson, PERSON_ID, seenLists } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { answerOfLists } from '../../page/list-page.ts';
import { LIST_SELECTION, listSelection } from '../../params/field-selection.ts';

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
    ...LIST_SELECTION,
  },
  answer: 'ListsAnswer',
  prepare: listSelection,
  read(context, deps) {
    const { subject, viewer } = context;
    const none = noPerson(deps, subject, context);
    if (none) return none;
    const pinned = deps.relations.related('list-pin', { from: subject }, { limit: PINNED_MAX });
    const lists = seenLists(
      deps,
      pinned.map(({ id }) => id),
      viewer,
    ).filter((list) => list !== undefined);
    return answerOfLists(deps, lists, context.query, context, () => ({}));
  },
});
