import { notFound, soughtPerson } from '../answer/partial.ts';
import { noPerson, nothingBut } from '../answer/subject.ts';
import { operation, READING } from '../operation.ts';
import { searchListing } from '../page/search-listing.ts';
import { TIMELINE_PARAMETERS, type TimelineQuery, timelinePage } from '../page/timeline-page.ts';
import { POST_SELECTION, postSelection } from '../params/field-selection.ts';
import { timelineRange } from '../params/span.ts';
import { readTimelinePlace } from '../params/token.ts';

export const getUsersMentions = operation({
  id: 'getUsersMentions',
  path: '/2/users/{id}/mentions',
  tag: 'Persons',
  summary: 'Posts that mention a person',
  about: 'Newest first. Found by the search index, so authors who refuse search are not in it.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: { ...TIMELINE_PARAMETERS, ...POST_SELECTION },
  answer: 'PostsAnswer',
  prepare: (values): TimelineQuery => ({
    fields: postSelection(values),
    range: timelineRange(values),
    limit: values.maxResults,
    place: readTimelinePlace('getUsersMentions', values),
  }),
  read(context, deps) {
    const [person] = deps.jsonCache.people([context.subject]);
    const none = noPerson(deps, context.subject, context);
    if (none) return none;
    if (!person) return nothingBut(notFound(soughtPerson(context.subject, 'id')));
    const query = { kind: 'mention', username: person.username } as const;
    const audience = { ...context.audience, search: true };
    const list = searchListing(deps, query, audience);
    return timelinePage('getUsersMentions', { ...context, audience }, deps, list);
  },
});
