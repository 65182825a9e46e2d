import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { Problem } from '#kernel';
import { createServer, reachedBy } from './server.ts';

async function listening(t: TestContext): Promise<number> {
  const server = createServer((message) => assert.fail(message));
  const refuse = async () => {
    throw new Problem('unauthorized');
  };
  server.post('/refused', { onRequest: refuse }, () => 'never');
  server.post(
    '/hijacked',
    {
      onRequest: async (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(405, { 'content-length': '0' }).end();
      },
    },
    () => 'never',
  );
  server.post('/taken', () => ({ taken: true }));
  await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => {
    server.server.closeAllConnections();
    return server.close();
  });
  return (server.server.address() as AddressInfo).port;
}

const HEAD = (path: string, more: string) => `POST ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n\r\n`;

test('who was refused and goes on sending a body is read the answer and then cut off', async (t) => {
  const port = await listening(t);
  const paths = ['/refused', '/hijacked', '/nowhere'].map(async (path) => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
    });
    socket.write(HEAD(path, 'Transfer-Encoding: chunked'));
    const sending = setInterval(() => socket.write('1\r\na\r\n'), 20);
    const giveUp = setTimeout(() => socket.destroy(new Error('never cut off')), 120_000);
    // Not `once`, which takes the reset of a cut connection for a failure.
    const failed = await new Promise<Error | undefined>((resolve) => {
      let error: Error | undefined;
      socket.on('error', (cause) => {
        error = cause;
      });
      socket.on('close', () => resolve(error));
    });
    clearInterval(sending);
    clearTimeout(giveUp);
    assert.notEqual(failed?.message, 'never cut off', path);
    assert.match(answer, /^HTTP\/1\.1 40[145]/, path);
  });
  await Promise.all(paths);
});

test('where no body is taken none is read, let alone parsed: an address that is not there is answered before a byte of it', async (t) => {
  const port = await listening(t);
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'a/b']) {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.write(HEAD('/nowhere', `Content-Type: ${type}\r\nContent-Length: 1000000`));
    const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(60_000) });
    assert.match(String(answer), /^HTTP\/1\.1 404/, type);
    socket.destroy();
  }
});

test('a fault is told to the log, a request that has to wait is not', async (t) => {
  const told: string[] = [];
  const server = createServer((message) => told.push(message));
  t.after(() => server.close());
  const codes = ['overloaded', 'storage-unavailable'] as const;
  for (const code of codes)
    server.get(`/${code}`, async () => {
      throw new Problem(code);
    });
  for (const code of codes) assert.equal((await server.inject(`/${code}`)).statusCode, 503);
  assert.equal(told.length, 1, told.join());
});

test('a connection whose bodies came whole stays open for the next request', async (t) => {
  const port = await listening(t);
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  t.after(() => socket.destroy());
  for (const path of ['/refused', '/taken', '/hijacked', '/taken']) {
    socket.write(`${HEAD(path, 'Content-Type: application/json\r\nContent-Length: 2')}{}`);
    const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(5_000) });
    assert.match(answer, path === '/taken' ? /^HTTP\/1\.1 200/ : /^HTTP\/1\.1 40[15]/);
  }
  assert.equal(socket.destroyed, false);
});

test('a connection that never sends its head is closed within its time and a moment', async (t) => {
  const server = createServer((message) => assert.fail(message));
  server.server.headersTimeout = 100;
  await server.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => server.close());
  const { port } = server.server.address() as AddressInfo;
  for (const beginning of ['', 'GET / HTTP/1.1\r\nhost: x\r\nx-a: ']) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(beginning);
    socket.resume();
    const giveUp = setTimeout(() => socket.destroy(new Error('never closed')), 120_000);
    const [failed] = await once(socket, 'close');
    clearTimeout(giveUp);
    assert.equal(failed, false, beginning);
  }
});

test('a request knows whence it came when its connection is gone', async (t) => {
  for (const trustProxy of [[], ['127.0.0.1/32']]) {
    const server = createServer((message) => assert.fail(message), {}, { trustProxy });
    const came = Promise.withResolvers<string>();
    server.get('/', async (request, reply) => {
      reply.hijack();
      request.raw.socket.destroy();
      came.resolve(request.ip);
    });
    await server.listen({ host: '127.0.0.1', port: 0 });
    t.after(() => server.close());
    const socket = connect((server.server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal(await came.promise, '127.0.0.1');
  }
});

test('two hosts or two credentials are none: which one a proxy meant cannot be known', async (t) => {
  const port = await listening(t);
  const ask = async (more: string) => {
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    let answer = '';
    socket.on('data', (text) => {
      answer += text;
    });
    socket.write(HEAD('/taken', `Connection: close\r\n${more}`));
    await once(socket, 'close');
    return answer.slice(0, 'HTTP/1.1 200'.length);
  };
  assert.equal(await ask('authorization: Bearer a'), 'HTTP/1.1 200');
  assert.equal(await ask('hOST: y'), 'HTTP/1.1 400');
  assert.equal(await ask('authorization: Bearer a\r\nAuthorization: Bearer b'), 'HTTP/1.1 400');
});

test('an address in an answer begins with what the operator said, what a trusted proxy said, or our own', () => {
  const own = 'http://127.0.0.1:8080';
  type How = { publicUrl?: string; own?: string; from?: string; to?: string; forwarded?: boolean };
  const by = (
    host: string,
    { publicUrl, from = '10.0.0.5', to = '127.0.0.1', forwarded, ...how }: How = {},
  ) =>
    reachedBy(
      {
        ...{ protocol: 'http', host, headers: forwarded ? { 'x-forwarded-host': host } : {} },
        socket: { remoteAddress: from, localAddress: to, localPort: 8080 },
      },
      { publicUrl, own: how.own ?? own, isProxy: (address) => address === '10.0.0.9' },
    );
  const hosts = [
    'data.example.com',
    '[::1]:80',
    '192.0.2.1',
    'localhost',
    'localhost:81',
    'localhost:8080.evil.example',
  ];
  for (const host of hosts) {
    assert.equal(by(host), own, host);
    assert.equal(by(host, { forwarded: true }), own, 'a stranger is no proxy');
    assert.equal(by(host, { publicUrl: 'https://data.example' }), 'https://data.example');
  }
  for (const host of hosts.slice(0, 4))
    assert.equal(by(host, { forwarded: true, from: '10.0.0.9' }), `http://${host}`);
  for (const host of [
    '',
    'a b',
    '"><x',
    'evil.example/path?x=',
    'a@evil.example',
    '[::1',
    'x:999999',
    'x'.repeat(300),
  ])
    assert.equal(by(host, { forwarded: true, from: '10.0.0.9' }), own, host);
  assert.equal(by('localhost:8080'), 'http://localhost:8080');
  assert.equal(by('localhost:8080', { to: '192.0.2.1' }), own);
  const any = { own: 'http://0.0.0.0:8080' };
  assert.equal(by('evil.example', { ...any, to: '::ffff:192.0.2.7' }), 'http://192.0.2.7:8080');
  assert.equal(by('evil.example', { ...any, to: 'fe80::1%eth0' }), 'http://[fe80::1]:8080');
});
