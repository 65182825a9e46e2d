import assert from 'node:assert/strict';
import { request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import Fastify from 'fastify';
import { BODY_SILENT_MS, makeId, Problem, testClock } from '#kernel';
import { type Ground, NOW, testGround } from '../testing/source-cases.ts';
import { type PushReply, push } from './push.ts';
import { pushRoutes } from './routes.ts';

const clock = testClock(NOW);
const id = (msAgo: number) => makeId(NOW - msAgo, 1);
const post = (msAgo: number, more: object = {}) => ({
  id: id(msAgo),
  text: `post ${msAgo}`,
  author_id: '77',
  ...more,
});

async function* chunks(text: string | Buffer, size = 1 << 16): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function listen(t: TestContext, ground: Ground, onServer?: (server: Server) => void) {
  const server = Fastify();
  onServer?.(server.server);
  server.setErrorHandler((error, _request, reply) =>
    error instanceof Problem
      ? reply.code(error.status).headers(error.headers).send(error.body())
      : reply.code(500).send({ detail: String(error) }),
  );
  pushRoutes(server, {
    ...ground,
    clock,
    authorise(request) {
      if (request.headers.authorization !== 'Bearer operator') throw new Problem('unauthorized');
    },
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.server.address() as AddressInfo).port}/v1/posts`;
}

test('POST /v1/posts answers NDJSON to the operator over real HTTP, and nobody else gets in', async (t) => {
  const ground = testGround(t);
  const url = await listen(t, ground);
  const body = `${JSON.stringify(post(5))}\n{"broken"\n`;
  const headers = { authorization: 'Bearer operator', 'content-type': 'application/x-ndjson' };
  assert.equal((await fetch(url, { method: 'POST', body })).status, 401);
  assert.equal(ground.reader.size().posts, 0);
  for (const type of ['application/x-ndjson', 'text/plain', 'application/json; charset=utf-8']) {
    const reply = await fetch(url, { method: 'POST', body, headers: { ...headers, 'content-type': type } });
    assert.equal(reply.status, 200);
    assert.match(reply.headers.get('content-type') ?? '', /^application\/x-ndjson/);
    const lines = (await reply.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PushReply);
    assert.deepEqual(
      lines.map((line) => [line.line, line.code]),
      [
        [1, undefined],
        [2, 'invalid'],
      ],
    );
  }
  assert.equal((await fetch(url, { method: 'POST', body: '', headers })).status < 500, true);
  for (const method of ['GET', 'PUT', 'DELETE']) {
    assert.equal((await fetch(url, { method })).status, 401, method);
    assert.equal((await fetch(url, { method, headers })).status, 405, method);
  }
});

test('a body that says it is too large is refused before it is read', async (t) => {
  const url = new URL(await listen(t, testGround(t)));
  const status = await new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, {
      method: 'POST',
      headers: { authorization: 'Bearer operator', 'content-type': 'text/plain', 'content-length': 1 << 30 },
    });
    outgoing.on('response', (response) => {
      resolve(response.statusCode);
      outgoing.destroy();
    });
    outgoing.on('error', reject);
    outgoing.write('{}\n');
  });
  assert.equal(status, 413);
});

test('a store that fails says so, and nothing claims to be done', async (t) => {
  const ground = testGround(t);
  const writer = { ...ground.writer, apply: () => Promise.reject(new Problem('storage-unavailable')) };
  await assert.rejects(push(chunks(JSON.stringify(post(1))), { writer, clock }), (error) => {
    return error instanceof Problem && error.code === 'storage-unavailable';
  });
});

test('a body of several megabytes is taken, one with a content-encoding or cut off in the middle is not', async (t) => {
  const ground = testGround(t);
  const url = await listen(t, ground);
  const headers = { authorization: 'Bearer operator', 'content-type': 'application/x-ndjson' };
  const lines = Array.from({ length: 3_000 }, (_, index) =>
    JSON.stringify(post(1_000 + index, { source: 's'.repeat(800) })),
  );
  const reply = await fetch(url, { method: 'POST', body: lines.join('\n'), headers });
  assert.equal((await reply.text()).match(/"status":"created"/g)?.length, 3_000);
  const zipped = await fetch(url, {
    method: 'POST',
    body: 'x',
    headers: { ...headers, 'content-encoding': 'gzip' },
  });
  assert.equal(zipped.status, 400);
  const before = ground.reader.size().posts;
  await new Promise<void>((resolve) => {
    const outgoing = httpRequest(url, { method: 'POST', headers: { ...headers, 'content-length': 5_000 } });
    outgoing.on('error', () => resolve());
    outgoing.write(`${JSON.stringify(post(1))}\n{"id":`, () => outgoing.destroy());
  });
  assert.equal((await fetch(url, { method: 'POST', body: lines[0]!, headers })).status, 200);
  assert.ok(ground.reader.size().posts - before <= 1);
});

/** A push on a bare socket, which waits until the server has read all that was sent so far. */
async function pusher(t: TestContext, ground: Ground) {
  const sockets = new Map<number | undefined, { bytesRead: number }>();
  const url = new URL(
    await listen(t, ground, (server) => {
      server.on('connection', (socket) => sockets.set(socket.remotePort, socket));
    }),
  );
  return async (...begin: string[]) => {
    const socket = connect(Number(url.port), url.hostname);
    t.after(() => socket.destroy());
    let sent = 0;
    const write = async (piece: string) => {
      socket.write(piece);
      sent += Buffer.byteLength(piece);
      while ((sockets.get(socket.localPort)?.bytesRead ?? 0) < sent) await turn();
      // What was read is parsed and handed on.
      for (let turns = 0; turns < 5; turns += 1) await turn();
    };
    const answer = text(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    await write(
      'POST /v1/posts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer operator\r\nconnection: close\r\n' +
        'content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    const send = (piece: string) => write(`${piece.length.toString(16)}\r\n${piece}\r\n`);
    for (const piece of begin) await send(piece);
    return { send, answer, end: () => write('0\r\n\r\n') };
  };
}

test('half-sent bodies that fall silent lose their places after 10 seconds; slow but steady ones go on', async (t) => {
  const push = await pusher(t, testGround(t));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const slow = await push(`${JSON.stringify(post(1))}\n`);
  const silent = [];
  for (let count = 0; count < 7; count += 1) silent.push(await push('{"id":'));
  const turnedAway = await push();
  assert.match(await turnedAway.answer, /^HTTP\/1.1 503 /);
  t.mock.timers.tick(BODY_SILENT_MS - 1);
  await slow.send(' ');
  t.mock.timers.tick(1);
  for (const { answer } of silent) {
    assert.match(
      await answer,
      /^HTTP\/1.1 408 [\s\S]*\r\nconnection: close\r\n[\s\S]*Nothing of the body came for 10 seconds/,
    );
  }
  for (let count = 0; count < 5; count += 1) {
    t.mock.timers.tick(BODY_SILENT_MS - 2);
    await slow.send(count < 4 ? '\n' : JSON.stringify(post(2)));
  }
  const other = await push(JSON.stringify(post(3)));
  await other.end();
  assert.match(await other.answer, /^HTTP\/1.1 200 [\s\S]*"created"/);
  await slow.end();
  assert.equal((await slow.answer).match(/"created"/g)?.length, 2);
});

test('a body of too many lines is answered although the rest of it is never read', async (t) => {
  const url = await listen(t, testGround(t));
  const answer = await new Promise<string>((resolve, reject) => {
    const headers = { authorization: 'Bearer operator', 'content-type': 'text/plain' };
    const outgoing = httpRequest(url, { method: 'POST', headers });
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      text(response).then((body) => {
        outgoing.destroy();
        resolve(body);
      }, reject);
    });
    outgoing.write('{}\n'.repeat(10_001));
  });
  assert.match(answer.trim().split('\n').at(-1)!, /"line":10001,.*"code":"limit"/);
});
