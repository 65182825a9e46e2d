import { noPerson } from '../answer/subject.ts';
import { askOfPosts, POST_ASK } from '../ask/ask.ts';
import { EXCLUDE_PARAMETER, type Exclude, excluded } from '../ask/exclude.ts';
import { timelineRange } from '../ask/span.ts';
import { readTimelinePlace } from '../ask/token.ts';
import { operation, READING } from '../operation.ts';
import { TIMELINE_PARAMETERS, type TimelineAsked, timelinePage } from '../page/timeline-page.ts';

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
    ...POST_ASK,
  },
  answer: 'PostsAnswer',
  prepare: (values): TimelineAsked & { exclude: Exclude } => ({
    ask: askOfPosts(values),
    range: timelineRange(values),
    limit: values.maxResults,
    place: readTimelinePlace('getUsersPosts', values),
    exclude: excluded(values.exclude),
  }),
  read(asked, world) {
    const [author] = world.shelf.people([asked.subject]);
    // Posts may have been imported without their author: then there is a timeline, and nobody who refused.
    const isKnown = author !== undefined || world.shelf.newestPostId(asked.subject) === undefined;
    const none = isKnown ? noPerson(world, asked.subject, asked) : undefined;
    if (none) return none;
    return timelinePage('getUsersPosts', asked, world, (range, limit) =>
      world.shelf.timeline(asked.subject, { ...range, limit, exclude: asked.query.exclude }),
    );
  },
});
