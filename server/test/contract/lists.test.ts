import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);
const NOTHING = { meta: { result_count: 0 } };
const missing = (id: string) => ({
  errors: [
    {
      value: id,
      detail: `Could not find list with id: [${id}].`,
      title: 'Not Found Error',
      resource_type: 'list',
      parameter: 'id',
      resource_id: id,
      type: 'https://api.twitter.com/2/problems/resource-not-found',
    },
  ],
});

describe('lists', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  let alice: { bearerToken: string };
  let bob: { bearerToken: string };
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    alice = api.person(app, '101');
    bob = api.person(app, '102');
    await api.apply(
      person('101', { username: 'alice' }),
      person('102', { username: 'bob' }),
      person('103', { username: 'carol' }),
      person('104', { username: 'dave', protected: true }),
      person('105', { username: 'erin' }),
      post(100, { authorId: '102' }),
      post(90, { authorId: '103' }),
      post(80, { authorId: '104' }),
      post(70, { authorId: '105' }),
      post(60, { authorId: '103', references: [{ type: 'retweeted', id: idAgo(100) }] }),
    );
  });

  async function make(owner: { bearerToken: string }, input: object): Promise<string> {
    const { status, json } = await api.send('POST', owner, '/2/lists', input);
    assert.equal(status, 201);
    return json.data.id;
  }
  async function done(
    method: 'POST' | 'PUT' | 'DELETE',
    who: { bearerToken: string },
    url: string,
    body?: object,
  ): Promise<Json> {
    const { status, json, text } = await api.send(method, who, url, body);
    assert.equal(status, 200, text);
    return json.data;
  }

  test('a list lives: made, read, changed, filled, followed, pinned, emptied, deleted', async () => {
    const made = await api.send('POST', alice, '/2/lists', { name: 'Friends', description: 'good ones' });
    assert.equal(made.status, 201);
    assert.deepEqual(made.json, { data: { id: made.json.data.id, name: 'Friends' } });
    const list = `/2/lists/${made.json.data.id}`;
    const whole = `${list}?list.fields=created_at,description,follower_count,id,member_count,name,owner_id,private`;
    assert.deepEqual((await api.get(app, list)).json, made.json);
    assert.deepEqual((await api.get(app, whole)).json.data, {
      id: made.json.data.id,
      name: 'Friends',
      created_at: '2026-11-21T10:00:00.000Z',
      description: 'good ones',
      follower_count: 0,
      member_count: 0,
      owner_id: '101',
      private: false,
    });

    assert.deepEqual(await done('PUT', alice, list, { name: 'Best friends' }), { updated: true });
    assert.deepEqual(await done('POST', alice, `${list}/members`, { user_id: '102' }), { is_member: true });
    assert.deepEqual(await done('POST', alice, `${list}/members`, { user_id: '103' }), { is_member: true });
    assert.deepEqual(await done('POST', alice, `${list}/members`, { user_id: '103' }), { is_member: true });
    assert.deepEqual(await done('POST', bob, '/2/users/102/followed_lists', { list_id: made.json.data.id }), {
      following: true,
    });
    assert.deepEqual(await done('POST', bob, '/2/users/102/pinned_lists', { list_id: made.json.data.id }), {
      pinned: true,
    });

    const { data } = (await api.get(app, whole)).json;
    assert.deepEqual(
      [data.name, data.description, data.member_count, data.follower_count],
      ['Best friends', 'good ones', 2, 1],
    );
    assert.deepEqual(ids((await api.get(app, `${list}/members`)).json), ['103', '102']);
    assert.deepEqual(ids((await api.get(app, `${list}/followers`)).json), ['102']);
    assert.deepEqual(ids((await api.get(app, `${list}/tweets`)).json), [idAgo(60), idAgo(90), idAgo(100)]);
    assert.deepEqual(ids((await api.get(app, '/2/users/101/owned_lists')).json), [data.id]);
    assert.deepEqual(ids((await api.get(app, '/2/users/103/list_memberships')).json), [data.id]);
    assert.deepEqual(ids((await api.get(app, '/2/users/102/followed_lists')).json), [data.id]);
    assert.deepEqual((await api.get(bob, '/2/users/102/pinned_lists')).json, {
      data: [{ id: data.id, name: 'Best friends' }],
      meta: { result_count: 1 },
    });

    assert.deepEqual(await done('DELETE', alice, `${list}/members/103`), { is_member: false });
    assert.deepEqual(await done('DELETE', bob, `/2/users/102/followed_lists/${data.id}`), {
      following: false,
    });
    assert.deepEqual(await done('DELETE', bob, `/2/users/102/pinned_lists/${data.id}`), { pinned: false });
    assert.deepEqual(ids((await api.get(app, `${list}/members`)).json), ['102']);
    assert.deepEqual((await api.get(app, `${list}/followers`)).json, NOTHING);
    assert.deepEqual(ids((await api.get(app, `${list}/tweets`)).json), [idAgo(100)]);

    assert.deepEqual(await done('DELETE', alice, list), { deleted: true });
    for (const path of ['', '/members', '/followers', '/tweets'])
      assert.deepEqual((await api.get(app, `${list}${path}`)).json, missing(data.id), path);
    assert.deepEqual((await api.get(app, '/2/users/102/list_memberships')).json, NOTHING);
  });

  test('what lists are asked for costs nothing; their owners, members and posts do', async () => {
    const id = await make(alice, { name: 'Priced' });
    await done('POST', alice, `/2/lists/${id}/members`, { user_id: '102' });
    const payer = await api.app({ plan: 'pay-per-use' });
    const cost = async (path: string) => {
      const { headers } = await api.get(payer, path);
      return [headers['parley-posts'], headers['parley-persons'], headers['parley-cost']];
    };
    assert.deepEqual(await cost(`/2/lists/${id}`), ['0/0', '0/0', '0.000000 USD']);
    assert.deepEqual(await cost('/2/users/101/owned_lists'), ['0/0', '0/0', '0.000000 USD']);
    assert.deepEqual(await cost(`/2/lists/${id}?expansions=owner_id`), ['0/0', '1/1', '0.010000 USD']);
    assert.deepEqual(await cost(`/2/lists/${id}/members`), ['0/0', '1/1', '0.010000 USD']);
    assert.deepEqual(await cost(`/2/lists/${id}/tweets`), ['1/1', '0/0', '0.005000 USD']);
  });

  test('the owner comes along under includes, once for all lists', async () => {
    const id = await make(bob, { name: 'One' });
    await make(bob, { name: 'Two' });
    const { json } = await api.get(
      app,
      '/2/users/102/owned_lists?expansions=owner_id&user.fields=verified&list.fields=private',
    );
    assert.deepEqual(
      json.data.map((one: Json) => [one.name, one.owner_id, one.private]),
      [
        ['Two', '102', false],
        ['One', '102', false],
      ],
    );
    assert.deepEqual(json.includes, {
      users: [{ id: '102', name: 'Person 102', username: 'bob', verified: false }],
    });
    const one = await api.get(app, `/2/lists/${id}?expansions=owner_id`);
    assert.equal(one.json.includes.users[0].id, '102');
    assert.equal(one.json.data.owner_id, '102');
  });

  describe('that are private', () => {
    let secret: string;
    let open: string;
    before(async () => {
      secret = await make(alice, { name: 'Secret', private: true });
      open = await make(alice, { name: 'Open' });
      for (const id of [secret, open]) {
        await done('POST', alice, `/2/lists/${id}/members`, { user_id: '105' });
        await done('POST', alice, '/2/users/101/followed_lists', { list_id: id });
        await done('POST', alice, '/2/users/101/pinned_lists', { list_id: id });
      }
    });

    test('are there for their owner', async () => {
      for (const [path, expected] of [
        ['', undefined],
        ['/members', ['105']],
        ['/followers', ['101']],
        ['/tweets', [idAgo(70)]],
      ] as const) {
        const { json } = await api.get(alice, `/2/lists/${secret}${path}`);
        assert.equal(json.errors, undefined);
        if (expected) assert.deepEqual(ids(json), expected);
      }
      for (const kind of ['owned_lists', 'followed_lists', 'pinned_lists'])
        assert.ok(ids((await api.get(alice, `/2/users/101/${kind}`)).json).includes(secret), kind);
      assert.deepEqual(ids((await api.get(alice, '/2/users/105/list_memberships')).json), [open, secret]);
    });

    test('are for everybody else exactly as if they had never been', async () => {
      for (const who of [app, bob, api.person(app, '105')]) {
        for (const path of ['', '/members', '/followers', '/tweets'])
          assert.deepEqual((await api.get(who, `/2/lists/${secret}${path}`)).json, missing(secret));
        for (const [kind, of] of [
          ['owned_lists', '101'],
          ['followed_lists', '101'],
          ['pinned_lists', '101'],
          ['list_memberships', '105'],
        ] as const) {
          const { json, text } = await api.get(who, `/2/users/${of}/${kind}`);
          assert.equal(text.includes(secret), false, kind);
          assert.equal(json.meta.result_count, json.data.length);
        }
      }
    });

    test('leave no gap in pages: neither an empty one nor a token that leads to nothing', async () => {
      const first = await api.get(bob, '/2/users/105/list_memberships?max_results=1');
      assert.deepEqual(ids(first.json), [open]);
      assert.equal(first.json.meta.next_token, undefined);
    });

    test('can be neither followed nor pinned, filled, changed or deleted by others: 404, as if not there', async () => {
      const writes = [
        ['POST', '/2/users/102/followed_lists', { list_id: secret }],
        ['POST', '/2/users/102/pinned_lists', { list_id: secret }],
        ['POST', `/2/lists/${secret}/members`, { user_id: '102' }],
        ['DELETE', `/2/lists/${secret}/members/105`, undefined],
        ['PUT', `/2/lists/${secret}`, { name: 'Mine' }],
        ['DELETE', `/2/lists/${secret}`, undefined],
      ] as const;
      const ends = ['followed_lists', 'pinned_lists'].map(
        (kind) => ['DELETE', `/2/users/102/${kind}/${secret}`, undefined] as const,
      );
      for (const [method, url, body] of ends) {
        const replies = [url, url.replace(secret, '4242')].map((one) => api.send(method, bob, one, body));
        const [one, other] = await Promise.all(replies);
        assert.deepEqual(
          [one?.status, one?.json],
          [other?.status, other?.json].map((part) =>
            JSON.parse(JSON.stringify(part).replaceAll('4242', secret)),
          ),
        );
      }
      for (const [method, url, body] of writes) {
        const { status, json } = await api.send(method, bob, url, body);
        assert.equal(status, 404, `${method} ${url}`);
        const other = await api.send(
          method,
          bob,
          url.replace(secret, '4242'),
          body && JSON.parse(JSON.stringify(body).replace(secret, '4242')),
        );
        assert.equal(other.status, 404);
        assert.deepEqual(JSON.parse(JSON.stringify(json).replaceAll(secret, '4242')), other.json);
      }
    });

    test('that become private are gone for who followed them, and there again when they open', async () => {
      const id = await make(alice, { name: 'Changing' });
      await done('POST', bob, '/2/users/102/followed_lists', { list_id: id });
      await done('PUT', alice, `/2/lists/${id}`, { private: true });
      assert.deepEqual((await api.get(bob, '/2/users/102/followed_lists')).json, NOTHING);
      assert.deepEqual((await api.get(bob, `/2/lists/${id}`)).json, missing(id));
      await done('PUT', alice, `/2/lists/${id}`, { private: false });
      assert.equal((await api.get(bob, `/2/lists/${id}`)).json.data.id, id);
    });
  });

  test("somebody else's list takes no change: 403", async () => {
    const id = await make(alice, { name: 'Hers' });
    await done('POST', alice, `/2/lists/${id}/members`, { user_id: '103' });
    for (const [method, url, body] of [
      ['PUT', `/2/lists/${id}`, { name: 'Mine' }],
      ['DELETE', `/2/lists/${id}`, undefined],
      ['POST', `/2/lists/${id}/members`, { user_id: '102' }],
      ['DELETE', `/2/lists/${id}/members/103`, undefined],
    ] as const) {
      const { status } = await api.send(method, bob, url, body);
      assert.equal(status, 403, `${method} ${url}`);
    }
    assert.equal((await api.get(app, `/2/lists/${id}`)).json.data.name, 'Hers');
    assert.deepEqual(ids((await api.get(app, `/2/lists/${id}/members`)).json), ['103']);
  });

  test('posts of a list follow the rules: protected authors to followers only, deleted and suspended never', async () => {
    const id = await make(alice, { name: 'Rules' });
    for (const one of ['103', '104', '105'])
      await done('POST', alice, `/2/lists/${id}/members`, { user_id: one });
    const seen = async (who: { bearerToken: string }) =>
      ids((await api.get(who, `/2/lists/${id}/tweets`)).json);
    assert.deepEqual(await seen(app), [idAgo(60), idAgo(70), idAgo(90)]);
    await api.apply({ kind: 'relate', relation: 'follow', from: '101', to: '104', at: 1 });
    assert.deepEqual(await seen(alice), [idAgo(60), idAgo(70), idAgo(80), idAgo(90)]);
    assert.deepEqual(await seen(bob), [idAgo(60), idAgo(70), idAgo(90)]);
    await api.apply({ kind: 'person-state', id: '105', state: 'suspended' });
    assert.deepEqual(await seen(alice), [idAgo(60), idAgo(80), idAgo(90)]);
    assert.deepEqual(ids((await api.get(app, `/2/lists/${id}/members`)).json), ['104', '103']);
    await api.apply({ kind: 'person-state', id: '105', state: 'active' });
    assert.ok((await seen(alice)).includes(idAgo(70)));
  });

  test('lists go with an owner who is suspended, and come back with them', async () => {
    const dave = api.person(app, '103');
    const id = await make(dave, { name: 'Carol made it' });
    await done('POST', dave, `/2/lists/${id}/members`, { user_id: '102' });
    await api.apply({ kind: 'person-state', id: '103', state: 'suspended' });
    assert.deepEqual((await api.get(app, `/2/lists/${id}`)).json, missing(id));
    assert.equal(ids((await api.get(app, '/2/users/102/list_memberships')).json).includes(id), false);
    await api.apply({ kind: 'person-state', id: '103', state: 'active' });
    assert.equal((await api.get(app, `/2/lists/${id}`)).json.data.id, id);
  });

  test('no reply was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
