import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { compareIds, Problem } from '#kernel';
import { type Change, createPostStore, noMetrics, openPostReader, type Post } from '#posts';
import { parse } from '../query/parse.ts';
import { print } from '../query/print.ts';
import { matchesNaively, randomQuery } from '../testing/naive-oracle.ts';
import { type Network, networkFrom, randomFrom } from '../testing/network-generator.ts';
import { allPages, aPost, asking, idAt, openWorld, queryOf, START_MS } from '../testing/world.ts';
import { openSearchIndex } from './open.ts';
import { createIndexReader } from './reader-sqlite.ts';
import { type RelevancyPlace, searchByRelevancy } from './relevancy.ts';
import { createIndexWriter } from './writer-sqlite.ts';

function changesOf(network: Network): Change[] {
  return [
    ...network.people.map((person): Change => ({ kind: 'person', person })),
    ...network.places.map((place): Change => ({ kind: 'place', place })),
    ...network.media.map((media): Change => ({ kind: 'media', media })),
    ...network.posts.map((post): Change => ({ kind: 'post', post })),
    ...[...network.lists].flatMap(([id, members]): Change[] => {
      const ownerId = network.people[0]!.id;
      const list = { id, ownerId, name: id, description: '', private: false, createdAt: START_MS };
      const relate = { kind: 'relate', relation: 'list-member', from: id, at: START_MS } as const;
      return [{ kind: 'list', list }, ...members.map((to): Change => ({ ...relate, to }))];
    }),
  ];
}

test("over the real posts' store and its threads, random queries find what the naive reference finds", async (t) => {
  const network = networkFrom(4711, 150);
  const { apply, index } = openWorld(t);
  for (let at = 0; at < changesOf(network).length; at += 40) apply(...changesOf(network).slice(at, at + 40));
  const random = randomFrom(4711);
  let tried = 0;
  for (let count = 0; count < 300; count += 1) {
    const text = print(randomQuery(random, network));
    const parsed = parse(text, { mode: 'search', lengthMax: 4096 });
    if (!parsed.ok) continue;
    tried += 1;
    const { query } = parsed;
    const wanted = network.posts
      .filter((post) => matchesNaively(query, post, network))
      .map(({ id }) => id)
      .sort((a, b) => compareIds(b, a));
    assert.deepEqual(await allPages(index, asking(text, { limit: 7 })), wanted, text);
    const byRelevancy = await allPages(index, asking(text, { limit: 7, order: 'relevancy' }));
    assert.deepEqual(
      [...byRelevancy].sort((a, b) => compareIds(b, a)),
      wanted,
      `by relevancy: ${text}`,
    );
    const end = START_MS + 3 * 86_400_000;
    const request = { query, start: START_MS, end, granularity: 'hour', audience: {} } as const;
    const { total, buckets } = await index.count(request);
    assert.equal(total, wanted.length, `counted: ${text}`);
    assert.equal(buckets.length, 72);
  }
  assert.ok(tried > 100);
});

test('a token repeats its page, whatever is posted meanwhile, and no other query takes it', async (t) => {
  const { apply, index } = openWorld(t);
  for (let at = 0; at < 60; at += 1)
    apply({ kind: 'post', post: aPost(idAt(START_MS + at * 1000), `cat number ${at}`) });
  const first = await index.search(asking('cat', { limit: 10 }));
  const second = await index.search(asking('cat', { limit: 10, after: first.next! }));
  apply({ kind: 'post', post: aPost(idAt(START_MS + 999_000), 'the newest cat') });
  assert.deepEqual(await index.search(asking('cat', { limit: 10, after: first.next! })), second);
  assert.equal((await index.search(asking('cat', { limit: 10 }))).ids[0], idAt(START_MS + 999_000));
  for (const after of [
    first.next!,
    'nonsense',
    '',
    'WyJzZWFyY2giXQ',
    Buffer.from('["search","x","99999999999999999999"]').toString('base64url'),
  ]) {
    await assert.rejects(
      index.search(asking(after === first.next ? 'number' : 'cat', { after })),
      (error) => error instanceof Problem && error.code === 'invalid-request',
    );
  }
  await assert.rejects(index.search(asking('cat', { order: 'relevancy', after: first.next! })), Problem);
  // Whatever number stands in a token of ours, it is only a place in the list.
  const forged = Buffer.from(first.next!, 'base64url')
    .toString()
    .replace(/"[0-9]+"\]$/, '"0"]');
  const after = Buffer.from(forged).toString('base64url');
  assert.deepEqual(await index.search(asking('cat', { after })), { ids: [] });
});

test('a full last page has no token', async (t) => {
  const { apply, index } = openWorld(t);
  for (let at = 0; at < 20; at += 1) apply({ kind: 'post', post: aPost(idAt(START_MS + at), 'cat') });
  assert.equal((await index.search(asking('cat', { limit: 20 }))).next, undefined);
  assert.notEqual((await index.search(asking('cat', { limit: 19 }))).next, undefined);
  assert.equal((await index.search(asking('cat min_likes:0', { limit: 20 }))).next, undefined);
});

test('out of budget at the very end, the page is the last one all the same', async (t) => {
  const { apply, index } = openWorld(t, { quickBudgetMs: 0, pageBudgetMs: 0 });
  for (let at = 0; at < 40; at += 1) apply({ kind: 'post', post: aPost(idAt(START_MS + at), 'cat') });
  const first = await index.search(asking('cat'));
  assert.equal(first.ids.length, 15);
  const last = await index.search(asking('cat', { after: first.next! }));
  assert.deepEqual([last.ids.length, last.next], [25, undefined]);
});

test('out of budget, a page is short and its token goes on; together the pages are whole', async (t) => {
  const { apply, index } = openWorld(t, { quickBudgetMs: 0, pageBudgetMs: 0 });
  const ids = Array.from({ length: 130 }, (_, at) => idAt(START_MS + at * 1000));
  for (const id of ids)
    apply({ kind: 'post', post: aPost(id, 'cat', { metrics: { ...aPost(id, '').metrics, likes: 30 } }) });
  const first = await index.search(asking('cat'));
  assert.equal(first.ids.length, 5, 'the newest part, then the budget is looked at');
  assert.notEqual(first.next, undefined);
  assert.deepEqual(await allPages(index, asking('cat')), ids.toReversed());
  assert.deepEqual(await allPages(index, asking('cat min_likes:29')), ids.toReversed());
  assert.deepEqual(await allPages(index, asking('dog')), []);
  const byRelevancy = await allPages(index, asking('cat', { order: 'relevancy', limit: 9 }));
  assert.deepEqual(byRelevancy.toSorted(), ids.toSorted());
});

test('what takes long goes on with the other thread, and one page holds it all', async (t) => {
  const { apply, index } = openWorld(t, { quickBudgetMs: 0, pageBudgetMs: 10_000 });
  const ids = Array.from({ length: 90 }, (_, at) => idAt(START_MS + at * 1000));
  for (const id of ids) apply({ kind: 'post', post: aPost(id, 'cat') });
  assert.deepEqual(await index.search(asking('cat')), { ids: ids.toReversed() });
  assert.equal((await index.search(asking('cat', { limit: 40 }))).ids.length, 40);
});

test('pages by relevancy lose nothing when posts come in between them, or time runs out on a later page', async (t) => {
  const { apply, index, db } = openWorld(t);
  const posts = (from: number, count: number) =>
    Array.from({ length: count }, (_, at) => aPost(idAt(START_MS + from + at), 'cat'));
  const put = (...list: Post[]) => apply(...list.map((post): Change => ({ kind: 'post', post })));
  const old = posts(0, 620);
  put(...old);
  const request = asking('cat', { order: 'relevancy', limit: 100 });
  const seen: string[] = [];
  for (let after: string | undefined, at = 0; at === 0 || after !== undefined; at += 1) {
    const page = await index.search(after === undefined ? request : { ...request, after });
    seen.push(...page.ids);
    after = page.next;
    put(...posts(10_000 + at * 100, 30));
  }
  assert.equal(new Set(seen).size, seen.length, 'none twice');
  assert.deepEqual(
    old.filter(({ id }) => !seen.includes(id)).map(({ id }) => id),
    [],
    'none lost',
  );
  const reader = createIndexReader(new DatabaseSync(db.location()!), openPostReader(db.location()!));
  const again = openPostReader(db.location()!);
  const step = {
    query: request.query,
    audience: {},
    range: { beforeId: BigInt(idAt(START_MS + 620)) },
    limit: 100,
  };
  const found: string[] = [];
  for (let place: RelevancyPlace | undefined, at = 0; at === 0 || place !== undefined; at += 1) {
    // The first page has all the time, the others none.
    const page = searchByRelevancy(reader, again, step, place, () => at > 0);
    found.push(...page.ids);
    place = page.next;
  }
  again.close();
  reader.close();
  assert.deepEqual(found.toSorted(), old.map(({ id }) => id).toSorted());
});

test('relevancy puts resonance first and the newer of equals before the older', async (t) => {
  const { apply, index } = openWorld(t);
  const put = (second: number, fields: Partial<Post['metrics']>) =>
    apply({
      kind: 'post',
      post: aPost(idAt(START_MS + second), 'cat', { metrics: { ...noMetrics(), ...fields } }),
    });
  put(1, { likes: 5 });
  put(2, {});
  put(3, { reposts: 3 });
  put(4, { likes: 5, impressions: 100 });
  put(5, { replies: 1 });
  const { ids } = await index.search(asking('cat', { order: 'relevancy' }));
  assert.deepEqual(
    ids,
    [3, 4, 1, 5, 2].map((second) => idAt(START_MS + second)),
  );
});

test('counts are cut to the range, empty buckets included, by minute, hour and day', async (t) => {
  const { apply, index } = openWorld(t);
  const minute = 60_000;
  for (const at of [0, 30_000, 59_999, 60_000, 3_600_000, 86_400_000]) {
    apply({ kind: 'post', post: aPost(idAt(START_MS + at, at % 7), 'cat') });
  }
  const request = { query: queryOf('cat'), audience: {} };
  const byMinute = await index.count({
    ...request,
    start: START_MS + 30_000,
    end: START_MS + 3 * minute,
    granularity: 'minute',
  });
  assert.deepEqual(byMinute, {
    buckets: [
      { start: START_MS + 30_000, end: START_MS + minute, count: 2 },
      { start: START_MS + minute, end: START_MS + 2 * minute, count: 1 },
      { start: START_MS + 2 * minute, end: START_MS + 3 * minute, count: 0 },
    ],
    total: 3,
  });
  const byDay = await index.count({
    ...request,
    start: START_MS + 1,
    end: START_MS + 86_400_000,
    granularity: 'day',
  });
  assert.deepEqual(byDay, {
    buckets: [{ start: START_MS + 1, end: START_MS + 86_400_000, count: 4 }],
    total: 4,
  });
  const byHour = await index.count({
    ...request,
    start: START_MS,
    end: START_MS + 86_400_001,
    granularity: 'hour',
  });
  assert.equal(byHour.buckets.length, 25);
  assert.deepEqual(byHour.buckets.at(-1), {
    start: START_MS + 86_400_000,
    end: START_MS + 86_400_001,
    count: 1,
  });
  assert.equal(byHour.total, 6);
  assert.deepEqual(await index.count({ ...request, start: 5, end: 5, granularity: 'day' }), {
    buckets: [],
    total: 0,
  });
  await assert.rejects(
    index.count({ ...request, start: 0, end: START_MS, granularity: 'minute' }),
    (error) => error instanceof Problem && error.code === 'invalid-request',
  );
  assert.equal(
    await index.count({ ...request, start: 0, end: 9e12, granularity: 'day' }).catch(() => undefined),
    undefined,
  );
});

test('a full queue turns away at once, and a closed index says so', async (t) => {
  const { apply, index } = openWorld(t, { pagesWaitingMax: 2, countsWaitingMax: 1 });
  apply({ kind: 'post', post: aPost(idAt(START_MS), 'cat') });
  const asked = Array.from({ length: 5 }, () => index.search(asking('cat')));
  const settled = await Promise.allSettled(asked);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected'],
  );
  for (const one of settled) {
    if (one.status === 'rejected') assert.equal((one.reason as Problem).code, 'overloaded');
  }
  assert.equal((await index.search(asking('cat'))).ids.length, 1, 'and then it goes on');
  await index.close();
  await assert.rejects(index.search(asking('cat')), /closed/);
});

test('a tenant has a quarter of the queue: beyond it is turned away, and another is answered', async (t) => {
  const { apply, index } = openWorld(t, { pagesWaitingMax: 8 });
  apply({ kind: 'post', post: aPost(idAt(START_MS), 'cat') });
  const asked = ['a', 'a', 'a', 'b'].map((tenant) => index.search({ ...asking('cat'), tenant }));
  const settled = await Promise.allSettled(asked);
  assert.deepEqual(
    settled.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  assert.equal((await index.search({ ...asking('cat'), tenant: 'a' })).ids.length, 1, 'and then it goes on');
});

test('a file that is not there yet fails the search alone, and is found once it is', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-search-'));
  const path = join(folder, 'posts.db');
  const index = openSearchIndex(path);
  t.after(async () => {
    await index.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await assert.rejects(index.search(asking('cat')), /open/);
  const db = new DatabaseSync(path);
  createPostStore(db, createIndexWriter);
  assert.deepEqual(await index.search(asking('cat')), { ids: [] });
  db.close();
});

test('before the first post there is nothing to find, and nothing breaks', async (t) => {
  const { index } = openWorld(t);
  assert.deepEqual(await index.search(asking('cat')), { ids: [] });
  assert.equal(
    (await index.count({ query: queryOf('cat'), start: 0, end: 60_000, granularity: 'minute', audience: {} }))
      .total,
    0,
  );
});
