import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { compareIds, SNOWFLAKE_EPOCH_MS } from '#kernel';
import type { IndexContext, Post } from '#posts';
import type { Posts } from './index/lists.ts';
import { createIndexReader, type IndexReader } from './index/reader-sqlite.ts';
import { createIndexWriter } from './index/writer-sqlite.ts';
import type { Query } from './query/ast.ts';
import { contextsFor } from './query/context.ts';
import { parse } from './query/parse.ts';
import { print } from './query/print.ts';
import { compile } from './rules/predicate.ts';
import { matchesNaively, randomQuery } from './testing/naive-oracle.ts';
import { type Network, networkFrom, randomFrom, readerOfNetwork } from './testing/network-generator.ts';

const NETWORKS = 12;
const POSTS = 90;
const QUERIES = 120;
const NEVER = (): boolean => false;
const EVERYTHING = { range: {}, audience: {}, limit: POSTS };

function contextOf(post: Post, network: Network, reader: Posts): IndexContext {
  const all: Query = {
    kind: 'and',
    of: [
      { kind: 'flag', flag: 'is:verified' },
      { kind: 'flag', flag: 'has:images' },
      { kind: 'person', relation: 'retweets_of', who: '1' },
      { kind: 'text', field: 'place', value: 'x' },
    ],
  };
  const refusal = network.refusals.get(post.id)!;
  return {
    ...contextsFor(all, reader)([post])[0]!,
    refusesAiTraining: refusal.aiTraining,
    refusesRedistribution: refusal.redistribution,
  };
}

/** An index of the network in parts so small that they overlap in every way. */
function indexOf(network: Network, seed: number): { index: IndexReader; reader: Posts } {
  const random = randomFrom(seed);
  const db = new DatabaseSync(':memory:');
  const reader = readerOfNetwork(network);
  const writer = createIndexWriter(db, { partRowsMax: 1 + random.below(40) });
  for (const post of network.posts) {
    if (random.chance(0.3))
      writer.put({ ...random.pick(network.posts), id: post.id }, contextOf(post, network, reader));
    if (random.chance(0.2)) writer.flush();
    if (random.chance(0.1)) writer.remove(post.id);
    writer.put(post, contextOf(post, network, reader));
    if (random.chance(0.2)) writer.flush();
  }
  writer.flush();
  const some = () => random.below(2 * network.people.length);
  const membersNamedMax = { page: some(), count: some() };
  return { index: createIndexReader(db, reader, { membersNamedMax }), reader };
}

/** What the parser makes of the query, or the tree itself where X's rules refuse it. */
function canonical(query: Query): { query: Query; accepted: boolean } {
  const parsed = parse(print(query), { mode: 'search', lengthMax: 4096 });
  return parsed.ok ? { query: parsed.query, accepted: true } : { query, accepted: false };
}

function isOnListOf({ lists }: Network) {
  return (listId: string, personId: string) => lists.get(listId)?.includes(personId) ?? false;
}

function expected(query: Query, network: Network): string[] {
  const found = network.posts.filter((post) => matchesNaively(query, post, network)).map(({ id }) => id);
  return found.sort((a, b) => compareIds(b, a));
}

test('index, predicate and a naive reference find the same posts, newest first', () => {
  let matched = 0;
  let accepted = 0;
  for (let seed = 1; seed <= NETWORKS; seed += 1) {
    const network = networkFrom(seed, POSTS);
    const { index, reader } = indexOf(network, seed);
    const personIds = (who: string): string[] =>
      network.people
        .filter((one) => one.id === who || one.username.toLowerCase() === who.toLowerCase())
        .map(({ id }) => id);
    const lists = { membersOf: () => undefined, isOn: isOnListOf(network) };
    const random = randomFrom(seed * 7919);
    for (let count = 0; count < QUERIES; count += 1) {
      const drawn = canonical(randomQuery(random, network));
      const { query } = drawn;
      const where = `network seed ${seed}, query ${count}: ${print(query)}`;
      const wanted = expected(query, network);
      const predicate = compile(query, { mode: 'search', personIds, lists });
      const contexts = network.posts.map((post) => contextOf(post, network, reader));
      const decided = network.posts.filter((post, at) => predicate(post, contexts[at]!)).map(({ id }) => id);
      assert.deepEqual(
        decided.sort((a, b) => compareIds(b, a)),
        wanted,
        `the predicate, ${where}`,
      );
      assert.deepEqual(index.search({ ...EVERYTHING, query }, NEVER).ids, wanted, `the index, ${where}`);
      matched += wanted.length;
      accepted += Number(drawn.accepted);
    }
  }
  assert.ok(matched > NETWORKS * QUERIES, `the queries are about something: ${matched} matches`);
  assert.ok(accepted > (NETWORKS * QUERIES) / 3, `the parser takes many of them: ${accepted}`);
});

test('pages of any size, cut short at any time, tile the result', () => {
  for (let seed = 1; seed <= NETWORKS; seed += 1) {
    const network = networkFrom(seed + 100, POSTS);
    const { index } = indexOf(network, seed);
    const random = randomFrom(seed * 104_729);
    for (let count = 0; count < QUERIES / 4; count += 1) {
      const { query } = canonical(randomQuery(random, network));
      const wanted = expected(query, network);
      const limit = 1 + random.below(9);
      const pages: string[][] = [];
      for (let before: bigint | undefined; ; ) {
        const step = { ...EVERYTHING, query, limit, ...(before !== undefined && { before }) };
        const { ids, reached } = index.search(step, () => random.chance(0.3));
        assert.ok(ids.length <= limit);
        pages.push(ids);
        if (reached === undefined) break;
        before = reached;
      }
      assert.deepEqual(
        pages.flat(),
        wanted,
        `seed ${seed}, query ${count}, pages of ${limit}: ${print(query)}`,
      );
    }
  }
});

test('ranges and refusals cut pages and counts alike, and a count is the sum of its posts', () => {
  for (let seed = 1; seed <= NETWORKS; seed += 1) {
    const network = networkFrom(seed + 200, POSTS);
    const { index } = indexOf(network, seed);
    const random = randomFrom(seed * 15_485_863);
    for (let count = 0; count < QUERIES / 4; count += 1) {
      const { query } = canonical(randomQuery(random, network));
      const [a, b] = [BigInt(random.pick(network.posts).id), BigInt(random.pick(network.posts).id)];
      const range = a < b ? { afterId: a, beforeId: b } : { afterId: b, beforeId: a };
      const audience = { aiTraining: random.chance(0.5), redistribution: random.chance(0.5) };
      const wanted = expected(query, network).filter((id) => {
        const refusal = network.refusals.get(id)!;
        const refused =
          (audience.aiTraining && refusal.aiTraining) || (audience.redistribution && refusal.redistribution);
        return !refused && BigInt(id) > range.afterId && BigInt(id) < range.beforeId;
      });
      const where = `seed ${seed}, query ${count}: ${print(query)}`;
      assert.deepEqual(index.search({ query, range, audience, limit: POSTS }, NEVER).ids, wanted, where);
      const bucketMs = 3_600_000;
      const day = Math.floor(Date.UTC(2026, 10, 1) / bucketMs) * bucketMs;
      const counts = new Uint32Array(72);
      const step = { query, audience, range, first: day - SNOWFLAKE_EPOCH_MS, bucketMs, counts };
      assert.equal(index.count(step, NEVER), true);
      const byHand = new Uint32Array(72);
      for (const id of wanted) {
        const { createdAt } = network.posts.find((post) => post.id === id)!;
        byHand[Math.floor((createdAt - day) / bucketMs)]! += 1;
      }
      assert.deepEqual(counts, byHand, where);
    }
  }
});

/** Alternations of AND and OR, with negations, deeper than FTS5 could be asked. */
function nested(random: ReturnType<typeof randomFrom>, network: Network, levels: number): Query {
  if (levels === 0) return randomQuery(random, network, 9);
  const child = nested(random, network, levels - 1);
  const inner: Query = random.chance(0.3) ? { kind: 'not', of: child } : child;
  return { kind: levels % 2 === 0 ? 'and' : 'or', of: [randomQuery(random, network, 9), inner] };
}

test('however deep a query alternates, the answer is the same', () => {
  const network = networkFrom(99, 60);
  const { index } = indexOf(network, 99);
  const random = randomFrom(99);
  for (let count = 0; count < 60; count += 1) {
    const query = nested(random, network, 5 + count);
    const found = index.search({ ...EVERYTHING, query }, NEVER).ids;
    assert.deepEqual(found, expected(query, network), `seed 99, ${5 + count} levels: ${print(query)}`);
  }
});

test('print and parse are inverse to each other', () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const network = networkFrom(seed, 5);
    const random = randomFrom(seed * 31);
    for (let count = 0; count < 100; count += 1) {
      const text = print(randomQuery(random, network));
      const first = parse(text, { mode: 'search', lengthMax: 4096 });
      if (!first.ok) continue;
      const again = parse(print(first.query), { mode: 'search', lengthMax: 4096 });
      assert.deepEqual(again, first, `seed ${seed}: ${text} printed as ${print(first.query)}`);
    }
  }
});
