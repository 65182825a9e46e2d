import assert from 'node:assert/strict';
import { createServer as createHttp, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { noteApp, Problem } from '#kernel';
import { createServer } from './server.ts';
import { openTracing, type TracedRequest } from './tracing.ts';

// biome-ignore lint/suspicious/noExplicitAny: what came is looked at field by field
type Json = any;

const ONE: TracedRequest = { id: 'r-1', method: 'GET', route: '/2/tweets/:id', status: 200, ms: 3 };

async function collector(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createHttp(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
}

/** A collector that takes what it gets, as the protocol's specification has it (OTLP/HTTP, JSON). */
async function taking(t: TestContext) {
  const spans: Json[] = [];
  const resources: Json[] = [];
  const base = await collector(t, async (request, reply) => {
    assert.deepEqual([request.method, request.url], ['POST', '/base/v1/traces']);
    assert.equal(request.headers['content-type'], 'application/json');
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    for (const { resource, scopeSpans } of JSON.parse(text).resourceSpans) {
      resources.push(resource);
      for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    reply.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  return { base, spans, resources };
}

const attributesOf = ({ attributes }: Json) =>
  Object.fromEntries(
    attributes.map(({ key, value }: Json) => [
      key,
      value.stringValue ?? Number(value.intValue ?? value.doubleValue),
    ]),
  );

test('each request is one span by its pattern, under the trace of its caller, with its cause', async (t) => {
  const { base, spans, resources } = await taking(t);
  const tracing = await openTracing(base, (message) => assert.fail(message));
  const server = createServer(() => {}, {}, { tracing });
  t.after(() => server.close());
  server.get('/good/:name', async (_request, reply) => {
    noteApp(reply, 'app-1');
    return {};
  });
  server.get('/failed', async () => {
    throw new Problem('storage-unavailable');
  });
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01`, 'x-request-id': 'mine' };
  await server.inject({ url: '/good/ann?query=secret', headers });
  await server.inject({ url: '/failed', headers: { traceparent: '00-nonsense' } });
  await server.inject('/nowhere');
  await tracing.close();
  assert.deepEqual(tracing.state(), { sent: 3, lost: 0 });
  const [good, failed, nowhere] = spans;
  assert.deepEqual(
    [good.name, good.kind, good.traceId, good.parentSpanId],
    ['GET /good/:name', 2, traceId, '00f067aa0ba902b7'],
  );
  assert.match(good.spanId, /^[0-9a-f]{16}$/);
  assert.ok(BigInt(good.endTimeUnixNano) >= BigInt(good.startTimeUnixNano));
  assert.deepEqual(attributesOf(good), {
    'http.request.method': 'GET',
    'http.route': '/good/:name',
    'http.response.status_code': 200,
    'parley.request': 'mine',
    'parley.app': 'app-1',
  });
  assert.match(failed.traceId, /^[0-9a-f]{32}$/);
  assert.equal(failed.parentSpanId, undefined);
  assert.deepEqual([failed.status.code, attributesOf(failed)['error.type']], [2, 'storage-unavailable']);
  assert.equal(nowhere.name, 'GET (none)');
  assert.equal(attributesOf(resources[0])['service.name'], 'parley');
  assert.doesNotMatch(JSON.stringify(spans), /ann|secret/);
});

const BAD: Readonly<Record<string, RequestListener>> = {
  'refuses with a body of its own': (_request, reply) =>
    reply.writeHead(400).end('parley_secret_of_somebody'),
  'answers without end': (_request, reply) => {
    reply.writeHead(500);
    const more = () => {
      if (!reply.destroyed) reply.write('x'.repeat(1 << 16), () => setImmediate(more));
    };
    more();
  },
  'cuts the connection': (request) => void request.socket.destroy(),
  'never answers': () => {},
  'asks to wait an hour': (_request, reply) => reply.writeHead(503, { 'retry-after': '3600' }).end(),
  'sends the exporter elsewhere': (_request, reply) =>
    reply.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
};

for (const [what, answer] of Object.entries(BAD)) {
  test(`a collector that ${what} costs no call, no memory without end, and no stop`, async (t) => {
    const told: string[] = [];
    const tracing = await openTracing(await collector(t, answer), (message) => told.push(message));
    for (let i = 0; i < 5_000; i += 1) tracing.record(ONE);
    assert.equal(tracing.state().lost, 5_000 - 2_048, 'what is over the bound is thrown away at once');
    await tracing.close();
    assert.equal(tracing.state().sent, 0);
    assert.ok(told.length <= 1, told.join('\n'));
    assert.doesNotMatch(told.join(), /secret/);
  });
}

test('no collector at all is told of once', async (t) => {
  const gone = await collector(t, () => {});
  const told: string[] = [];
  const tracing = await openTracing(gone.replace(/:\d+/, ':1'), (message) => told.push(message));
  tracing.record(ONE);
  await tracing.close();
  assert.ok(told.length <= 1);
  assert.equal(tracing.state().sent, 0);
});
