/**
 * Search over 200,000 posts, and 2 million with `--large`: 500 everyday queries and the hostile ones, each through the
 * door that the API uses. Yardsticks in the same run: SQLite's FTS5 asked directly for the same words, and the
 * predicate run over posts without any index.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  compile,
  openSearchIndex,
  parse,
  type Query,
  type SearchIndex,
  type SearchRequest,
  tokenise,
} from '#search';
import { DATA, type Line, load, NEWEST_MS, postAt, readLines, SPAN_MS } from './search/posts.ts';
import { everydayQueries, hostileQueries } from './search/queries.ts';

const PASSES = 4;
const TARGET = { everydayP50Ms: 1, everydayP99Ms: 10, hostileMs: 50 };

function queryOf(text: string): Query | undefined {
  const parsed = parse(text, { mode: 'search', lengthMax: 20_000 });
  return parsed.ok ? parsed.query : undefined;
}

function asking(query: Query, rest: Partial<SearchRequest> = {}): SearchRequest {
  return { query, range: {}, limit: 100, order: 'recency', audience: {}, ...rest };
}

function quantile(sorted: readonly number[], part: number): number {
  return Number((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(3));
}
function summary(times: readonly number[]) {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    maxMs: quantile(sorted, 1),
    count: sorted.length,
  };
}

async function timed(
  index: SearchIndex,
  request: SearchRequest,
): Promise<{ took: number; isShort: boolean }> {
  const began = performance.now();
  const { ids, next } = await index.search(request);
  return { took: performance.now() - began, isShort: next !== undefined && ids.length < request.limit };
}

async function measureEveryday(index: SearchIndex, queries: readonly Query[]) {
  const times: number[] = [];
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const query of queries) {
      const { took } = await timed(index, asking(query));
      // The first pass brings the file's pages into memory.
      if (pass > 0) times.push(took);
    }
  }
  return summary(times);
}

async function measureHostile(index: SearchIndex, groups: Record<string, string[]>) {
  const results: Record<string, ReturnType<typeof summary> & { shortPages: number; worst: string }> = {};
  for (const [name, texts] of Object.entries(groups)) {
    const times: number[] = [];
    let shortPages = 0;
    let worst = { took: 0, text: '' };
    for (const text of texts) {
      const query = queryOf(text);
      if (!query) throw new Error(`not a query: ${text.slice(0, 80)}`);
      for (let pass = 0; pass < PASSES; pass += 1) {
        const { took, isShort } = await timed(index, asking(query));
        if (pass === 0) continue;
        times.push(took);
        if (isShort) shortPages += 1;
        if (took > worst.took) worst = { took, text: text.slice(0, 40) };
      }
    }
    results[name] = { ...summary(times), shortPages, worst: worst.text };
  }
  return results;
}

/** The hundredth page of common words, by its token. */
async function measureDeepPages(index: SearchIndex) {
  const times: number[] = [];
  for (const text of ['love', 'day good OR happy', 'lang:en good', '"in the"']) {
    const query = queryOf(text)!;
    let after: string | undefined;
    for (let page = 0; page < 100; page += 1) {
      const began = performance.now();
      const { next } = await index.search(asking(query, after === undefined ? {} : { after }));
      if (page >= 50) times.push(performance.now() - began);
      if (next === undefined) break;
      after = next;
    }
  }
  return summary(times);
}

/** Everyday searches while one count over everything follows the other. */
async function measureBesideCounts(index: SearchIndex, queries: readonly Query[]) {
  let isRunning = true;
  const countTimes: number[] = [];
  const counting = (async () => {
    while (isRunning) {
      const began = performance.now();
      const query = queryOf('(love OR good OR day OR happy OR new) -is:retweet')!;
      await index.count({
        query,
        start: NEWEST_MS - SPAN_MS,
        end: NEWEST_MS,
        granularity: 'hour',
        audience: {},
      });
      countTimes.push(performance.now() - began);
    }
  })();
  const pages = await measureEveryday(index, queries);
  isRunning = false;
  await counting;
  return { pages, counts: summary(countTimes) };
}

/** FTS5 without any of our layers: one word, newest 100, on this thread. */
function measureBare(path: string, queries: readonly Query[]) {
  const db = new DatabaseSync(path, { readOnly: true });
  const parts = db.prepare('SELECT number FROM search_parts ORDER BY search_parts.most DESC').all();
  const statements = parts.map(({ number }) =>
    db.prepare(
      `SELECT rowid FROM search_${number} WHERE search_${number} MATCH ? ORDER BY rowid DESC LIMIT ?`,
    ),
  );
  for (const statement of statements) statement.setReadBigInts(true);
  const words = queries.flatMap((query) =>
    query.kind === 'keyword' ? tokenise(query.text, 'search').slice(0, 1) : [],
  );
  const times: number[] = [];
  for (let pass = 0; pass < PASSES; pass += 1) {
    for (const word of words) {
      const began = performance.now();
      let left = 100;
      for (const statement of statements) if (left > 0) left -= statement.all(`"${word}"`, left).length;
      if (pass > 0) times.push(performance.now() - began);
    }
  }
  db.close();
  return summary(times);
}

/** No index at all: the predicate over posts in memory, for a hundredth of the posts. */
function measureScan(lines: readonly Line[], queries: readonly Query[], total: number) {
  const posts = Array.from({ length: total / 100 }, (_, at) => {
    const post = postAt(lines, at * 100, total);
    return { ...post, entities: {}, conversationId: post.id, editHistory: [post.id] };
  });
  const context = {
    authorVerified: false,
    refusesAiTraining: false,
    refusesRedistribution: false,
    media: { images: false, videos: false },
  };
  const times: number[] = [];
  for (const query of queries.slice(0, 20)) {
    const predicate = compile(query, { mode: 'search', personIds: (who) => [who] });
    const began = performance.now();
    for (const post of posts) predicate(post, context);
    times.push(performance.now() - began);
  }
  return summary(times);
}

async function bench(lines: readonly Line[], total: number) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-'));
  const path = join(folder, 'posts.db');
  try {
    const importedPerSecond = load(path, lines, total);
    const queries = everydayQueries(lines).flatMap((text) => queryOf(text) ?? []);
    const index = openSearchIndex(path);
    await index.search(asking(queryOf('warm')!));
    const everyday = await measureEveryday(index, queries);
    const hostile = await measureHostile(index, hostileQueries(lines));
    const deepPages = await measureDeepPages(index);
    const besideCounts = await measureBesideCounts(index, queries);
    await index.close();
    const yardstick = {
      bareFts5OneWord: measureBare(path, queries),
      predicateOverOneHundredth: measureScan(lines, queries, total),
    };
    const oneWord = queries.filter(({ kind }) => kind === 'keyword');
    const megabytes = Math.round(statSync(path).size / 2 ** 20);
    return {
      posts: total,
      importedPerSecond,
      megabytes,
      everydayQueries: queries.length,
      oneWordQueries: oneWord.length,
      everyday,
      hostile,
      deepPages,
      besideCounts,
      yardstick,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(result: Awaited<ReturnType<typeof bench>>): void {
  const row = (
    name: string,
    { p50Ms, p99Ms, maxMs }: { p50Ms: number; p99Ms: number; maxMs: number },
    note = '',
  ) =>
    console.log(
      `${name.padEnd(36)} p50 ${p50Ms.toFixed(3)} ms   p99 ${p99Ms.toFixed(3)} ms   max ${maxMs.toFixed(3)} ms   ${note}`,
    );
  console.log(
    `${result.posts} posts in ${result.megabytes} MiB, brought in at ${result.importedPerSecond} a second`,
  );
  row('everyday', result.everyday, `target ${TARGET.everydayP50Ms} and ${TARGET.everydayP99Ms} ms`);
  for (const [name, figures] of Object.entries(result.hostile)) {
    row(
      `hostile: ${name}`,
      figures,
      `${figures.shortPages} short pages; target ${TARGET.hostileMs} ms; worst: ${figures.worst}`,
    );
  }
  row('pages 51 to 100 of common words', result.deepPages);
  row('everyday beside counts', result.besideCounts.pages);
  row('those counts, 60 days by the hour', result.besideCounts.counts);
  row('yardstick: bare FTS5, one word', result.yardstick.bareFts5OneWord);
  row('yardstick: predicate over 1/100', result.yardstick.predicateOverOneHundredth);
}

if (!existsSync(DATA)) {
  console.log(`There is no ${DATA}; this benchmark needs its posts.`);
  console.log(JSON.stringify({ skipped: 'no data' }));
} else {
  const lines = readLines();
  const sizes = process.argv.includes('--large') ? [200_000, 2_000_000] : [200_000];
  const results = [];
  for (const size of sizes) {
    const result = await bench(lines, size);
    report(result);
    results.push(result);
  }
  console.log(JSON.stringify({ target: TARGET, results }));
}
