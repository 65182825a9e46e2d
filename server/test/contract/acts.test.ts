import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { audit } from '#audit';
import { utcDay } from '#kernel';
import { OPERATOR } from '#terms';
import { type Api, apiWorld, person } from './api.ts';

/** What is acted is paid: what a person's writing costs its app, and what of it is done. */
async function ground(t: Parameters<typeof apiWorld>[0], plan: string, more: object = {}) {
  const api = await apiWorld(t);
  await api.apply(person('101', { username: 'alice' }));
  const app = await api.app({ plan, ...more });
  return { api, app, alice: api.person(app, '101') };
}

const create = (api: Api, who: { bearerToken: string }, text: string, headers = {}) =>
  api.send('POST', who, '/2/tweets', { text }, headers);
const posts = ({ world }: Api) => world.posts.size().posts;
const today = (api: Api) => {
  const from = api.world.clock.now() - (api.world.clock.now() % 86_400_000);
  return { from, to: from + 86_400_000 };
};

test('a created post costs its price, a refused one nothing, a dry run is told the price and does nothing', async (t) => {
  const { api, app, alice } = await ground(t, 'pay-per-use');
  const dry = await create(api, alice, 'hello', { 'parley-dry-run': '1' });
  assert.equal(dry.status, 200);
  assert.equal(dry.json.dry_run.cost, '0.015000 USD');
  assert.equal(posts(api), 0);
  const wrong = await create(api, alice, '', { 'parley-dry-run': '1' });
  assert.equal(wrong.status, 400, 'what is wrong is wrong on a dry run too');
  const made = await create(api, alice, 'hello');
  assert.equal(made.status, 201);
  assert.equal(made.headers['parley-cost'], '0.015000 USD');
  assert.equal(made.headers['parley-call']?.endsWith('/2'), true, 'the first call after two control entries');
  const again = await create(api, alice, 'hello');
  assert.equal(again.status, 403, 'the same words twice');
  assert.equal(again.headers['parley-call'], undefined);
  assert.equal(posts(api), 1);
  const { totals } = api.world.terms.usage(app.licenseeId, today(api));
  assert.deepEqual([totals.calls, totals.micros], [1, 15_000]);
});

test('the month of created posts is exact: of many at once as many are made as the plan allows, then 429', async (t) => {
  const { api } = await ground(t, 'pro');
  await api.world.terms.addPlan({ name: 'three', monthlyCallCaps: { createPosts: 3 } });
  const app = await api.app({ plan: 'three' });
  const alice = api.person(app, '101');
  const replies = await Promise.all(
    Array.from({ length: 8 }, (_one, at) => create(api, alice, `number ${at}`)),
  );
  assert.deepEqual(replies.map(({ status }) => status).sort(), [201, 201, 201, 429, 429, 429, 429, 429]);
  assert.equal(posts(api), 3);
  const { json, headers } = await create(api, alice, 'one more');
  assert.equal(json.title, 'UsageCapExceeded');
  assert.equal(json.type, 'https://api.twitter.com/2/problems/usage-capped');
  assert.deepEqual([json.operation, json.cap, json.used, json.period], ['createPosts', 3, 3, 'Monthly']);
  assert.match(headers['retry-after'] ?? '', /^\d+$/);
  assert.equal((await api.get(alice, '/2/users/me')).status, 200, 'reading goes on');
  const { terms, clock } = await api.world.restart();
  const admitted = terms.admit(terms.callerOfApp(app.appId, clock.now())!, 'createPosts', {
    now: clock.now(),
    personId: '101',
  });
  assert.ok('denied' in admitted, 'a restart remembers');
});

test('while the ledger cannot record nothing is done', async (t) => {
  const { api, alice } = await ground(t, 'pro');
  await api.world.ledger.close();
  const { status, json } = await create(api, alice, 'unheard');
  assert.equal(status, 503);
  assert.match(json.detail, /ledger/);
  assert.equal(posts(api), 0);
});

test('an app with a sandbox key alone reads for persons and does nothing for them', async (t) => {
  const { api, alice } = await ground(t, 'pro', { sandbox: true });
  assert.equal((await api.get(alice, '/2/users/me')).status, 200);
  const { status, json } = await create(api, alice, 'for nothing');
  assert.equal(status, 403);
  assert.equal(json.reason, 'sandbox-key');
  assert.equal(posts(api), 0);
});

test('who hangs up after the act is charged for it all the same', async (t) => {
  const { api, app, alice } = await ground(t, 'pay-per-use');
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.server.server.address() as AddressInfo;
  const body = JSON.stringify({ text: 'gone at once' });
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const created = new Promise<void>((resolve) =>
    api.world.writer.onTouched(({ posts: ids }) => ids.length > 0 && resolve()),
  );
  socket.write(
    `POST /2/tweets HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${alice.bearerToken}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
  await created;
  const micros = () => api.world.terms.usage(app.licenseeId, today(api)).totals.micros;
  while (micros() === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([posts(api), micros()], [1, 15_000]);
});

test('an audit agrees with all of it: reads and acts for persons, refusals, windows', async (t) => {
  const { api, app, alice } = await ground(t, 'pay-per-use', { spendingLimitMicros: 100_000 });
  for (let at = 0; at < 9; at += 1) {
    await create(api, alice, `number ${at % 8}`);
    await api.get(alice, '/2/users/me');
    await api.get(app, '/2/users/101');
  }
  const { from, to } = today(api);
  const { terms, ledger, ledgerDir } = api.world;
  const report = await audit(
    { terms, ledger, ledgerDir },
    { licenseeId: app.licenseeId, from, to, openings: true },
  );
  assert.deepEqual(report.findings, []);
  assert.equal(report.from, utcDay(from));
  const acts = report.rows.find(({ operation }) => operation === 'createPosts');
  // $0.10 pays for the person of that day and for six posts.
  assert.deepEqual([acts?.calls, acts?.micros], [6, 90_000]);
  assert.equal(terms.usage(OPERATOR, { from, to }).totals.micros, 100_000);
});
