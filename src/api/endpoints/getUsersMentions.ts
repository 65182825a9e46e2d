import { askOfPosts, POST_ASK } from '../ask.ts';
import { soughtPerson } from '../look-up.ts';
import { operation, READING } from '../operation.ts';
import { notFound } from '../partial.ts';
import { searchListing } from '../search-listing.ts';
import { timelineRange } from '../span.ts';
import { noPerson, nothingBut } from '../subject.ts';
import { TIMELINE_PARAMETERS, type TimelineAsked, timelinePage } from '../timeline-page.ts';
import { readTimelinePlace } from '../token.ts';

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
