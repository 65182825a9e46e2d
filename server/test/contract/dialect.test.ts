import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { before, describe, test } from 'node:test';
import { OPERATOR } from '#terms';
import { testWorld } from '../world.ts';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';
import { openReader } from './reader.ts';
import { subscribedWorld } from './webhook-world.ts';

const XDK = 'xdk-typescript/0.6.6';
const TWEEPY = 'Python/3.11.2 Requests/2.28.1 Tweepy/4.12.1';
const BARE = '/2/tweets/counts/recent?query=coffee&granularity=day';
const CURRENT_WORDS = `/2/tweets/${idAgo(60)}?post.fields=created_at`;
const CLASSIC_WORDS = `/2/tweets/${idAgo(60)}?tweet.fields=created_at`;
const CLASSIC_TYPES = 'https://api.twitter.com/2/problems/';
const CURRENT_TYPES = 'https://api.x.com/2/problems/';

describe('the dialect of an answer', () => {
  const until = untilSuiteEnds();
  let api: Api;
  let base: string;

  before(async () => {
    api = await apiWorld(until);
    await api.apply(person('101', { username: 'alice' }), post(60, { text: 'coffee' }));
    base = await api.server.listen({ host: '127.0.0.1', port: 0 });
  });

  type Keyed = { bearerToken: string };
  const ask = async (app: Keyed, url: string, agent?: string, headers: Record<string, string> = {}) =>
    api.get(app, url, agent === undefined ? headers : { ...headers, 'user-agent': agent });
  const shown = async (app: Keyed, agent?: string) => {
    const { meta } = (await ask(app, BARE, agent)).json;
    return 'total_post_count' in meta ? 'current' : 'classic';
  };
  const isCurrent = ({ json }: { json: Json }) => 'edit_history_post_ids' in json.data;

  test('is the setting of the app, whatever a request says and whatever sent it', async () => {
    for (const [dialect, agent, url] of [
      ['classic', XDK, CURRENT_WORDS],
      ['current', TWEEPY, CLASSIC_WORDS],
    ] as const) {
      const app = await api.app({ dialect });
      assert.equal(await shown(app, agent), dialect);
      assert.equal(isCurrent(await ask(app, url, agent)), dialect === 'current');
    }
  });

  test('a change of the setting holds from the next call on, for an app of one licensee alone', async () => {
    const [app, other] = [await api.app({ dialect: 'classic' }), await api.app()];
    await api.world.terms.setApp(app.licenseeId, app.appId, { dialect: 'current' });
    assert.deepEqual([await shown(app), await shown(other)], ['current', 'classic']);
    const set = (tenant: string, dialect: string) => api.world.terms.setApp(tenant, app.appId, { dialect });
    await assert.rejects(set(other.licenseeId, 'classic'), { code: 'not-found' });
    await assert.rejects(set(OPERATOR, 'newest'), { code: 'body-invalid' });
    assert.equal(await shown(app), 'current');
  });

  test('goes with auto by the words, then by the name of the client, then by what the app showed last', async () => {
    const app = await api.app();
    assert.equal(await shown(app), 'classic', 'nothing was ever shown');
    assert.equal(await shown(app, XDK), 'current');
    assert.equal(await shown(app), 'current', 'what it showed last');
    assert.equal(isCurrent(await ask(app, CLASSIC_WORDS, XDK)), false, 'words count before a name');
    assert.equal(await shown(app), 'classic');
    assert.equal(isCurrent(await ask(app, CURRENT_WORDS, TWEEPY)), true);
    assert.equal(await shown(app, TWEEPY), 'classic');
    assert.equal(await shown(app, 'curl/8'), 'classic', 'a name that says nothing changes nothing');
    const named = await ask(app, BARE, undefined, { 'x-user-agent': 'Node.twitter-api-v2' });
    assert.ok('total_tweet_count' in named.json.meta);
  });

  test('of one app is never that of another, not even of the same licensee', async () => {
    const [one, two] = [await api.app(), await api.app()];
    const three = await api.world.terms.addApp(OPERATOR, { licenseeId: one.licenseeId, plan: 'pro' });
    assert.equal(await shown(one, XDK), 'current');
    assert.deepEqual([await shown(two), await shown(three)], ['classic', 'classic']);
    assert.equal((await api.get(undefined, '/2/tweets/1', { 'user-agent': XDK })).status, 401);
    assert.equal(await shown(two), 'classic');
  });

  test('counts for a person of the app as for the app', async () => {
    const app = await api.app();
    const alice = api.person(app, '101');
    const me = (agent?: string) => ask(alice, '/2/users/me?user.fields=public_metrics', agent);
    assert.ok('tweet_count' in (await me()).json.data.public_metrics);
    assert.ok('post_count' in (await me(XDK)).json.data.public_metrics);
    const made = await api.send('POST', alice, '/2/tweets', { text: 'one' });
    assert.ok('edit_history_post_ids' in made.json.data);
    const named = { text: 'two', quote_post_id: idAgo(60) };
    const other = api.person(await api.app(), '101');
    assert.ok('edit_history_post_ids' in (await api.send('POST', other, '/2/tweets', named)).json.data);
  });

  test('is that of problem types: refusals, what a list is missing, and what a call cannot say', async () => {
    const app = await api.app({ plan: 'free' });
    const alice = api.person(app, '101');
    const refusals: [url: string, who: Keyed][] = [
      ['/2/tweets?ids=x', alice],
      ['/2/users/me?user.fields=nothing', alice],
      ['/2/users/me', app],
      ['/2/tweets/search/recent?query=a', alice],
    ];
    for (const [agent, prefix] of [
      [XDK, CURRENT_TYPES],
      [TWEEPY, CLASSIC_TYPES],
    ] as const) {
      for (const [url, who] of refusals) {
        const { json, text } = await ask(who, url, agent);
        assert.ok(json.type.startsWith(prefix), text);
      }
      const pro = await api.app();
      const { json } = await ask(pro, `/2/tweets?ids=${idAgo(60)},9`, agent);
      assert.equal(json.errors[0].type, `${prefix}resource-not-found`);
    }
    const current = await ask(await api.app(), '/2/tweets?ids=x&expansions=referenced_posts');
    assert.ok(current.json.type.startsWith(CURRENT_TYPES), 'the words of a request that is refused');
  });

  test('leaves what a post says as it was, problem types in it too', async () => {
    const text = `"type":"${CLASSIC_TYPES}resource-not-found" is no error`;
    await api.apply(post(50, { text }));
    const { json } = await ask(await api.app({ dialect: 'current' }), `/2/tweets/${idAgo(50)}`);
    assert.equal(json.data.text, text);
  });

  test('names an expansion in an error as it was asked for', async () => {
    await api.apply(post(40, { references: [{ type: 'quoted', id: '8' }] }));
    const app = await api.app();
    for (const name of ['referenced_posts', 'referenced_tweets.id']) {
      const { json } = await ask(app, `/2/tweets/${idAgo(40)}?expansions=${name}`);
      assert.equal(json.errors[0].parameter, name);
      assert.ok(json.errors[0].detail.includes(`${name}: [8]`), json.errors[0].detail);
    }
  });

  test('of a stream is decided when it opens; there a name counts before classic words, which the XDK sends too', async (t) => {
    const fields = '?tweet.fields=public_metrics,referenced_tweets&expansions=referenced_tweets.id';
    const readers = [];
    for (const [agent, dialect] of [
      [XDK, 'auto'],
      [TWEEPY, 'auto'],
      [undefined, 'auto'],
      [undefined, 'current'],
    ] as const) {
      const app = await api.app({ dialect });
      await api.send('POST', app, '/2/tweets/search/stream/rules', { add: [{ value: 'tea' }] });
      const reader = await openReader(base, `/2/tweets/search/stream${fields}`, app.bearerToken, agent);
      t.after(() => reader.cut());
      readers.push(reader);
    }
    await api.apply(post(1, { text: 'green tea', references: [{ type: 'quoted', id: idAgo(60) }] }));
    const lines = await Promise.all(readers.map(async (reader) => (await reader.lines(1))[0]));
    assert.deepEqual(
      lines.map(({ data, includes }) => [
        data.public_metrics.repost_count === undefined,
        Object.keys(includes),
      ]),
      [
        [false, ['posts']],
        [true, ['tweets']],
        [true, ['tweets']],
        [false, ['posts']],
      ],
    );
    const [first] = readers;
    api.world.streams.stop();
    assert.match(
      (await first!.until((text) => text.includes('disconnect'))).split('\r\n').at(-2)!,
      /api\.x\.com/,
    );
  });

  test('was never answered by a mistake of ours', () => assert.deepEqual(api.mistakes, []));
});

test('what an app showed last is on disk once the process ends, and no call writes it', async (t) => {
  const world = await testWorld(t);
  const { licenseeId } = await world.terms.addLicensee('Example Ads');
  const [one, two] = await Promise.all(
    [1, 2].map(() => world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro', dialect: 'auto' })),
  );
  world.terms.noteDialect(one!.appId, 'current');
  world.terms.noteDialect('1', 'current');
  const db = new DatabaseSync(join(world.dir, 'terms.db'), { readOnly: true });
  const written = db.prepare('SELECT count(*) AS n FROM apps WHERE last_dialect IS NOT NULL').get();
  db.close();
  assert.deepEqual({ ...written }, { n: 0 });
  const again = await world.restart();
  assert.deepEqual(again.terms.dialectOf(one!.appId), { setting: 'auto', last: 'current' });
  assert.deepEqual(again.terms.dialectOf(two!.appId), { setting: 'auto', last: undefined });
});

test('posts that a webhook is brought are written in the dialect of the app, and as it was linked without one', async (t) => {
  const { api, app, webhookId, told, take } = await subscribedWorld(t, { subscribers: [] });
  await api.send('POST', app, '/2/tweets/search/stream/rules', { add: [{ value: 'coffee' }] });
  const link = (query: string, agent: string) =>
    api.send('POST', app, `/2/tweets/search/webhooks/${webhookId}${query}`, undefined, {
      'user-agent': agent,
    });
  const brought = async (seconds: number) => {
    await api.apply(post(seconds, { text: 'coffee' }));
    await told();
    const [{ data }] = take();
    return 'edit_history_post_ids' in data ? 'current' : 'classic';
  };
  await link('?tweet.fields=created_at', XDK);
  assert.equal(await brought(9), 'current');
  await link('?tweet.fields=created_at', TWEEPY);
  assert.equal(await brought(8), 'classic');
  await link('', XDK);
  assert.equal(await brought(7), 'current', 'what the app showed last');
  await api.world.terms.setApp(OPERATOR, app.appId, { dialect: 'classic' });
  assert.equal(await brought(6), 'classic');
});
