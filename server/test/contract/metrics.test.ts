import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OPERATOR } from '#terms';
import { serve } from '../../src/wiring/serve.ts';
import { testWorld } from '../world.ts';
import { person, post } from './api.ts';

type Sample = { name: string; labels: Record<string, string>; value: number };

/** Reads the text format by its grammar (Prometheus, exposition formats 0.0.4), apart from what writes it. */
function samples(text: string): Sample[] {
  const types = new Map<string, string>();
  const found: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, typed, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? [];
    if (typed) {
      assert.ok(!types.has(typed), `${typed} is told twice`);
      types.set(typed, type!);
    }
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    assert.ok(match, line);
    const [, name = '', labels = '', value] = match;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)/g)].map((pair) => [
      pair[1]!,
      pair[2]!,
    ]);
    assert.equal(pairs.map(([one, of]) => `${one}="${of}"`).join(), labels, line);
    assert.ok(types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, '')), `${name} has no type`);
    found.push({ name, labels: Object.fromEntries(pairs), value: Number(value) });
  }
  return found;
}

test('what an operator watches is told by route, status, cause, latency, cap, lag and queue', async (t) => {
  const world = await testWorld(t);
  await world.writer.apply([
    person('101', { username: 'alice' }),
    post(60, { id: '1' }),
    post(61, { id: '2' }),
  ]);
  const plan = { name: 'small', base: 'basic', title: 'Small', monthlyFeeMicros: 0, monthlyPostCap: 4 };
  await world.terms.addPlan(plan);
  const { licenseeId } = await world.terms.addLicensee('Metrics');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'small' });
  const running = await serve(world);
  t.after(() => running.close());
  const ask = async (path: string, bearer?: string) => {
    const headers: Record<string, string> = bearer ? { authorization: `Bearer ${bearer}` } : {};
    const reply = await fetch(`${running.address}${path}`, { headers });
    return { status: reply.status, text: await reply.text() };
  };
  for (const path of ['/2/tweets/1', '/2/tweets/1', '/2/tweets/nobody', '/nowhere/1'])
    await ask(path, app.bearerToken);
  await ask('/2/tweets/2');
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'none', client_id: 'none' });
  await (await fetch(`${running.address}/2/oauth2/token`, { method: 'POST', body: form })).text();
  for (const path of ['/2/oauth2/token', '/oauth2/token'])
    await (await fetch(`${running.address}${path}`, { method: 'POST', body: 'grant_type=wish' })).text();
  const page = await fetch(`${running.address}/sign-in`);
  const cookie = page.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ');
  const own = /name="form" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
  const wrong = new URLSearchParams({ username: 'alice', password: 'wrong', form: own });
  const headers = { cookie, origin: running.address };
  assert.equal(
    (await fetch(`${running.address}/sign-in`, { method: 'POST', body: wrong, headers })).status,
    401,
  );
  await world.ledger.integrated();
  const { token } = await world.access.addOperator('metrics');
  const all = samples((await ask('/metrics', token)).text);
  const one = (name: string, labels: Record<string, string> = {}) => {
    const fits = all.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
    assert.equal(fits.length, 1, `${name} ${JSON.stringify(labels)}: ${fits.length}`);
    return fits[0]!.value;
  };
  const route = { route: '/2/tweets/:id', method: 'GET' };
  assert.equal(one('parley_requests_total', { ...route, status: '200' }), 2);
  assert.equal(one('parley_requests_total', { ...route, status: '400' }), 1);
  assert.equal(one('parley_requests_total', { route: '(none)', status: '404' }), 1);
  assert.equal(one('parley_refusals_total', { ...route, cause: 'invalid-request' }), 1);
  const tokenRoute = { route: '/2/oauth2/token', method: 'POST' };
  assert.equal(
    one('parley_refusals_total', { ...tokenRoute, cause: 'invalid_client' }),
    1,
    'in OAuth’s own word',
  );
  assert.equal(one('parley_refusals_total', { ...tokenRoute, cause: 'unsupported_grant_type' }), 1);
  assert.equal(one('parley_refusals_total', { route: '/sign-in', cause: 'unauthorized/wrong-password' }), 1);
  assert.equal(one('parley_refusals_total', { route: '/oauth2/token', cause: 'oauth2-170' }), 1);
  const unauthorised = all.find(({ labels }) => /^unauthorized(\/|$)/.test(labels.cause ?? ''))!;
  assert.equal(one('parley_refusals_total', { ...route, cause: unauthorised.labels.cause! }), 1);
  assert.equal(one('parley_request_seconds_count', route), 4);
  assert.equal(one('parley_request_seconds_bucket', { ...route, le: '+Inf' }), 4);
  const buckets = all.filter(
    ({ name, labels }) => name === 'parley_request_seconds_bucket' && labels.route === route.route,
  );
  assert.deepEqual(
    buckets.map(({ value }) => value),
    buckets.map(({ value }) => value).toSorted((a, b) => a - b),
    'buckets add up',
  );
  assert.equal(one('parley_cap_used_ratio', { licensee: licenseeId, app: app.appId }), 0.25);
  assert.equal(one('parley_ledger_lag_entries'), 0);
  for (const queue of ['outbox', 'search', 'counts', 'pictures', 'writer'])
    assert.equal(one('parley_queue_length', { queue }), 0);
  assert.equal(one('parley_log_lines_dropped_total'), 0);
  assert.ok(!JSON.stringify(all).includes('nobody'));
});
