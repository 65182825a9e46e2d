import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { openStreams } from '#streams';
import { type Api, apiWorld, idAgo, type Json, person, post } from './api.ts';
import { openReader, type StreamReader } from './reader.ts';

const STREAM = '/2/tweets/search/stream';
type App = Awaited<ReturnType<Api['app']>>;

/** A Parley that listens, with an app that has rules, and the means to open streams that end with the test. */
async function streamWorld(t: TestContext, rules: readonly string[] = ['coffee']) {
  const api = await apiWorld(t);
  const app = await api.app();
  const base = await api.server.listen({ host: '127.0.0.1', port: 0 });
  if (rules.length > 0)
    await api.send('POST', app, `${STREAM}/rules`, {
      add: rules.map((value) => ({ value, tag: `about ${value}` })),
    });
  const readers: StreamReader[] = [];
  t.after(() => {
    for (const reader of readers) reader.cut();
  });
  const read = async (path = STREAM, who: App = app) => {
    const reader = await openReader(base, path, who.bearerToken);
    readers.push(reader);
    return reader;
  };
  return { api, app, base, read };
}

const ids = (lines: Json[]) => lines.map((line) => line.data?.id);

/** The entries of an app's log that a call opened and its batches. */
async function entriesOf({ world }: Api, app: App): Promise<Json[]> {
  await world.ledger.integrated();
  const { log } = world.terms.licensees(app.licenseeId)[0]!;
  const found: Json[] = [];
  for await (const entry of world.ledger.reader.entries(log, 0, world.ledger.state(log).size))
    found.push(entry);
  return found;
}

describe('the filtered stream', () => {
  test('brings new posts with the rules that they match, in lines ended by CRLF, and records each batch', async (t) => {
    const { api, app, read } = await streamWorld(t, ['coffee', 'tea', 'from:alice -is:retweet']);
    const reader = await read(`${STREAM}?tweet.fields=created_at&expansions=author_id`);
    assert.equal(reader.status, 200);
    assert.equal(reader.headers['content-type'], 'application/json; charset=utf-8');
    const opened = String(reader.headers['parley-call']).split('/')[1];
    await api.apply(
      person('101', { username: 'alice' }),
      post(3, { text: 'Coffee and tea' }),
      post(2, { text: 'nothing of it', authorId: '102' }),
      post(1, { text: 'no coffee', authorId: '102' }),
    );
    const [first, second] = await reader.lines(2);
    assert.deepEqual([first.data.id, second.data.id], [idAgo(3), idAgo(1)]);
    assert.equal(first.data.created_at, '2026-11-21T09:59:57.000Z');
    assert.equal(first.includes.users[0].username, 'alice');
    assert.deepEqual(first.matching_rules.map(({ tag }: Json) => tag).sort(), [
      'about coffee',
      'about from:alice -is:retweet',
      'about tea',
    ]);
    assert.match(first.matching_rules[0].id, /^\d+$/);
    assert.equal(reader.text().replaceAll('\r\n', '').includes('\n'), false);
    const batches = (await entriesOf(api, app)).filter(({ kind }) => kind === 'batch');
    assert.ok(
      batches.every(({ stream, operation }) => String(stream) === opened && operation === 'streamPosts'),
    );
    assert.equal(
      batches.reduce((sum, { posts }) => sum + posts, 0),
      2,
    );
    assert.equal(
      batches.reduce((sum, { persons }) => sum + persons, 0),
      1,
    );
    assert.deepEqual(api.mistakes, []);
  });

  test('follows its rules while it is open', async (t) => {
    const { api, app, read } = await streamWorld(t);
    const reader = await read();
    await api.send('POST', app, `${STREAM}/rules`, { add: [{ value: 'tea' }] });
    await api.send('POST', app, `${STREAM}/rules`, { delete: { values: ['coffee'] } });
    await api.apply(post(2, { text: 'coffee' }), post(1, { text: 'tea' }));
    assert.deepEqual(ids(await reader.lines(1)), [idAgo(1)]);
  });

  test('brings nothing that may not be seen, and nothing old', async (t) => {
    const { api, read } = await streamWorld(t);
    const reader = await read();
    const hidden = { search: false, aiTraining: true, redistribution: true };
    await api.apply(
      person('101', { protected: true }),
      person('102', { preferences: hidden }),
      post(5, { text: 'coffee' }),
      post(4, { text: 'coffee', authorId: '102' }),
      post(25 * 3600, { text: 'coffee', authorId: '103' }),
      post(3, { text: 'coffee', authorId: '103' }),
      { kind: 'delete-post', id: idAgo(3), at: 0 },
      post(1, { text: 'coffee', authorId: '103' }),
    );
    assert.deepEqual(ids(await reader.lines(1)), [idAgo(1)]);
  });

  test('without rules is a 409, a second connection a 429 that is told from the others, and places can be freed', async (t) => {
    const { api, app, read } = await streamWorld(t, []);
    const none = await api.get(app, STREAM);
    assert.deepEqual([none.status, none.json.connection_issue], [409, 'RuleConfigurationIssue']);
    await api.send('POST', app, `${STREAM}/rules`, { add: [{ value: 'coffee' }] });
    const reader = await read();
    const second = await api.get(app, STREAM);
    assert.equal(second.status, 429);
    // Neither of the refused took a call from the window.
    const left = [none, second, await api.get(app, STREAM)].map(
      ({ headers }) => headers['x-rate-limit-remaining'],
    );
    assert.deepEqual(left, ['50', '49', '49']);
    assert.deepEqual(
      [second.json.title, second.json.connection_issue],
      ['ConnectionException', 'TooManyConnections'],
    );
    assert.match(second.json.type, /streaming-connection$/);

    const listed = (await api.get(app, '/2/connections')).json;
    assert.equal(listed.data.length, 1);
    assert.equal(listed.data[0].endpoint_name, 'filtered_stream');
    const stranger = await api.app();
    assert.equal((await api.send('DELETE', stranger, '/2/connections/all')).json.data.successful_kills, 0);
    assert.equal(
      (await api.send('DELETE', app, '/2/connections/sample_stream')).json.data.successful_kills,
      0,
    );
    assert.equal((await api.send('DELETE', app, '/2/connections/nothing')).status, 400);
    const killed = await api.send('DELETE', app, '/2/connections', { uuids: [listed.data[0].id, 'x'] });
    assert.deepEqual([killed.json.data.successful_kills, killed.json.data.failed_kills], [1, 1]);
    const last = (await reader.lines(1)).at(-1);
    assert.equal(last.errors[0].title, 'operational-disconnect');
    await reader.ended;
    const past = (await api.get(app, '/2/connections?status=inactive&connection.fields=disconnect_reason'))
      .json;
    assert.equal(past.data[0].disconnect_reason, 'ended by the app');
    const third = await read();
    assert.equal(third.status, 200);
    assert.equal((await api.send('DELETE', app, '/2/connections/all')).json.data.successful_kills, 1);
    assert.equal((await api.get(app, '/2/connections')).json.data, undefined);
  });

  test('of several that connect at once only as many get in as the plan allows', async (t) => {
    const { app, read } = await streamWorld(t);
    const all = await Promise.all(Array.from({ length: 8 }, () => read(STREAM, app)));
    assert.deepEqual(all.map(({ status }) => status).sort(), [200, ...Array(7).fill(429)]);
  });

  test('a cut cable frees its place', async (t) => {
    const { api, app, read } = await streamWorld(t);
    (await read()).cut();
    while ((await api.get(app, '/2/connections')).json.data) await new Promise((done) => setImmediate(done));
    assert.equal((await read()).status, 200);
  });

  test('recovers what came before: backfill and start_time, each post once, then live; free the second time', async (t) => {
    const { api, app, read } = await streamWorld(t);
    await api.apply(
      ...[3 * 3600, 400, 200, 100].map((ago) => post(ago, { text: 'coffee' })),
      post(150, { text: 'tea' }),
    );
    const back = await read(`${STREAM}?backfill_minutes=5`);
    assert.deepEqual(ids(await back.lines(2)), [idAgo(200), idAgo(100)]);
    await api.apply(post(1, { text: 'live coffee' }));
    assert.deepEqual(ids(await back.lines(3)), [idAgo(200), idAgo(100), idAgo(1)]);
    await api.send('DELETE', app, '/2/connections/all');
    const all = await read(`${STREAM}?start_time=2026-11-21T06:00:00Z&end_time=2026-11-21T09:58:00Z`);
    await all.ended;
    assert.deepEqual(ids(await all.lines(3)), [idAgo(3 * 3600), idAgo(400), idAgo(200)]);
    const batches = (await entriesOf(api, app)).filter(({ kind }) => kind === 'batch');
    const sum = (name: string) => batches.reduce((total, entry) => total + entry[name], 0);
    assert.deepEqual([sum('posts'), sum('postsBilled')], [6, 5], 'one was delivered before today');
    for (const wrong of [
      'backfill_minutes=6',
      'start_time=2026-11-19T10:00:00Z',
      'start_time=2026-11-22T10:00:00Z',
      'end_time=2026-11-21T09:00:00Z',
    ])
      assert.equal((await api.get(app, `${STREAM}?${wrong}`)).status, 400, wrong);
  });

  test('ends at the cap with what fits and an error inside; what was delivered equals the cap', async (t) => {
    const { api, read } = await streamWorld(t);
    await api.world.terms.addPlan({ name: 'three', base: 'pro', monthlyPostCap: 3 });
    const app = await api.app({ plan: 'three' });
    await api.send('POST', app, `${STREAM}/rules`, { add: [{ value: 'coffee' }] });
    const reader = await read(STREAM, app);
    await api.apply(...[9, 8, 7, 6, 5].map((ago) => post(ago, { text: 'coffee' })));
    await reader.ended;
    const lines = await reader.lines(4);
    assert.deepEqual(ids(lines), [idAgo(9), idAgo(8), idAgo(7), undefined]);
    assert.equal(lines[3].errors[0].title, 'UsageCapExceeded');
    const entries = await entriesOf(api, app);
    assert.equal(entries.at(-1).totals.billed, 3);
    assert.equal((await api.get(app, STREAM)).json.title, 'UsageCapExceeded');
  });

  test('ends when its key is revoked, before another post', async (t) => {
    const { api, app, read } = await streamWorld(t);
    const reader = await read();
    await api.world.terms.revokeKey('*', app.keyId);
    await api.apply(post(1, { text: 'coffee' }));
    await reader.ended;
    const lines = await reader.lines(1);
    assert.deepEqual([lines.length, lines[0].errors[0].status], [1, 401]);
  });

  test('a dry run tells what opening costs and opens nothing', async (t) => {
    const { api, app } = await streamWorld(t);
    const reply = await api.get(app, STREAM, { 'parley-dry-run': '1' });
    assert.equal(reply.json.dry_run.operation, 'streamPosts');
    assert.equal((await api.get(app, '/2/connections')).json.data, undefined);
  });

  test('ends with its server, and says so', async (t) => {
    const { api, read } = await streamWorld(t);
    const reader = await read();
    await api.server.close();
    assert.equal((await reader.lines(1))[0].errors[0].title, 'operational-disconnect');
    await reader.ended;
  });
});

describe('samples and the firehose', () => {
  test('take the same ids for everybody: partitions add up to all, one in a hundred is in one in ten', async (t) => {
    const { api, base, read } = await streamWorld(t);
    // One connection a stream: each partition has its own, so that any plan can have the whole.
    const app = await api.app({ plan: 'pro' });
    const paths = [
      '/2/tweets/sample/stream',
      ...[1, 2].map((one) => `/2/tweets/sample10/stream?partition=${one}`),
      ...Array.from({ length: 20 }, (_, at) => `/2/tweets/firehose/stream?partition=${at + 1}`),
    ];
    const readers = await Promise.all(paths.map((path) => read(path, app)));
    assert.ok(base);
    const given = Array.from({ length: 1_000 }, (_, at) =>
      post(1, { id: idAgo(1, at + 1), text: `post ${at}` }),
    );
    await api.apply(...given);
    const all = async () =>
      (await Promise.all(readers.slice(3).map((reader) => reader.lines(0)))).flatMap(ids);
    while ((await all()).length < given.length) await new Promise((done) => setImmediate(done));
    assert.deepEqual((await all()).sort(), given.map(({ post: one }) => one.id).sort());
    const hundredth = ids(await readers[0]!.lines(1));
    const tenth = [...ids(await readers[1]!.lines(1)), ...ids(await readers[2]!.lines(1))];
    assert.ok(tenth.length > 60 && tenth.length < 140, `${tenth.length} of 1,000`);
    assert.ok(hundredth.length > 2 && hundredth.length < 25, `${hundredth.length} of 1,000`);
    assert.ok(hundredth.every((id) => tenth.includes(id)));
    assert.equal(
      (await api.get(app, '/2/tweets/firehose/stream')).status,
      400,
      'a partition has to be named',
    );
  });
});

describe('readers', () => {
  test('of a quiet stream hear an empty line before they give up', async (t) => {
    const api = await apiWorld(t);
    const { world } = api;
    const texts: string[] = [];
    const streams = openStreams({
      ...world,
      file: ':memory:',
      timing: { batchMs: 1, keepAliveMs: 30, slowMs: 100 },
    });
    t.after(() => streams.close());
    const { claim } = streams;
    const app = await api.app();
    const { appId } = app;
    streams.rules.add(appId, [{ value: 'coffee' }], { rules: 9, ruleLength: 99 }, false);
    const caller = world.terms.authenticate(app.bearerToken, { now: world.clock.now(), remote: '' });
    const admission = world.terms.admit(caller as Json, 'streamPosts', { now: world.clock.now() });
    const place = claim(admission as Json, { stream: 'filtered_stream', selection: { of: 'rules' } } as Json);
    assert.ok('open' in place);
    let waiting = 0;
    let over: (last: string) => void;
    const ended = new Promise<string>((resolve) => {
      over = resolve;
    });
    await new Promise<void>((heard) => {
      place.open({
        stream: 'filtered_stream',
        selection: { of: 'rules' },
        admission: admission as Json,
        audience: {},
        opened: { index: 0, method: 'GET', target: STREAM },
        remote: '',
        sink: {
          write: (text) => heard(void texts.push(text)),
          waiting: () => waiting,
          end: (last) => over(last),
        },
        present: () => assert.fail('nothing is taken for a reader that is behind'),
        farewell: (why) => JSON.stringify(why),
      });
    });
    assert.equal(texts[0], '\r\n');
    // From here on the reader takes nothing.
    waiting = 1 << 20;
    await api.apply(post(1, { text: 'coffee' }));
    assert.match(await ended, /not read fast enough/);
    assert.equal(streams.connections(appId)[0]?.disconnectReason, 'reader too slow');
    const entries = await entriesOf(api, app);
    assert.ok(
      entries.every(({ kind }) => kind !== 'batch'),
      'what was not sent was not charged',
    );
  });

  test('with the official XDK get posts and keep the connection', async (t) => {
    const { api, app, base } = await streamWorld(t);
    const client = new Client({ bearerToken: app.bearerToken, baseUrl: base }) as Json;
    const made = await client.stream.updateRules({ add: [{ value: 'tea', tag: 'teas' }] });
    assert.equal(made.meta.summary.created, 1);
    assert.equal((await client.stream.getRules()).data.length, 2);
    assert.equal((await client.stream.getRuleCounts()).data.clientAppRulesCount.ruleCount, 2);
    const stream = await client.stream.posts({ tweetFields: ['author_id'] });
    const got = new Promise<Json>((resolve) => stream.on('data', resolve));
    await api.apply(post(1, { text: 'green tea' }));
    const event = await got;
    assert.equal(event.data.id, idAgo(1));
    assert.equal((event.matching_rules ?? event.matchingRules)[0].tag, 'teas');
    const connections = await client.connections.getConnectionHistory?.();
    if (connections) assert.equal(connections.data.length, 1);
    assert.equal((await client.connections.deleteAll()).data.successfulKills, 1);
    stream.close?.();
  });
});
