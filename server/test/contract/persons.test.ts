import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { SCOPES, type SignedRequest } from '#identity';
import { operations } from '#x';
import { type Api, apiWorld, idAgo, type Json, person, post, signedBy, untilSuiteEnds } from './api.ts';
import { ask, GOOD } from './good.ts';

type App = Awaited<ReturnType<Api['app']>>;

const FORBIDDEN = 'https://api.twitter.com/2/problems/client-forbidden';

describe('calls for a person', () => {
  let api: Api;
  let app: App;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    await api.apply(
      person('101', { username: 'alice' }),
      person('102', { username: 'bob' }),
      post(100),
      post(200, { authorId: '102' }),
    );
  });

  test('who takes persons answers both kinds of tokens, as the person', async () => {
    const byToken = await api.get(api.person(app, '101'), '/2/users/me');
    assert.equal(byToken.status, 200);
    assert.equal(byToken.json.data.username, 'alice');
    const signed = signedBy(api.person(app, '102', { via: 'oauth1' }));
    const bySignature = await api.get(undefined, '/2/users/me', signed);
    assert.equal(bySignature.json.data.username, 'bob');
  });

  test('a signature is asked for https, the Host header and the whole target, whatever the listener is', async (t) => {
    const asked: SignedRequest[] = [];
    const tokens = {
      byBearer: () => undefined,
      endOf: () => undefined,
      bySignature: (request: SignedRequest) => void asked.push(request),
      claims: () => '1',
    };
    const { server } = await apiWorld(t, { tokens });
    for (const host of ['api.example.com', '127.0.0.1:8080'])
      await server.inject({
        url: '/2/users/me?user.fields=id%2Cname',
        headers: { host, authorization: 'OAuth x' },
      });
    assert.deepEqual(
      asked.map(({ method, url, form }) => [method, url, form]),
      [
        ['GET', 'https://api.example.com/2/users/me?user.fields=id%2Cname', undefined],
        ['GET', 'https://127.0.0.1:8080/2/users/me?user.fields=id%2Cname', undefined],
      ],
    );
  });

  test('a signature covers a body that is a form, and no other body', async (t) => {
    const asked: SignedRequest[] = [];
    const tokens = {
      byBearer: () => undefined,
      endOf: () => undefined,
      bySignature: (request: SignedRequest) => void asked.push(request),
      claims: () => '1',
    };
    const { server } = await apiWorld(t, { tokens });
    const form = 'command=INIT&media_type=image%2Fpng&total_bytes=10';
    const json = '{"text":"hello"}';
    for (const [url, type, payload] of [
      ['/2/media/upload', 'application/x-www-form-urlencoded; charset=UTF-8', form],
      ['/2/tweets', 'application/json', json],
      ['/2/media/upload', 'multipart/form-data; boundary=x', '--x--'],
    ] as const) {
      const headers = { authorization: 'OAuth x', 'content-type': type };
      assert.equal((await server.inject({ method: 'POST', url, headers, payload })).statusCode, 401);
    }
    assert.deepEqual(
      asked.map((one) => one.form),
      [form, undefined, undefined],
    );
    const large = `a=${'x'.repeat(9 << 20)}`;
    const headers = { authorization: 'OAuth x', 'content-type': 'application/x-www-form-urlencoded' };
    const refused = await server.inject({ method: 'POST', url: '/2/media/upload', headers, payload: large });
    assert.equal(refused.statusCode, 413, 'nobody is known yet');
    assert.match(String(refused.headers['x-rate-limit-limit']), /^\d+$/);
  });

  test('the access level says what the token may do', async () => {
    const levels = [
      [['tweet.read', 'users.read'], 'read'],
      [['tweet.read', 'users.read', 'like.write'], 'read-write'],
      [['tweet.read', 'users.read', 'dm.read'], 'read-write-directmessages'],
    ] as const;
    for (const [scopes, level] of levels) {
      const { headers } = await api.get(api.person(app, '101', { scopes }), '/2/users/me');
      assert.equal(headers['x-access-level'], level);
    }
    const { headers } = await api.get(app, '/2/tweets/1');
    assert.equal(headers['x-access-level'], 'read');
  });

  const tried = operations.filter(({ id }) => id in GOOD);
  for (const { id, auth, oauth2Only, scopes } of tried) {
    const names = [
      ...(auth.includes('person') && !oauth2Only ? ['OAuth 1.0a User Context'] : []),
      ...(auth.includes('app') ? ['OAuth 2.0 Application-Only'] : []),
      ...(auth.includes('person') ? ['OAuth 2.0 User Context'] : []),
    ].join(', ');
    const kinds = [
      ['OAuth 2.0 Application-Only', () => `Bearer ${app.bearerToken}`],
      ['OAuth 2.0 User Context', () => `Bearer ${api.person(app, '101').bearerToken}`],
      ['OAuth 1.0a User Context', () => signedBy(api.person(app, '101', { via: 'oauth1' })).authorization],
    ] as const;

    test(`403 ${id} with a kind of token that it does not take, naming those it takes`, async () => {
      for (const [kind, authorization] of kinds) {
        const { status, json } = await ask(api, id, authorization());
        assert.equal(status === 403, !names.includes(kind), `${kind}: ${status}`);
        if (status !== 403) continue;
        assert.equal(json.type, 'https://api.twitter.com/2/problems/unsupported-authentication');
        assert.equal(
          json.detail,
          `Authenticating with ${kind} is forbidden for this endpoint.  Supported authentication types are [${names}].`,
        );
      }
    });

    for (const scope of scopes ?? []) {
      test(`403 ${id} without the scope ${scope}, naming what is needed and held`, async () => {
        const held = SCOPES.filter((one) => one !== scope);
        const token = api.person(app, '101', { scopes: held });
        const { status, json } = await ask(api, id, `Bearer ${token.bearerToken}`);
        assert.equal(status, 403);
        assert.equal(json.type, FORBIDDEN);
        assert.equal(json.reason, 'missing-scope');
        assert.deepEqual(json.required_scopes, scopes);
        assert.equal(json.granted_scopes.includes(scope), false);
      });
    }
  }

  for (const { id, own, method = 'GET', parameters } of tried.filter((one) => one.own)) {
    test(`400 ${id} for another person than the token's`, async () => {
      const { bearerToken } = api.person(app, '102');
      const name = Object.values(parameters).find((one) => one.in === 'path')?.name;
      assert.ok(own);
      const reply = await ask(api, id, `Bearer ${bearerToken}`);
      assert.equal(reply.status, 400, method);
      assert.equal(
        reply.json.errors[0].message,
        `The \`${name}\` query parameter value [101] must be the same as the authenticating user [102]`,
      );
    });
  }

  test('what nobody gave or somebody took back is a 401 like any other', async () => {
    for (const authorization of ['Bearer person-token-9999', 'OAuth person-token-9999']) {
      const { status, json } = await api.get(undefined, '/2/users/me', { authorization });
      assert.equal(status, 401);
      assert.equal(json.title, 'Unauthorized');
    }
  });

  test('an app whose last key is gone calls for nobody any more, and one that was rotated still does', async () => {
    const other = await api.app();
    const token = api.person(other, '101');
    await api.world.terms.rotateKey('*', other.appId, { overlapHours: 0 });
    assert.equal((await api.get(token, '/2/users/me')).status, 200);
    for (const { keys } of api.world.terms.apps('*').filter(({ appId }) => appId === other.appId))
      for (const { keyId } of keys) await api.world.terms.revokeKey('*', keyId);
    assert.equal((await api.get(token, '/2/users/me')).status, 401);
  });

  test('a good token of a person is no failed log-in of its address', async () => {
    const token = api.person(await api.app({ plan: 'enterprise-200m' }), '101');
    for (let call = 0; call < 200; call += 1) await api.get(token, '/2/tweets/1');
    const { status } = await api.get(undefined, '/2/tweets/1');
    assert.equal(status, 401, 'not 429: the address has failed once');
  });

  test("a person's calls count in the person's window of the app, and a restart remembers them", async (t) => {
    const api = await apiWorld(t);
    await api.apply(person('101'), person('102'));
    const app = await api.app({ plan: 'basic' });
    const remaining = async (who: { bearerToken: string }) =>
      (await api.get(who, '/2/tweets/1')).headers['x-rate-limit-remaining'];
    const [alice, bob] = [api.person(app, '101'), api.person(app, '102')];
    assert.deepEqual(
      [await remaining(alice), await remaining(alice), await remaining(bob), await remaining(app)],
      ['899', '898', '899', '449'],
    );
    const { terms, clock } = await api.world.restart();
    const left = (personId?: string) =>
      terms.rateOf(terms.callerOfApp(app.appId, clock.now())!, 'getPostsById', { now: clock.now(), personId })
        ?.remaining;
    assert.deepEqual([left('101'), left('102'), left('103'), left()], [898, 899, 900, 449]);
    clock.advance(900_000);
    assert.equal(left('101'), 900);
  });

  test("private metrics are the author's: shown on own posts, an error on each other one", async () => {
    const url = `/2/tweets?ids=${idAgo(100)},${idAgo(200)}&tweet.fields=non_public_metrics,organic_metrics`;
    const { json } = await api.get(api.person(app, '101'), url);
    const [mine, theirs] = json.data;
    assert.deepEqual(mine.non_public_metrics, { impression_count: 6 });
    assert.deepEqual(mine.organic_metrics, {
      impression_count: 6,
      like_count: 3,
      reply_count: 2,
      retweet_count: 1,
    });
    assert.equal('non_public_metrics' in theirs, false);
    assert.deepEqual(
      json.errors.map((one: Json) => [one.resource_id, one.field, one.title]),
      ['non_public_metrics', 'organic_metrics'].map((field) => [
        idAgo(200),
        field,
        'Field Authorization Error',
      ]),
    );
    const { json: again } = await api.get(app, url);
    assert.equal(
      'non_public_metrics' in again.data[0],
      false,
      'what was made for the author is not kept for others',
    );
    assert.equal(again.errors.length, 4);
  });

  test('connection_status says what viewer and person are to each other, and nothing to an app', async () => {
    const at = Date.now();
    await api.apply(
      person('103'),
      { kind: 'relate', relation: 'follow', from: '101', to: '102', at },
      { kind: 'relate', relation: 'follow', from: '102', to: '101', at },
      { kind: 'relate', relation: 'mute', from: '101', to: '102', at },
      { kind: 'relate', relation: 'block', from: '101', to: '103', at },
    );
    const url = '/2/users?ids=101,102,103&user.fields=connection_status,pinned_tweet_id';
    const { json } = await api.get(api.person(app, '101'), url);
    assert.deepEqual(
      json.data.map((one: Json) => [one.id, one.connection_status]),
      [
        ['101', undefined],
        ['102', ['followed_by', 'following', 'muting']],
        ['103', ['blocking']],
      ],
    );
    const plain = await api.get(app, url);
    assert.equal(plain.text.includes('connection_status'), false);
  });

  test('requests to follow are told to both, and to nobody else', async () => {
    await api.apply(
      person('301', { username: 'gate', protected: true }),
      person('302', { username: 'knock' }),
    );
    await api.world.network.act('302', { kind: 'relate', relation: 'follow', to: '301' });
    const seenBy = async (viewer: string) => {
      const { json } = await api.get(
        api.person(app, viewer),
        '/2/users?ids=301,302&user.fields=connection_status',
      );
      return json.data.map((one: Json) => one.connection_status);
    };
    assert.deepEqual(await seenBy('302'), [['follow_request_sent'], undefined]);
    assert.deepEqual(await seenBy('301'), [undefined, ['follow_request_received']]);
    assert.deepEqual(await seenBy('102'), [undefined, undefined]);
    await api.world.network.answerRequest('302', '301', true);
    assert.deepEqual(await seenBy('302'), [['following'], undefined]);
    assert.deepEqual(await seenBy('301'), [undefined, ['followed_by']]);
  });

  test('receives_your_dm is true of exactly those to whom the viewer can send a message', async () => {
    const at = Date.now();
    await api.apply(
      person('311', { username: 'writer' }),
      person('312', { username: 'open' }),
      person('313', { username: 'blocker' }),
      person('314', { username: 'closed', protected: true }),
      person('315', { username: 'friend', protected: true }),
      { kind: 'relate', relation: 'block', from: '313', to: '311', at },
      { kind: 'relate', relation: 'follow', from: '315', to: '311', at },
    );
    const viewer = api.person(app, '311');
    const ids = ['312', '313', '314', '315'];
    const url = `/2/users?ids=${ids}&user.fields=receives_your_dm`;
    const { json } = await api.get(viewer, url);
    assert.deepEqual(
      json.data.map((one: Json) => one.receives_your_dm),
      [true, false, false, true],
    );
    for (const [index, id] of ids.entries()) {
      const sent = await api.send('POST', viewer, `/2/dm_conversations/with/${id}/messages`, {
        text: 'hello',
      });
      assert.equal(sent.status === 201, json.data[index].receives_your_dm, sent.text);
    }
    assert.equal((await api.get(app, url)).text.includes('receives_your_dm'), false);
  });

  test('a poll that ended since it was last read is closed', async () => {
    const now = api.world.clock.now();
    const options = [{ position: 1, label: 'yes', votes: 3 }];
    await api.apply(post(700, { pollIds: ['991'] }), {
      kind: 'poll',
      poll: { id: '991', options, votingStatus: 'open', endsAt: now + 1_000 },
    });
    const url = `/2/tweets/${idAgo(700)}?expansions=attachments.poll_ids&poll.fields=voting_status`;
    const status = async () => (await api.get(app, url)).json.includes.polls[0].voting_status;
    assert.equal(await status(), 'open');
    api.world.clock.advance(1_000);
    assert.equal(await status(), 'closed');
  });

  test("a protected person's posts are for who follows them, by every way there", async () => {
    const [mine, at] = [idAgo(300), Date.now()];
    await api.apply(
      person('104', { username: 'dora', protected: true }),
      post(300, { authorId: '104' }),
      { kind: 'relate', relation: 'follow', from: '101', to: '104', at },
      { kind: 'relate', relation: 'follow', from: '104', to: '102', at },
    );
    for (const url of [`/2/tweets/${mine}`, `/2/tweets?ids=${mine}`, '/2/users/104/tweets']) {
      const ids = async (who: { bearerToken: string }) => {
        const { json } = await api.get(who, url);
        return [json.data ?? []].flat().map((one: Json) => one.id);
      };
      assert.deepEqual(await ids(api.person(app, '101')), [mine], `a follower ${url}`);
      assert.deepEqual(await ids(api.person(app, '104')), [mine], `herself ${url}`);
      assert.deepEqual(await ids(api.person(app, '102')), [], `whom she follows ${url}`);
      assert.deepEqual(await ids(app), [], `the app ${url}`);
    }
  });

  test('nothing of all this was our own mistake', () => assert.deepEqual(api.mistakes, []));
});
