import { createHash } from 'node:crypto';
import { decodePage, encodePage, firstIdAt, ID_MAX, overloaded, Problem, SNOWFLAKE_EPOCH_MS } from '#kernel';
import type {
  CountPage,
  CountRequest,
  SearchIndex,
  SearchPage,
  SearchRequest,
  TimelineRequest,
} from '../port.ts';
import { print } from '../query/print.ts';
import type { Step } from './reader-sqlite.ts';
import type { RelevancyPlace } from './relevancy.ts';
import { RETRY_AFTER_SECONDS, type SearchThread, startSearchThread } from './thread.ts';

/** What the first thread may spend on a page: nearly every search is done by then. */
const QUICK_BUDGET_MS = 8;
/** What a page may take in all, the last step included; after it a short page goes out. */
const PAGE_BUDGET_MS = 40;
/** A count is all or nothing. In this time it reads some million posts, or adds up some hundred million. */
const COUNT_BUDGET_MS = 10_000;
/** A timeline is whole or refused. 5,000 authors take 35 ms; from a disk that nobody read before, some hundreds. */
const TIMELINE_BUDGET_MS = 1_000;
/** Searches and counts that may wait: at their usual pace a second's work. More are turned away at once. */
const PAGES_WAITING_MAX = 1_000;
const COUNTS_WAITING_MAX = 32;
/** Minutes of 31 days, X's longest page of counts, and some. */
const BUCKETS_MAX = 50_000;
const GRANULARITY_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

export type SearchIndexOptions = {
  /** Milliseconds; see the defaults above. */
  quickBudgetMs?: number;
  pageBudgetMs?: number;
  countBudgetMs?: number;
  timelineBudgetMs?: number;
  pagesWaitingMax?: number;
  countsWaitingMax?: number;
};

/**
 * Opens the reading side over the posts' file. Two threads, each with its own connections: searches begin on the one,
 * counts and searches that take long go on the other, so that a page never waits behind a count. Timelines of many authors
 * are read on the first.
 */
export function openSearchIndex(path: string, options: SearchIndexOptions = {}): SearchIndex {
  const quick = startSearchThread(path, options.pagesWaitingMax ?? PAGES_WAITING_MAX);
  const long = startSearchThread(path, options.countsWaitingMax ?? COUNTS_WAITING_MAX, true);
  const threads = { quick, long };
  return {
    search: (request) =>
      request.order === 'relevancy'
        ? searchByRelevancy(request, threads, options)
        : searchByRecency(request, threads, options),
    count: (request) => count(request, long, options.countBudgetMs ?? COUNT_BUDGET_MS),
    timeline: (request) => timeline(request, quick, options.timelineBudgetMs ?? TIMELINE_BUDGET_MS),
    state: () => ({ quick: quick.waiting(), long: long.waiting() }),
    async close() {
      await Promise.all([quick.close(), long.close()]);
    },
  };
}

type Threads = { quick: SearchThread; long: SearchThread };

async function searchByRecency(
  request: SearchRequest,
  { quick, long }: Threads,
  { quickBudgetMs = QUICK_BUDGET_MS, pageBudgetMs = PAGE_BUDGET_MS }: SearchIndexOptions,
): Promise<SearchPage> {
  const [before] = request.after === undefined ? [] : readToken(request, 1);
  const step: Step = stepOf(request, before);
  const first = await quick.ask(
    { kind: 'recency', budgetMs: Math.min(quickBudgetMs, pageBudgetMs), step },
    request.tenant,
  );
  if (first.kind !== 'recency') throw new TypeError('the search thread answered another question');
  const ids = split(first.ids);
  let { reached } = first;
  const isShort = reached !== undefined && ids.length < request.limit;
  // Behind a count it would wait too long: then the page goes out short at once.
  if (isShort && long.waiting() === 0 && pageBudgetMs > quickBudgetMs) {
    const rest: Step = { ...step, limit: request.limit - ids.length, before: reached! };
    const more = await long.ask(
      { kind: 'recency', budgetMs: pageBudgetMs - quickBudgetMs, step: rest },
      request.tenant,
    );
    if (more.kind !== 'recency') throw new TypeError('the search thread answered another question');
    for (const id of split(more.ids)) ids.push(id);
    reached = more.reached;
  }
  return reached === undefined ? { ids } : { ids, next: writeToken(request, [reached]) };
}

async function searchByRelevancy(
  request: SearchRequest,
  { quick }: Threads,
  { pageBudgetMs = PAGE_BUDGET_MS }: SearchIndexOptions,
): Promise<SearchPage> {
  const from = request.after === undefined ? undefined : placeOf(request);
  const step = stepOf(request, undefined);
  const answer = await quick.ask({ kind: 'relevancy', budgetMs: pageBudgetMs, step, from }, request.tenant);
  if (answer.kind !== 'relevancy') throw new TypeError('the search thread answered another question');
  const ids = split(answer.ids);
  if (!answer.next) return { ids };
  const { before, inside } = answer.next;
  const place = inside ? [before, inside.floor, BigInt(inside.score), inside.id] : [before];
  return { ids, next: writeToken(request, place) };
}

function placeOf(request: SearchRequest): RelevancyPlace {
  const [before = 0n, floor, score, id] = readToken(request, 1, 4);
  if (floor === undefined || score === undefined || id === undefined) return { before };
  return { before, inside: { floor, score: Number(score), id } };
}

function stepOf({ query, audience, range, limit }: SearchRequest, before: bigint | undefined): Step {
  return { query, audience, range, limit, ...(before !== undefined && { before }) };
}

async function count(request: CountRequest, thread: SearchThread, budgetMs: number): Promise<CountPage> {
  const { start, end, query, audience } = request;
  const bucketMs = GRANULARITY_MS[request.granularity];
  const first = Math.floor(start / bucketMs);
  const buckets = end > start ? Math.ceil(end / bucketMs) - first : 0;
  if (!(buckets <= BUCKETS_MAX)) {
    throw new Problem('invalid-request', {
      detail: `A count has at most ${BUCKETS_MAX} buckets: ask for fewer days or for larger buckets.`,
    });
  }
  const range = { afterId: idAt(start) - 1n, beforeId: idAt(end) };
  const counts = new Uint32Array(buckets);
  const step = { query, audience, range, first: first * bucketMs - SNOWFLAKE_EPOCH_MS, bucketMs, counts };
  const answer = await thread.ask({ kind: 'count', budgetMs, step }, request.tenant);
  if (answer.kind !== 'count') throw new TypeError('the search thread answered another question');
  if (!answer.complete) {
    throw new Problem('overloaded', {
      detail:
        'This count looks at too many posts. Ask for fewer days, or without operators that read each post.',
    });
  }
  let total = 0;
  const page = Array.from(answer.counts, (found, at) => {
    total += found;
    const opens = (first + at) * bucketMs;
    return { start: Math.max(start, opens), end: Math.min(end, opens + bucketMs), count: found };
  });
  return { buckets: page, total };
}

async function timeline(
  { authorIds, ...page }: TimelineRequest,
  thread: SearchThread,
  budgetMs: number,
): Promise<string[]> {
  const answer = await thread.ask({ kind: 'timeline', budgetMs, authors: authorIds.join(), page });
  if (answer.kind !== 'timeline') throw new TypeError('the search thread answered another question');
  if (answer.ids === undefined) throw overloaded(RETRY_AFTER_SECONDS);
  return split(answer.ids);
}

/** Times beyond the last id (the year 2248) are as good as that. */
function idAt(ms: number): bigint {
  const id = firstIdAt(ms);
  if (id > ID_MAX) return ID_MAX;
  return id;
}

function split(ids: string): string[] {
  return ids === '' ? [] : ids.split(',');
}

/** A token belongs to its query and order: with another query it would begin in the middle of nowhere. */
function fingerprint({ query, order }: SearchRequest): string {
  return createHash('sha256')
    .update(`${order} ${print(query)}`)
    .digest('base64url')
    .slice(0, 12);
}

const TOKEN_KIND = 'search';

function writeToken(request: SearchRequest, values: readonly bigint[]): string {
  return encodePage(TOKEN_KIND, [fingerprint(request), ...values.map(String)]);
}

function readToken(request: SearchRequest, ...lengths: number[]): bigint[] {
  const [owner, ...values] = decodePage(TOKEN_KIND, request.after!, 'next_token');
  const numbers = values
    .filter((value) => typeof value === 'string' && /^[0-9]{1,19}$/.test(value))
    .map(BigInt);
  const isOurs = owner === fingerprint(request) && numbers.length === values.length;
  if (isOurs && lengths.includes(numbers.length) && numbers.every((number) => number <= ID_MAX))
    return numbers;
  // Any text that is no token at all makes the refusal.
  decodePage(TOKEN_KIND, '', 'next_token');
  return [];
}
