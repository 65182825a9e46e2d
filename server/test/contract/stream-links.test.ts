import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { DAY_MS } from '#kernel';
import { OPERATOR } from '#terms';
import { testWorld } from '../world.ts';
import { idAgo, type Json, person, post } from './api.ts';
import { openReceiver } from './fake-receiver.ts';
import { openReader } from './reader.ts';
import { subscribedWorld } from './webhook-world.ts';

const LINKS = '/2/tweets/search/webhooks';
const ALL_FIELDS =
  'tweet.fields=author_id,created_at,public_metrics&expansions=author_id,referenced_tweets.id&user.fields=created_at';

/** An app with a rule about coffee, and a webhook that its rules may be linked to. */
async function linkedWorld(t: TestContext, query = '') {
  const world = await subscribedWorld(t, { subscribers: [] });
  const { api, app, webhookId } = world;
  await api.send('POST', app, '/2/tweets/search/stream/rules', {
    add: [{ value: 'coffee', tag: 'about coffee' }, { value: 'tea' }],
  });
  const link = (fields = query) =>
    api.send('POST', app, `${LINKS}/${webhookId}${fields === '' ? '' : `?${fields}`}`);
  const linked = await link();
  assert.deepEqual([linked.status, linked.json], [200, { data: { provisioned: true } }]);
  return {
    ...world,
    link,
    /** What the ledger has of the app's deliveries of posts that match. */
    recorded(): { calls: number; posts: number; billed: number } {
      const day = Math.floor(api.world.clock.now() / DAY_MS) * DAY_MS;
      const { rows } = api.world.terms.usage(app.licenseeId, { from: day - DAY_MS, to: day + DAY_MS });
      const found = rows.filter(({ operation }) => operation === 'deliverFilteredStream');
      const sum = (name: 'calls' | 'posts' | 'billed') => found.reduce((all, row) => all + row[name], 0);
      return { calls: sum('calls'), posts: sum('posts'), billed: sum('billed') };
    },
  };
}

const ids = (bodies: Json[]) => bodies.map(({ data }) => data.id).toSorted();

describe('links of rules to webhooks', () => {
  test('bring what the filtered stream brings, line for line, signed, and nothing else', async (t) => {
    const { api, app, receiver, told, take, recorded } = await linkedWorld(t, ALL_FIELDS);
    const base = await api.server.listen({ host: '127.0.0.1', port: 0 });
    const reader = await openReader(base, `/2/tweets/search/stream?${ALL_FIELDS}`, app.bearerToken);
    t.after(() => reader.cut());
    await api.apply(
      post(9, { text: 'coffee and tea' }),
      post(8, { text: 'water' }),
      post(7, { text: 'more tea', references: [{ type: 'quoted', id: idAgo(8) }] }),
    );
    await told();
    const lines = await reader.lines(2);
    const names = receiver.delivered.map(({ headers }) => headers['parley-delivery']);
    assert.deepEqual(names.toSorted(), [`stream/${idAgo(9)}`, `stream/${idAgo(7)}`].toSorted());
    const bodies = take().toSorted((one, other) => (one.data.id < other.data.id ? -1 : 1));
    assert.deepEqual(bodies, lines);
    assert.equal(bodies[0].matching_rules.length, 2);
    assert.equal(bodies[1].includes.tweets[0].text, 'water');
    // The quoted post came along; what the stream brought today is free.
    assert.deepEqual([recorded().calls, recorded().posts], [2, 3]);
    assert.deepEqual(api.mistakes, []);
  });

  test('are listed with their fields as queries, linked anew with others, and taken away', async (t) => {
    const { api, app, link, webhookId, hooked, told, take } = await linkedWorld(t, ALL_FIELDS);
    const list = async () => (await api.get(app, LINKS)).json;
    const [one] = (await list()).data;
    assert.deepEqual(
      [one.webhook_id, one.application_id, one.created_at],
      [webhookId, app.appId, '2026-11-21T10:00:00.000Z'],
    );
    assert.deepEqual(one.fields.toSorted(), [
      'expansions=author_id,referenced_tweets.id',
      'tweet.fields=author_id,created_at,public_metrics',
      'user.fields=created_at',
    ]);
    await link('post.fields=conversation_id,in_reply_to_user_id&expansions=edit_history_post_ids');
    assert.deepEqual((await list()).data[0].fields, [
      'post.fields=conversation_id,in_reply_to_user_id',
      'expansions=edit_history_post_ids',
    ]);
    await api.apply(post(5, { text: 'coffee' }));
    await told();
    const [body] = take();
    assert.deepEqual(body.data.edit_history_post_ids, [idAgo(5)], 'in the dialect that was asked in');
    const other = await hooked();
    assert.deepEqual((await api.get(other.app, LINKS)).json, { meta: { result_count: 0 } });
    for (const method of ['POST', 'DELETE'] as const)
      assert.equal((await api.send(method, other.app, `${LINKS}/${webhookId}`)).status, 404, 'another app’s');
    const gone = async () => (await api.send('DELETE', app, `${LINKS}/${webhookId}`)).json;
    assert.deepEqual(
      [await gone(), await gone()],
      [{ data: { deleted: true } }, { data: { deleted: false } }],
    );
    await api.apply(post(4, { text: 'coffee again' }));
    await told();
    assert.deepEqual([take(), await list()], [[], { meta: { result_count: 0 } }]);
  });

  test('refuse fields that do not exist, keys that may not, and go with their webhook', async (t) => {
    const { api, app, link, webhookId, told, take } = await linkedWorld(t);
    assert.equal((await link('tweet.fields=colour')).status, 400);
    assert.equal((await link('max_results=5')).status, 400);
    const asPerson = await api.send('POST', api.person(app, '101'), `${LINKS}/${webhookId}`);
    assert.equal(asPerson.status, 403, asPerson.text);
    const basic = await api.app({ plan: 'basic' });
    assert.equal((await api.get(basic, LINKS)).status, 403);
    assert.equal((await api.send('DELETE', app, `/2/webhooks/${webhookId}`)).status, 200);
    await api.apply(post(3, { text: 'coffee' }));
    await told();
    assert.deepEqual([take(), (await api.get(app, LINKS)).json], [[], { meta: { result_count: 0 } }]);
    assert.deepEqual(api.mistakes, []);
  });

  test('a receiver that fails gets the same delivery again, recorded once; what was deleted meanwhile is not sent', async (t) => {
    const { api, receiver, told, take, recorded } = await linkedWorld(t);
    receiver.state.manner = 'fails';
    await api.apply(post(9, { text: 'coffee one' }), post(8, { text: 'coffee two' }));
    await told();
    const before = recorded();
    assert.ok(receiver.delivered.length > 0);
    receiver.delivered.length = 0;
    await api.apply({ kind: 'delete-post', id: idAgo(8), at: api.world.clock.now() });
    receiver.state.manner = 'well';
    for (let round = 0; round < 4; round += 1) {
      api.world.clock.advance(600_000);
      await told();
    }
    assert.deepEqual(ids(take()), [idAgo(9)]);
    assert.deepEqual(recorded().calls, before.calls);
    assert.deepEqual(api.mistakes, []);
  });

  test('what authors hide or refuse, and what comes late from a file, is not brought', async (t) => {
    const { api, told, take } = await linkedWorld(t);
    await api.apply(
      person('105', { protected: true }),
      post(9, { text: 'coffee of a protected one', authorId: '105' }),
      person('106', { preferences: { search: false, aiTraining: false, redistribution: false } }),
      post(8, { text: 'coffee of one who is not to be found', authorId: '106' }),
      post(2 * 86_400, { text: 'coffee of the day before yesterday' }),
      post(7, { text: 'coffee for all' }),
    );
    await told();
    assert.deepEqual(ids(take()), [idAgo(7)]);
  });

  test('keep to the plan’s posts a second', async (t) => {
    const { api, told } = await linkedWorld(t);
    await api.world.terms.addPlan({
      name: 'slow',
      base: 'pro',
      streams: { connections: 1, rules: 10, ruleLength: 512, postsPerSecond: 20 },
    });
    const app = await api.app({ plan: 'slow' });
    const receiver = await openReceiver(t, app.consumerSecret);
    const { id } = await api.world.webhooks.create(app.appId, receiver.url);
    await api.send('POST', app, '/2/tweets/search/stream/rules', { add: [{ value: 'coffee' }] });
    await api.send('POST', app, `${LINKS}/${id}`);
    const posts = Array.from({ length: 30 }, (_, at) => post(100 + at, { text: `coffee ${at}` }));
    const began = performance.now();
    await api.apply(...posts);
    await told();
    const took = performance.now() - began;
    assert.equal(receiver.delivered.length, 30);
    // A second's worth goes at once, the other ten take half a second.
    assert.ok(took >= 450, `30 posts took ${took} ms`);
  });
});

test('a link survives a restart, and what came just before it is delivered once', async (t) => {
  let world = await testWorld(t, undefined, { allowWebhooks: ['127.0.0.1/32'] });
  const { licenseeId } = await world.terms.addLicensee('Reader');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro' });
  const receiver = await openReceiver(t, app.consumerSecret);
  const { id } = await world.webhooks.create(app.appId, receiver.url);
  world.streams.rules.add(app.appId, [{ value: 'coffee' }], { rules: 5, ruleLength: 512 }, false);
  world.webhooks.link(app.appId, id, ['tweet.fields=created_at']);
  const told = async () => {
    await world.webhooks.followed();
    await world.outbox.settled();
  };
  await world.writer.apply([person('101'), post(9, { text: 'coffee one' })]);
  await told();
  // The house ends before anybody looked at these.
  world.webhooks.stop();
  await world.writer.apply([post(8, { text: 'coffee two' }), post(7, { text: 'tea' })]);
  world = await world.restart();
  await told();
  await world.writer.apply([post(6, { text: 'coffee three' })]);
  await told();
  assert.deepEqual(
    receiver.delivered.map(({ json }) => [json.data.id, json.data.created_at !== undefined]),
    [9, 8, 6].map((seconds) => [idAgo(seconds), true]),
  );
});
