import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import OAuth from 'oauth-1.0a';
import sharp from 'sharp';
import { OPERATOR } from '#terms';
import { apiWorld, person, post } from './api.ts';

type Keys = { consumerKey: string; consumerSecret: string };
type Token = { token: string; secret: string };

/** Signs as somebody else's client does, at a time of the world. */
function signed(
  keys: Keys,
  { token: key, secret }: Token,
  seconds: number,
  method: string,
  url: string,
  data?: Record<string, string>,
): string {
  const client = new OAuth({
    consumer: { key: keys.consumerKey, secret: keys.consumerSecret },
    signature_method: 'HMAC-SHA1',
    hash_function: (base, secret) => createHmac('sha1', secret).update(base).digest('base64'),
  });
  client.getTimeStamp = () => seconds;
  return client.toHeader(client.authorize({ method, url, data }, { key, secret })).Authorization;
}

test('a signed call is the person’s, by the key that signed, once', async (t) => {
  const api = await apiWorld(t);
  const { world, server } = api;
  await api.apply(person('101', { username: 'alice' }), post(10));
  const app = await api.app();
  const sandbox = await world.terms.addKey(OPERATOR, app.appId, { sandbox: true });
  const { oauth1, oauth2 } = world.access.persons.giveOwnTokens(app.appId, '101');
  const ask = async (method: 'GET' | 'POST', path: string, authorization: string, payload?: object) => {
    const reply = await server.inject({
      method,
      url: path,
      headers: { host: 'api.x.com', authorization },
      payload,
    });
    return { status: reply.statusCode, headers: reply.headers, json: JSON.parse(reply.body) };
  };
  const by = (keys: Keys, method: 'GET' | 'POST', path: string) =>
    signed(keys, oauth1, Math.floor(world.clock.now() / 1_000), method, `https://api.x.com${path}`);

  const me = '/2/users/me?user.fields=created_at%2Cname';
  const once = by(app, 'GET', me);
  const first = await ask('GET', me, once);
  assert.deepEqual([first.status, first.json.data?.username], [200, 'alice']);
  assert.equal(first.headers['x-access-level'], 'read-write-directmessages');
  assert.equal((await ask('GET', me, once)).status, 401, 'a replay');
  assert.equal(
    (await ask('GET', `${me}&expansions=pinned_tweet_id`, by(app, 'GET', me))).status,
    401,
    'a tampered query',
  );
  assert.equal((await ask('GET', me, `Bearer ${oauth2.accessToken}`)).json.data.id, '101');
  assert.equal(
    (await ask('GET', me, `Bearer ${oauth2.refreshToken}`)).status,
    401,
    'a refresh token is no bearer',
  );
  assert.equal((await ask('GET', me, `Bearer ${oauth1.token}`)).status, 401, 'nor is a token that signs');

  assert.equal((await ask('GET', me, by(sandbox, 'GET', me))).status, 200);
  const written = await ask('POST', '/2/tweets', by(sandbox, 'POST', '/2/tweets'), { text: 'hello' });
  assert.deepEqual([written.status, written.json.reason], [403, 'sandbox-key']);
  assert.equal((await ask('POST', '/2/tweets', by(app, 'POST', '/2/tweets'), { text: 'hello' })).status, 201);

  await world.terms.revokeKey(OPERATOR, sandbox.keyId);
  assert.equal((await ask('GET', me, by(sandbox, 'GET', me))).status, 401, 'the key that signs has ended');
  assert.equal((await ask('GET', me, by(app, 'GET', me))).status, 200);
  await api.apply({ kind: 'person-state', id: '101', state: 'suspended' });
  assert.equal((await ask('GET', me, by(app, 'GET', me))).status, 401);
  assert.equal((await ask('GET', me, `Bearer ${oauth2.accessToken}`)).status, 401);
  assert.deepEqual(api.mistakes, []);
});

test('a signature names the host that the client called, though a proxy calls us by another', async (t) => {
  const api = await apiWorld(t, { trustProxy: ['127.0.0.1/32'] });
  const { world, server } = api;
  await api.apply(person('101', { username: 'alice' }));
  const app = await api.app();
  const { oauth1 } = world.access.persons.giveOwnTokens(app.appId, '101');
  const seconds = Math.floor(world.clock.now() / 1_000);
  const ask = async (remoteAddress: string) => {
    const authorization = signed(app, oauth1, seconds, 'GET', 'https://api.x.com/2/users/me');
    const headers = { host: '10.0.0.7:8080', 'x-forwarded-host': 'api.x.com', authorization };
    return (await server.inject({ url: '/2/users/me', headers, remoteAddress })).statusCode;
  };
  assert.equal(await ask('127.0.0.1'), 200);
  assert.equal(await ask('127.0.0.2'), 401, 'a stranger names no host but its own');
});

test('a picture in a signed form is taken up to what a form may have; beyond it the answer names multipart', async (t) => {
  const api = await apiWorld(t);
  const { world, server } = api;
  await api.apply(person('101'));
  const app = await api.app();
  const { oauth1 } = world.access.persons.giveOwnTokens(app.appId, '101');
  const path = '/1.1/media/upload.json';
  const send = async (token: Token, fields: Record<string, string>, sent = fields) => {
    const seconds = Math.floor(world.clock.now() / 1_000);
    const authorization = signed(app, token, seconds, 'POST', `https://api.x.com${path}`, fields);
    const headers = { host: 'api.x.com', authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const payload = new URLSearchParams(sent).toString();
    const reply = await server.inject({ method: 'POST', url: path, headers, payload });
    return { status: reply.statusCode, text: reply.body };
  };
  // Noise does not get smaller: as large as a real photo, and larger than any other form that is signed.
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const picture = await sharp({
    create: { width: 1_200, height: 1_200, channels: 3, background: '#808080', noise },
  })
    .png()
    .toBuffer();
  assert.ok(picture.length > 2 << 20);
  const fields = { media_category: 'tweet_image', media_data: picture.toString('base64') };
  const taken = await send(oauth1, fields);
  assert.equal(taken.status, 200, taken.text);
  assert.equal(JSON.parse(taken.text).image.w, 1_200);
  const changed = { ...fields, media_data: fields.media_data.replace('A', 'B') };
  assert.equal((await send(oauth1, fields, changed)).status, 401);
  assert.equal((await send({ ...oauth1, secret: 'guessed' }, fields)).status, 401);
  const tooLarge = await send(oauth1, { media_data: 'A'.repeat(9 << 20) });
  assert.equal(tooLarge.status, 413);
  assert.match(tooLarge.text, /multipart\/form-data/);
  assert.deepEqual(api.mistakes, []);
});
