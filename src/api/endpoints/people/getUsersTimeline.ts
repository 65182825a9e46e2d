import { repostedId } from '#posts';
import { askOfPosts, POST_ASK } from '../../ask.ts';
import { EXCLUDE_PARAMETER, type Exclude, excluded } from '../../exclude.ts';
import { operation, READING, type World } from '../../operation.ts';
import { pageParameters } from '../../relation-page.ts';
import { SPAN_PARAMETERS, timelineRange } from '../../span.ts';
import { noPerson } from '../../subject.ts';
import { type Listing, type TimelineAsked, timelinePage } from '../../timeline-page.ts';
import { readTimelinePlace } from '../../token.ts';

const ID = 'getUsersTimeline';
/** X lets nobody follow more without an exception; of more, those count that were followed last. */
const FOLLOWED_MAX = 5_000;

export const getUsersTimeline = operation({
  id: ID,
  path: '/2/users/{id}/timelines/reverse_chronological',
  tag: 'Persons',
  summary: "A person's home timeline",
  about:
    'Posts of the person and of all whom they follow, newest first. Nothing by who is muted or blocked, nor reposts of it.',
  auth: ['person'],
  own: true,
  scopes: READING,
  parameters: {
    id: { name: 'id', in: 'path', kind: 'id', required: true, about: 'Id of the person, whose token it is.' },
    ...SPAN_PARAMETERS,
    ...pageParameters(1, 100, 100),
    ...EXCLUDE_PARAMETER,
    ...POST_ASK,
  },
  answer: 'PostsAnswer',
  prepare: (values): TimelineAsked & { exclude: Exclude } => ({
    ask: askOfPosts(values),
    range: timelineRange(values),
    limit: values.maxResults,
    place:
      values.paginationToken === undefined
        ? undefined
        : readTimelinePlace(ID, 'pagination_token', values.paginationToken),
    exclude: excluded(values.exclude),
  }),
  read(asked, world) {
    const none = noPerson(world, asked.subject, asked);
    return none ?? timelinePage(ID, asked, world, homeOf(world, asked.subject, asked.query.exclude));
  },
});

/** What the person reads at home, as a timeline's pages read it. */
function homeOf({ shelf, relations }: World, personId: string, exclude: Exclude): Listing {
  const followed = relations.related('follow', { from: personId }, { limit: FOLLOWED_MAX });
  const ids = followed.map(({ id }) => id);
  const unwanted = (of: readonly string[]) =>
    new Set([
      ...relations.relatedAmong('mute', personId, of),
      ...relations.relatedAmong('block', personId, of),
    ]);
  const away = unwanted(ids);
  const authors = [personId, ...ids.filter((id) => !away.has(id) && id !== personId)];
  /** Without reposts of what somebody unwanted wrote. */
  const wanted = (posts: readonly string[]): string[] => {
    const originals = shelf.posts(posts).map((post) => {
      const id = post && post !== 'deleted' ? repostedId(post) : undefined;
      const original = id === undefined ? undefined : shelf.posts([id])[0];
      return original && original !== 'deleted' ? original.authorId : undefined;
    });
    const bad = unwanted([...new Set(originals.filter((id) => id !== undefined))]);
    return bad.size === 0 ? [...posts] : posts.filter((_id, index) => !bad.has(originals[index] ?? ''));
  };
  return (range, limit) => {
    const found: string[] = [];
    let { beforeId } = range;
    for (;;) {
      const size = limit - found.length;
      const batch = relations.timelineOf(authors, { ...range, beforeId, limit: size, exclude });
      found.push(...wanted(batch));
      const last = batch.at(-1);
      if (batch.length < size || found.length >= limit || last === undefined) return found;
      beforeId = BigInt(last);
    }
  };
}
