import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Api, apiWorld, read, untilSuiteEnds } from './api.ts';

type App = Awaited<ReturnType<Api['app']>>;
const FORM = 'application/x-www-form-urlencoded';

describe('application-only log-in', () => {
  let api: Api;
  let app: App;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app();
  });

  const basic = (key: string, secret: string) =>
    `Basic ${Buffer.from(`${encodeURIComponent(key)}:${encodeURIComponent(secret)}`).toString('base64')}`;
  const post = async (url: string, payload: string, headers: Record<string, string> = {}) =>
    read(
      await api.server.inject({
        method: 'POST',
        url,
        payload,
        headers: { 'content-type': FORM, ...headers },
      }),
    );
  const own = () => ({ authorization: basic(app.consumerKey, app.consumerSecret) });

  test('a key and its secret give the same bearer each time, and it opens the API', async () => {
    const first = await post('/oauth2/token', 'grant_type=client_credentials', own());
    assert.equal(first.status, 200);
    assert.equal(first.json.token_type, 'bearer');
    assert.equal(first.headers['cache-control'], 'no-store');
    const again = await post('/oauth2/token?grant_type=client_credentials', '', own());
    assert.equal(again.json.access_token, first.json.access_token);
    assert.equal((await api.get({ bearerToken: first.json.access_token }, '/2/tweets/1')).status, 200);
  });

  test('a bearer that was invalidated is refused at once, and the next log-in gives another one', async () => {
    const { json } = await post('/oauth2/token', 'grant_type=client_credentials', own());
    const bearer = json.access_token;
    const done = await post('/oauth2/invalidate_token', `access_token=${encodeURIComponent(bearer)}`, own());
    assert.equal(done.status, 200);
    assert.deepEqual(done.json, { access_token: bearer });
    assert.equal((await api.get({ bearerToken: bearer }, '/2/tweets/1')).status, 401);
    const next = await post('/oauth2/token', 'grant_type=client_credentials', own());
    assert.notEqual(next.json.access_token, bearer);
    assert.equal((await api.get({ bearerToken: next.json.access_token }, '/2/tweets/1')).status, 200);
  });

  test('a client is taken from Basic or the body, never from the address, which proxies keep', async () => {
    const client = `client_id=${app.consumerKey}&client_secret=${app.consumerSecret}`;
    const grant = 'grant_type=client_credentials';
    assert.equal((await post('/2/oauth2/token', `${grant}&${client}`)).status, 200);
    const refused = await post(`/2/oauth2/token?${grant}&${client}`, '');
    assert.deepEqual([refused.status, refused.json.error], [401, 'invalid_client']);
  });

  test("another app's bearer cannot be invalidated", async () => {
    const other = await api.app();
    const { status, json } = await post(
      '/oauth2/invalidate_token',
      `access_token=${other.bearerToken}`,
      own(),
    );
    assert.equal(status, 403);
    assert.equal(json.errors[0].code, 348);
    assert.equal((await api.get(other, '/2/tweets/1')).status, 200);
  });

  test('a wrong secret, a missing grant, another grant: 403 in the old shape', async () => {
    const codes = async (payload: string, headers: Record<string, string>) => {
      const { status, json } = await post('/oauth2/token', payload, headers);
      return [status, json.errors[0].code, json.errors[0].label];
    };
    const verify = [403, 99, 'authenticity_token_error'];
    assert.deepEqual(
      await codes('grant_type=client_credentials', { authorization: basic(app.consumerKey, 'wrong') }),
      verify,
    );
    assert.deepEqual(await codes('grant_type=client_credentials', { authorization: 'Basic !!!' }), verify);
    assert.deepEqual(
      await codes('grant_type=client_credentials', {
        authorization: `Basic ${Buffer.from('%zz:%zz').toString('base64')}`,
      }),
      verify,
    );
    assert.deepEqual(await codes('grant_type=client_credentials', {}), verify);
    assert.deepEqual(await codes('', own()), [403, 170, 'forbidden_missing_parameter']);
    assert.deepEqual(await codes('grant_type=password', own()), [403, 170, 'forbidden_invalid_parameter']);
  });

  test('the newer address speaks the errors of RFC 6749', async () => {
    const good = await post('/2/oauth2/token', 'grant_type=client_credentials', own());
    assert.equal(good.json.token_type, 'bearer');
    const inBody = `grant_type=client_credentials&client_id=${encodeURIComponent(app.consumerKey)}&client_secret=${encodeURIComponent(app.consumerSecret)}`;
    assert.equal((await post('/2/oauth2/token', inBody)).json.access_token, good.json.access_token);
    const error = async (payload: string) => {
      const { status, json } = await post('/2/oauth2/token', payload);
      return [status, json.error];
    };
    assert.deepEqual(await error('grant_type=client_credentials&client_id=a&client_secret=b'), [
      401,
      'invalid_client',
    ]);
    assert.deepEqual(await error('grant_type=magic'), [400, 'unsupported_grant_type']);
    assert.deepEqual(await error(''), [400, 'invalid_request']);
  });

  test('a body too large is refused before it is read, whatever it says it is', async () => {
    const { status } = await post('/oauth2/token', 'x'.repeat(20_000), own());
    assert.equal(status, 413);
    const json = await post('/oauth2/token', '{"grant_type":"client_credentials"}', {
      ...own(),
      'content-type': 'application/json',
    });
    assert.equal(json.status, 403);
    assert.deepEqual(api.mistakes, []);
  });
});
