import { type Post, repostedId } from '#posts';
import { noPerson, OWN_ID } from '../../answer/subject.ts';
import { type OperationDeps, operation, READING } from '../../operation.ts';
import { pageParameters } from '../../page/relation-page.ts';
import { type TimelineQuery, timelineOf, timelinePage } from '../../page/timeline-page.ts';
import { EXCLUDE_PARAMETER, type Exclude, excluded } from '../../params/exclude.ts';
import { POST_SELECTION, postSelection } from '../../params/field-selection.ts';
import { SPAN_PARAMETERS, timelineRange } from '../../params/span.ts';
import { readTimelinePlace } from '../../params/token.ts';

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
    ...OWN_ID,
    ...SPAN_PARAMETERS,
    ...pageParameters(1, 100, 100),
    ...EXCLUDE_PARAMETER,
    ...POST_SELECTION,
  },
  answer: 'PostsAnswer',
  prepare: (values): TimelineQuery & { exclude: Exclude } => ({
    fields: postSelection(values),
    range: timelineRange(values),
    limit: values.maxResults,
    place: readTimelinePlace(ID, values),
    exclude: excluded(values.exclude),
  }),
  read(context, deps) {
    const none = noPerson(deps, context.subject, context);
    if (none) return none;
    const { list, hides } = homeOf(deps, context.subject, context.query.exclude);
    return timelinePage(ID, context, deps, list, { hides });
  },
});

/** As many as are followed at most, read in 1.5 ms; of who mutes more, it is asked person by person. */
const READ_AT_ONCE = 5_000;

/** Tells which of some persons this one mutes, or blocks. */
function heldBy(relations: OperationDeps['relations'], kind: 'mute' | 'block', personId: string) {
  const all = relations.related(kind, { from: personId }, { limit: READ_AT_ONCE });
  const ids = all.length < READ_AT_ONCE ? new Set(all.map(({ id }) => id)) : undefined;
  return (among: readonly string[]): string[] =>
    ids ? among.filter((id) => ids.has(id)) : [...relations.relatedAmong(kind, personId, among)];
}

/** What the person reads at home, and what of it the person has silenced: reposts of what somebody muted or blocked wrote. */
function homeOf(deps: OperationDeps, personId: string, exclude: Exclude) {
  const { jsonCache, relations } = deps;
  const followed = relations.related('follow', { from: personId }, { limit: FOLLOWED_MAX });
  const ids = followed.map(({ id }) => id);
  const kinds = [heldBy(relations, 'mute', personId), heldBy(relations, 'block', personId)];
  const silencedAmong = (of: readonly string[]) => new Set(kinds.flatMap((among) => among(of)));
  const silenced = silencedAmong(ids);
  const authors = [personId, ...ids.filter((id) => !silenced.has(id) && id !== personId)];
  const hides = (post: Post): boolean => {
    const id = repostedId(post);
    const original = id === undefined ? undefined : jsonCache.posts([id])[0];
    return original !== undefined && original !== 'deleted' && silencedAmong([original.authorId]).size > 0;
  };
  return { list: timelineOf(deps, authors, exclude), hides };
}
