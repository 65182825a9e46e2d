import { notFound, soughtPerson } from '../answer/partial.ts';
import { noPerson, nothingBut } from '../answer/subject.ts';
import { askOfPosts, POST_ASK } from '../ask/ask.ts';
import { timelineRange } from '../ask/span.ts';
import { readTimelinePlace } from '../ask/token.ts';
import { operation, READING } from '../operation.ts';
import { searchListing } from '../page/search-listing.ts';
import { TIMELINE_PARAMETERS, type TimelineAsked, timelinePage } from '../page/timeline-page.ts';

export const getUsersMentions = operation({
  id: 'getUsersMentions',
  path: '/2/users/{id}/mentions',
  tag: 'Persons',
  summary: 'Posts that mention a person',
  about: 'Newest first. Found by the search index, so authors who refuse search are not in it.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: { ...TIMELINE_PARAMETERS, ...POST_ASK },
  answer: 'PostsAnswer',
  prepare: (values): TimelineAsked => ({
    ask: askOfPosts(values),
    range: timelineRange(values),
    limit: values.maxResults,
    place: readTimelinePlace('getUsersMentions', values),
  }),
  read(asked, world) {
    const [person] = world.shelf.people([asked.subject]);
    const none = noPerson(world, asked.subject, asked);
    if (none) return none;
    if (!person) return nothingBut(notFound(soughtPerson(asked.subject, 'id')));
    const query = { kind: 'mention', username: person.username } as const;
    const audience = { ...asked.audience, search: true };
    const list = searchListing(world, query, audience);
    return timelinePage('getUsersMentions', { ...asked, audience }, world, list);
  },
});
