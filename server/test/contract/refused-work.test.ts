import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operations } from '#x';
import { apiWorld } from './api.ts';

const NAMES = Array.from({ length: 5_000 }, (_, at) => at.toString(36));
/** Reads of the whole list of parameters, each as long as the list. */
const READS_MAX = 50;

test('a log-in or a request for consent reads a long address once, not once for each of its names', async (t) => {
  const api = await apiWorld(t);
  const app = await api.app();
  const { clientId } = api.world.access.persons.clients.set(
    app.appId,
    { redirects: ['https://a.example/'] },
    api.world.clock.now(),
  );
  const reads = (['get', 'getAll', 'has', 'set'] as const).map((name) =>
    t.mock.method(URLSearchParams.prototype, name),
  );
  const many = NAMES.join('&');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const asked = new URLSearchParams({ client_id: clientId, redirect_uri: 'https://a.example/' });
  for (const [method, url, payload] of [
    ['POST', `/oauth2/token?${many}`, 'grant_type=x'],
    ['POST', `/oauth2/invalidate_token?${many}`, ''],
    ['POST', `/2/oauth2/token?${many}`, 'grant_type=x'],
    [
      'POST',
      '/2/oauth2/token',
      `grant_type=refresh_token&client_id=${clientId}&${NAMES.slice(0, 3_000).join('&')}`,
    ],
    ['GET', `/i/oauth2/authorize?${asked}&${many}`, undefined],
    ['POST', `/oauth/request_token?${many}`, 'a=b'],
  ] as const) {
    for (const read of reads) read.mock.resetCalls();
    const { statusCode } = await api.server.inject({ method, url, payload, headers: form });
    assert.ok(statusCode < 500, `${statusCode} of ${url.slice(0, 60)}`);
    const count = reads.reduce((sum, { mock }) => sum + mock.callCount(), 0);
    assert.ok(count <= READS_MAX, `${url.slice(0, 40)} read its parameters ${count} times`);
  }
  assert.deepEqual(api.mistakes, []);
});

test('of thousands of unknown words a request is told a hundred, and no more are made up for it', async (t) => {
  const api = await apiWorld(t);
  const app = await api.app();
  const { parameters } = operations.find(({ id }) => id === 'getPostsById')!;
  const fields = Object.values(parameters).find(({ name }) => name === 'tweet.fields');
  assert.ok(fields?.kind === 'words');
  const made = t.mock.method(fields.of, 'spell');
  const { json, text } = await api.get(app, `/2/tweets/1?tweet.fields=${'x,'.repeat(20_000)}x`);
  assert.equal(json.errors.length, 100);
  assert.equal(made.mock.callCount(), fields.of.words.length, 'the list of known words is made once');
  assert.ok(text.length < 200_000);
  const ids = await api.get(app, `/2/tweets?ids=${'1,'.repeat(20_000)}1`);
  assert.match(ids.json.errors[0].message, /\[20001\] is not between 1 and 100/);
  assert.equal(ids.json.errors[0].parameters.ids.length, 100);
});
