import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Query } from '../query/ast.ts';
import { streamContext } from '../query/context.ts';
import { parse } from '../query/parse.ts';
import { randomQuery } from '../testing/naive-oracle.ts';
import {
  type GeneratorRandom,
  type Network,
  networkFrom,
  randomFrom,
  readerOfNetwork,
} from '../testing/network-generator.ts';
import { compile, type MatchContext } from './predicate.ts';
import { createRuleIndex } from './rule-index.ts';

const NETWORKS = 8;
const RULES = 250;
const ROUNDS = 3;

/** Terms that only stream rules have, beside those of search. */
function streamTerm(random: GeneratorRandom): Query {
  return random.pick<Query>([
    { kind: 'phrase', text: 'coffee snow', within: 3 },
    { kind: 'number', field: 'sample', least: 1 + random.below(99) },
    { kind: 'range', field: 'followers_count', least: random.below(20) },
    { kind: 'text', field: 'bio', value: 'coffee' },
    { kind: 'text', field: 'url_title', value: 'snow' },
    { kind: 'person', relation: 'from_affiliate_of', who: 'alice' },
    { kind: 'person', relation: 'to', who: random.pick(['alice', '42', 'CAROL', '101']) },
    { kind: 'person', relation: 'retweets_of', who: random.pick(['Alice', '42', '7', '103']) },
  ]);
}

function randomRule(random: GeneratorRandom, network: Network): Query {
  const query = randomQuery(random, network, random.below(4));
  if (random.chance(0.6)) return query;
  return { kind: random.pick(['and', 'or'] as const), of: [query, streamTerm(random)] };
}

test('matching by the index is evaluating every rule, while rules come and go and places move', () => {
  let matches = 0;
  let evaluated = 0;
  let pairs = 0;
  for (let seed = 1; seed <= NETWORKS; seed += 1) {
    const random = randomFrom(seed);
    const network = networkFrom(seed, 120);
    const reader = readerOfNetwork(network);
    const personIds = (who: string): string[] => {
      const named = reader.peopleByUsername([who])[0];
      return [...(/^\d+$/.test(who) ? [who] : []), ...(named ? [named.id] : [])];
    };
    const index = createRuleIndex<string>({ personIds });
    const rules = new Map<string, { query: Query; holds: ReturnType<typeof compile> }>();
    const put = (name: string): void => {
      const query = randomRule(random, network);
      rules.set(name, { query, holds: compile(query, { mode: 'stream', personIds }) });
      index.add(name, query);
    };
    for (let at = 0; at < RULES; at += 1) put(`rule ${at}`);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const post of network.posts) {
        const name = `rule ${random.below(RULES)}`;
        const dice = random.below(10);
        if (dice === 0) put(name);
        if (dice === 1) {
          rules.delete(name);
          index.remove(name);
        }
        const context: MatchContext = streamContext(post, reader);
        const found = index.match(post, context).sort();
        const expected = [...rules].filter(([, { holds }]) => holds(post, context)).map(([rule]) => rule);
        assert.deepEqual(found, expected.sort(), `seed ${seed}, post ${post.id}: ${post.text}`);
        assert.equal(index.size(), rules.size);
        matches += found.length;
        pairs += rules.size;
      }
    }
    evaluated += index.evaluated();
  }
  assert.ok(matches > 1000, `${matches} matches`);
  assert.ok(evaluated < pairs, `${evaluated} of ${pairs}`);
});

test('a rule is found by a name that changed hands after it was added', () => {
  const network = networkFrom(3, 20);
  const holders = new Map([['carol', network.people[4]!.id]]);
  const index = createRuleIndex<string>({
    personIds: (who) => (holders.has(who) ? [holders.get(who)!] : []),
  });
  const parsed = parse('from:carol', { mode: 'stream', lengthMax: 1024 });
  assert.ok(parsed.ok);
  index.add('rule', parsed.query);
  const other = network.people[0]!;
  const post = { ...network.posts[0]!, authorId: other.id };
  const context = streamContext(post, readerOfNetwork(network));
  assert.deepEqual(index.match(post, context), []);
  holders.set('carol', other.id);
  const renamed = { ...context, author: { ...other, username: 'Carol' } };
  assert.deepEqual(index.match(post, renamed), ['rule']);
});

test('most rules are never looked at: of a thousand words, only those of the post', () => {
  const index = createRuleIndex<number>({ personIds: () => [] });
  for (let at = 0; at < 1_000; at += 1) {
    const parsed = parse(`word${at} lang:en -is:retweet`, { mode: 'stream', lengthMax: 1024 });
    assert.ok(parsed.ok);
    index.add(at, parsed.query);
  }
  const network = networkFrom(5, 1);
  const post = { ...network.posts[0]!, references: [], text: 'so word7 and word9', lang: 'en' };
  delete post.longText;
  assert.deepEqual(index.match(post, streamContext(post, readerOfNetwork(network))).sort(), [7, 9]);
  assert.equal(index.evaluated(), 2);
});
