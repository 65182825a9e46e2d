import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { ApiResponseError, ETwitterStreamEvent, TwitterApi } from 'twitter-api-v2';
import { OPERATOR } from '#terms';
import { WORLD_START } from '#test/world';
import { idAgo, person, post, untilSuiteEnds } from '../contract/api.ts';
import { agentTo, type Served, serveAsX } from './x-hosts.ts';

const idsOf = (things: readonly { id: string }[]) => things.map(({ id }) => id);

/** The client that most apps use, unchanged: only its connections are led here. It speaks the classic dialect. */
describe('twitter-api-v2, with an app’s own key', () => {
  const until = untilSuiteEnds();
  const own = Array.from({ length: 25 }, (_one, index) => idAgo(100 + index));
  const crowd = Array.from({ length: 12 }, (_one, index) => String(201 + index));
  let served: Served;

  before(async () => {
    served = await serveAsX(until);
    const relate = (relation: 'follow' | 'like', from: string, to: string) =>
      ({ kind: 'relate', relation, from, to, at: WORLD_START }) as const;
    const mentions = [{ start: 6, end: 12, username: 'alice', id: '101' }];
    const outcomes = await served.world.writer.apply([
      person('101', { username: 'alice', pinnedPostId: own[3] }),
      ...crowd.map((id) => person(id)),
      ...own.map((_id, index) => post(100 + index, { text: `coffee ${index}` })),
      post(90, { authorId: '101', text: 'a quote', references: [{ type: 'quoted', id: own[0]! }] }),
      post(80, { authorId: '201', text: 'hello @alice', entities: { mentions } }),
      post(70, { authorId: '202', text: 'RT', references: [{ type: 'retweeted', id: own[0]! }] }),
      ...crowd.flatMap((id) => [relate('follow', id, '101'), relate('like', id, own[0]!)]),
      relate('follow', '101', '201'),
      {
        kind: 'list',
        list: {
          id: '5',
          ownerId: '101',
          name: 'Crowd',
          description: '',
          private: false,
          createdAt: WORLD_START,
        },
      },
      { kind: 'relate', relation: 'list-member', from: '5', to: '201', at: WORLD_START },
      { kind: 'relate', relation: 'list-follow', from: '202', to: '5', at: WORLD_START },
    ]);
    for (const { status } of outcomes) assert.equal(status, 'created');
  });

  let licensees = 0;
  /** A new app's client. @param perWindow calls that each operation takes in 15 minutes. */
  async function connect(perWindow?: number) {
    const { terms } = served.world;
    const httpAgent = agentTo(served);
    if (perWindow !== undefined) {
      const pro = terms.plans().find(({ name }) => name === 'pro')!;
      const ids = Object.keys(pro.rates);
      const rates = Object.fromEntries(ids.map((id) => [id, [perWindow, perWindow] as const]));
      await terms.addPlan({ name: 'narrow', base: 'pro', rates });
    }
    licensees += 1;
    const { licenseeId } = await terms.addLicensee(`Example Ads ${licensees}`);
    const plan = perWindow === undefined ? 'pro' : 'narrow';
    const credentials = await terms.addApp(OPERATOR, { licenseeId, plan });
    return { client: new TwitterApi(credentials.bearerToken, { httpAgent }), credentials, httpAgent };
  }

  test('logs in, looks up and names what is missing, searches over pages, counts, reads usage', async () => {
    const { client, credentials, httpAgent } = await connect();
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
    assert.deepEqual(idsOf(several.data), [own[0]]);
    assert.equal(several.errors?.[0]?.resource_id, '9');
    const users = await client.v2.usersByUsernames(['alice', 'nobody']);
    assert.deepEqual([idsOf(users.data), users.errors?.[0]?.value], [['101'], 'nobody']);
    const alice = await client.v2.userByUsername('alice', { expansions: ['pinned_tweet_id'] });
    assert.equal(alice.includes?.tweets?.[0]?.id, own[3]);

    const found = await client.v2.search('coffee', { max_results: 10 });
    await found.fetchLast(100);
    assert.deepEqual(idsOf(found.tweets), own);
    assert.ok(found.rateLimit.limit > found.rateLimit.remaining);
    assert.equal((await client.v2.searchAll('coffee', { max_results: 10 })).tweets.length, 10);
    await assert.rejects(client.v2.search(''), isRefusal(400));
    const counts = await client.v2.tweetCountRecent('coffee', { granularity: 'day' });
    assert.equal(counts.meta.total_tweet_count, 25);
    assert.equal((await client.v2.tweetCountAll('coffee')).meta.total_tweet_count, 25);
    const usage = await client.v2.usage({ 'usage.fields': ['daily_project_usage'] });
    assert.ok(Number(usage.data.project_usage) > 0);
  });

  test('reads timelines, likes, reposts, quotes, followers and lists, forth and back', async () => {
    const { client } = await connect();
    const timeline = await client.v2.userTimeline('101', { max_results: 10 });
    await timeline.fetchNext(10);
    assert.deepEqual(idsOf(timeline.tweets), [idAgo(90), ...own.slice(0, 19)]);
    const second = await (await client.v2.userTimeline('101', { max_results: 10 })).next();
    assert.deepEqual(idsOf((await second.previous()).tweets), idsOf(timeline.tweets.slice(0, 10)));
    assert.deepEqual(idsOf((await client.v2.userMentionTimeline('101')).tweets), [idAgo(80)]);
    assert.deepEqual(idsOf((await client.v2.quotes(own[0]!)).tweets), [idAgo(90)]);

    const reversed = crowd.toReversed();
    const followers = await client.v2.followers('101', { asPaginator: true, max_results: 5 });
    await followers.fetchLast(100);
    assert.deepEqual(idsOf(followers.users), reversed);
    const likers = await client.v2.tweetLikedBy(own[0]!, { asPaginator: true, max_results: 5 });
    await likers.fetchLast(100);
    assert.deepEqual(idsOf(likers.users), reversed);
    assert.deepEqual(idsOf((await client.v2.following('101')).data), ['201']);
    assert.deepEqual(idsOf((await client.v2.tweetRetweetedBy(own[0]!)).data), ['202']);
    assert.deepEqual(idsOf((await client.v2.userLikedTweets('201')).tweets), [own[0]]);

    assert.equal((await client.v2.list('5', { 'list.fields': ['member_count'] })).data.member_count, 1);
    assert.deepEqual(idsOf((await client.v2.listMembers('5')).users), ['201']);
    assert.deepEqual(idsOf((await client.v2.listFollowers('5')).users), ['202']);
    assert.deepEqual(idsOf((await client.v2.listTweets('5')).tweets), [idAgo(80)]);
    assert.deepEqual(idsOf((await client.v2.listsOwned('101')).lists), ['5']);
    assert.deepEqual(idsOf((await client.v2.listMemberships('201')).lists), ['5']);
    assert.deepEqual(idsOf((await client.v2.listFollowed('202')).lists), ['5']);
  });

  test('sends a compliance job with its ids, and reads the result', async () => {
    const { client } = await connect();
    assert.equal((await client.v2.complianceJobs({ type: 'tweets' })).data, undefined);
    const gone = idAgo(60);
    const removed = { kind: 'delete-post', id: gone, at: WORLD_START } as const;
    await served.world.writer.apply([post(60), removed]);
    const { data: sent } = await client.v2.sendComplianceJob({ type: 'tweets', ids: [own[0]!, gone] });
    await assert.rejects(client.v2.sendComplianceJob({ type: 'tweets', ids: ['1'] }), isRefusal(409));
    let job = (await client.v2.complianceJob(sent.id)).data;
    while (job.status !== 'complete') job = (await client.v2.complianceJob(sent.id)).data;
    const result = await client.v2.complianceJobResult(job);
    assert.deepEqual(
      result.map(({ id, action, reason }) => [id, action, reason]),
      [[gone, 'delete', 'deleted']],
    );
    assert.deepEqual(idsOf((await client.v2.complianceJobs({ type: 'tweets' })).data), [sent.id]);
  });

  test('keeps rules, and its stream goes on after its connection was cut', async (t) => {
    const { client, credentials } = await connect();
    const { world } = served;
    const wanted = [{ value: 'tea', tag: 'hot' }, { value: 'has:links' }];
    const tried = await client.v2.updateStreamRules({ add: wanted }, { dry_run: true });
    assert.deepEqual(tried.meta.summary, { created: 1, not_created: 1, valid: 1, invalid: 1 } as object);
    assert.equal((await client.v2.streamRules()).data, undefined);
    const added = await client.v2.updateStreamRules({ add: wanted.slice(0, 1) });
    assert.equal(added.meta.summary.created, 1);
    const again = await client.v2.updateStreamRules({ add: wanted.slice(0, 1) });
    assert.equal(again.errors?.[0]?.title, 'DuplicateRule');
    const [rule] = (await client.v2.streamRules()).data;
    assert.deepEqual([rule?.value, rule?.tag], ['tea', 'hot']);

    const stream = await client.v2.searchStream({ autoConnect: false });
    t.after(() => stream.close());
    stream.autoReconnect = true;
    stream.nextRetryTimeout = () => 10;
    const first = next(stream, ETwitterStreamEvent.Data);
    await stream.connect();
    await world.writer.apply([post(0, { text: 'hot tea' })]);
    assert.deepEqual(await first, {
      data: { id: idAgo(0), text: 'hot tea', edit_history_tweet_ids: [idAgo(0)] },
      matching_rules: [{ id: rule?.id, tag: 'hot' }],
    });

    // The quiet quarter minute passes at once.
    const quiet = next(stream, ETwitterStreamEvent.DataKeepAlive);
    const soon = performance.now.bind(performance);
    const later = t.mock.method(performance, 'now', () => soon() + 20_000);
    await quiet;
    later.mock.restore();

    const reconnected = next(stream, ETwitterStreamEvent.Reconnected);
    const ended = next(stream, ETwitterStreamEvent.DataError);
    world.streams.end(credentials.appId, () => true);
    assert.equal((await ended).errors[0].title, 'operational-disconnect');
    await reconnected;
    const second = next(stream, ETwitterStreamEvent.Data);
    await world.writer.apply([post(0, { id: idAgo(0, 2), text: 'more tea' })]);
    assert.equal((await second).data.text, 'more tea');
    stream.close();
    await client.v2.updateStreamRules({ delete: { ids: [rule!.id] } });
    assert.equal((await client.v2.streamRules()).data, undefined);
    await assert.rejects(client.v2.searchStream(), isRefusal(409));
  });

  test('takes a hundredth and a tenth of all posts', async (t) => {
    const { client } = await connect();
    const streams = [
      await client.v2.sampleStream(),
      // X's other half is `partition=2`; the client's types do not know of it.
      await client.v2.sample10Stream({ partition: 1 } as object),
    ];
    t.after(() => {
      for (const stream of streams) stream.close();
    });
    const heard = streams.map((stream) => next(stream, ETwitterStreamEvent.Data));
    const many = Array.from({ length: 500 }, (_one, index) =>
      post(30, { id: idAgo(30, index), text: 'milk' }),
    );
    await served.world.writer.apply(many);
    for (const { data } of await Promise.all(heard)) assert.equal(data.text, 'milk');
  });

  test('a full window is an error that the client knows, with the time at which to come again', async () => {
    const { client } = await connect(1);
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

type Listened = { once(event: never, listener: (value: unknown) => void): unknown };
// biome-ignore lint/suspicious/noExplicitAny: what a stream brings is looked at path by path
function next(stream: Listened, event: string): Promise<any> {
  return new Promise((resolve) => stream.once(event as never, resolve));
}
