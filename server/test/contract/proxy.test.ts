import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { createServer } from '#http';
import { apiWorld } from './api.ts';

/** Of a proxy that the operator named, and of somebody else on the same machine. */
const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.3';
/** Failures that one address may have in a quarter hour. */
const FAILURES_MAX = 150;

async function listening(t: TestContext, server: FastifyInstance) {
  await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  return (from: string, headers: Record<string, string> = {}) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path: '/2/tweets/1',
        localAddress: from,
        headers,
        agent: false,
      };
      const asked = request(options, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      });
      asked.on('error', reject).end();
    });
}

/** A server that remembers what it made of each request. */
async function noting(t: TestContext, trustProxy?: readonly string[]) {
  const server = createServer(() => assert.fail(), {}, { trustProxy });
  const seen: { ip: string; protocol: string }[] = [];
  server.addHook('onRequest', async ({ ip, protocol }) => void seen.push({ ip, protocol }));
  return { ask: await listening(t, server), seen };
}

test('a forwarded header counts from a trusted proxy alone', async (t) => {
  const { ask, seen } = await noting(t, [PROXY, '::1']);
  const headers = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' };
  await ask(PROXY, headers);
  await ask(STRANGER, headers);
  await ask(PROXY);
  // What the client itself wrote stands first; what the proxy saw stands last.
  await ask(PROXY, { 'x-forwarded-for': '198.51.100.1, 203.0.113.9', 'x-forwarded-proto': 'https' });
  assert.deepEqual(seen, [
    { ip: '203.0.113.9', protocol: 'https' },
    { ip: STRANGER, protocol: 'http' },
    { ip: PROXY, protocol: 'http' },
    { ip: '203.0.113.9', protocol: 'https' },
  ]);
});

test('without the setting nobody is believed', async (t) => {
  const { ask, seen } = await noting(t);
  await ask(PROXY, { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'https' });
  assert.deepEqual(seen, [{ ip: PROXY, protocol: 'http' }]);
});

test('failed log-ins count for the address behind the proxy, and a header of a stranger hides nobody', async (t) => {
  const { server } = await apiWorld(t, { trustProxy: [PROXY] });
  const ask = await listening(t, server);
  const behind = (address: string) => ask(PROXY, { 'x-forwarded-for': address });
  for (let failure = 0; failure < FAILURES_MAX; failure += 1) assert.equal(await behind('203.0.113.9'), 401);
  assert.equal(await behind('203.0.113.9'), 429);
  assert.equal(await behind('203.0.113.10'), 401, 'another one behind the same proxy');
  for (let failure = 0; failure < FAILURES_MAX; failure += 1)
    assert.equal(await ask(STRANGER, { 'x-forwarded-for': `203.0.113.${failure}` }), 401);
  assert.equal(await ask(STRANGER, { 'x-forwarded-for': '198.51.100.7' }), 429);
});
