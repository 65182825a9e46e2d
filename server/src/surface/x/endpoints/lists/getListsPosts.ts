import { LIST_ID, noList } from '../../answer/subject.ts';
import { operation, READING } from '../../operation.ts';
import { pageParameters } from '../../page/relation-page.ts';
import { type TimelineQuery, timelineOf, timelinePage } from '../../page/timeline-page.ts';
import { POST_SELECTION, postSelection } from '../../params/field-selection.ts';
import { readTimelinePlace } from '../../params/token.ts';

const ID = 'getListsPosts';
/** X lets no list have more; of more, those count that were put on it last. */
const MEMBERS_MAX = 5_000;

export const getListsPosts = operation({
  id: ID,
  path: '/2/lists/{id}/tweets',
  tag: 'Lists',
  summary: 'Posts by who is on a list',
  about: 'Newest first, reposts and replies included.',
  auth: ['app', 'person'],
  scopes: [...READING, 'list.read'],
  parameters: { ...LIST_ID, ...pageParameters(1, 100, 100), ...POST_SELECTION },
  answer: 'PostsAnswer',
  prepare: (values): TimelineQuery => ({
    fields: postSelection(values),
    range: {},
    limit: values.maxResults,
    place: readTimelinePlace(ID, values),
  }),
  read(context, deps) {
    const { subject } = context;
    const missing = noList(deps, subject, context);
    if (missing) return missing;
    const members = deps.relations.related('list-member', { from: subject }, { limit: MEMBERS_MAX });
    const authors = members.map(({ id }) => id);
    return timelinePage(ID, context, deps, timelineOf(deps, authors), { hasEdges: false });
  },
});
