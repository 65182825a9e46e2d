import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { Client } from '@xdevplatform/xdk';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { makeId } from '#kernel';
import { openApi, operations } from '#x';
import { type Api, apiWorld, idAgo, type Json, person, post } from './api.ts';
import { openReader } from './reader.ts';

const POSTS = '/2/tweets/compliance/stream';
const USERS = '/2/users/compliance/stream';
/** The keep-alive's: an event that waits for it was not sent when it happened. */
const KEEP_ALIVE_MS = 15_000;
type App = Awaited<ReturnType<Api['app']>>;

const document = openApi(operations);
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: 'api', ...document });

/** A Parley that listens, with an app of an enterprise plan. */
async function eventWorld(t: TestContext) {
  const api = await apiWorld(t);
  const app = await api.app({ plan: 'enterprise-50m' });
  const base = await api.server.listen({ host: '127.0.0.1', port: 0 });
  const cuts: (() => void)[] = [];
  t.after(() => {
    for (const cut of cuts) cut();
  });
  const read = async (path: string, who: App = app) => {
    const reader = await openReader(base, path, who.bearerToken);
    cuts.push(reader.cut);
    const validate = ajv.getSchema(
      `api#/components/schemas/${path.startsWith(POSTS) ? 'PostsComplianceLine' : 'UsersComplianceLine'}`,
    )!;
    const lines = async (count: number): Promise<Json[]> => {
      const found = await reader.lines(count);
      for (const line of found) assert.ok(validate(line), JSON.stringify([line, validate.errors]));
      return found.map(({ data, errors }) => data ?? errors);
    };
    return { ...reader, lines };
  };
  /** Readers of all four partitions, and what they have together, sorted. */
  const readAll = async (path: string, query = '', who: App = app) => {
    const readers = await Promise.all(
      [1, 2, 3, 4].map((one) => read(`${path}?partition=${one}${query}`, who)),
    );
    return async (count: number) => {
      for (;;) {
        const found = (await Promise.all(readers.map((reader) => reader.lines(0)))).flat();
        if (found.length >= count) return found;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
  };
  return { api, app, base, read, readAll };
}

describe('the compliance stream of posts', () => {
  test('tells of what was deleted, edited, withheld, dropped and shown again', async (t) => {
    const { api, readAll } = await eventWorld(t);
    const app = await api.app({ plan: 'pro' });
    const lines = await readAll(POSTS, '', app);
    const [first, second] = [
      makeId(Date.parse('2026-11-21T09:59:00Z'), 1),
      makeId(Date.parse('2026-11-21T09:59:30Z'), 2),
    ];
    await api.apply(
      person('101'),
      post(60, { id: first, createdAt: Date.parse('2026-11-21T09:59:00Z') }),
      post(5, { authorId: '102' }),
    );
    await api.apply({
      kind: 'edit',
      previousId: first,
      post: {
        ...post(30, { id: second, createdAt: Date.parse('2026-11-21T09:59:30Z') }).post,
        text: 'better',
      },
    });
    await api.apply({ kind: 'withhold-post', id: idAgo(5), withheld: { countryCodes: ['DE', 'FR'] } });
    await api.apply({ kind: 'withhold-post', id: idAgo(5), withheld: null });
    await api.apply({ kind: 'delete-post', id: idAgo(5), at: api.world.clock.now() });
    const found = await lines(4);
    const when = { event_at: '2026-11-21T10:00:00.000Z' };
    const tweet = { id: idAgo(5), author_id: '102' };
    const of = (name: string) => found.filter((one) => name in one);
    assert.deepEqual(of('tweet_edit'), [
      {
        tweet_edit: {
          tweet: { id: second },
          initial_tweet_id: first,
          edit_tweet_ids: [first, second],
          ...when,
        },
      },
    ]);
    assert.deepEqual(of('withheld'), [
      { withheld: { tweet, withheld_in_countries: ['DE', 'FR'], ...when } },
      { withheld: { tweet, withheld_in_countries: [], ...when } },
    ]);
    assert.deepEqual(of('delete'), [{ delete: { tweet, ...when } }]);
    assert.deepEqual(api.mistakes, []);
  });

  test('a deletion arrives before the next keep-alive', async (t) => {
    const { api, read } = await eventWorld(t);
    await api.apply(post(5));
    for (let partition = 1; partition <= 2; partition += 1) await read(`${USERS}?partition=${partition}`);
    const readers = await Promise.all([1, 2].map((one) => read(`${POSTS}?partition=${one}`)));
    await api.apply(...Array.from({ length: 20 }, (_, at) => post(10 + at)));
    const began = performance.now();
    await api.apply(
      ...Array.from({ length: 20 }, (_, at) => ({ kind: 'delete-post', id: idAgo(10 + at), at: 0 }) as const),
    );
    await Promise.race(readers.map((reader) => reader.lines(1)));
    assert.ok(performance.now() - began < KEEP_ALIVE_MS, `${performance.now() - began} ms`);
  });
});

describe('the compliance stream of persons', () => {
  test('tells of every state and back, of changed accounts and of places that were taken away', async (t) => {
    const { api, readAll } = await eventWorld(t);
    const lines = await readAll(USERS, '', await api.app({ plan: 'pro' }));
    await api.apply(person('101'), person('102'), post(5), post(6, { authorId: '102' }));
    await api.apply({ kind: 'protect', id: '101', protected: true });
    await api.apply({ kind: 'protect', id: '101', protected: false });
    await api.apply({ kind: 'person-state', id: '101', state: 'suspended' });
    await api.apply({ kind: 'person-state', id: '101', state: 'deactivated' });
    await api.apply({ kind: 'person-state', id: '101', state: 'active' });
    await api.apply({ kind: 'withhold-person', id: '101', withheld: { countryCodes: ['DE'] } });
    await api.apply({ kind: 'scrub-geo', id: '101', upToPostId: idAgo(5), at: 0 });
    await api.apply(person('101', { name: 'New name' }));
    await api.apply({ kind: 'delete-person', id: '102', at: 0 });
    const about = (id: string) => ({ user: { id }, event_at: '2026-11-21T10:00:00.000Z' });
    const found = await lines(10);
    const ofOne = found.filter((one) => (Object.values(one)[0] as Json).user.id === '101');
    assert.deepEqual(ofOne, [
      { user_protect: about('101') },
      { user_unprotect: about('101') },
      { user_suspend: about('101') },
      { user_unsuspend: about('101') },
      { user_delete: about('101') },
      { user_undelete: about('101') },
      { user_withheld: { ...about('101'), withheld_in_countries: ['DE'] } },
      { scrub_geo: { ...about('101'), up_to_tweet_id: idAgo(5) } },
      { user_profile_modification: { ...about('101'), profile_field: 'name', new_value: 'New name' } },
    ]);
    assert.deepEqual(
      found.filter((one) => !ofOne.includes(one)),
      [{ user_delete: about('102') }],
    );
  });
});

describe('a compliance stream', () => {
  test('brings what was missed, in order, days back and up to an end', async (t) => {
    const { api, readAll } = await eventWorld(t);
    const { clock } = api.world;
    const app = await api.app({ plan: 'enterprise-50m' });
    const ids = [1, 2, 3, 4, 5].map((ago) => idAgo(ago));
    await api.apply(...[1, 2, 3, 4, 5].map((ago) => post(ago)));
    for (const id of ids) {
      clock.advance(86_400_000);
      await api.apply({ kind: 'delete-post', id, at: clock.now() });
    }
    clock.advance(60_000);
    const deleted = (lines: Json[]) => lines.map((one) => one.delete.tweet.id).sort();
    const minutes = await readAll(POSTS, '&backfill_minutes=5', app);
    assert.deepEqual(deleted(await minutes(1)), [ids[4]]);
    const span = '&start_time=2026-11-22T12:00:00Z&end_time=2026-11-25T00:00:00Z';
    const all = await readAll(POSTS, span, app);
    assert.deepEqual(deleted(await all(2)), [ids[1], ids[2]].sort());
    const early = await api.get(app, `${POSTS}?partition=1&start_time=2026-11-19T00:00:00Z`);
    assert.match(early.json.errors[0].message, /on or after 2026-11-19T10:01Z/);
  });

  test('of a span ends by itself, also when nothing happened in it', async (t) => {
    const { api, read } = await eventWorld(t);
    api.world.clock.advance(3_600_000);
    const reader = await read(
      `${POSTS}?partition=1&start_time=2026-11-21T10:10:00Z&end_time=2026-11-21T10:20:00Z`,
    );
    await reader.ended;
    assert.equal(reader.text(), '');
  });

  test('has its place, its name in the list, and is ended on request; another app’s is not touched', async (t) => {
    const { api, app, read } = await eventWorld(t);
    const other = await api.app({ plan: 'enterprise-50m' });
    const mine = [await read(`${USERS}?partition=1`), await read(`${USERS}?partition=1`)];
    const theirs = await read(`${USERS}?partition=1`, other);
    const third = await api.get(app, `${USERS}?partition=1`);
    assert.deepEqual([third.status, third.json.connection_issue], [429, 'TooManyConnections']);
    mine.push(await read(`${USERS}?partition=2`));
    const listed = await api.get(app, '/2/connections?endpoints=users_compliance_stream');
    assert.deepEqual(
      listed.json.data.map((one: Json) => one.endpoint_name),
      ['users_compliance_stream', 'users_compliance_stream', 'users_compliance_stream'],
    );
    await api.send('DELETE', app, '/2/connections/users_compliance_stream');
    for (const reader of mine) {
      await reader.ended;
      assert.match(reader.text(), /operational-disconnect/);
    }
    assert.equal((await api.get(other, '/2/connections')).json.meta.result_count, 1);
    theirs.cut();
  });

  test('is recorded as one call of no cost, ends when its key is revoked, and tells nothing after', async (t) => {
    const { api, app, read } = await eventWorld(t);
    await api.apply(person('101'), post(5));
    const { world } = api;
    const reader = await read(`${USERS}?partition=1`);
    const again = await read(`${USERS}?partition=2`);
    assert.equal(reader.headers['parley-cost'], '0.000000 USD');
    await world.terms.revokeKey('*', app.keyId);
    await api.apply(
      { kind: 'protect', id: '101', protected: true },
      { kind: 'protect', id: '102', protected: true },
    );
    await api.apply(...Array.from({ length: 8 }, (_, at) => person(String(200 + at))));
    await api.apply(
      ...Array.from(
        { length: 8 },
        (_, at) => ({ kind: 'protect', id: String(200 + at), protected: true }) as const,
      ),
    );
    for (const one of [reader, again]) {
      await one.ended;
      const lines = one.text().trim();
      assert.equal(JSON.parse(lines).errors[0].status, 401);
    }
    await world.ledger.integrated();
    const { log } = world.terms.licensees(app.licenseeId)[0]!;
    const entries: Json[] = [];
    for await (const entry of world.ledger.reader.entries(log, 0, world.ledger.state(log).size))
      entries.push(entry);
    assert.equal(entries.filter(({ kind }) => kind === 'batch').length, 0);
    assert.equal(entries.filter(({ operation }) => operation === 'streamUsersCompliance').length, 2);
  });

  test('400 without a partition or with one that is not there; a plan without streams is refused', async (t) => {
    const { api, app } = await eventWorld(t);
    for (const path of [POSTS, USERS]) {
      for (const query of ['', '?partition=0', '?partition=5', '?partition=1&backfill_minutes=6'])
        assert.equal((await api.get(app, `${path}${query}`)).status, 400, `${path}${query}`);
      const basic = await api.app({ plan: 'basic' });
      assert.equal((await api.get(basic, `${path}?partition=1`)).status, 403);
    }
  });

  test('with the official XDK brings events', async (t) => {
    const { api, app, base } = await eventWorld(t);
    const client = new Client({ bearerToken: app.bearerToken, baseUrl: base }) as Json;
    await api.apply(post(5));
    const streams = await Promise.all([1, 2].map((one) => client.stream.postsCompliance(one)));
    const got = new Promise<Json>((resolve) => {
      for (const stream of streams) stream.on('data', resolve);
    });
    await api.apply(...Array.from({ length: 20 }, (_, at) => post(10 + at)));
    await api.apply(
      ...Array.from({ length: 20 }, (_, at) => ({ kind: 'delete-post', id: idAgo(10 + at), at: 0 }) as const),
    );
    const { data } = await got;
    assert.ok(data.delete.tweet.id);
    for (const stream of streams) stream.close?.();
  });
});
