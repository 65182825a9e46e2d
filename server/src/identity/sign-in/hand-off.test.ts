import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { SignJWT } from 'jose';
import { Problem } from '#kernel';
import { ALICE, accessWorld, BOB, NOW } from '../testing/world.ts';

const ORIGIN = 'https://data.example.com';
const PAGE = 'https://social.example.com/parley?theme=1';
const KEYS: Record<string, { publicKey: KeyObject; privateKey: KeyObject }> = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString();

async function setting(t: TestContext, algorithm = 'EdDSA', issuer?: string) {
  const world = await accessWorld(t);
  const { publicKey, privateKey } = KEYS[algorithm]!;
  world.persons.handOff.set({ url: PAGE, origin: ORIGIN, key: pem(publicKey), issuer });
  let made = 0;
  /** What the platform signs. */
  const sign = (
    claims: Record<string, unknown>,
    key: KeyObject | Uint8Array = privateKey,
    alg = algorithm,
  ) => {
    made += 1;
    const seconds = Math.floor(world.clock.now() / 1_000);
    const all = { sub: ALICE.id, aud: ORIGIN, exp: seconds + 120, jti: `id-${made}`, ...claims };
    return new SignJWT(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)))
      .setProtectedHeader({ alg })
      .sign(key);
  };
  /** A browser that was sent to the platform, and with what. */
  const sent = async (next = '/settings/apps') => {
    const browser = world.browser();
    const { location } = await browser.get(`/sign-in?next=${encodeURIComponent(next)}`);
    const { searchParams } = new URL(location!);
    return {
      browser,
      location: location!,
      state: searchParams.get('state')!,
      nonce: searchParams.get('nonce')!,
    };
  };
  const back = (browser: Awaited<ReturnType<typeof sent>>['browser'], token: string, state: string) =>
    browser.get(`/sign-in/return?${new URLSearchParams({ token, state })}`);
  return { ...world, sign, sent, back };
}

for (const algorithm of Object.keys(KEYS)) {
  test(`a person signs in by the platform’s word (${algorithm}) and lands where they wanted`, async (t) => {
    const { sign, sent, back } = await setting(t, algorithm);
    const next = '/oauth/authorize?oauth_token=abc';
    const { browser, location, state, nonce } = await sent(next);
    assert.ok(location.startsWith(`${PAGE}&state=`));
    assert.equal(new URL(location).searchParams.get('return_to'), `${ORIGIN}/sign-in/return`);
    const done = await back(browser, await sign({ nonce }), state);
    assert.equal(done.location, next);
    const settings = await browser.get('/settings/apps');
    assert.ok(settings.text.includes('@alice'));
    assert.match(
      String(settings.headers['content-security-policy']),
      /form-action 'self' https:\/\/social\.example\.com;/,
    );
    assert.equal((await browser.get('/settings/password')).status, 404);
  });
}

test('a token that is unsigned, forged, foreign, late, long-lived, replayed or for somebody else is refused', async (t) => {
  const { sign, sent, back, clock, people } = await setting(t, 'EdDSA', 'https://social.example.com');
  const iss = 'https://social.example.com';
  const seconds = Math.floor(NOW / 1_000);
  const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const unsigned = (claims: object) => `${text({ alg: 'none' })}.${text(claims)}.`;
  type Make = (nonce: string) => Promise<string> | string;
  const table: [what: string, make: Make][] = [
    ['nothing', () => ''],
    ['no token', () => 'a.b.c'],
    ['too long', () => `a.${'x'.repeat(9_000)}.c`],
    [
      'alg none',
      (nonce) => unsigned({ sub: ALICE.id, aud: ORIGIN, iss, exp: seconds + 60, jti: 'n', nonce }),
    ],
    ['another key', (nonce) => sign({ nonce, iss }, generateKeyPairSync('ed25519').privateKey)],
    ['another algorithm', (nonce) => sign({ nonce, iss }, KEYS.ES256!.privateKey, 'ES256')],
    [
      'the public key as a shared secret',
      (nonce) => {
        const head = `${text({ alg: 'HS256' })}.${text({ sub: ALICE.id, aud: ORIGIN, iss, exp: seconds + 60, jti: 'h', nonce })}`;
        return `${head}.${createHmac('sha256', pem(KEYS.EdDSA!.publicKey)).update(head).digest('base64url')}`;
      },
    ],
    ['another audience', (nonce) => sign({ nonce, iss, aud: 'https://other.example.com' })],
    ['no audience', (nonce) => sign({ nonce, iss, aud: undefined })],
    ['another issuer', (nonce) => sign({ nonce, iss: 'https://evil.example' })],
    ['no issuer', (nonce) => sign({ nonce })],
    ['ended', (nonce) => sign({ nonce, iss, exp: seconds - 31 })],
    ['ends too late', (nonce) => sign({ nonce, iss, exp: seconds + 331 })],
    ['no end', (nonce) => sign({ nonce, iss, exp: undefined })],
    ['not yet', (nonce) => sign({ nonce, iss, nbf: seconds + 60 })],
    ['no id', (nonce) => sign({ nonce, iss, jti: undefined })],
    ['an empty id', (nonce) => sign({ nonce, iss, jti: '' })],
    ['no nonce', () => sign({ iss })],
    ['another nonce', () => sign({ iss, nonce: 'x' })],
    ['no person', (nonce) => sign({ nonce, iss, sub: undefined })],
    ['a person by name', (nonce) => sign({ nonce, iss, sub: 'alice' })],
    ['nobody', (nonce) => sign({ nonce, iss, sub: '999' })],
  ];
  for (const [what, make] of table) {
    const { browser, state, nonce } = await sent();
    const answer = await back(browser, await make(nonce), state);
    assert.equal(answer.status, 403, what);
    assert.equal(browser.cookies.has('parley-session'), false, what);
  }
  const { browser, state, nonce } = await sent();
  const good = await sign({ nonce, iss });
  assert.equal((await back(browser, good, state)).status, 303);
  assert.equal((await back(browser, good, state)).status, 403, 'replayed in the same browser');
  const stranger = await sent();
  assert.equal((await back(stranger.browser, good, stranger.state)).status, 403, 'replayed in another');
  assert.equal(
    (await back(stranger.browser, await sign({ nonce, iss }), state)).status,
    403,
    'with another’s state',
  );
  assert.equal(
    (await back(stranger.browser, await sign({ nonce: stranger.nonce, iss }), 'x')).status,
    403,
    'with no state',
  );
  const slow = await sent();
  clock.advance(900_000);
  assert.equal(
    (await back(slow.browser, await sign({ nonce: slow.nonce, iss }), slow.state)).status,
    403,
    'too slow',
  );
  people.delete(BOB.id);
  const suspended = await sent();
  assert.equal(
    (await back(suspended.browser, await sign({ nonce: suspended.nonce, iss, sub: BOB.id }), suspended.state))
      .status,
    403,
  );
});

test('a shared secret works too; while sign-in is handed off no password does', async (t) => {
  const { persons, sign, sent, back, browser } = await setting(t);
  const secret = 'a secret of more than thirty-two characters';
  const { password } = persons.signIn.giveOneTimePassword(ALICE.id);
  const waiting = browser();
  persons.handOff.clear();
  const page = await waiting.get('/sign-in');
  persons.handOff.set({ url: PAGE, origin: ORIGIN, key: `${secret}\n` });
  assert.equal(persons.handOff.settings()?.algorithm, 'HS256');
  const asked = await waiting.submit(page, '/sign-in', { username: 'alice', password });
  assert.match(asked.location!, /^\/sign-in\?next=/);
  assert.equal(waiting.cookies.has('parley-session'), false);
  const { browser: theirs, state, nonce } = await sent();
  assert.equal((await back(theirs, await sign({ nonce }, Buffer.from(secret), 'HS256'), state)).status, 303);
});

test('keys and addresses that would be weak, private or wrong are refused with the reason', async (t) => {
  const { persons } = await setting(t);
  const good = { url: PAGE, origin: ORIGIN, key: pem(KEYS.EdDSA!.publicKey) };
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
  const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey;
  const jwk = KEYS.ES256!.privateKey.export({ format: 'jwk' });
  const table: [change: Partial<typeof good>, reason: RegExp][] = [
    [{ key: KEYS.EdDSA!.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }, /private key/],
    [{ key: JSON.stringify(jwk) }, /private key/],
    [{ key: pem(weak) }, /at least 2048 bits/],
    [{ key: pem(curve) }, /none of/],
    [{ key: 'short' }, /at least 32/],
    [{ key: '-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----' }, /neither/],
    [{ key: '{"kty":"x"}' }, /neither/],
    [{ url: 'http://social.example.com/' }, /https address/],
    [{ url: 'https://user@social.example.com/' }, /https address/],
    [{ url: 'javascript:alert(1)' }, /https address/],
    [{ origin: 'https://data.example.com/path' }, /origin/],
    [{ origin: 'data.example.com' }, /origin/],
  ];
  for (const [change, reason] of table) {
    assert.throws(
      () => persons.handOff.set({ ...good, ...change }),
      (error) => error instanceof Problem && error.code === 'body-invalid' && reason.test(error.message),
      JSON.stringify(change),
    );
  }
  const { d: _, ...publicJwk } = jwk;
  assert.equal(persons.handOff.set({ ...good, key: JSON.stringify(publicJwk) }).algorithm, 'ES256');
});
