import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import OAuth from 'oauth-1.0a';
import type { Scope } from '../person-port.ts';
import { ALICE, APPS, accessWorld, BOB, NOW } from '../testing/world.ts';

const CALLBACK = 'https://app.example.com/signed-in';
const HOST = 'https://data.example.com';
type Token = { key: string; secret: string };

async function setting(t: TestContext) {
  const world = await accessWorld(t);
  const { persons, server, clock } = world;
  persons.clients.set('a1', { callbacks: [CALLBACK], oauth1Access: 'read-write' }, NOW);
  persons.clients.set('a2', { callbacks: [CALLBACK] }, NOW);

  /** An `Authorization` header as somebody else's client makes it, at the world's time. */
  function header(
    request: { method: string; url: string; data?: Record<string, string> },
    token?: Token,
    change: { app?: keyof typeof APPS; timestamp?: number; nonce?: string } = {},
  ): string {
    const { consumerKey, secret } = APPS[change.app ?? 'a1'];
    const client = new OAuth({
      consumer: { key: consumerKey, secret },
      signature_method: 'HMAC-SHA1',
      hash_function: (base, key) => createHmac('sha1', key).update(base).digest('base64'),
    });
    client.getTimeStamp = () => change.timestamp ?? Math.floor(clock.now() / 1_000);
    client.getNonce = () => change.nonce ?? randomBytes(8).toString('hex');
    return client.toHeader(client.authorize(request, token)).Authorization;
  }

  /** A signed POST. Parameters that begin with `oauth_` go into the signed header, as most clients have it. */
  async function post(
    path: string,
    data: Record<string, string>,
    token?: Token,
    change?: Parameters<typeof header>[2],
  ) {
    const url = `${HOST}${path}`;
    const authorization = header({ method: 'POST', url, data }, token, change);
    const reply = await server.inject({
      method: 'POST',
      url: path,
      headers: { host: 'data.example.com', authorization },
    });
    return {
      status: reply.statusCode,
      text: reply.body,
      form: new URLSearchParams(reply.body),
      headers: reply.headers,
    };
  }

  const begin = async (callback = CALLBACK, change?: Parameters<typeof header>[2]): Promise<Token> => {
    const { status, form, text } = await post(
      '/oauth/request_token',
      { oauth_callback: callback },
      undefined,
      change,
    );
    assert.equal(status, 200, text);
    assert.equal(form.get('oauth_callback_confirmed'), 'true');
    return { key: form.get('oauth_token')!, secret: form.get('oauth_token_secret')! };
  };
  const consent = async (token: Token, decision: string, path = '/oauth/authorize') => {
    const browser = await world.signedIn();
    const page = await browser.get(`${path}?oauth_token=${token.key}`);
    return { page, done: await browser.submit(page, '/oauth/authorize', { decision }) };
  };
  /** All three legs: a token that signs. */
  const complete = async (): Promise<Token> => {
    const token = await begin();
    const { done } = await consent(token, 'allow');
    const verifier = new URL(done.location!).searchParams.get('oauth_verifier')!;
    const { form } = await post('/oauth/access_token', { oauth_verifier: verifier }, token);
    return { key: form.get('oauth_token')!, secret: form.get('oauth_token_secret')! };
  };
  return { ...world, header, post, begin, consent, complete };
}

test('three legs: asked, allowed, exchanged, and the token signs calls for the person', async (t) => {
  const { begin, consent, post, persons, header, clock } = await setting(t);
  const token = await begin();
  const { page, done } = await consent(token, 'allow', '/oauth/authenticate');
  assert.ok(page.text.includes('Planner') && page.text.includes('app.example.com'));
  assert.ok(!page.text.includes('direct messages'), 'the app’s access is read-write');
  const back = new URL(done.location!);
  assert.equal(back.origin + back.pathname, CALLBACK);
  assert.equal(back.searchParams.get('oauth_token'), token.key);
  const oauth_verifier = back.searchParams.get('oauth_verifier')!;
  const given = await post('/oauth/access_token', { oauth_verifier }, token);
  assert.equal(given.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.equal(given.form.get('user_id'), ALICE.id);
  assert.equal(given.form.get('screen_name'), 'alice');
  assert.match(given.form.get('oauth_token')!, /^1001-[0-9a-f]{40}$/);
  const access = { key: given.form.get('oauth_token')!, secret: given.form.get('oauth_token_secret')! };
  const url = `${HOST}/2/users/me?user.fields=id%2Cname`;
  const grant = persons.tokens.bySignature(
    { method: 'GET', url, authorization: header({ method: 'GET', url }, access) },
    clock.now(),
  );
  assert.deepEqual(
    [grant?.appId, grant?.keyId, grant?.personId, grant?.via],
    ['a1', 'key-a1', ALICE.id, 'oauth1'],
  );
  assert.deepEqual(
    ['tweet.write', 'dm.read'].map((scope) => grant?.scopes.has(scope as Scope)),
    [true, false],
  );
  assert.ok(!('secret' in grant!));
  assert.equal(
    (await post('/oauth/access_token', { oauth_verifier }, token)).status,
    401,
    'a request token once',
  );
});

test('a person without a browser of the app carries a PIN, which cannot be guessed', async (t) => {
  const { begin, consent, post } = await setting(t);
  const token = await begin('oob');
  const { page, done } = await consent(token, 'allow');
  assert.ok(page.text.includes('a number to type into the app'));
  const pin = />(\d{7})</.exec(done.text)?.[1];
  assert.ok(pin);
  assert.equal((await post('/oauth/access_token', { oauth_verifier: pin }, token)).status, 200);

  const guessed = await begin('oob');
  const right = />(\d{7})</.exec((await consent(guessed, 'allow')).done.text)![1]!;
  const wrong = right === '0000000' ? '0000001' : '0000000';
  for (let i = 0; i < 5; i += 1) {
    const answer = await post('/oauth/access_token', { oauth_verifier: wrong }, guessed);
    assert.equal(answer.status, 401);
    assert.match(answer.text, /Invalid oauth_verifier parameter/);
  }
  assert.equal((await post('/oauth/access_token', { oauth_verifier: right }, guessed)).status, 401);
});

test('a person who says no goes back with `denied`, and the request token ends', async (t) => {
  const { begin, consent, post, signedIn } = await setting(t);
  const token = await begin();
  const { done } = await consent(token, 'deny');
  assert.equal(done.location, `${CALLBACK}?denied=${token.key}`);
  assert.equal((await post('/oauth/access_token', { oauth_verifier: 'x' }, token)).status, 401);
  assert.equal((await (await signedIn()).get(`/oauth/authorize?oauth_token=${token.key}`)).status, 404);
  const byHand = await consent(await begin('oob'), 'deny');
  assert.ok(byHand.done.text.includes('Nothing was allowed'));
});

test('a request token is answered by one person once, and ends', async (t) => {
  const { begin, consent, signedIn, post, clock } = await setting(t);
  const token = await begin();
  const bob = await signedIn(BOB);
  const seen = await bob.get(`/oauth/authorize?oauth_token=${token.key}`);
  await consent(token, 'allow');
  assert.equal((await bob.submit(seen, '/oauth/authorize', { decision: 'allow' })).status, 404);
  const unanswered = await begin();
  assert.equal(
    (await post('/oauth/access_token', { oauth_verifier: '' }, unanswered)).status,
    401,
    'not before the person did',
  );
  const late = await begin();
  clock.advance(900_000);
  assert.equal((await bob.get(`/oauth/authorize?oauth_token=${late.key}`)).status, 404);
});

test('a callback is one that the app registered, to the letter', async (t) => {
  const { post } = await setting(t);
  for (const callback of [
    'https://evil.example/',
    `${CALLBACK}/`,
    `${CALLBACK}?x=1`,
    'OOB',
    '',
    `${CALLBACK}/../x`,
  ]) {
    const { status, text } = await post('/oauth/request_token', { oauth_callback: callback });
    assert.equal(status, 403, callback);
    assert.match(text, /"code":415/);
  }
  assert.equal((await post('/oauth/request_token', {})).status, 400);
});

test('what is wrong with a signed request is refused as X does', async (t) => {
  const { post, begin, header, server, clock, revoked } = await setting(t);
  const seconds = Math.floor(clock.now() / 1_000);
  const data = { oauth_callback: CALLBACK };
  const refused = async (
    what: string,
    answer: Promise<{ status: number; text: string }>,
    status: number,
    code: number,
  ) => {
    const { status: got, text } = await answer;
    assert.equal(got, status, `${what}: ${text}`);
    assert.match(text, new RegExp(`"code":${code},`), what);
  };
  await refused(
    'too old',
    post('/oauth/request_token', data, undefined, { timestamp: seconds - 301 }),
    401,
    135,
  );
  await refused(
    'from the future',
    post('/oauth/request_token', data, undefined, { timestamp: seconds + 301 }),
    401,
    135,
  );
  const change = { nonce: 'once', timestamp: seconds };
  assert.equal((await post('/oauth/request_token', data, undefined, change)).status, 200);
  await refused('a replay', post('/oauth/request_token', data, undefined, change), 401, 32);
  const token = await begin();
  await refused(
    'another app’s request token',
    post('/oauth/access_token', { oauth_verifier: 'x' }, token, { app: 'a2' }),
    401,
    89,
  );
  await refused(
    'a token secret that is wrong',
    post('/oauth/access_token', { oauth_verifier: 'x' }, { ...token, secret: 'x' }),
    401,
    32,
  );
  await refused(
    'an unknown token',
    post('/oauth/access_token', { oauth_verifier: 'x' }, { key: 'x', secret: 'x' }),
    401,
    89,
  );
  await refused('a request token asked for with a token', post('/oauth/request_token', data, token), 401, 89);
  const url = `${HOST}/oauth/request_token`;
  const send = async (authorization: string, more: object = {}) => {
    const reply = await server.inject({
      method: 'POST',
      url: '/oauth/request_token',
      headers: { host: 'data.example.com', authorization, ...more },
    });
    return { status: reply.statusCode, text: reply.body };
  };
  const good = () => header({ method: 'POST', url, data });
  await refused('no header', send(''), 400, 215);
  await refused('a tampered callback', send(good().replace('signed-in', 'signed-im')), 401, 32);
  await refused('another host', send(good(), { host: 'other.example.com' }), 401, 32);
  await refused('PLAINTEXT', send(good().replace('HMAC-SHA1', 'PLAINTEXT')), 400, 215);
  revoked.add('a1');
  await refused('an app whose keys ended', post('/oauth/request_token', data), 401, 32);
});

test('nobody without a key and a token of it makes us look at a form', async (t) => {
  const { complete, header, persons, clock } = await setting(t);
  const token = await complete();
  const url = `${HOST}/1.1/media/upload.json`;
  let looks = 0;
  const ask = (by?: Token, change?: Parameters<typeof header>[2], from: [string, string] = ['', '']) =>
    persons.tokens.bySignature(
      {
        method: 'POST',
        url,
        authorization: header({ method: 'POST', url }, by, change).replace(...from),
        get form() {
          looks += 1;
          return '';
        },
      },
      clock.now(),
    );
  ask({ key: 'guessed', secret: 'guessed' });
  ask(token, {}, ['oauth_consumer_key="', 'oauth_consumer_key="x']);
  ask(token, { app: 'a2' });
  ask();
  assert.equal(looks, 0);
  assert.ok(ask(token));
  assert.ok(looks > 0);
});

test('a token signs for its own app alone, once a nonce, while the person may act', async (t) => {
  const { complete, header, persons, clock, people, revoked } = await setting(t);
  const token = await complete();
  const url = `${HOST}/2/tweets`;
  const ask = (authorization: string, form?: string) =>
    persons.tokens.bySignature({ method: 'POST', url, authorization, form }, clock.now());
  const sign = (change?: Parameters<typeof header>[2]) => header({ method: 'POST', url }, token, change);
  const once = sign();
  assert.ok(ask(once));
  assert.equal(ask(once), undefined, 'a replay');
  assert.equal(ask(sign({ app: 'a2' })), undefined, 'another app');
  assert.equal(ask(sign(), 'status=x'), undefined, 'a form that was not signed');
  assert.ok(
    ask(
      header({ method: 'POST', url, data: { text: 'Grüße & mehr' } }, token),
      'text=Gr%C3%BC%C3%9Fe+%26+mehr',
    ),
  );
  const asHttp = header({ method: 'POST', url: url.replace('https', 'http') }, token);
  assert.ok(ask(asHttp), 'a client that was pointed at plain http');
  people.delete(ALICE.id);
  assert.equal(ask(sign()), undefined, 'a suspended person');
  people.set(ALICE.id, ALICE);
  revoked.add('a1');
  assert.equal(ask(sign()), undefined, 'an app without keys');
  revoked.clear();
  assert.ok(ask(sign()));
});

test('an app can end the token that it signs with, at each of the addresses', async (t) => {
  const { complete, post, persons, clock } = await setting(t);
  for (const path of [
    '/oauth/invalidate_token',
    '/1.1/oauth/invalidate_token',
    '/1.1/oauth/invalidate_token.json',
  ]) {
    const token = await complete();
    assert.deepEqual(JSON.parse((await post(path, {}, token)).text), { access_token: token.key });
    assert.equal(persons.grants.byOAuth1Token(token.key, clock.now()), undefined);
    assert.equal((await post(path, {}, token)).status, 401);
  }
});

test('an app may ask for less than its access, never for more', async (t) => {
  const { post, persons, clock } = await setting(t);
  for (const [asked, writes] of [
    ['read', false],
    ['write', true],
  ] as const) {
    const url = `/oauth/request_token?x_auth_access_type=${asked}`;
    const { form } = await post(url, { oauth_callback: 'oob' });
    const asking = persons.oauth1.ask(form.get('oauth_token')!, clock.now());
    assert.equal(asking?.scopes.includes('tweet.write'), writes, asked);
  }
});
