import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { SCOPES } from '../person-port.ts';
import { ALICE, accessWorld, NOW } from '../testing/world.ts';

/** RFC 7636, Appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const REDIRECT = 'https://app.example.com/back';
const ISSUER = 'https://data.example.com';

async function setting(t: TestContext, confidential = false) {
  const world = await accessWorld(t);
  const { persons, clock } = world;
  const client = persons.clients.set(
    'a1',
    { redirects: [REDIRECT, 'myapp://back'].slice(0, confidential ? 1 : 2), confidential },
    NOW,
  );
  const other = persons.clients.set('a2', { redirects: [REDIRECT] }, NOW);
  const asked = (change: Record<string, string | undefined> = {}) => {
    const all = {
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: REDIRECT,
      scope: 'tweet.read users.read offline.access',
      state: 'st&te=1',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
      ...change,
    };
    return new URLSearchParams(
      Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
    );
  };
  const code = (change: Record<string, string | undefined> = {}, personId = ALICE.id) => {
    const asking = persons.oauth2.ask(asked(change), ISSUER, clock.now());
    assert.ok(!('fault' in asking), JSON.stringify(asking));
    return new URL(persons.oauth2.allow(asking, personId, clock.now())).searchParams.get('code')!;
  };
  const token = (form: Record<string, string>, basic?: { key: string; secret: string }) =>
    persons.oauth2.token(new URLSearchParams(form), basic, clock.now());
  const redeem = (text: string, change: Record<string, string> = {}) =>
    token({
      grant_type: 'authorization_code',
      client_id: client.clientId,
      code: text,
      redirect_uri: REDIRECT,
      code_verifier: VERIFIER,
      ...change,
    });
  const renew = (refreshToken: unknown, change: Record<string, string> = {}) =>
    token({
      grant_type: 'refresh_token',
      client_id: client.clientId,
      refresh_token: String(refreshToken),
      ...change,
    });
  const isGood = (bearer: unknown) => persons.tokens.byBearer(String(bearer), clock.now()) !== undefined;
  return { ...world, client, other, asked, code, token, redeem, renew, isGood };
}

test('the verifier of RFC 7636, Appendix B redeems its challenge, and gives what was allowed', async (t) => {
  const { code, redeem, persons, clock } = await setting(t);
  const { status, body } = redeem(code());
  assert.equal(status, 200);
  assert.equal(body.token_type, 'bearer');
  assert.equal(body.expires_in, 7_200);
  assert.equal(body.scope, 'tweet.read users.read offline.access');
  const grant = persons.tokens.byBearer(String(body.access_token), clock.now());
  assert.deepEqual([grant?.appId, grant?.personId, grant?.via], ['a1', ALICE.id, 'oauth2']);
  assert.deepEqual([...(grant?.scopes ?? [])], ['tweet.read', 'users.read', 'offline.access']);
  clock.advance(7_200_000 - 1);
  assert.ok(persons.tokens.byBearer(String(body.access_token), clock.now()));
  clock.advance(1);
  assert.equal(persons.tokens.byBearer(String(body.access_token), clock.now()), undefined);
});

test('plain works as X takes it; without offline.access there is no refresh token', async (t) => {
  const { code, redeem } = await setting(t);
  const { body } = redeem(
    code({ code_challenge: VERIFIER, code_challenge_method: 'plain', scope: 'tweet.read' }),
  );
  assert.ok(body.access_token);
  assert.ok(!('refresh_token' in body));
  const asS256 = redeem(code({ code_challenge: VERIFIER }));
  assert.equal(asS256.body.error, 'invalid_grant', 'a challenge is compared by its own method');
});

test('a verifier longer than the RFC has is taken, for tweepy makes 128 bytes of it and not 128 letters', async (t) => {
  const { code, redeem } = await setting(t);
  const verifier = 'v'.repeat(171);
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  assert.equal(redeem(code({ code_challenge: challenge }), { code_verifier: verifier }).status, 200);
});

test('a stolen code is worth nothing to anybody else', async (t) => {
  const { code, redeem, token, other, clock, people, isGood } = await setting(t);
  const table: [what: string, change: Record<string, string>][] = [
    ['another verifier', { code_verifier: `${VERIFIER.slice(0, -1)}l` }],
    ['the challenge in place of the verifier', { code_verifier: CHALLENGE }],
    ['a verifier that is too short', { code_verifier: 'x' }],
    ['another client', { client_id: other.clientId }],
    ['another registered address', { redirect_uri: 'myapp://back' }],
    ['the address with a slash', { redirect_uri: `${REDIRECT}/` }],
  ];
  for (const [what, change] of table) {
    assert.equal(redeem(code(), change).body.error, 'invalid_grant', what);
  }
  const late = code();
  clock.advance(120_000);
  assert.equal(redeem(late).body.error, 'invalid_grant', 'too late');
  const orphan = code();
  people.delete(ALICE.id);
  assert.equal(redeem(orphan).body.error, 'invalid_grant', 'a person who is suspended meanwhile');
  people.set(ALICE.id, ALICE);

  const missing = token({ grant_type: 'authorization_code', client_id: other.clientId });
  assert.deepEqual([missing.status, missing.body.error], [400, 'invalid_request']);
  const good = redeem(orphan);
  assert.ok(isGood(good.body.access_token), 'and the rightful client still redeems it');
});

test('a code that comes twice ends what it gave', async (t) => {
  const { code, redeem, renew, isGood } = await setting(t);
  const once = code();
  const { body } = redeem(once);
  assert.ok(isGood(body.access_token));
  assert.equal(
    redeem(once, { code_verifier: 'x'.repeat(43) }).body.error,
    'invalid_grant',
    'even from a thief',
  );
  assert.ok(!isGood(body.access_token));
  assert.equal(renew(body.refresh_token).body.error, 'invalid_grant');
  assert.equal(redeem(once).body.error, 'invalid_grant');
});

test('a refresh token works once; when it comes back, all that its grant gave ends', async (t) => {
  const { code, redeem, renew, isGood, clock } = await setting(t);
  const first = redeem(code()).body;
  const second = renew(first.refresh_token).body;
  assert.ok(second.access_token && second.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  clock.advance(7_200_000);
  const third = renew(second.refresh_token).body;
  assert.ok(isGood(third.access_token));
  assert.equal(renew(second.refresh_token).body.error, 'invalid_grant');
  assert.ok(!isGood(third.access_token));
  assert.equal(renew(third.refresh_token).body.error, 'invalid_grant');
});

test('a refresh gives no more than the person allowed, and less if asked', async (t) => {
  const { code, redeem, renew, persons, clock } = await setting(t);
  const { body } = redeem(code());
  assert.equal(renew(body.refresh_token, { scope: 'tweet.write' }).body.error, 'invalid_scope');
  assert.equal(renew(body.refresh_token, { scope: 'all' }).body.error, 'invalid_scope');
  const less = renew(body.refresh_token, { scope: 'tweet.read' }).body;
  assert.deepEqual(
    [...persons.tokens.byBearer(String(less.access_token), clock.now())!.scopes],
    ['tweet.read'],
  );
});

test('another client cannot use or end a token', async (t) => {
  const { code, redeem, renew, persons, other, isGood, clock, client } = await setting(t);
  const { body } = redeem(code());
  assert.equal(renew(body.refresh_token, { client_id: other.clientId }).body.error, 'invalid_grant');
  const revoke = (token: unknown, id: string) =>
    persons.oauth2.revoke(
      new URLSearchParams({ token: String(token), client_id: id }),
      undefined,
      clock.now(),
    );
  assert.equal(revoke(body.access_token, other.clientId).status, 200, 'RFC 7009: answered alike');
  assert.ok(isGood(body.access_token));
  assert.equal(revoke(body.access_token, client.clientId).status, 200);
  assert.ok(!isGood(body.access_token));
  const again = renew(body.refresh_token).body;
  assert.ok(isGood(again.access_token), 'an access token takes only itself along');
  revoke(again.refresh_token, client.clientId);
  assert.ok(!isGood(again.access_token), 'a refresh token all of its grant');
  assert.equal(revoke('nothing', client.clientId).status, 200);
});

test('a confidential client proves itself, by header or body; a public one has no secret', async (t) => {
  const { code, redeem, token, client } = await setting(t, true);
  const form = { grant_type: 'authorization_code', redirect_uri: REDIRECT, code_verifier: VERIFIER };
  const secret = client.clientSecret!;
  const id = client.clientId;
  const table: [
    what: string,
    form: Record<string, string>,
    basic: { key: string; secret: string } | undefined,
    status: number,
  ][] = [
    ['by header', {}, { key: id, secret }, 200],
    ['by body', { client_id: id, client_secret: secret }, undefined, 200],
    ['by header, with its id in the body too', { client_id: id }, { key: id, secret }, 200],
    ['by id alone', { client_id: id }, undefined, 401],
    ['with another secret', {}, { key: id, secret: `${secret}x` }, 401],
    ['with no secret', {}, { key: id, secret: '' }, 401],
    ['in both ways, alike', { client_secret: secret }, { key: id, secret }, 200],
    ['in two ways that differ', { client_secret: 'x' }, { key: id, secret }, 401],
    ['as two', { client_id: 'other' }, { key: id, secret }, 401],
    ['as nobody', {}, undefined, 401],
    ['as an unknown one', {}, { key: 'unknown', secret }, 401],
  ];
  for (const [what, extra, basic, status] of table) {
    assert.equal(token({ ...form, code: code(), ...extra }, basic).status, status, what);
  }
  assert.equal(redeem(code()).status, 401);
});

test('a parameter that comes twice is refused, in the request and in the exchange', async (t) => {
  const { asked, persons, client } = await setting(t);
  for (const name of ['client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'response_type']) {
    const doubled = asked();
    doubled.append(name, doubled.get(name)!);
    assert.ok('fault' in persons.oauth2.ask(doubled, ISSUER, NOW), name);
  }
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: client.clientId,
    refresh_token: 'a',
  });
  form.append('refresh_token', 'b');
  assert.equal(persons.oauth2.token(form, undefined, NOW).body.error, 'invalid_request');
});

test('an address is compared to the letter, and a refusal is sent to none but a registered one', async (t) => {
  const { asked, persons } = await setting(t);
  const tricks = [
    undefined,
    '',
    'https://evil.example',
    `${REDIRECT}/`,
    `${REDIRECT}/../other`,
    `${REDIRECT}?x=1`,
    `${REDIRECT}#x`,
    'https://app.example.com',
    'https://app.example.com/back/sub',
    'https://APP.example.com/back',
    'https://app.example.com:443/back',
    'https://app.example.com@evil.example/back',
    'https://evil.example/https://app.example.com/back',
    'https://app.example.com.evil.example/back',
    'https://app.example.com\\.evil.example/back',
    'http://app.example.com/back',
    ' https://app.example.com/back',
    'https://app.example.com/back%20',
    'javascript:alert(1)',
    'myapp://other',
  ];
  for (const redirectUri of tricks) {
    const fault = persons.oauth2.ask(asked({ redirect_uri: redirectUri }), ISSUER, NOW);
    assert.ok('fault' in fault && fault.redirect === undefined, String(redirectUri));
  }
  const unknown = persons.oauth2.ask(asked({ client_id: 'unknown' }), ISSUER, NOW);
  assert.ok('fault' in unknown && unknown.redirect === undefined);
});

test('what the app asked wrongly goes back to it with the error of RFC 6749 and its state', async (t) => {
  const { asked, persons } = await setting(t);
  const table: [change: Record<string, string | undefined>, error: string][] = [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ response_type: undefined }, 'unsupported_response_type'],
    [{ scope: undefined }, 'invalid_scope'],
    [{ scope: ' ' }, 'invalid_scope'],
    [{ scope: 'tweet.read everything' }, 'invalid_scope'],
    [{ code_challenge: undefined }, 'invalid_request'],
    [{ code_challenge: 'short' }, 'invalid_request'],
    [{ code_challenge: 'x'.repeat(257) }, 'invalid_request'],
    [{ code_challenge: `${'x'.repeat(43)}!` }, 'invalid_request'],
    [{ code_challenge_method: 'S512' }, 'invalid_request'],
    [{ code_challenge_method: 'none' }, 'invalid_request'],
  ];
  for (const [change, error] of table) {
    const fault = persons.oauth2.ask(asked(change), ISSUER, NOW);
    assert.ok('fault' in fault && fault.redirect, JSON.stringify(change));
    const { origin, pathname, searchParams } = new URL(fault.redirect);
    assert.equal(origin + pathname, REDIRECT);
    assert.equal(searchParams.get('error'), error, JSON.stringify(change));
    assert.equal(searchParams.get('state'), 'st&te=1');
    assert.equal(searchParams.get('iss'), ISSUER);
  }
  const long = persons.oauth2.ask(asked({ state: 'x'.repeat(501) }), ISSUER, NOW);
  assert.ok('fault' in long && long.redirect === undefined);
});

test('every scope that exists can be asked for; order and doubles do not matter', async (t) => {
  const { asked, persons } = await setting(t);
  const asking = persons.oauth2.ask(
    asked({ scope: [...SCOPES, ...SCOPES].reverse().join('  ') }),
    ISSUER,
    NOW,
  );
  assert.ok(!('fault' in asking));
  assert.deepEqual(asking.scopes, SCOPES);
});

test('tokens end at once with the app’s keys and the person’s account, and come back with them', async (t) => {
  const { code, redeem, renew, isGood, revoked, people } = await setting(t);
  const { body } = redeem(code());
  revoked.add('a1');
  assert.ok(!isGood(body.access_token));
  assert.equal(renew(body.refresh_token).status, 401);
  revoked.clear();
  people.delete(ALICE.id);
  assert.ok(!isGood(body.access_token));
  assert.equal(renew(body.refresh_token).body.error, 'invalid_grant');
  people.set(ALICE.id, ALICE);
  assert.ok(isGood(body.access_token));
  assert.equal(renew(body.refresh_token).status, 200, 'a suspension used nothing up');
});
