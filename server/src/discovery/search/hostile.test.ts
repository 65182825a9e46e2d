import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Change } from '#posts';
import { costOf } from '#test/cost';
import { boundsOf } from './query/normalise.ts';
import { parse } from './query/parse.ts';
import { matchesNaively } from './testing/naive-oracle.ts';
import type { Network } from './testing/network-generator.ts';
import { allPages, aPerson, aPost, asking, idAt, openWorld, START_MS } from './testing/world.ts';

const INJECTIONS = [
  '"cat" OR words:dog',
  'NEAR(cat dog)',
  '"NEAR(cat dog, 5)"',
  'words : cat',
  '^cat',
  '"cat*"',
  'cat NOT dog',
  '"marks : f100"',
  '"f100"',
  'f100',
  '"a"',
  'cat\u0000',
  '"cat\u0000dog"',
  '"\ud800"',
  '"cat" "\udc00dog"',
  '"\\""',
  "'; DROP TABLE posts; --",
  '"\'; DROP TABLE posts; --"',
  'url:"\\"; SELECT 1"',
  'entity:"*"',
  '#\u200d',
  'place:"{words marks}"',
  '"- {words}"',
  'from:"1 OR 1"',
  '"cat + dog"',
  '"\u0001"',
  '"\ue05f"',
  '"z"',
  'iisretweet',
];

test("no text is ever syntax: FTS5's words, quotes, NUL and lone surrogates are looked for, never obeyed", async (t) => {
  const { apply, index } = openWorld(t);
  const texts = [
    'cat',
    'dog',
    'NEAR(cat dog)',
    'words : cat marks f100 a z iisretweet',
    'cat\u0000dog',
    '\ud800 cat \udc00',
    '"quoted" \'); DROP',
  ];
  const posts = texts.map((text, at) => aPost(idAt(START_MS + at), text));
  apply(...posts.map((post): Change => ({ kind: 'post', post })));
  const network: Network = {
    posts,
    people: [],
    places: [],
    media: [],
    refusals: new Map(),
    lists: new Map(),
  };
  let answered = 0;
  for (const text of INJECTIONS) {
    const parsed = parse(text, { mode: 'search', lengthMax: 512 });
    if (!parsed.ok) continue;
    answered += 1;
    const wanted = posts.filter((post) => matchesNaively(parsed.query, post, network)).map(({ id }) => id);
    const { ids } = await index.search({ ...asking('cat'), query: parsed.query });
    assert.deepEqual(ids, wanted.toReversed(), JSON.stringify(text));
  }
  assert.ok(answered >= 10, `${answered} of them are queries`);
});

test('phrases that repeat a word endlessly ask the index for it a bounded number of times, and find the same posts', async (t) => {
  const { apply, index } = openWorld(t);
  const common = (count: number) => Array.from({ length: count }, () => 'common').join(' ');
  const texts = [common(199), common(200), `${common(200)} rare`, `${common(120)} x ${common(120)}`, 'rare'];
  const posts = texts.map((text, at) => aPost(idAt(START_MS + at), text));
  apply(...posts.map((post): Change => ({ kind: 'post', post })));
  const network: Network = {
    posts,
    people: [],
    places: [],
    media: [],
    refusals: new Map(),
    lists: new Map(),
  };
  const queries = [
    `"${common(200)}"`,
    `rare -"${common(200)}"`,
    `common -"${common(200)}"`,
    `"${common(200)}" OR rare`,
    Array.from({ length: 150 }, (_, at) => `"common ${at} common"`).join(' OR '),
    common(200).replaceAll(' ', '-'),
  ];
  for (const text of queries) {
    const parsed = parse(text, { mode: 'search', lengthMax: 4096 });
    assert.ok(parsed.ok, text);
    const everyPost = { kind: 'match', column: 'marks', run: 'every' } as const;
    const { upper, lower } = boundsOf(parsed.query, () => [], everyPost);
    for (const side of [upper, lower]) {
      const times = JSON.stringify(side ?? null).match(/common/g)?.length ?? 0;
      assert.ok(times < 100, `${text.slice(0, 40)}…: ${times} times`);
    }
    const wanted = posts.filter((post) => matchesNaively(parsed.query, post, network)).map(({ id }) => id);
    const { ids } = await index.search({ ...asking('cat'), query: parsed.query });
    assert.deepEqual(ids, wanted.toReversed(), text.slice(0, 40));
  }
});

test('hostile queries stay in time', async (t) => {
  const { apply, index } = openWorld(t);
  const posts = Array.from({ length: 2000 }, (_, at) =>
    aPost(idAt(START_MS + at), `w${at % 50} common words of every post`),
  );
  apply(...posts.map((post): Change => ({ kind: 'post', post })));
  const many = (count: number, word: (at: number) => string, between: string) =>
    Array.from({ length: count }, (_, at) => word(at)).join(between);
  const nested = (levels: number): string =>
    levels === 0 ? 'common' : `(x${levels} OR (common ${nested(levels - 1)}))`;
  const hostile = [
    many(800, (at) => `${at}`, ' OR '),
    `common ${many(900, (at) => `-${at}`, ' ')}`,
    many(400, () => 'common', ' '),
    `"${many(500, () => 'common', ' ')}"`,
    nested(45),
    `common ${'-('.repeat(40)}x${')'.repeat(40)}`,
    `common -(${many(300, (at) => `(a${at} -b${at})`, ' OR ')})`,
    many(100, (at) => `min_likes:${at + 1}`, ' OR '),
    many(60, () => 'point_radius:[0 89.9 25mi]', ' OR '),
    many(80, () => 'bounding_box:[-180 -90 180 90]', ' OR '),
    `#${'t'.repeat(4000)}`,
    'x'.repeat(4096),
    '猫'.repeat(4096),
    '👨‍👩‍👧'.repeat(500),
  ];
  for (const text of hostile) {
    const cost = await costOf(async () => {
      const parsed = parse(text, { mode: 'search', lengthMax: 4096 });
      if (parsed.ok) await index.search({ ...asking('common'), query: parsed.query });
    });
    assert.ok(cost < 500, `${text.slice(0, 40)}…: ${cost} units`);
  }
});

test('the largest lists, named again and again, cost a bounded effort and find the same posts', async (t) => {
  const { apply, index } = openWorld(t, { pageBudgetMs: 10_000 });
  const members = Array.from({ length: 5_000 }, (_one, at) => String(1_000 + at));
  apply(
    ...['1', '2'].map((id): Change => {
      const list = { id, ownerId: '7', name: id, description: '', private: false, createdAt: START_MS };
      return { kind: 'list', list };
    }),
  );
  apply(...members.map((id): Change => ({ kind: 'person', person: aPerson(id, `p${id}`) })));
  const relate = { kind: 'relate', relation: 'list-member', at: START_MS } as const;
  apply(...members.map((to): Change => ({ ...relate, from: '1', to })));
  apply(...members.slice(0, 10).map((to): Change => ({ ...relate, from: '2', to })));
  const posts = Array.from({ length: 200 }, (_one, at) =>
    aPost(idAt(START_MS + at), at % 2 ? 'cat' : 'dog', { authorId: String(990 + at) }),
  );
  apply(...posts.map((post): Change => ({ kind: 'post', post })));
  const search = async (text: string): Promise<number> =>
    (await allPages(index, asking(text, { limit: 500 }))).length;
  assert.equal(await search('list:1'), 190);
  assert.equal(await search('cat list:1'), 95);
  assert.equal(await search('list:1 -list:2'), 180);
  assert.equal(await search('cat -list:1'), 5);
  const again = Array.from({ length: 300 }, (_one, at) => `(list:1 OR list:2 OR w${at})`).join(' ');
  const cost = await costOf(async () => {
    assert.equal(await search(`cat ${again}`.slice(0, 4_000).replace(/ \([^)]*$/, '')), 95);
  });
  t.diagnostic(`${cost.toFixed(0)} units`);
  assert.ok(cost < 5_000, `${cost} units`);
});
