import type { IdRange } from '#search';
import { PERSON_ID } from '../answer/subject.ts';
import type { OperationContext, OperationDeps, ReadResult } from '../operation.ts';
import type { FieldSelection } from '../params/field-selection.ts';
import type { Parameters } from '../params/parameter.ts';
import { SPAN_PARAMETERS } from '../params/span.ts';
import { type TimelinePlace, TOKEN_PARAMETERS, writeTimelinePlace } from '../params/token.ts';
import { type PageOptions, pageOfPosts } from './post-page.ts';

/** How far pages lead back towards the newest posts; X shows no more than so many of a timeline at all. */
const PASSED_MAX = 3_200;

export const TIMELINE_PARAMETERS = {
  ...PERSON_ID,
  ...SPAN_PARAMETERS,
  maxResults: {
    name: 'max_results',
    kind: 'integer',
    min: 5,
    max: 100,
    fallback: 10,
    about: 'Posts on a page at most.',
  },
  ...TOKEN_PARAMETERS,
} as const satisfies Parameters;

export type TimelineQuery = { fields: FieldSelection; range: IdRange; limit: number; place?: TimelinePlace };

/** Ids newest first, at most `limit`, strictly between the bounds. */
export type TimelineListing = (
  range: IdRange,
  limit: number,
) => readonly string[] | Promise<readonly string[]>;

/** Authors whose newest posts are looked up in less than a millisecond, sooner than another thread answers. */
const AUTHORS_AT_ONCE = 100;

/** The timeline of many authors: of a few at once, of more where no other call waits for it. */
export function timelineOf(
  { relations, search }: Pick<OperationDeps, 'relations' | 'search'>,
  authorIds: readonly string[],
  exclude: readonly ('replies' | 'retweets')[] = [],
): TimelineListing {
  return (range, limit) =>
    authorIds.length <= AUTHORS_AT_ONCE
      ? relations.timelineOf(authorIds, { ...range, limit, exclude })
      : search.timeline({ ...range, authorIds, limit, exclude });
}

/**
 * One page of a timeline, with tokens both ways.
 * @param kind the operation's id, in the tokens.
 */
export async function timelinePage(
  kind: string,
  { query: { fields, range, limit, place }, audience }: OperationContext<TimelineQuery>,
  { jsonCache }: OperationDeps,
  list: TimelineListing,
  options: PageOptions = {},
): Promise<ReadResult> {
  const page = await (place?.toward === 'newer'
    ? newerPage(list, range, limit, place)
    : olderPage(list, range, limit, place));
  const { ids, passed, hasOlder } = page;
  const tokens = (cut: { last: string } | undefined) => {
    const last = cut?.last ?? ids.at(-1);
    const older = passed + ids.length;
    const above = ids[0] ?? place?.id;
    return {
      next:
        (hasOlder || cut) && last !== undefined
          ? writeTimelinePlace(kind, { toward: 'older', id: last, passed: older })
          : undefined,
      previous:
        passed > 0 && passed <= PASSED_MAX && above !== undefined
          ? writeTimelinePlace(kind, { toward: 'newer', id: above, passed })
          : undefined,
    };
  };
  return pageOfPosts(jsonCache, ids, fields, audience, tokens, options);
}

type Page = { ids: readonly string[]; passed: number; hasOlder: boolean };

/** One more than the page holds tells whether there is another one. */
async function olderPage(
  list: TimelineListing,
  range: IdRange,
  limit: number,
  place?: TimelinePlace,
): Promise<Page> {
  const from = place ? lower(range.beforeId, BigInt(place.id)) : range.beforeId;
  const ids = await list({ ...range, beforeId: from }, limit + 1);
  return { ids: ids.slice(0, limit), passed: place?.passed ?? 0, hasOlder: ids.length > limit };
}

/** The posts just above an id: the end of the list of all that are newer. What was posted since counts in. */
async function newerPage(
  list: TimelineListing,
  range: IdRange,
  limit: number,
  place: TimelinePlace,
): Promise<Page> {
  const above = BigInt(place.id);
  const afterId = range.afterId !== undefined && range.afterId > above ? range.afterId : above;
  const newer = await list({ ...range, afterId }, PASSED_MAX + limit);
  const ids = newer.slice(-limit);
  return { ids, passed: newer.length - ids.length, hasOlder: true };
}

function lower(a: bigint | undefined, b: bigint): bigint {
  return a !== undefined && a < b ? a : b;
}
