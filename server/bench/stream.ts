/**
 * Stream rules: how many posts a second are held against 10,000 and against 100,000 rules on one core. Yardstick in the
 * same run: every rule evaluated on every post. The posts are real ones if ../shared/data is there. Then 1,000 open
 * streams of a whole server on one app share 20,000 deliveries a second, each recorded before it is sent.
 */
import { existsSync } from 'node:fs';
import type { Post } from '#posts';
import { compile, createRuleIndex, type MatchContext, parse, type Query } from '#search';
import { DATA, readLines } from './search/posts.ts';
import { rulesFor, streamPosts, wordLines } from './search/rules.ts';
import { measureOpenStreams } from './stream/open-streams.ts';

const TARGET = {
  postsPerSecond10k: 20_000,
  postsPerSecond100k: 10_000,
  deliveriesPerSecond: 20_000,
  p99Millis: 200,
};
const RUN_MS = 4_000;
/** Of every rule on every post, which takes seconds a post with many rules. */
const YARDSTICK_POSTS = 40;

const lines = existsSync(DATA) ? readLines() : wordLines(20_000);
const posts = streamPosts(lines, 20_000);
const personIds = (who: string): string[] => [who];

function queryOf(text: string): Query | undefined {
  const parsed = parse(text, { mode: 'stream', lengthMax: 2_048 });
  return parsed.ok ? parsed.query : undefined;
}

function measure(count: number) {
  const index = createRuleIndex<number>({ personIds });
  const queries = rulesFor(lines, count)
    .map(queryOf)
    .filter((query) => query !== undefined);
  const began = performance.now();
  for (const [at, query] of queries.entries()) index.add(at, query);
  const addMicros = ((performance.now() - began) * 1000) / queries.length;
  // Once through all, so that rules have found their places.
  for (const { post, context } of posts) index.match(post, fresh(context));
  const evaluatedBefore = index.evaluated();
  let matched = 0;
  let asked = 0;
  const times: number[] = [];
  const start = performance.now();
  while (performance.now() - start < RUN_MS) {
    const { post, context } = posts[asked % posts.length]!;
    const from = performance.now();
    matched += index.match(post, fresh(context)).length;
    times.push(performance.now() - from);
    asked += 1;
  }
  const seconds = (performance.now() - start) / 1000;
  times.sort((a, b) => a - b);
  const yardstick = everyRule(queries);
  return {
    rules: queries.length,
    postsPerSecond: Math.round(asked / seconds),
    p99Millis: Number(times[Math.floor(times.length * 0.99)]!.toFixed(3)),
    matchesPerPost: Number((matched / asked).toFixed(2)),
    evaluatedPerPost: Number(((index.evaluated() - evaluatedBefore) / asked).toFixed(1)),
    addMicros: Number(addMicros.toFixed(1)),
    everyRulePostsPerSecond: yardstick,
  };
}

/** A context of its own each time, for the document that is kept with it has to be made anew. */
function fresh(context: MatchContext): MatchContext {
  return { ...context };
}

function everyRule(queries: readonly Query[]): number {
  const rules = queries.map((query) => compile(query, { mode: 'stream', personIds }));
  const start = performance.now();
  const hold = (post: Post, context: MatchContext) => {
    for (const rule of rules) rule(post, context);
  };
  for (const { post, context } of posts.slice(0, YARDSTICK_POSTS)) hold(post, fresh(context));
  return Number((YARDSTICK_POSTS / ((performance.now() - start) / 1000)).toFixed(1));
}

const few = measure(10_000);
console.log('10,000 rules ', few);
const many = measure(100_000);
console.log('100,000 rules', many);
const open = await measureOpenStreams(1_000, TARGET.deliveriesPerSecond);
console.log('open streams ', open);
console.log(JSON.stringify({ target: TARGET, rules10k: few, rules100k: many, open }));
