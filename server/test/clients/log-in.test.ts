import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { ApiRequestError, ApiResponseError, TwitterApi } from 'twitter-api-v2';
import { OPERATOR } from '#terms';
import { person, untilSuiteEnds } from '../contract/api.ts';
import { personWithBrowser } from './person.ts';
import { agentTo, fetchTo, type Served, serveAsX } from './x-hosts.ts';

const CALLBACK = 'https://app.example.com/back';

const until = untilSuiteEnds();
let served: Served;
let persons = 0;
before(async () => {
  served = await serveAsX(until, Date.now());
});

/** An app, and a person with a browser. */
async function setting() {
  const { world } = served;
  persons += 1;
  const [id, username] = [String(100 + persons), `alice${persons}`];
  await world.writer.apply([person(id, { username })]);
  const { licenseeId } = await world.terms.addLicensee(`Example Ads ${persons}`);
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro', name: 'Planner' });
  const set = (confidential: boolean) =>
    world.access.persons.clients.set(
      app.appId,
      { redirects: [CALLBACK], callbacks: [CALLBACK], confidential },
      world.clock.now(),
    );
  const { password } = world.access.persons.signIn.giveOneTimePassword(id);
  const { allow } = personWithBrowser(served, username, password);
  return { id, username, app, set, allow, httpAgent: agentTo(served) };
}

for (const kind of ['public', 'confidential'] as const) {
  test(`twitter-api-v2 logs a person in by OAuth 2.0 as a ${kind} client, refreshes and revokes`, async () => {
    const { id, username, allow, set, httpAgent } = await setting();
    const { clientId, clientSecret } = set(kind === 'confidential');
    const tokens = clientSecret === undefined ? { clientId } : { clientId, clientSecret };
    const client = new TwitterApi(tokens, { httpAgent });
    const scope = ['tweet.read', 'users.read', 'offline.access'];
    const { url, codeVerifier, state } = client.generateOAuth2AuthLink(CALLBACK, { scope });
    const { query } = await allow(url);
    assert.equal(query.get('state'), state);
    const exchange = { code: query.get('code')!, codeVerifier, redirectUri: CALLBACK };
    const given = await client.loginWithOAuth2(exchange);
    assert.deepEqual([given.expiresIn, given.scope], [7_200, scope]);
    assert.equal((await given.client.v2.me()).data.username, username);

    const next = await client.refreshOAuth2Token(given.refreshToken!);
    assert.notEqual(next.refreshToken, given.refreshToken);
    assert.equal((await next.client.v2.me()).data.id, id);
    await client.revokeOAuth2Token(next.accessToken, 'access_token');
    await assert.rejects(next.client.v2.me(), isRefusal(401));
    assert.equal((await given.client.v2.me()).data.id, id);
    await assert.rejects(
      client.refreshOAuth2Token(given.refreshToken!),
      isRefusal(400),
      'a refresh that comes back',
    );
    await assert.rejects(given.client.v2.me(), isRefusal(401), 'ends all that the grant gave');
    await assert.rejects(client.loginWithOAuth2(exchange), isRefusal(400));
  });
}

test('twitter-api-v2 logs a person in by OAuth 1.0a, with a callback and with a PIN', async () => {
  const { id, username, allow, set, app, httpAgent } = await setting();
  set(false);
  const keys = { appKey: app.consumerKey, appSecret: app.consumerSecret };
  for (const callback of [CALLBACK, 'oob']) {
    for (const linkMode of ['authorize', 'authenticate'] as const) {
      const asked = await new TwitterApi(keys, { httpAgent }).generateAuthLink(callback, { linkMode });
      assert.equal(asked.oauth_callback_confirmed, 'true');
      const { text, query } = await allow(asked.url);
      const verifier = callback === 'oob' ? />(\d{7})</.exec(text)![1]! : query.get('oauth_verifier')!;
      const temporary = { ...keys, accessToken: asked.oauth_token, accessSecret: asked.oauth_token_secret };
      const given = await new TwitterApi(temporary, { httpAgent }).login(verifier);
      assert.deepEqual([given.userId, given.screenName], [id, username]);
      assert.equal((await given.client.v2.me()).data.username, username);
      await assert.rejects(new TwitterApi(temporary, { httpAgent }).login(verifier), isRefusal(401));
    }
  }
  await assert.rejects(
    new TwitterApi(keys, { httpAgent }).generateAuthLink('https://evil.example/'),
    isRefusal(403),
    'a callback that was not registered',
  );
});

for (const kind of ['public', 'confidential'] as const) {
  test(`@xdevplatform/xdk logs a person in by OAuth 2.0 as a ${kind} client, and refreshes`, async (t) => {
    const { username, allow, set } = await setting();
    const { Client, OAuth2, generateCodeVerifier } = await xdk(t);
    const { clientId, clientSecret } = set(kind === 'confidential');
    const client = new OAuth2({
      clientId,
      clientSecret,
      redirectUri: CALLBACK,
      scope: ['tweet.read', 'users.read', 'offline.access'],
    });
    const verifier = generateCodeVerifier();
    await client.setPkceParameters(verifier);
    const { query } = await allow(await client.getAuthorizationUrl('my state'));
    assert.equal(query.get('state'), 'my state');
    const given = await client.exchangeCode(query.get('code')!, verifier);
    assert.equal(given.scope, 'tweet.read users.read offline.access');
    const me = async (accessToken: string) =>
      (await new Client({ accessToken }).users.getMe()).data?.username;
    assert.equal(await me(given.access_token), username);
    const next = await client.refreshToken();
    assert.equal(await me(next.access_token), username);
    await assert.rejects(client.refreshToken(given.refresh_token), /invalid_grant/);
    await assert.rejects(me(next.access_token), { status: 401 }, 'a refresh that comes back ends the grant');
  });
}

test('@xdevplatform/xdk logs a person in by OAuth 1.0a on either page, and signs what the person does', async (t) => {
  const { username, allow, set, app } = await setting();
  const { Client, OAuth1 } = await xdk(t);
  set(false);
  const config = { apiKey: app.consumerKey, apiSecret: app.consumerSecret };
  for (const callback of [CALLBACK, 'oob']) {
    for (const loginWithX of [true, false]) {
      const flow = new OAuth1({ ...config, callback });
      const { text, query } = await allow(await flow.startOAuthFlow(loginWithX));
      const verifier = callback === 'oob' ? />(\d{7})</.exec(text)![1]! : query.get('oauth_verifier')!;
      const token = await flow.getAccessToken(verifier);
      // One of its own for the calls: that of the flow goes on to sign with the request token's secret.
      const client = new Client({ oauth1: new OAuth1({ ...config, callback, ...token }) });
      assert.equal((await client.users.getMe()).data?.username, username);
      const text140 = `${callback} ${loginWithX}: it's (100%) done! * ~ é 日本`;
      const made = await client.posts.create({ text: text140 });
      assert.equal(made.data?.text, text140);
      assert.equal((await client.posts.delete(made.data!.id!)).data?.deleted, true);
    }
  }
});

test('twitter-api-v2 logs an app in, which stays an app', async () => {
  const { id, username, app, httpAgent } = await setting();
  const client = await new TwitterApi(
    { appKey: app.consumerKey, appSecret: app.consumerSecret },
    { httpAgent },
  ).appLogin();
  assert.equal((await client.v2.userByUsername(username)).data.id, id);
  await assert.rejects(client.v2.me(), isRefusal(403));
});

/** It binds `fetch` when it is loaded, and knows X's hosts alone. */
async function xdk(t: TestContext) {
  t.mock.method(globalThis, 'fetch', fetchTo(served));
  const query = `?${served.port}`;
  return (await import(
    `${import.meta.resolve('@xdevplatform/xdk')}${query}`
  )) as typeof import('@xdevplatform/xdk');
}

function isRefusal(status: number) {
  return (error: unknown) => {
    if (error instanceof ApiRequestError) throw error;
    return error instanceof ApiResponseError && error.code === status;
  };
}
