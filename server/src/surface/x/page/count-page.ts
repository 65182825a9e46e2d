import { DAY_MS, decodePage, encodePage } from '#kernel';
import type { CountPage } from '#search';
import { body } from '../answer/body.ts';
import type { OperationContext, OperationDeps, ReadResult } from '../operation.ts';
import type { InDialect, Parameters, Values } from '../params/parameter.ts';
import { type Reach, SPAN_PARAMETERS, type SpanQuery, searchSpan } from '../params/span.ts';
import { foreignToken, TOKEN_PARAMETERS, tokenOf } from '../params/token.ts';
import { isoTime } from '../present/field.ts';
import { COUNT_FIELDS, type Dialect, type WordSet, wordSet } from '../vocabulary.ts';
import { QUERY_PARAMETER, type QueryReader, queryReader, withSeenLists } from './query.ts';

/** X's page of archive counts; recent counts fit on one page. */
const PAGE_MS = 31 * DAY_MS;
/** So many buckets are written before other requests get their turn: about a millisecond. */
const BUCKETS_PER_TURN = 2_000;

const UNITS_MS = { minute: 60_000, hour: 3_600_000, day: DAY_MS } as const;
type Granularity = keyof typeof UNITS_MS;

/** `T00:00:00.000Z` and on, minute by minute. */
const MINUTES_OF_DAY = Array.from({ length: DAY_MS / UNITS_MS.minute }, (_one, minute) =>
  new Date(minute * UNITS_MS.minute).toISOString().slice(10),
);
const TIME_LENGTH = 14;
const COUNT = 'tweet_count';

export const COUNT_PARAMETERS = {
  ...QUERY_PARAMETER,
  ...SPAN_PARAMETERS,
  granularity: {
    name: 'granularity',
    kind: 'one',
    of: ['minute', 'hour', 'day'],
    fallback: 'hour',
    about: 'Width of a bucket. The first and the last one may be narrower.',
  },
  ...TOKEN_PARAMETERS,
  countFields: {
    name: 'search_count.fields',
    kind: 'words',
    of: COUNT_FIELDS,
    about: 'Fields of a bucket; all of them by default.',
  },
} as const satisfies Parameters;

export type CountQuery = {
  query: QueryReader;
  span: SpanQuery;
  granularity: Granularity;
  fields: WordSet;
  dialect: Dialect;
  /** Unix ms: where a later page ends. */
  pageEnd?: number;
};

export function prepareCount(id: string, values: Values<typeof COUNT_PARAMETERS> & InDialect): CountQuery {
  const { name, token } = tokenOf(values);
  return {
    query: queryReader(values.query),
    span: values,
    granularity: values.granularity as Granularity,
    fields: values.countFields?.set ?? wordSet(COUNT_FIELDS.words),
    dialect: values.dialect,
    pageEnd: token === undefined ? undefined : readEnd(id, name, token),
  };
}

function readEnd(id: string, name: string, token: string): number {
  const [end] = decodePage(id, token, name);
  return typeof end === 'number' && end > 0 && end <= 8.64e15 ? end : foreignToken(name, token);
}

/** One page of counts, its buckets oldest first; `next_token` leads to the 31 days before. */
export async function countPage(
  id: string,
  reach: Reach,
  { query: asked, admission, audience, viewer, now }: OperationContext<CountQuery>,
  deps: OperationDeps,
): Promise<ReadResult> {
  const { granularity, pageEnd } = asked;
  const query = withSeenLists(asked.query(admission, reach), deps, viewer);
  const span = searchSpan(asked.span, reach, now, pageEnd !== undefined);
  const end = Math.min(span.end, pageEnd ?? span.end);
  const unit = UNITS_MS[granularity];
  // Pages meet at a bucket's edge, so that no bucket is in two halves.
  const edge = Math.ceil((end - PAGE_MS) / unit) * unit;
  const start = reach === 'archive' ? Math.max(span.start, edge) : span.start;
  const page: CountPage =
    start < end
      ? await deps.search.count({
          query,
          start,
          end,
          granularity,
          audience,
          tenant: admission.caller.licenseeId,
        })
      : { buckets: [], total: 0 };
  const next = start > span.start ? encodePage(id, [start]) : undefined;
  return { groups: [], present: () => presentCounts(page, asked, next) };
}

async function presentCounts(
  { buckets, total }: CountPage,
  { fields, dialect }: CountQuery,
  next: string | undefined,
): Promise<string> {
  const count = COUNT_FIELDS.spell(COUNT, dialect);
  const [wantsEnd, wantsStart, wantsCount] = [fields.has('end'), fields.has('start'), fields.has(COUNT)];
  const iso = isoTimes();
  const texts: string[] = [];
  // Where one bucket ends the next one starts.
  let edge = buckets[0] ? iso(buckets[0].start) : '';
  for (const [index, bucket] of buckets.entries()) {
    if (index > 0 && index % BUCKETS_PER_TURN === 0) await new Promise(setImmediate);
    const start = edge;
    edge = iso(bucket.end);
    let text = '';
    if (wantsEnd) text += `,"end":"${edge}"`;
    if (wantsStart) text += `,"start":"${start}"`;
    if (wantsCount) text += `,"${count}":${bucket.count}`;
    texts.push(`{${text.slice(1)}}`);
  }
  return body({ data: texts, meta: { [`total_${count}`]: total, next_token: next } });
}

/**
 * `isoTime` for many times in order, at a tenth of its price: a count by the minute has 44,640 edges, and while they are
 * written no look-up is answered. The day is written once, the time of day from a table; odd edges are left to `isoTime`.
 */
export function isoTimes(): (ms: number) => string {
  let dayStart = Number.NaN;
  let day = '';
  return (ms) => {
    const minute = (ms - dayStart) / UNITS_MS.minute;
    const time = MINUTES_OF_DAY[minute];
    if (time !== undefined) return day + time;
    const text = isoTime(ms);
    if (minute >= 0 && minute < MINUTES_OF_DAY.length) return text;
    dayStart = Math.floor(ms / DAY_MS) * DAY_MS;
    day = text.slice(0, -TIME_LENGTH);
    return text;
  };
}
