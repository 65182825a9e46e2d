import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Api, apiWorld, type Json, person } from './api.ts';
import { openReceiver } from './fake-receiver.ts';

const HOUR = 3_600_000;

async function hooked(t: Parameters<typeof apiWorld>[0]) {
  const api = await apiWorld(t, { allowWebhooks: ['127.0.0.1/32'] });
  await api.apply(person('101'), person('102'));
  const app = await api.app();
  const receiver = await openReceiver(t, app.consumerSecret);
  return { api, app, receiver };
}

const register = (api: Api, app: { bearerToken: string }, url: string) =>
  api.send('POST', app, '/2/webhooks', { url });

function tokenOf(api: Api, appId: string, personId: string): { bearerToken: string } {
  const { oauth2 } = api.world.access.persons.giveOwnTokens(appId, personId);
  return { bearerToken: oauth2.accessToken };
}

describe('webhooks', () => {
  test('are never at an address that the operator opened for the backend alone, nor the backend at one of theirs', async (t) => {
    const backends = await apiWorld(t, { allowOutbound: ['127.0.0.1/32'] });
    const receiver = await openReceiver(t, '');
    const refused = await register(backends, await backends.app(), receiver.url);
    assert.equal(refused.status, 400, refused.text);
    assert.match(refused.text, /127\.0\.0\.1 is not at a public address/);
    assert.equal(receiver.challenges.length, 0);
    const { settings } = (await apiWorld(t, { allowWebhooks: ['127.0.0.1/32'] })).world.network;
    assert.throws(() => settings.setBackend('http://127.0.0.1:9/'), { code: 'body-invalid' });
    assert.equal(backends.world.network.settings.setBackend('http://127.0.0.1:9/').mode, 'backend');
  });

  test('are registered once they answered a challenge, listed, and gone when deleted', async (t) => {
    const { api, app, receiver } = await hooked(t);
    const made = await register(api, app, `${receiver.url}?key=1`);
    assert.equal(made.status, 200, made.text);
    const { id, ...rest } = made.json.data;
    assert.deepEqual(rest, {
      created_at: '2026-11-21T10:00:00.000Z',
      url: `${receiver.url}?key=1`,
      valid: true,
    });
    const [asked] = receiver.challenges;
    assert.equal(asked?.searchParams.get('key'), '1', 'what the address says itself is kept');
    assert.match(asked?.searchParams.get('crc_token') ?? '', /^[\w-]{32}$/);
    assert.deepEqual((await api.get(app, '/2/webhooks')).json, {
      data: [made.json.data],
      meta: { result_count: 1 },
    });
    const few = (await api.get(app, '/2/webhooks?webhook_config.fields=valid')).json.data;
    assert.deepEqual(few, [{ id, url: rest.url, valid: true }]);
    assert.deepEqual((await api.send('DELETE', app, `/2/webhooks/${id}`)).json, { data: { deleted: true } });
    assert.deepEqual((await api.get(app, '/2/webhooks')).json, { meta: { result_count: 0 } });
    assert.equal((await api.send('DELETE', app, `/2/webhooks/${id}`)).status, 404);
    assert.deepEqual(api.mistakes, []);
  });

  test('400: receivers that do not answer the challenge, each with what was wrong', async (t) => {
    const { api, app, receiver } = await hooked(t);
    for (const [manner, why] of [
      ['wrong token', /HMAC-SHA256/],
      ['hex', /HMAC-SHA256/],
      ['no JSON', /response_token/],
      ['not found', /status is 404/],
      ['redirects', /status is 302/],
      ['answers without end', /longer than 8192 bytes/],
      ['cuts', /127\.0\.0\.1/],
    ] as const) {
      receiver.state.challenge = manner;
      const reply = await register(api, app, receiver.url);
      assert.equal(reply.status, 400, manner);
      assert.match(reply.json.errors[0].message, why, manner);
    }
    assert.ok(
      receiver.challenges.every(({ pathname }) => pathname === '/hook'),
      'a redirect is not followed',
    );
    receiver.state.challenge = 'well';
    receiver.state.secret = 'another app’s';
    assert.equal((await register(api, app, receiver.url)).status, 400);
    assert.deepEqual((await api.get(app, '/2/webhooks')).json, { meta: { result_count: 0 } });
  });

  test('400: addresses that nobody outside has, and what is no address', async (t) => {
    const api = await apiWorld(t);
    const app = await api.app();
    const receiver = await openReceiver(t, app.consumerSecret);
    for (const url of [
      receiver.url,
      `https://localhost:${receiver.port}/`,
      `https://127.1:${receiver.port}/`,
      `https://[::ffff:127.0.0.1]:${receiver.port}/`,
      'https://169.254.169.254/latest/meta-data/',
      'https://10.0.0.1/',
      'https://user:word@example.com/',
      'http://192.0.2.1/',
      'ftp://example.com/',
      'javascript:alert(1)',
      '',
      `https://example.com/${'x'.repeat(3_000)}`,
    ]) {
      const reply = await register(api, app, url);
      assert.equal(reply.status, 400, url);
      assert.equal(reply.json.title, 'Invalid Request');
    }
    for (const body of ['', '[]', '{"url":5}', 'null']) {
      assert.equal((await api.send('POST', app, '/2/webhooks', body)).status, 400, body);
    }
    assert.equal(receiver.challenges.length, 0);
  });

  test('403 and 409: a sixth one, and the same one twice', async (t) => {
    const { api, app, receiver } = await hooked(t);
    for (let at = 0; at < 5; at += 1)
      assert.equal((await register(api, app, `${receiver.url}/${at}`)).status, 200);
    assert.equal((await register(api, app, `${receiver.url}/0`)).status, 409);
    const sixth = await register(api, app, `${receiver.url}/5`);
    assert.deepEqual([sixth.status, sixth.json.reason], [403, 'webhook-limit']);
    const basic = await api.app({ plan: 'basic' });
    assert.equal((await register(api, basic, receiver.url)).status, 403, 'not in this plan');
  });

  test('another app’s webhook does not exist, for every operation that names one', async (t) => {
    const { api, app, receiver } = await hooked(t);
    const { id } = (await register(api, app, receiver.url)).json.data;
    const mine = tokenOf(api, app.appId, '101');
    await api.send('POST', mine, `/2/account_activity/webhooks/${id}/subscriptions/all`);
    const other = await api.app();
    const theirs = tokenOf(api, other.appId, '101');
    const asks: [method: 'GET' | 'POST' | 'PUT' | 'DELETE', token: { bearerToken: string }, url: string][] = [
      ['PUT', other, '/2/webhooks/ID'],
      ['DELETE', other, '/2/webhooks/ID'],
      ['POST', theirs, '/2/account_activity/webhooks/ID/subscriptions/all'],
      ['GET', theirs, '/2/account_activity/webhooks/ID/subscriptions/all'],
      ['GET', other, '/2/account_activity/webhooks/ID/subscriptions/all/list'],
      ['DELETE', other, '/2/account_activity/webhooks/ID/subscriptions/101/all'],
      [
        'POST',
        other,
        '/2/account_activity/replay/webhooks/ID/subscriptions/all?from_date=202611210900&to_date=202611210901',
      ],
    ];
    for (const [method, token, url] of asks) {
      const ask = async (webhookId: string) => {
        const address = url.replace('ID', webhookId);
        const reply =
          method === 'GET' ? await api.get(token, address) : await api.send(method, token, address);
        return [reply.status, reply.text.replaceAll(webhookId, 'ID')];
      };
      assert.deepEqual(await ask(id), await ask('1234567890123456789'), `${method} ${url}`);
    }
    assert.deepEqual((await api.get(other, '/2/webhooks')).json, { meta: { result_count: 0 } });
    const list = await api.get(app, `/2/account_activity/webhooks/${id}/subscriptions/all/list`);
    assert.deepEqual(list.json.data.subscriptions, [{ user_id: '101' }]);
  });

  test('one that fails a challenge is not valid, and is again once it answers', async (t) => {
    const { api, app, receiver } = await hooked(t);
    const { id } = (await register(api, app, receiver.url)).json.data;
    const isValid = async () => (await api.get(app, '/2/webhooks')).json.data[0].valid;
    receiver.state.challenge = 'wrong token';
    assert.deepEqual((await api.send('PUT', app, `/2/webhooks/${id}`)).json, { data: { valid: false } });
    assert.equal(await isValid(), false);
    receiver.state.challenge = 'well';
    assert.deepEqual((await api.send('PUT', app, `/2/webhooks/${id}`)).json, { data: { valid: true } });
    assert.equal(await isValid(), true);
    // By itself, every hour.
    const asked = receiver.challenges.length;
    await api.world.webhooks.challengeDue();
    assert.equal(receiver.challenges.length, asked);
    receiver.state.challenge = 'not found';
    api.world.clock.advance(HOUR);
    await api.world.webhooks.challengeDue();
    assert.deepEqual([receiver.challenges.length, await isValid()], [asked + 1, false]);
  });

  test('while a key is rotated either secret answers, and the one that did signs', async (t) => {
    const { api, app, receiver } = await hooked(t);
    const { id } = (await register(api, app, receiver.url)).json.data;
    const next = await api.world.terms.rotateKey(app.licenseeId, app.appId);
    assert.equal(
      (await api.send('PUT', app, `/2/webhooks/${id}`)).json.data.valid,
      true,
      'still the old one',
    );
    receiver.state.secret = next.consumerSecret;
    assert.equal((await api.send('PUT', next, `/2/webhooks/${id}`)).json.data.valid, true);
    await api.world.terms.revokeKey(app.licenseeId, app.keyId);
    receiver.state.secret = app.consumerSecret;
    assert.equal(
      (await api.send('PUT', next, `/2/webhooks/${id}`)).json.data.valid,
      false,
      'a revoked one no more',
    );
  });

  test('persons are subscribed by their own tokens, counted, listed and ended', async (t) => {
    const { api, app, receiver } = await hooked(t);
    const { id } = (await register(api, app, receiver.url)).json.data;
    const url = `/2/account_activity/webhooks/${id}/subscriptions/all`;
    const [alice, bob] = [tokenOf(api, app.appId, '101'), tokenOf(api, app.appId, '102')];
    assert.deepEqual((await api.get(alice, url)).json, { data: { subscribed: false } });
    for (const token of [alice, bob, alice])
      assert.deepEqual((await api.send('POST', token, url)).json, { data: { subscribed: true } });
    assert.deepEqual((await api.get(alice, url)).json, { data: { subscribed: true } });
    const list = (await api.get(app, `${url}/list`)).json.data;
    assert.deepEqual(list, {
      application_id: app.appId,
      webhook_id: id,
      webhook_url: receiver.url,
      subscriptions: [{ user_id: '101' }, { user_id: '102' }],
    });
    const count = async (): Promise<Json> =>
      (await api.get(app, '/2/account_activity/subscriptions/count')).json.data.subscriptions_count_all;
    assert.equal(await count(), '2');
    const end = `/2/account_activity/webhooks/${id}/subscriptions/101/all`;
    for (const _again of [1, 2])
      assert.deepEqual((await api.send('DELETE', app, end)).json, { data: { subscribed: false } });
    assert.deepEqual([await count(), (await api.get(alice, url)).json.data.subscribed], ['1', false]);
    // With an app's key nobody is subscribed, and without the right to messages neither.
    assert.equal((await api.send('POST', app, url)).status, 403);
    const lacking = api.person(app, '101', { scopes: ['tweet.read', 'users.read'] });
    assert.equal((await api.send('POST', lacking, url)).json.reason, 'missing-scope');
    assert.equal((await api.send('POST', alice, url.replace(id, '1'))).status, 404);
    const again = await api.world.restart();
    assert.deepEqual(again.webhooks.subscribers(app.appId, id).personIds, ['102'], 'over a restart');
  });
});
