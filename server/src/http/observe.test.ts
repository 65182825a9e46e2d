import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { noteApp, noteCause, Problem } from '#kernel';
import type { LogLevel } from './log-settings.ts';
import { createLogger } from './logger.ts';
import { createServer } from './server.ts';

// biome-ignore lint/suspicious/noExplicitAny: lines of JSON
type Line = any;

/** A server whose lines and figures are at hand. */
function observed(t: TestContext, level: LogLevel = 'debug') {
  const lines: Line[] = [];
  const logger = createLogger(
    { level, format: 'json' },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  const server = createServer(() => {}, {}, { logger });
  server.get('/good/:name', async (_request, reply) => {
    noteApp(reply, 'app-1');
    return {};
  });
  server.get('/refused/:name', async () => {
    throw new Problem('client-forbidden', { reason: 'missing-scope', detail: 'of ann' });
  });
  server.get('/failed', async () => {
    throw new Error('inner');
  });
  server.get('/other', async (_request, reply) => {
    noteCause(reply, 'invalid_grant');
    return reply.code(400).send({});
  });
  server.get('/plain', async (_request, reply) => reply.code(418).send({}));
  server.get('/stream', { config: { streams: true } as object }, async () => 'never ends');
  t.after(() => server.close());
  const seen = (route: string) => [...server.stats.all()].find((one) => one.route === route)!;
  return { server, lines, seen };
}

test('a refusal is one line of info, a fault one of error, a success one of debug', async (t) => {
  const { server, lines } = observed(t);
  for (const url of ['/good/ann?x=1', '/refused/ann', '/failed', '/other', '/plain', '/nowhere/ann'])
    await server.inject({ url, headers: { 'x-request-id': `of${url.split('/')[1]}`.replace(/\?.*/, '') } });
  const told = lines.map(({ level, message, request, method, route, app, status, cause, ms }) => {
    assert.equal(method, 'GET');
    assert.ok(ms >= 0);
    return [level, message, request, route, app, status, cause];
  });
  assert.deepEqual(told, [
    ['debug', 'request', 'ofgood', '/good/:name', 'app-1', 200, undefined],
    [
      'info',
      'request refused',
      'ofrefused',
      '/refused/:name',
      undefined,
      403,
      'client-forbidden/missing-scope',
    ],
    ['error', 'request failed', 'offailed', '/failed', undefined, 500, 'internal'],
    ['info', 'request refused', 'ofother', '/other', undefined, 400, 'invalid_grant'],
    ['info', 'request refused', 'ofplain', '/plain', undefined, 418, 'status-418'],
    ['info', 'request refused', 'ofnowhere', '(none)', undefined, 404, 'not-found'],
  ]);
  assert.doesNotMatch(JSON.stringify(lines), /ann/);
});

test('every reply carries the id of its request, whatever answers it', async (t) => {
  const { server } = observed(t);
  for (const url of [
    '/good/ann',
    '/refused/ann',
    '/failed',
    '/plain',
    '/nowhere',
    '/%zz',
    `/good/${'x'.repeat(400)}`,
  ]) {
    const own = await server.inject({ url });
    assert.match(String(own.headers['x-request-id']), /^[0-9a-f]{12}-[0-9a-z]+$/, url);
    const kept = await server.inject({ url, headers: { 'x-request-id': 'given-1' } });
    assert.equal(kept.headers['x-request-id'], 'given-1', url);
  }
});

test('what is no HTTP is answered with an id, and counted and told by it', async (t) => {
  const { server, lines, seen } = observed(t);
  await server.listen({ host: '127.0.0.1', port: 0 });
  const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (text) => {
    answer += text;
  });
  socket.write('no HTTP at all\r\n\r\n');
  await once(socket, 'close');
  const [, id] = /\r\nx-request-id: (\S+)\r\n/.exec(answer) ?? [];
  assert.deepEqual(
    lines.map(({ request, route, status, cause }) => [request, route, status, cause]),
    [[id, '(unreadable)', 400, 'request-unreadable']],
  );
  assert.deepEqual([...seen('(unreadable)').byCause], [['request-unreadable', 1]]);
});

test('figures are by pattern and fixed words: no request makes a new one', async (t) => {
  const { server, lines, seen } = observed(t, 'silent');
  const before = [...server.stats.all()].length;
  for (let i = 0; i < 50; i += 1) {
    await server.inject(`/good/${i}`);
    await server.inject(`/refused/${i}`);
    await server.inject(`/nowhere/${i}?${i}`);
    await server.inject(`/%zz${i}`);
  }
  assert.equal([...server.stats.all()].length, before);
  assert.deepEqual([...seen('/good/:name').byStatus], [[200, 50]]);
  assert.deepEqual([...seen('/refused/:name').byCause], [['client-forbidden/missing-scope', 50]]);
  assert.deepEqual(Object.fromEntries(seen('(none)').byCause), { 'not-found': 50, 'invalid-request': 50 });
  assert.deepEqual(lines, []);
});

test('a stream counts as a reply, and its length says nothing of latency', async (t) => {
  const { server, seen } = observed(t);
  await server.inject('/stream');
  await server.inject('/good/1');
  assert.deepEqual([[...seen('/stream').byStatus], seen('/stream').count], [[[200, 1]], 0]);
  assert.equal(seen('/good/:name').count, 1);
  assert.equal(
    seen('/good/:name').buckets.reduce((sum, one) => sum + one),
    1,
  );
});

test('causes beyond a bound count together', async (t) => {
  const { server, seen } = observed(t);
  server.get('/many/:word', async (request, reply) => {
    noteCause(reply, (request.params as { word: string }).word);
    return reply.code(400).send({});
  });
  for (let i = 0; i < 100; i += 1) await server.inject(`/many/${i}`);
  assert.equal(seen('/many/:word').byCause.size, 65);
  assert.equal(seen('/many/:word').byCause.get('other'), 36);
});
