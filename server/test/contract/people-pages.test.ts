import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Change, RelationKind } from '#posts';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);
let moment = Date.parse('2026-11-20T00:00:00Z');
const relate = (relation: RelationKind, from: string, to: string): Change => ({
  kind: 'relate',
  relation,
  from,
  to,
  at: moment++,
});
const unrelate = (relation: RelationKind, from: string, to: string): Change => ({
  ...(relate(relation, from, to) as Extract<Change, { kind: 'relate' }>),
  kind: 'unrelate',
});

describe('pages of persons and of what they did', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  const until = untilSuiteEnds();
  const crowd = Array.from({ length: 12 }, (_one, index) => String(201 + index));
  // A block ends what persons hold towards each other, so these are others.
  const foes = Array.from({ length: 12 }, (_one, index) => String(401 + index));
  const own = Array.from({ length: 12 }, (_one, index) => idAgo(500 + index * 10));
  const reposts = crowd.map((_id, index) => idAgo(300 - index * 10));
  const quotes = Array.from({ length: 12 }, (_one, index) => idAgo(200 - index * 10, 7));
  const subject = own[0]!;

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    alice = api.person(app, '101');
    await api.apply(
      person('101', { username: 'alice' }),
      person('102', { username: 'bob', pinnedPostId: subject }),
      ...crowd.map((id, index) => person(id, { username: `crowd${index}`, name: `Crowd ${index}` })),
      ...foes.map((id) => person(id)),
      ...own.map((_id, index) => post(500 + index * 10)),
      ...crowd.map((authorId, index) =>
        post(300 - index * 10, { authorId, references: [{ type: 'retweeted', id: subject }] }),
      ),
      ...quotes.map((id, index) =>
        post(200 - index * 10, {
          id,
          authorId: '102',
          text: 'look',
          references: [{ type: 'quoted', id: subject }],
        }),
      ),
    );
    await api.apply(
      ...crowd.map((id) => relate('like', id, subject)),
      ...crowd.map((id) => relate('follow', id, '101')),
      ...crowd.map((id) => relate('follow', '101', id)),
      ...foes.map((id) => relate('block', '101', id)),
      ...foes.map((id) => relate('mute', '101', id)),
      ...own.slice(1).map((id) => relate('like', '101', id)),
      ...own.map((id) => relate('bookmark', '101', id)),
    );
  });

  const newest = (list: readonly string[]) => [...list].reverse();
  const PAGES: readonly [path: string, all: () => string[], least: number][] = [
    [`/2/tweets/${subject}/liking_users`, () => newest(crowd), 5],
    [`/2/tweets/${subject}/retweeted_by`, () => newest(crowd), 5],
    [`/2/tweets/${subject}/retweets`, () => newest(reposts), 5],
    [`/2/tweets/${subject}/quote_tweets`, () => newest(quotes), 10],
    ['/2/users/101/followers', () => newest(crowd), 5],
    ['/2/users/101/following', () => newest(crowd), 5],
    ['/2/users/101/blocking', () => newest(foes), 5],
    ['/2/users/101/muting', () => newest(foes), 5],
    ['/2/users/101/liked_tweets', () => newest(own.slice(1)), 5],
    ['/2/users/101/bookmarks', () => newest(own), 5],
  ];

  for (const [path, all, size] of PAGES) {
    const kind = path.split('/').at(-1);
    test(`${kind}: pages lead to the end and back by the same stones, and a token repeats its page under either name`, async () => {
      const pages: string[][] = [];
      let token: string | undefined;
      let previous: string | undefined;
      do {
        const url = `${path}?max_results=${size}${token ? `&pagination_token=${token}` : ''}`;
        const { json } = await api.get(alice, url);
        assert.equal(json.errors, undefined);
        assert.equal(json.meta.result_count, json.data.length);
        const again = await api.get(alice, url.replace('pagination_token', 'next_token'));
        assert.deepEqual(ids(again.json), ids(json), 'twarc has another name for it');
        pages.push(ids(json));
        previous = json.meta.previous_token;
        assert.equal(previous !== undefined, pages.length > 1, 'only later pages lead back');
        token = json.meta.next_token;
      } while (token);
      assert.deepEqual(pages.flat(), all());
      assert.ok(pages.length > 1);
      const back: string[][] = [];
      while (previous) {
        const { json }: { json: Json } = await api.get(
          alice,
          `${path}?max_results=${size}&pagination_token=${previous}`,
        );
        back.unshift(ids(json));
        assert.equal(json.meta.next_token !== undefined, true, 'what was left can be gone to again');
        previous = json.meta.previous_token;
      }
      assert.deepEqual(back, pages.slice(0, -1));
    });
  }

  test("an app's own key reads who liked a post and what a person liked, as tweepy and twarc do", async () => {
    const likers = await api.get(app, `/2/tweets/${subject}/liking_users?max_results=100`);
    assert.deepEqual(ids(likers.json), newest(crowd));
    const liked = await api.get(app, '/2/users/101/liked_tweets?max_results=100');
    assert.deepEqual(ids(liked.json), newest(own.slice(1)));
  });

  test('what ends is not there any more, and what begins anew is the newest', async () => {
    await api.apply(person('103', {}));
    await api.apply(...['201', '202', '203'].map((id) => relate('follow', id, '103')));
    await api.apply(unrelate('follow', '201', '103'), unrelate('follow', '202', '103'));
    await api.apply(relate('follow', '201', '103'));
    assert.deepEqual(ids((await api.get(app, '/2/users/103/followers')).json), ['201', '203']);
    await api.apply(unrelate('follow', '201', '103'), unrelate('follow', '203', '103'));
    assert.deepEqual((await api.get(app, '/2/users/103/followers')).json, { meta: { result_count: 0 } });
  });

  test('persons come with what was asked for, in the dialect that was asked in', async () => {
    await api.apply(relate('follow', '102', '101'));
    const { json } = await api.get(
      app,
      '/2/users/101/followers?max_results=1&user.fields=public_metrics&expansions=pinned_tweet_id&tweet.fields=author_id',
    );
    assert.equal(json.data[0].pinned_tweet_id, subject);
    assert.equal(typeof json.data[0].public_metrics.tweet_count, 'number');
    assert.deepEqual(json.includes.tweets, [
      { id: subject, text: 'post 500', edit_history_tweet_ids: [subject], author_id: '101' },
    ]);
    const newer = await api.get(
      app,
      '/2/users/101/followers?max_results=1&user.fields=public_metrics&expansions=pinned_post_id&post.fields=author_id',
    );
    assert.equal(newer.json.data[0].pinned_post_id, subject);
    assert.deepEqual(newer.json.includes.posts[0].edit_history_post_ids, [subject]);
    await api.apply(unrelate('follow', '102', '101'));
  });

  test('persons and posts on pages are charged once a day, as everywhere', async () => {
    const fresh = await api.app({ plan: 'pay-per-use' });
    const first = await api.get(fresh, '/2/users/101/followers?max_results=5');
    assert.equal(first.headers['parley-persons'], '5/5');
    assert.equal(first.headers['parley-cost'], '0.050000 USD');
    const again = await api.get(fresh, '/2/users/101/followers?max_results=6');
    assert.equal(again.headers['parley-persons'], '1/6');
    const reader = api.person(fresh, '101');
    const liked = await api.get(reader, '/2/users/101/liked_tweets?max_results=5');
    assert.equal(liked.headers['parley-posts'], '5/5');
  });

  test('a page that the spending limit cuts goes on below the last person shown', async () => {
    // Five persons' worth: 0.05 USD.
    const poor = await api.app({ plan: 'pay-per-use', spendingLimitMicros: 50_000 });
    const { json } = await api.get(poor, '/2/users/101/followers?max_results=8');
    assert.deepEqual(ids(json), newest(crowd).slice(0, 5));
    const rest = await api.get(
      app,
      `/2/users/101/followers?max_results=8&pagination_token=${json.meta.next_token}`,
    );
    assert.deepEqual(ids(rest.json), newest(crowd).slice(5));
    const empty = await api.get(poor, `/2/users/101/followers?pagination_token=${json.meta.next_token}`);
    assert.equal(empty.status, 402);
  });

  test('quotes can leave out replies and reposts', async () => {
    await api.apply(
      post(5, {
        authorId: '102',
        references: [
          { type: 'quoted', id: own[1]! },
          { type: 'replied_to', id: own[2]! },
        ],
      }),
      post(4, { authorId: '102', references: [{ type: 'quoted', id: own[1]! }] }),
    );
    const found = async (exclude: string) =>
      ids((await api.get(app, `/2/tweets/${own[1]}/quote_tweets?${exclude}`)).json);
    assert.deepEqual(await found(''), [idAgo(4), idAgo(5)]);
    assert.deepEqual(await found('exclude=replies,retweets'), [idAgo(4)]);
  });

  test('reposts of me are own posts that somebody else reposted', async () => {
    assert.deepEqual(ids((await api.get(alice, '/2/users/reposts_of_me')).json), [subject]);
    const bob = api.person(app, '102');
    assert.deepEqual((await api.get(bob, '/2/users/reposts_of_me')).json, { meta: { result_count: 0 } });
  });

  test('persons are found by the beginning of their names, page by page', async () => {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const more = token ? `&next_token=${token}` : '';
      const { json } = await api.get(alice, `/2/users/search?query=crowd&max_results=5${more}`);
      found.push(...ids(json));
      token = json.meta.next_token;
    } while (token);
    assert.deepEqual(found.sort(), crowd);
    assert.deepEqual(ids((await api.get(alice, '/2/users/search?query=crowd3')).json), ['204']);
    assert.deepEqual((await api.get(alice, '/2/users/search?query=nobody')).json, {
      meta: { result_count: 0 },
    });
  });

  test('no reply was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
