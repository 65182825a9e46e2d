import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import OAuth from 'oauth-1.0a';
import sharp from 'sharp';
import { apiWorld, person, read } from './api.ts';

const sha1 = (body: string | Uint8Array) => createHash('sha1').update(body).digest('base64');

test('a signature that says another oauth_body_hash than the body has is refused, and nothing is done', async (t) => {
  const api = await apiWorld(t);
  const { world, server } = api;
  await api.apply(person('101'));
  const app = await api.app();
  const { oauth1 } = world.access.persons.giveOwnTokens(app.appId, '101');

  /** Signed by somebody else's client, as it signs any further parameter of the header. */
  async function send(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    digest: string,
    body?: { type: string; payload: string | Buffer },
  ) {
    const client = new OAuth({
      consumer: { key: app.consumerKey, secret: app.consumerSecret },
      signature_method: 'HMAC-SHA1',
      hash_function: (base, secret) => createHmac('sha1', secret).update(base).digest('base64'),
    });
    client.getTimeStamp = () => Math.floor(world.clock.now() / 1_000);
    const data = { oauth_body_hash: digest } as Record<string, string>;
    const signed = client.authorize(
      { method, url: `https://api.x.com${path}`, data },
      { key: oauth1.token, secret: oauth1.secret },
    );
    const headers = {
      host: 'api.x.com',
      authorization: client.toHeader(signed).Authorization,
      ...(body && { 'content-type': body.type }),
    };
    assert.match(headers.authorization, /oauth_body_hash=/);
    return read(await server.inject({ method, url: path, headers, payload: body?.payload }));
  }

  const json = (payload: string) => ({ type: 'application/json', payload });
  const good = '{"text":"Hello World!"}';
  const posts = () => world.posts.timeline('101', { limit: 10 }).length;
  assert.equal((await send('POST', '/2/tweets', sha1(good), json(good))).status, 201);
  const before = posts();
  for (const sent of ['{"text":"Hello Mallory"}', `${good} `, '']) {
    const reply = await send('POST', '/2/tweets', sha1(good), json(sent));
    assert.equal(reply.status, 401, sent);
    assert.equal(reply.json.reason, 'wrong-body-hash');
  }
  assert.equal(posts(), before);

  // Without a body it is the hash of nothing; one that no operation takes is looked at all the same.
  assert.equal((await send('GET', '/2/users/me', sha1(''))).status, 200);
  assert.equal((await send('GET', '/2/users/me', sha1('x'))).status, 401);
  assert.equal((await send('DELETE', '/2/tweets/1', sha1('{}'), json('{"a":1}'))).status, 401);

  // The extension forbids it beside a form, which the signature covers.
  const form = { type: 'application/x-www-form-urlencoded', payload: '' };
  assert.equal((await send('POST', '/2/media/upload', sha1(''), form)).status, 401);

  // A body that is kept as it comes is checked before anything is made of it.
  const picture = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#777' } })
    .png()
    .toBuffer();
  const parts = (file: Buffer) => ({
    type: 'multipart/form-data; boundary=cut',
    payload: Buffer.concat([
      Buffer.from('--cut\r\nContent-Disposition: form-data; name="media_category"\r\n\r\ntweet_image\r\n'),
      Buffer.from(
        '--cut\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n',
      ),
      file,
      Buffer.from('\r\n--cut--\r\n'),
    ]),
  });
  const whole = parts(picture);
  assert.equal((await send('POST', '/2/media/upload', sha1(whole.payload), whole)).status, 200);
  const refused = await send('POST', '/2/media/upload', sha1('another'), whole);
  assert.equal(refused.status, 401, refused.text);
  assert.deepEqual(api.mistakes, []);
});
