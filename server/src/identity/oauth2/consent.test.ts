import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ALICE, accessWorld, BOB, NOW } from '../testing/world.ts';

const REDIRECT = 'https://app.example.com/back?fixed=1';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const PATH = '/i/oauth2/authorize';

async function setting(t: TestContext, options: Parameters<typeof accessWorld>[1] = {}) {
  const world = await accessWorld(t, options);
  const client = world.persons.clients.set(
    'a1',
    { redirects: [REDIRECT, 'http://127.0.0.1:3000/cb', 'myapp://back'] },
    NOW,
  );
  const url = (change: Record<string, string> = {}) =>
    `${PATH}?${new URLSearchParams({
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: REDIRECT,
      scope: 'tweet.read dm.write offline.access',
      state: 'abc',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...change,
    })}`;
  return { ...world, client, url };
}

test('a person signs in, is asked in plain words, allows, and goes back with a code', async (t) => {
  const { url, browser, persons } = await setting(t);
  const alice = browser();
  const first = await alice.get(url());
  assert.equal(first.status, 303);
  const signIn = await alice.get(first.location!);
  const { password } = persons.signIn.giveOneTimePassword(ALICE.id);
  const entered = await alice.submit(signIn, '/sign-in', { username: 'ALICE', password });
  assert.equal(entered.location, `/settings/password?next=${encodeURIComponent(url())}`);
  const choose = await alice.get(entered.location!);
  const words = { password: 'correct horse battery', again: 'correct horse battery' };
  const chosen = await alice.submit(choose, '/settings/password', words);
  assert.equal(chosen.location, url());

  const page = await alice.get(chosen.location!);
  assert.equal(page.status, 200);
  for (const words of [
    'Planner',
    'Kota Ads',
    '@alice',
    'app.example.com',
    'Send and delete direct messages for you',
    'Use another account',
  ]) {
    assert.ok(page.text.includes(words), words);
  }
  const done = await alice.submit(page, PATH, { decision: 'allow' });
  assert.equal(done.status, 303);
  assert.match(
    done.location!,
    /^https:\/\/app\.example\.com\/back\?fixed=1&state=abc&code=[\w-]{43}&iss=http%3A%2F%2Fdata\.example\.com$/,
  );
});

test('a person who says no goes back without a code', async (t) => {
  const { url, signedIn, persons } = await setting(t);
  const alice = await signedIn();
  const done = await alice.submit(await alice.get(url()), PATH, { decision: 'deny' });
  const { searchParams } = new URL(done.location!);
  assert.deepEqual(
    [searchParams.get('error'), searchParams.get('state'), searchParams.get('code')],
    ['access_denied', 'abc', null],
  );
  assert.equal(searchParams.get('iss'), 'http://data.example.com');
  assert.deepEqual(persons.grants.ofPerson(ALICE.id), []);
});

test('a consent that no page of ours sent, or another account or site sent, counts for nothing', async (t) => {
  const { url, signedIn, browser } = await setting(t);
  const alice = await signedIn();
  const page = await alice.get(url());
  const form = page.forms.find(({ action }) => action === PATH)!.fields;
  const bobs = await signedIn(BOB);
  const bobsToken = (await bobs.get(url())).forms.find(({ action }) => action === PATH)!.fields.form!;
  const anonymous = (await browser().get('/sign-in')).forms[0]!.fields.form!;
  const yes = { ...form, decision: 'allow' };
  const table: [
    what: string,
    fields: Record<string, string>,
    headers: Record<string, string>,
    status: number,
  ][] = [
    ['no token', { ...yes, form: '' }, {}, 403],
    ['somebody else’s token', { ...yes, form: bobsToken }, {}, 403],
    ['the token of a page for strangers', { ...yes, form: anonymous }, {}, 403],
    ['another site', yes, { origin: 'https://evil.example' }, 403],
    ['a page without an origin', yes, { origin: 'null' }, 403],
    ['another site, by the browser’s word', yes, { 'sec-fetch-site': 'cross-site' }, 403],
    ['a neighbour of our host', yes, { 'sec-fetch-site': 'same-site' }, 403],
    ['another account than was shown', { ...yes, person: BOB.id }, {}, 409],
    ['neither yes nor no', form, {}, 400],
    ['both', { ...form, decision: 'allow deny' }, {}, 400],
    ['JSON', yes, { 'content-type': 'application/json' }, 400],
    ['an address that is not registered', { ...yes, redirect_uri: 'https://evil.example' }, {}, 400],
  ];
  for (const [what, fields, headers, status] of table) {
    const answer = await alice.post(PATH, fields, headers);
    assert.equal(answer.status, status, what);
    assert.equal(answer.location, undefined, what);
  }
  assert.equal((await browser().post(PATH, yes)).status, 401);
  assert.equal((await alice.post(PATH, yes)).status, 303, 'and the form as it was shown still works');
});

test('every page forbids frames, scripts, foreign forms, caches and leaks of its address', async (t) => {
  const { url, signedIn, browser } = await setting(t);
  const alice = await signedIn();
  const pages = [
    await browser().get('/sign-in'),
    await alice.get(url()),
    await alice.get(url({ redirect_uri: 'https://evil.example' })),
    await alice.get('/settings/apps'),
    await alice.get('/settings/password'),
    await alice.get('/oauth/authorize?oauth_token=unknown'),
    await alice.post(PATH, {}),
  ];
  for (const { headers, text } of pages) {
    const policy = String(headers['content-security-policy']);
    assert.match(
      policy,
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'[^;]*; frame-ancestors 'none'; base-uri 'none'$/,
    );
    assert.equal(headers['x-frame-options'], 'DENY');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['referrer-policy'], 'same-origin');
    assert.doesNotMatch(text, /<script|\son\w+=|javascript:|style="/i);
    assert.match(text, /<html lang="en">[\s\S]*<h1>/);
  }
  const actions = async (redirectUri: string) =>
    /form-action ([^;]*);/.exec(
      String((await alice.get(url({ redirect_uri: redirectUri }))).headers['content-security-policy']),
    )?.[1];
  assert.equal(
    await actions(REDIRECT),
    "'self' https://app.example.com",
    'so that the redirect after the form may follow',
  );
  assert.equal(await actions('http://127.0.0.1:3000/cb'), "'self' http://127.0.0.1:3000");
  assert.equal(await actions('myapp://back'), "'self' myapp:");
});

test('names, states and usernames are text wherever they stand', async (t) => {
  const { url, people, apps, signedIn, persons, browser } = await setting(t);
  const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>&\u202egnp.exe\u0007`;
  people.set('9', { id: '9', username: evil, name: evil });
  apps.set('a1', { name: evil, licensee: evil, consumerKey: 'ck-a1', secret: 'cs-a1' });
  const them = await signedIn({ id: '9', username: evil, name: evil });
  const state = `"><svg onload=alert(1)>`;
  const consent = await them.get(url({ state }));
  assert.equal(consent.status, 200);
  persons.giveOwnTokens('a1', '9');
  const pages = [consent, await them.get('/settings/apps'), await them.get('/settings/password')];
  for (const { text } of pages) assert.doesNotMatch(text, /<script|<img|<svg|\u202e|\u0007/);
  const stranger = browser();
  const asked = await stranger.submit(await stranger.get('/sign-in'), '/sign-in', {
    username: evil,
    password: 'x',
  });
  assert.equal(asked.status, 401);
  assert.doesNotMatch(asked.text, /<script|<img/);
  const done = await them.submit(consent, PATH, { decision: 'deny' });
  assert.equal(new URL(done.location!).searchParams.get('state'), state, 'and it goes back as it came');
});

test('after a sign-in a person lands on a page of ours, whatever was asked for', async (t) => {
  const { signedIn, browser } = await setting(t);
  const alice = await signedIn();
  const tricks = [
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    '/sign-in/../../evil',
    'javascript:alert(1)',
    '/i/oauth2/authorize/../../x',
    '/settings/apps\r\nset-cookie: x=y',
    '/%0d%0aset-cookie:x',
    '/2/users/me',
    `/settings/apps?${'x'.repeat(9_000)}`,
    '',
  ];
  for (const next of tricks) {
    const answer = await alice.get(`/sign-in?next=${encodeURIComponent(next)}`);
    assert.equal(answer.location, '/settings/apps', next);
    const fresh = browser();
    const page = await fresh.get(`/sign-in?next=${encodeURIComponent(next)}`);
    assert.equal(page.forms[0]?.fields.next, '/settings/apps', next);
  }
  assert.equal(
    (await alice.get('/sign-in?next=%2Foauth%2Fauthorize%3Foauth_token%3Dx')).location,
    '/oauth/authorize?oauth_token=x',
  );
});

test('another account: signing out leads back to the question', async (t) => {
  const { url, signedIn, persons } = await setting(t);
  const alice = await signedIn();
  const session = alice.cookies.get('parley-session')!;
  const out = await alice.submit(await alice.get(url()), '/sign-out');
  assert.equal(out.location, `/sign-in?next=${encodeURIComponent(url())}`);
  assert.equal(persons.sessions.find(session, NOW), undefined);
  const { password } = persons.signIn.giveOneTimePassword(BOB.id);
  const entered = await alice.submit(await alice.get(out.location!), '/sign-in', {
    username: 'bob',
    password,
  });
  assert.equal(entered.status, 303);
  assert.ok((await alice.get(url())).text.includes('@Bob'));
});

test('a person sees the apps and ends their rights at once, by a form of that page alone', async (t) => {
  const { signedIn, persons } = await setting(t);
  const alice = await signedIn();
  const { oauth1, oauth2 } = persons.giveOwnTokens('a1', ALICE.id);
  const bobs = persons.giveOwnTokens('a1', BOB.id).oauth2;
  const page = await alice.get('/settings/apps');
  assert.ok(page.text.includes('Planner') && page.text.includes('Kota Ads'));
  assert.equal((await alice.post('/settings/apps', { app: 'a1' })).status, 403);
  assert.ok(persons.tokens.byBearer(oauth2.accessToken, NOW));
  assert.equal((await alice.submit(page, '/settings/apps')).status, 303);
  assert.equal(persons.tokens.byBearer(oauth2.accessToken, NOW), undefined);
  assert.equal(persons.grants.byOAuth1Token(oauth1.token, NOW), undefined);
  assert.ok(persons.tokens.byBearer(bobs.accessToken, NOW), 'nobody else’s');
  assert.ok((await alice.get('/settings/apps')).text.includes('None.'));
});

test('over HTTPS cookies are for this host alone, and for HTTP only', async (t) => {
  const { server } = await setting(t);
  const table: [protocol: string, pattern: RegExp][] = [
    ['https', /^__Host-parley-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/],
    ['http', /^parley-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/],
  ];
  for (const [protocol, pattern] of table) {
    const reply = await server.inject({ url: '/sign-in', headers: { 'x-forwarded-proto': protocol } });
    assert.match(String(reply.headers['set-cookie']), pattern);
  }
});

test('a body that is too large, and one of another kind, are refused before anything is done', async (t) => {
  const { signedIn } = await setting(t);
  const alice = await signedIn();
  assert.equal((await alice.post(PATH, { x: 'x'.repeat(17 << 10) })).status, 413);
  assert.equal((await alice.post('/sign-in', {}, { 'content-type': 'text/plain' })).status, 400);
});

test('an answer names the issuer of the metadata, by the address that the browser came to (RFC 9207, RFC 8414)', async (t) => {
  const { url, server, signedIn } = await setting(t);
  const headers = { host: 'data.example.com' };
  const reply = await server.inject({ url: '/.well-known/oauth-authorization-server', headers });
  assert.equal(reply.statusCode, 200);
  assert.match(String(reply.headers['content-type']), /^application\/json/);
  const metadata = reply.json();
  assert.equal(metadata.issuer, 'http://data.example.com');
  const secure = { ...headers, 'x-forwarded-proto': 'https' };
  const other = await server.inject({ url: '/.well-known/oauth-authorization-server', headers: secure });
  assert.equal(other.json().issuer, 'https://data.example.com');
  assert.equal(metadata.authorization_response_iss_parameter_supported, true);
  // RFC 8414, 2: what is required, and that every endpoint is one of ours.
  assert.deepEqual(metadata.response_types_supported, ['code']);
  for (const name of ['authorization_endpoint', 'token_endpoint', 'revocation_endpoint']) {
    assert.ok(metadata[name].startsWith(`${metadata.issuer}/`), name);
    const path = metadata[name].slice(metadata.issuer.length);
    // The token endpoint is in the module of the API.
    if (name !== 'token_endpoint')
      assert.ok(['GET', 'POST'].some((method) => server.hasRoute({ method: method as 'GET', url: path })));
  }
  const alice = await signedIn();
  const page = await alice.get(url());
  for (const decision of ['allow', 'deny']) {
    const done = await alice.submit(page, PATH, { decision });
    assert.equal(new URL(done.location!).searchParams.get('iss'), metadata.issuer, decision);
  }
});

test('no browser is sent away before a person has signed in, with an error as little as without one (RFC 9700, 4.11.2)', async (t) => {
  const { url, browser, signedIn } = await setting(t);
  const alice = await signedIn();
  for (const change of [
    { scope: 'everything' },
    { response_type: 'token' },
    { code_challenge: 'short' },
    { code_challenge_method: 'S512' },
    { scope: '' },
  ] as Record<string, string>[]) {
    const stranger = await browser().get(url(change));
    assert.equal(stranger.status, 303);
    assert.match(stranger.location!, /^\/sign-in\?/, JSON.stringify(change));
    const known = await alice.get(url(change));
    const { origin, searchParams } = new URL(known.location!);
    assert.equal(origin, 'https://app.example.com');
    assert.equal(searchParams.get('iss'), 'http://data.example.com');
    assert.ok(searchParams.get('error'));
  }
  const unknown = await browser().get(url({ redirect_uri: 'https://evil.example' }));
  assert.equal(unknown.status, 400, 'a page of our own');
});
