import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { DAY_MS } from '#kernel';
import { startTraffic } from '../../src/surface/cli/demo-traffic.ts';
import { apiWorld, person, post } from './api.ts';

test('the demo’s clients page through searches and timelines and are never told that they ask wrongly', async (t) => {
  const api = await apiWorld(t);
  await api.apply(
    person('101'),
    ...Array.from({ length: 25 }, (_, n) => post(600 + n, { text: 'coffee', authorId: '101' })),
  );
  const { bearerToken, licenseeId } = await api.app();
  await api.server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = api.server.server.address() as AddressInfo;
  const habits = [
    '/2/users/101/tweets?max_results=10',
    '/2/tweets/search/recent?query=coffee&max_results=10',
  ];
  const refusals: string[] = [];
  const stop = startTraffic(
    `http://127.0.0.1:${port}`,
    [{ name: 'reader', bearerToken, habits, callsPerSecond: 1_000 }],
    (_client, status, title, detail) => refusals.push(`${status} ${title}: ${detail}`),
  );
  const from = Math.floor(api.world.clock.now() / DAY_MS) * DAY_MS;
  const totals = () => api.world.terms.usage(licenseeId, { from, to: from + DAY_MS }).totals;
  // Three pages of each make one round.
  while (totals().calls < 6 && refusals.length === 0) await setImmediate();
  await stop();
  assert.deepEqual(refusals, []);
  assert.equal(totals().billed, 25, 'every page was turned');
});
