import { noPerson } from '../answer/subject.ts';
import { operation, READING } from '../operation.ts';
import { TIMELINE_PARAMETERS, type TimelineQuery, timelinePage } from '../page/timeline-page.ts';
import { EXCLUDE_PARAMETER, type Exclude, excluded } from '../params/exclude.ts';
import { POST_SELECTION, postSelection } from '../params/field-selection.ts';
import { timelineRange } from '../params/span.ts';
import { readTimelinePlace } from '../params/token.ts';

export const getUsersPosts = operation({
  id: 'getUsersPosts',
  path: '/2/users/{id}/tweets',
  tag: 'Persons',
  summary: "A person's posts",
  about: 'Newest first, reposts and replies included unless they are excluded.',
  auth: ['app', 'person'],
  scopes: READING,
  parameters: {
    ...TIMELINE_PARAMETERS,
    ...EXCLUDE_PARAMETER,
    ...POST_SELECTION,
  },
  answer: 'PostsAnswer',
  prepare: (values): TimelineQuery & { exclude: Exclude } => ({
    fields: postSelection(values),
    range: timelineRange(values),
    limit: values.maxResults,
    place: readTimelinePlace('getUsersPosts', values),
    exclude: excluded(values.exclude),
  }),
  read(context, deps) {
    const [author] = deps.jsonCache.people([context.subject]);
    // Posts may have been imported without their author: then there is a timeline, and nobody who refused.
    const isKnown = author !== undefined || deps.jsonCache.newestPostId(context.subject) === undefined;
    const none = isKnown ? noPerson(deps, context.subject, context) : undefined;
    if (none) return none;
    return timelinePage('getUsersPosts', context, deps, (range, limit) =>
      deps.jsonCache.timeline(context.subject, { ...range, limit, exclude: context.query.exclude }),
    );
  },
});
