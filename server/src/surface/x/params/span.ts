import { DAY_MS, FIRST_SNOWFLAKE, firstIdAt, idTime } from '#kernel';
import type { IdRange } from '#search';
import { type Invalid, invalid, invalidRequest, minuteOf } from './invalid.ts';
import type { Parameters } from './parameter.ts';

/** Recent search and counts reach back so far. */
const RECENT_MS = 7 * DAY_MS;
/** The archive's start when none was asked for, before the end. */
const ARCHIVE_DEFAULT_MS = 30 * DAY_MS;
/** X's first day; nothing is older. */
const ARCHIVE_START = Date.parse('2006-03-21T00:00:00Z');
/** The newest posts are left out by default, for they are still being indexed. */
const END_DEFAULT_BEFORE_NOW_MS = 30_000;
const END_MIN_BEFORE_NOW_MS = 10_000;
/** Clients that ask for exactly seven days compute it a moment before the request arrives. */
const GRACE_MS = 60_000;

export type Reach = 'recent' | 'archive';

/** What was asked of time; ids are exclusive bounds, `endTime` too. Times are Unix ms. */
export type SpanQuery = { startTime?: number; endTime?: number; sinceId?: string; untilId?: string };

/** Unix ms, `start` included, `end` excluded; with the ids that bound it, both exclusive. */
export type Span = { start: number; end: number; range: IdRange };

export const SPAN_PARAMETERS = {
  startTime: { name: 'start_time', kind: 'time', about: 'Oldest moment, included. RFC 3339.' },
  endTime: { name: 'end_time', kind: 'time', about: 'Newest moment, excluded. RFC 3339.' },
  sinceId: { name: 'since_id', kind: 'id', about: 'Only posts with a greater id, which are newer.' },
  untilId: { name: 'until_id', kind: 'id', about: 'Only posts with a smaller id, which are older.' },
} as const satisfies Parameters;

/**
 * The time rules of search and counts, with X's messages.
 * @param paging true on later pages: then what has slipped out of the window meanwhile is no mistake.
 */
export function searchSpan(asked: SpanQuery, reach: Reach, now: number, paging: boolean): Span {
  const earliest = reach === 'recent' ? now - RECENT_MS : ARCHIVE_START;
  const errors = paging ? [] : [...conflicts(asked), ...checkTimes(asked, earliest, now)];
  if (reach === 'recent' && !paging) errors.push(...checkIds(asked, earliest));
  if (errors.length > 0) throw invalidRequest(errors);
  const untilTime = asked.untilId === undefined ? undefined : timeOf(asked.untilId);
  const end = asked.endTime ?? untilTime ?? now - END_DEFAULT_BEFORE_NOW_MS;
  const wanted = asked.startTime ?? (asked.sinceId === undefined ? undefined : timeOf(asked.sinceId));
  const start = Math.max(earliest, wanted ?? (reach === 'recent' ? earliest : end - ARCHIVE_DEFAULT_MS));
  const beforeId = asked.untilId === undefined ? firstIdAt(end) : BigInt(asked.untilId);
  const afterId =
    asked.sinceId === undefined
      ? firstIdAt(start) - 1n
      : greater(BigInt(asked.sinceId), firstIdAt(start) - 1n);
  return { start, end, range: { afterId, beforeId } };
}

/** Timelines take any time, and ids and times together: the narrower bound holds. */
export function timelineRange(asked: SpanQuery): IdRange {
  const { startTime, endTime, sinceId, untilId } = asked;
  const since = sinceId === undefined ? undefined : BigInt(sinceId);
  const until = untilId === undefined ? undefined : BigInt(untilId);
  const start = startTime === undefined ? undefined : firstIdAt(startTime) - 1n;
  const end = endTime === undefined ? undefined : firstIdAt(endTime);
  const order = checkOrder(asked);
  if (order) throw invalidRequest([order]);
  return {
    afterId: since !== undefined && start !== undefined ? greater(since, start) : (since ?? start),
    beforeId: until !== undefined && end !== undefined ? (until < end ? until : end) : (until ?? end),
  };
}

function greater(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** Ids from before November 2010 carry no time: they count as X's first day. */
function timeOf(id: string): number {
  return BigInt(id) < FIRST_SNOWFLAKE ? ARCHIVE_START : idTime(id);
}

function conflicts({ startTime, endTime, sinceId, untilId }: SpanQuery): Invalid[] {
  if ((sinceId ?? untilId) === undefined || (startTime ?? endTime) === undefined) return [];
  const parameters: Record<string, string[]> = {};
  if (sinceId !== undefined) parameters.since_id = [sinceId];
  if (untilId !== undefined) parameters.until_id = [untilId];
  if (startTime !== undefined) parameters.start_time = [minuteOf(startTime)];
  if (endTime !== undefined) parameters.end_time = [minuteOf(endTime)];
  const message = "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'.";
  return [{ parameters, message }];
}

function wrongTime(name: string, ms: number, why: string): Invalid {
  const shown = minuteOf(ms);
  return invalid(name, [shown], `Invalid '${name}':'${shown}'. '${name}' must be ${why}`);
}

function checkTimes(asked: SpanQuery, earliest: number, now: number): Invalid[] {
  const errors: Invalid[] = [];
  for (const [name, ms] of [
    ['start_time', asked.startTime],
    ['end_time', asked.endTime],
  ] as const) {
    if (ms === undefined) continue;
    if (ms < earliest - GRACE_MS) errors.push(wrongTime(name, ms, `on or after ${minuteOf(earliest)}`));
    else if (ms > now - END_MIN_BEFORE_NOW_MS) {
      errors.push(wrongTime(name, ms, 'a minimum of 10 seconds prior to the request time.'));
    }
  }
  const order = checkOrder(asked);
  if (errors.length === 0 && order) errors.push(order);
  return errors;
}

function checkOrder({ startTime, endTime }: SpanQuery): Invalid | undefined {
  if (startTime === undefined || endTime === undefined || startTime < endTime) return undefined;
  return wrongTime('end_time', endTime, `after 'start_time' (${minuteOf(startTime)})`);
}

function checkIds(asked: SpanQuery, earliest: number): Invalid[] {
  const errors: Invalid[] = [];
  for (const [name, id] of [
    ['since_id', asked.sinceId],
    ['until_id', asked.untilId],
  ] as const) {
    if (id === undefined || timeOf(id) >= earliest - GRACE_MS) continue;
    const why = `a tweet id created after ${minuteOf(earliest)}.`;
    errors.push(invalid(name, [id], `Invalid '${name}':'${id}'. '${name}' must be ${why}`));
  }
  return errors;
}
