import { LIST_ID, noList } from '../../answer/subject.ts';
import { askOfPosts, POST_ASK } from '../../ask/ask.ts';
import { readTimelinePlace } from '../../ask/token.ts';
import { operation, READING } from '../../operation.ts';
import { pageParameters } from '../../page/relation-page.ts';
import { type TimelineAsked, timelineOf, timelinePage } from '../../page/timeline-page.ts';

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
  parameters: { ...LIST_ID, ...pageParameters(1, 100, 100), ...POST_ASK },
  answer: 'PostsAnswer',
  prepare: (values): TimelineAsked => ({
    ask: askOfPosts(values),
    range: {},
    limit: values.maxResults,
    place: readTimelinePlace(ID, values),
  }),
  read(asked, world) {
    const { subject } = asked;
    const missing = noList(world, subject, asked);
    if (missing) return missing;
    const members = world.relations.related('list-member', { from: subject }, { limit: MEMBERS_MAX });
    const authors = members.map(({ id }) => id);
    return timelinePage(ID, asked, world, timelineOf(world, authors), { hasEdges: false });
  },
});
