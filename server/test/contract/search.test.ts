import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { idTime } from '#kernel';
import { type Api, apiWorld, EVERYTHING, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const DAY = 86_400;
const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);
const query = (text: string) => `query=${encodeURIComponent(text)}`;

describe('search', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  const until = untilSuiteEnds();
  /** Newest first: 35 posts of the last hour and one of ten days ago. */
  const recent = Array.from({ length: 35 }, (_one, index) => idAgo(60 + index * 100));
  const old = idAgo(10 * DAY);

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
    await api.apply(
      person('101', { username: 'alice' }),
      ...recent.map((_id, index) =>
        post(60 + index * 100, { text: `coffee ${index}`, authorId: String(101 + (index % 3)) }),
      ),
      post(10 * DAY, { text: 'old coffee' }),
      post(5, { text: 'coffee of this second' }),
    );
  });

  test('recent search: newest first, default page of 10, meta as X has it; the last 30 seconds are left out', async () => {
    const { status, json } = await api.get(app, `/2/tweets/search/recent?${query('coffee')}`);
    assert.equal(status, 200);
    assert.deepEqual(ids(json), recent.slice(0, 10));
    assert.equal(json.meta.newest_id, recent[0]);
    assert.equal(json.meta.oldest_id, recent[9]);
    assert.equal(json.meta.result_count, 10);
    assert.equal(typeof json.meta.next_token, 'string');
  });

  test('an empty search is meta alone', async () => {
    const { json } = await api.get(app, `/2/tweets/search/recent?${query('nobody-wrote-this')}`);
    assert.deepEqual(json, { meta: { result_count: 0 } });
  });

  for (const name of ['next_token', 'pagination_token']) {
    test(`pages by ${name} hold every post once, and a token repeats its page`, async () => {
      const seen: string[] = [];
      let token: string | undefined;
      for (let page = 0; page < 10; page += 1) {
        const url = `/2/tweets/search/recent?${query('coffee')}&max_results=10${token ? `&${name}=${token}` : ''}`;
        const { json } = await api.get(app, url);
        assert.deepEqual(ids((await api.get(app, url)).json), ids(json));
        seen.push(...ids(json));
        token = json.meta.next_token;
        if (!token) break;
      }
      assert.deepEqual(seen, recent);
    });
  }

  test('the archive goes back 30 days by default, and as far as it is asked', async () => {
    const { json } = await api.get(app, `/2/tweets/search/all?${query('old coffee')}`);
    assert.deepEqual(ids(json), [old]);
    api.world.clock.advance(1000);
    const early = await api.get(
      app,
      `/2/tweets/search/all?${query('old coffee')}&start_time=2010-01-01T00:00:00Z&end_time=2026-11-01T00:00:00Z`,
    );
    assert.deepEqual(early.json, { meta: { result_count: 0 } });
  });

  test('start_time is included, end_time excluded; since_id and until_id are both excluded', async () => {
    const time = (id: string) => new Date(idTime(id)).toISOString();
    const [newer, older] = [recent[3]!, recent[8]!];
    const byTime = await api.get(
      app,
      `/2/tweets/search/recent?${query('coffee')}&start_time=${time(older)}&end_time=${time(newer)}`,
    );
    assert.deepEqual(ids(byTime.json), recent.slice(4, 9));
    const byId = await api.get(
      app,
      `/2/tweets/search/recent?${query('coffee')}&since_id=${older}&until_id=${newer}`,
    );
    assert.deepEqual(ids(byId.json), recent.slice(4, 8));
  });

  test('relevancy is another order of the same posts', async () => {
    const { json } = await api.get(
      app,
      `/2/tweets/search/recent?${query('coffee')}&sort_order=relevancy&max_results=100`,
    );
    assert.deepEqual(new Set(ids(json)), new Set(recent));
  });

  test("twarc's parameters are taken whole", async () => {
    const { status, json } = await api.get(
      app,
      `/2/tweets/search/recent?${query('coffee from:alice')}&max_results=100&${EVERYTHING}`,
    );
    assert.equal(status, 200);
    assert.equal(json.data[0].author_id, '101');
    assert.equal(json.includes.users[0].username, 'alice');
  });

  test('a token of another query is refused as it was sent', async () => {
    const first = await api.get(app, `/2/tweets/search/recent?${query('coffee')}&sort_order=relevancy`);
    const token = first.json.meta.next_token;
    assert.ok(token);
    const other = await api.get(
      app,
      `/2/tweets/search/recent?${query('tea')}&sort_order=relevancy&pagination_token=${token}`,
    );
    assert.equal(other.status, 400);
    assert.deepEqual(other.json.errors[0].parameters, { pagination_token: [token.slice(0, 64)] });
  });

  test('a post hidden after the index found it leaves a shorter page whose token goes on', async () => {
    await api.apply({ kind: 'delete-post', id: recent[4]!, at: api.world.clock.now() });
    const first = await api.get(app, `/2/tweets/search/recent?${query('coffee')}`);
    assert.equal(ids(first.json).includes(recent[4]!), false);
    const token = first.json.meta.next_token;
    const second = await api.get(app, `/2/tweets/search/recent?${query('coffee')}&next_token=${token}`);
    const both = [...ids(first.json), ...ids(second.json)];
    assert.deepEqual(both, recent.filter((id) => id !== recent[4]).slice(0, both.length));
  });
});

describe('counts', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
    await api.apply(
      post(3600, { text: 'tea' }),
      post(3700, { text: 'tea' }),
      post(2 * DAY, { text: 'tea' }),
      post(40 * DAY, { text: 'tea' }),
      post(80 * DAY, { text: 'tea' }),
      person('103', { protected: true }),
      post(3650, { text: 'tea', authorId: '103' }),
    );
  });

  test('recent counts: every bucket of seven days, the edges cut, oldest first, what may not be seen not counted', async () => {
    const { json } = await api.get(app, `/2/tweets/counts/recent?${query('tea')}&granularity=day`);
    assert.equal(json.data.length, 8);
    assert.deepEqual(json.data[0], {
      start: '2026-11-14T10:00:00.000Z',
      end: '2026-11-15T00:00:00.000Z',
      tweet_count: 0,
    });
    assert.deepEqual(json.data.at(-1), {
      start: '2026-11-21T00:00:00.000Z',
      end: '2026-11-21T09:59:30.000Z',
      tweet_count: 2,
    });
    assert.deepEqual(json.meta, { total_tweet_count: 3 });
  });

  test('the default granularity is an hour; minutes cover the whole week', async () => {
    const hours = await api.get(app, `/2/tweets/counts/recent?${query('tea')}`);
    assert.equal(hours.json.data.length, 168);
    const minutes = await api.get(app, `/2/tweets/counts/recent?${query('tea')}&granularity=minute`);
    assert.equal(minutes.json.data.length, 7 * 24 * 60);
    assert.equal(minutes.json.meta.total_tweet_count, 3);
  });

  test('archive counts page by 31 days, newest page first, without gap or overlap', async () => {
    let token: string | undefined;
    let end: string | undefined;
    let total = 0;
    let pages = 0;
    do {
      const { json } = await api.get(
        app,
        `/2/tweets/counts/all?${query('tea')}&granularity=day&start_time=2026-08-01T00:00:00Z${token ? `&next_token=${token}` : ''}`,
      );
      assert.ok(json.data.length <= 32, `${json.data.length} buckets`);
      if (end) assert.equal(json.data.at(-1).end, end);
      end = json.data[0].start;
      total += json.meta.total_tweet_count;
      token = json.meta.next_token;
      pages += 1;
      api.world.clock.advance(1000);
    } while (token);
    assert.equal(end, '2026-08-01T00:00:00.000Z');
    assert.equal(pages, 4);
    assert.equal(total, 5);
  });

  test('the fields of a bucket can be chosen, in either dialect', async () => {
    const { json } = await api.get(
      app,
      `/2/tweets/counts/recent?${query('tea')}&granularity=day&search_count.fields=post_count,end`,
    );
    assert.deepEqual(Object.keys(json.data.at(-1)), ['end', 'post_count']);
    assert.equal(json.data.at(-1).post_count, 2);
    assert.deepEqual(json.meta, { total_post_count: 3 });
  });

  test('a count costs by the call and delivers nothing', async () => {
    const payer = await api.app({ plan: 'pay-per-use' });
    const { headers } = await api.get(payer, `/2/tweets/counts/recent?${query('tea')}`);
    assert.equal(headers['parley-cost'], '0.005000 USD');
    assert.equal(headers['parley-posts'], '0/0');
  });
});
