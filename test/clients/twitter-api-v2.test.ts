import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { ApiResponseError, ETwitterStreamEvent, TwitterApi } from 'twitter-api-v2';
import { OPERATOR } from '#terms';
import { idAgo, person, post } from '../contract/api.ts';
import { agentTo, serveAsX } from './x-hosts.ts';

/** The client that most apps use, unchanged: only its connections are led here. It speaks the classic dialect. */
describe('twitter-api-v2, with an app’s own key', () => {
  test('logs in, looks up, searches over pages, counts, reads timelines, usage and rules', async (t) => {
    const { world, client, credentials, httpAgent } = await connect(t);
    const own = Array.from({ length: 25 }, (_one, index) => idAgo(100 + index));
    await world.writer.apply([
      person('101', { username: 'alice', pinnedPostId: own[3] }),
      ...own.map((_id, index) => post(100 + index, { text: `coffee ${index}` })),
      post(90, { authorId: '101', text: 'a quote', references: [{ type: 'quoted', id: own[0]! }] }),
    ]);

    const loggedIn = await new TwitterApi(
      { appKey: credentials.consumerKey, appSecret: credentials.consumerSecret },
      { httpAgent },
    ).appLogin();
    assert.equal((await loggedIn.v2.singleTweet(own[0]!)).data.text, 'coffee 0');

    const one = await client.v2.singleTweet(idAgo(90), {
      expansions: ['author_id', 'referenced_tweets.id'],
      'tweet.fields': ['created_at', 'public_metrics'],
    });
    assert.equal(one.data.created_at, '2026-11-21T09:58:30.000Z');
    assert.equal(one.includes?.users?.[0]?.username, 'alice');
    assert.equal(one.includes?.tweets?.[0]?.id, own[0]);

    const several = await client.v2.tweets([own[0]!, '9']);
    assert.deepEqual(
      several.data.map(({ id }) => id),
      [own[0]],
    );
    assert.equal(several.errors?.[0]?.resource_id, '9');

    const found = await client.v2.search('coffee', { max_results: 10 });
    await found.fetchLast(100);
    assert.deepEqual(
      found.tweets.map(({ id }) => id),
      own,
    );
    assert.ok(found.rateLimit.limit > found.rateLimit.remaining);

    const counts = await client.v2.tweetCountRecent('coffee', { granularity: 'day' });
    assert.equal(counts.meta.total_tweet_count, 25);

    const alice = await client.v2.userByUsername('alice', { expansions: ['pinned_tweet_id'] });
    assert.equal(alice.includes?.tweets?.[0]?.id, own[3]);
    const timeline = await client.v2.userTimeline('101', { max_results: 10 });
    await timeline.fetchNext(10);
    assert.equal(timeline.tweets.length, 20);
    await assert.rejects(client.v2.search(''), isRefusal(400));

    const added = await client.v2.updateStreamRules({ add: [{ value: 'coffee', tag: 'hot' }] });
    assert.equal(added.meta.summary.created, 1);
    assert.deepEqual(
      (await client.v2.streamRules()).data.map(({ value, tag }) => [value, tag]),
      [['coffee', 'hot']],
    );
    await client.v2.updateStreamRules({ delete: { ids: added.data.map(({ id }) => id) } });
    assert.equal((await client.v2.streamRules()).data, undefined);
  });

  test('a stream brings what matches, and goes on after its connection was cut', async (t) => {
    const { world, client } = await connect(t);
    await world.writer.apply([person('101')]);
    await client.v2.updateStreamRules({ add: [{ value: 'coffee', tag: 'hot' }] });
    const stream = await client.v2.searchStream({ autoConnect: false });
    t.after(() => stream.close());
    stream.autoReconnect = true;
    stream.nextRetryTimeout = () => 10;
    const first = next(stream, ETwitterStreamEvent.Data);
    await stream.connect();
    await world.writer.apply([post(0, { text: 'hot coffee' })]);
    assert.deepEqual((await first) as object, {
      data: { id: idAgo(0), text: 'hot coffee', edit_history_tweet_ids: [idAgo(0)] },
      matching_rules: [{ id: (await client.v2.streamRules()).data[0]!.id, tag: 'hot' }],
    });

    const again = next(stream, ETwitterStreamEvent.Reconnected);
    for (const { appId } of world.terms.apps(OPERATOR)) world.streams.end(appId, () => true);
    await again;
    const second = next(stream, ETwitterStreamEvent.Data);
    await world.writer.apply([post(0, { id: idAgo(0, 2), text: 'more coffee' })]);
    assert.equal(((await second) as { data: { text: string } }).data.text, 'more coffee');
  });

  test('a full window is an error that the client knows, with the time at which to come again', async (t) => {
    const { client } = await connect(t, 1);
    await client.v2.userByUsername('nobody').catch(() => undefined);
    await assert.rejects(client.v2.userByUsername('nobody'), (error) => {
      assert.ok(error instanceof ApiResponseError);
      assert.equal(error.rateLimitError, true);
      assert.equal(error.rateLimit?.remaining, 0);
      assert.equal((error.rateLimit?.reset ?? 0) % 900, 0);
      return true;
    });
  });
});

function isRefusal(status: number) {
  return (error: unknown) => error instanceof ApiResponseError && error.code === status;
}

function next(stream: { once(event: never, listener: (value: unknown) => void): unknown }, event: string) {
  return new Promise((resolve) => stream.once(event as never, resolve));
}

/** @param perWindow calls that each operation takes in 15 minutes. */
async function connect(t: TestContext, perWindow?: number) {
  const served = await serveAsX(t);
  const { world } = served;
  const httpAgent = agentTo(served);
  if (perWindow !== undefined) {
    const pro = world.terms.plans().find(({ name }) => name === 'pro')!;
    const rates = Object.fromEntries(
      Object.keys(pro.rates).map((id) => [id, [perWindow, perWindow] as const]),
    );
    await world.terms.addPlan({ name: 'narrow', base: 'pro', rates });
  }
  const { licenseeId } = await world.terms.addLicensee('Example Ads');
  const plan = perWindow === undefined ? 'pro' : 'narrow';
  const credentials = await world.terms.addApp(OPERATOR, { licenseeId, plan });
  const client = new TwitterApi(credentials.bearerToken, { httpAgent });
  return { world, client, credentials, httpAgent };
}
