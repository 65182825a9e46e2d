import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ApiRequestError, ApiResponseError, TwitterApi } from 'twitter-api-v2';
import { accessRoutes } from '#access';
import { OPERATOR } from '#terms';
import { type Browser, fakeBrowser } from '../../src/access/browser.fake.ts';
import { createServer } from '../../src/server.ts';
import { person } from '../contract/api.ts';
import { agentTo, serveAsX } from './x-hosts.ts';

const CALLBACK = 'https://app.example.com/back';

/** An app of twitter-api-v2's and a browser in which its person is signed in. */
async function setting(t: TestContext) {
  const served = await serveAsX(t, Date.now());
  const { world } = served;
  await world.writer.apply([person('101', { username: 'alice' })]);
  const { licenseeId } = await world.terms.addLicensee('Example Ads');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro', name: 'Planner' });
  const set = (confidential: boolean) =>
    world.access.persons.clients.set(
      app.appId,
      { redirects: [CALLBACK], callbacks: [CALLBACK], confidential },
      world.clock.now(),
    );
  const pages = createServer(() => assert.fail('a mistake of ours'));
  accessRoutes(pages, { access: world.access, log: () => assert.fail('a mistake of ours') });
  t.after(() => pages.close());
  const browser = fakeBrowser(pages);
  const { password } = world.access.persons.signIn.giveOneTimePassword('101');
  assert.equal((await browser.signIn('alice', password)).status, 303);
  return { world, app, set, browser, httpAgent: agentTo(served) };
}

/** The person opens the link that the client made, and allows. @returns where the browser goes, or what it shows. */
async function allow(browser: Browser, link: string) {
  const { host, pathname, search } = new URL(link);
  assert.match(host, /^(api\.)?(x|twitter)\.com$/);
  const page = await browser.get(pathname + search);
  assert.equal(page.status, 200, page.text);
  const action = pathname === '/i/oauth2/authorize' ? pathname : '/oauth/authorize';
  const done = await browser.submit(page, action, { decision: 'allow' });
  return {
    text: done.text,
    query: done.location ? new URL(done.location).searchParams : new URLSearchParams(),
  };
}

for (const kind of ['public', 'confidential'] as const) {
  test(`twitter-api-v2 logs a person in by OAuth 2.0 as a ${kind} client, refreshes and revokes`, async (t) => {
    const { browser, set, httpAgent } = await setting(t);
    const { clientId, clientSecret } = set(kind === 'confidential');
    const tokens = clientSecret === undefined ? { clientId } : { clientId, clientSecret };
    const client = new TwitterApi(tokens, { httpAgent });
    const scope = ['tweet.read', 'users.read', 'offline.access'];
    const { url, codeVerifier, state } = client.generateOAuth2AuthLink(CALLBACK, { scope });
    const { query } = await allow(browser, url);
    assert.equal(query.get('state'), state);
    const exchange = { code: query.get('code')!, codeVerifier, redirectUri: CALLBACK };
    const given = await client.loginWithOAuth2(exchange);
    assert.deepEqual([given.expiresIn, given.scope], [7_200, scope]);
    assert.equal((await given.client.v2.me()).data.username, 'alice');

    const next = await client.refreshOAuth2Token(given.refreshToken!);
    assert.notEqual(next.refreshToken, given.refreshToken);
    assert.equal((await next.client.v2.me()).data.id, '101');
    await client.revokeOAuth2Token(next.accessToken, 'access_token');
    await assert.rejects(next.client.v2.me(), isRefusal(401));
    assert.equal((await given.client.v2.me()).data.id, '101');
    await assert.rejects(
      client.refreshOAuth2Token(given.refreshToken!),
      isRefusal(400),
      'a refresh that comes back',
    );
    await assert.rejects(given.client.v2.me(), isRefusal(401), 'ends all that the grant gave');
    await assert.rejects(client.loginWithOAuth2(exchange), isRefusal(400));
  });
}

test('twitter-api-v2 logs a person in by OAuth 1.0a, with a callback and with a PIN', async (t) => {
  const { browser, set, app, httpAgent } = await setting(t);
  set(false);
  const keys = { appKey: app.consumerKey, appSecret: app.consumerSecret };
  for (const callback of [CALLBACK, 'oob']) {
    for (const linkMode of ['authorize', 'authenticate'] as const) {
      const asked = await new TwitterApi(keys, { httpAgent }).generateAuthLink(callback, { linkMode });
      assert.equal(asked.oauth_callback_confirmed, 'true');
      const { text, query } = await allow(browser, asked.url);
      const verifier = callback === 'oob' ? />(\d{7})</.exec(text)![1]! : query.get('oauth_verifier')!;
      const temporary = { ...keys, accessToken: asked.oauth_token, accessSecret: asked.oauth_token_secret };
      const given = await new TwitterApi(temporary, { httpAgent }).login(verifier);
      assert.deepEqual([given.userId, given.screenName], ['101', 'alice']);
      assert.equal((await given.client.v2.me()).data.username, 'alice');
      await assert.rejects(new TwitterApi(temporary, { httpAgent }).login(verifier), isRefusal(401));
    }
  }
  await assert.rejects(
    new TwitterApi(keys, { httpAgent }).generateAuthLink('https://evil.example/'),
    isRefusal(403),
    'a callback that was not registered',
  );
});

test('twitter-api-v2 logs an app in, which stays an app', async (t) => {
  const { app, httpAgent } = await setting(t);
  const client = await new TwitterApi(
    { appKey: app.consumerKey, appSecret: app.consumerSecret },
    { httpAgent },
  ).appLogin();
  assert.equal((await client.v2.userByUsername('alice')).data.id, '101');
  await assert.rejects(client.v2.me(), isRefusal(403));
});

function isRefusal(status: number) {
  return (error: unknown) => {
    if (error instanceof ApiRequestError) throw error;
    return error instanceof ApiResponseError && error.code === status;
  };
}
