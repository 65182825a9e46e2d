import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createOutbound, OutboundError, type OutboundFailure } from './outbound.ts';
import { testCertificate, testKey } from './testing/certificate.ts';

const LOOPBACK = ['127.0.0.0/8', '::1'];
const at = (...addresses: string[]) =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** A server that is really there. @returns its port. */
async function listening(t: TestContext, server: net.Server): Promise<number> {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function fails(because: OutboundFailure, mayHaveArrived: boolean) {
  return (error: unknown) => {
    assert.ok(error instanceof OutboundError, String(error));
    assert.deepEqual([error.because, error.mayHaveArrived], [because, mayHaveArrived], error.message);
    return true;
  };
}

/** What a name answers with when somebody tries to reach a machine behind the door. */
const NAMES: Record<string, string[]> = {
  'private.test': ['10.0.0.7'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'mixed6.test': ['2606:4700::1', 'fe80::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  'nat64.test': ['64:ff9b::7f00:1'],
  'metadata.test': ['169.254.169.254'],
  localhost: ['127.0.0.1', '::1'],
};

test('no way of writing a private address gets through, and nothing is connected to', async (t) => {
  let connections = 0;
  const port = await listening(
    t,
    net.createServer(() => {
      connections += 1;
    }),
  );
  const outbound = createOutbound({ allow: [], lookup: async (name) => at(...(NAMES[name] ?? [])) });
  const hosts = [
    ...['127.0.0.1', '127.1', '2130706433', '0177.0.0.1', '0x7f.0.0.1', '0x7f000001', '017700000001'],
    ...['0', '0.0.0.0', '[::]', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]'],
    ...['[64:ff9b::127.0.0.1]', '[fe80::1]', '[fd00::1]', '10.1', '192.168.1.1', '169.254.169.254'],
    ...[
      '①②⑦.⓪.⓪.①',
      '127。0。0。1',
      '127.0.0.1.',
      'localhost',
      'localhost.',
      'LOCALHOST',
      ...Object.keys(NAMES),
    ],
  ];
  for (const host of hosts) {
    for (const scheme of ['http', 'https']) {
      const url = `${scheme}://${host}:${port}/`;
      await assert.rejects(outbound.send({ url }), fails('refused', false), url);
    }
  }
  assert.equal(connections, 0);
});

test('other schemes, users in the address, service ports, plain HTTP and broken addresses are refused', async () => {
  const outbound = createOutbound({ allow: [], lookup: async () => at('93.184.216.34') });
  const urls = [
    ...['', 'x', '//a.test', 'ftp://a.test/', 'file:///etc/passwd', 'data:,x', 'javascript:1', 'unix:/a'],
    ...[
      'https://u@a.test/',
      'https://u:p@a.test/',
      'https://:p@a.test/',
      'http://a.test/',
      'https://a.test:22/',
    ],
    ...['https://a.test:25/', 'https://a.test:99999/', 'https://[fe80::1%25eth0]/', 'https://a b/'],
    `https://a.test/${'x'.repeat(2_048)}`,
  ];
  for (const url of urls) await assert.rejects(outbound.send({ url }), fails('refused', false), url);
  assert.throws(() => outbound.check('https://127.0.0.1/'), fails('refused', false));
  assert.throws(() => outbound.check('http://93.184.216.34/'), fails('refused', false));
  outbound.check('https://a.test/hook?x=1');
  await assert.rejects(
    createOutbound({ allow: [], lookup: async () => [] }).send({ url: 'https://a.test/' }),
    fails('unresolved', false),
  );
});

test('an allowed range is spoken to; the answer comes whole, whatever its status, and a redirect stays one', async (t) => {
  const seen: unknown[] = [];
  const port = await listening(
    t,
    http.createServer(async (request, reply) => {
      let body = '';
      for await (const part of request) body += String(part);
      seen.push([request.method, request.url, request.headers.host, request.headers['x-own'], body]);
      reply.writeHead(307, { location: 'http://127.0.0.1:1/', 'x-two': ['a', 'b'] }).end('see there');
    }),
  );
  const outbound = createOutbound({ allow: LOOPBACK, lookup: async () => at('127.0.0.1') });
  const url = `http://parley.test:${port}/a?b=1`;
  const answer = await outbound.send({ url, method: 'POST', headers: { 'x-own': '1' }, body: 'é' });
  assert.equal(answer.status, 307);
  assert.equal(answer.headers['x-two'], 'a, b');
  assert.equal(Buffer.from(answer.body).toString(), 'see there');
  assert.deepEqual(seen, [['POST', '/a?b=1', `parley.test:${port}`, '1', 'é']]);
});

test('the address that was checked is the one that is connected to, with the name in SNI, certificate and Host', async (t) => {
  let host: string | undefined;
  let sni: string | undefined;
  const server = https.createServer(
    {
      key: testKey,
      cert: testCertificate,
      SNICallback: (name, done) => {
        sni = name;
        done(null);
      },
    },
    (request, reply) => {
      host = request.headers.host;
      reply.end('ok');
    },
  );
  const port = await listening(t, server);
  let lookups = 0;
  // The second answer would lead elsewhere.
  const outbound = createOutbound({
    allow: LOOPBACK,
    ca: testCertificate,
    lookup: async () => (lookups++ === 0 ? at('127.0.0.1') : at('10.0.0.1')),
  });
  const answer = await outbound.send({ url: `https://rebind.test:${port}/` });
  assert.equal(answer.status, 200);
  assert.deepEqual([host, sni, lookups], [`rebind.test:${port}`, 'rebind.test', 1]);
  await assert.rejects(outbound.send({ url: `https://rebind.test:${port}/` }), fails('refused', false));
});

test('a certificate of another name, or of nobody known, is no one to speak to, and nothing was said', async (t) => {
  let requests = 0;
  const server = https.createServer({ key: testKey, cert: testCertificate }, (_request, reply) => {
    requests += 1;
    reply.end();
  });
  const port = await listening(t, server);
  const lookup = async () => at('127.0.0.1');
  const knows = createOutbound({ allow: LOOPBACK, ca: testCertificate, lookup });
  await assert.rejects(knows.send({ url: `https://other.test:${port}/` }), fails('unreachable', false));
  const knowsNot = createOutbound({ allow: LOOPBACK, lookup });
  await assert.rejects(knowsNot.send({ url: `https://parley.test:${port}/` }), fails('unreachable', false));
  assert.equal(requests, 0);
});

const HEAD = 'HTTP/1.1 200 OK\r\n';
/** Peers that misbehave: what each writes, and what becomes of the request. */
const PEERS: [name: string, write: (socket: net.Socket) => void, because: OutboundFailure][] = [
  ['says nothing', () => undefined, 'timeout'],
  ['hangs up', (socket) => socket.destroy(), 'cut'],
  ['resets', (socket) => socket.resetAndDestroy(), 'cut'],
  ['speaks no HTTP', (socket) => socket.end('220 smtp ready\r\n'), 'cut'],
  ['cuts in the head', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-'), 'cut'],
  ['cuts in the body', (socket) => socket.end(`${HEAD}content-length: 9\r\n\r\nabc`), 'cut'],
  ['cuts in a chunk', (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\nab`), 'cut'],
  ['has a huge head', (socket) => socket.end(`${HEAD}x: ${'a'.repeat(20_000)}\r\n\r\n`), 'cut'],
  ['has a huge body', (socket) => socket.write(`${HEAD}\r\n${'a'.repeat(2 << 20)}`), 'too-large'],
  [
    'changes protocol',
    (socket) => socket.write('HTTP/1.1 101 x\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    'cut',
  ],
  ['drips its body', (socket) => drip(socket, `${HEAD}\r\n`, 'a'), 'timeout'],
  ['drips its head', (socket) => drip(socket, HEAD, 'x: y\r\n'), 'timeout'],
  ['never comes to its answer', (socket) => drip(socket, '', 'HTTP/1.1 102 x\r\n\r\n'), 'timeout'],
];

function drip(socket: net.Socket, first: string, drop: string): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(drop), 20);
  socket.on('close', () => clearInterval(timer));
}

for (const [name, write, because] of PEERS) {
  test(`a peer that ${name} ends the request in time: ${because}, and it may have arrived`, async (t) => {
    const port = await listening(
      t,
      net.createServer((socket) => {
        socket.once('data', () => write(socket));
      }),
    );
    const outbound = createOutbound({ allow: LOOPBACK });
    await assert.rejects(
      outbound.send({ url: `http://127.0.0.1:${port}/`, timeoutMs: because === 'timeout' ? 300 : 5_000 }),
      fails(because, true),
    );
  });
}

test('where nobody listens nothing has arrived; a name server that never answers ends in time; giving up ends at once', async (t) => {
  const server = net.createServer();
  const port = await listening(t, server);
  await new Promise((done) => server.close(done));
  const outbound = createOutbound({ allow: LOOPBACK });
  await assert.rejects(outbound.send({ url: `http://127.0.0.1:${port}/` }), fails('unreachable', false));
  const never = createOutbound({ allow: LOOPBACK, lookup: () => new Promise(() => undefined) });
  const asked = never.send({ url: 'https://a.test/', timeoutMs: 50 });
  await assert.rejects(asked, fails('timeout', false));
  const signal = AbortSignal.abort();
  await assert.rejects(never.send({ url: 'https://a.test/', signal }), fails('aborted', false));
});

test('at most two names are looked up at once, or as many as is said', async () => {
  for (const lookupsAtOnce of [undefined, 1])
    assert.equal(await mostLookups(lookupsAtOnce), lookupsAtOnce ?? 2);
});

async function mostLookups(lookupsAtOnce: number | undefined): Promise<number> {
  let running = 0;
  let most = 0;
  const outbound = createOutbound({
    allow: [],
    lookupsAtOnce,
    lookup: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      return at('10.0.0.1');
    },
  });
  const all = Array.from({ length: 9 }, (_, n) =>
    outbound.send({ url: `https://a${n}.test/`, tenant: String(n) }),
  );
  for (const result of await Promise.allSettled(all)) assert.equal(result.status, 'rejected');
  return most;
}

/** An outbound whose look-ups end when the test says so, and the names that are being looked up. */
function slowNames() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const outbound = createOutbound({
    allow: [],
    lookup: (name) => {
      begun.push(name);
      return new Promise((resolve) => ends.set(name, () => resolve(at('10.0.0.1'))));
    },
  });
  const send = (name: string, tenant: string, timeoutMs = 3_600_000) =>
    outbound.send({ url: `https://${name}/`, tenant, timeoutMs }).catch((error) => error.because);
  return { begun, send, end: (name: string) => ends.get(name)?.() };
}

test('a tenant whose names are never answered holds up nobody but itself, and what timed out is not looked up', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { begun, send, end } = slowNames();
  const mine = Array.from({ length: 50 }, (_, n) => send(`slow${n}.test`, 'hostile', 10_000));
  const other = send('quick.test', 'other');
  await new Promise(setImmediate);
  assert.deepEqual(begun, ['slow0.test', 'quick.test']);
  end('quick.test');
  assert.equal(await other, 'refused', 'it was resolved, to a private address');
  t.mock.timers.tick(10_000);
  assert.deepEqual(new Set(await Promise.all(mine)), new Set(['timeout']));
  end('slow0.test');
  await new Promise(setImmediate);
  assert.deepEqual(begun, ['slow0.test', 'quick.test'], 'the other 49 left the queue');
});

test('tenants whose names were slow have one place together: one is left for the rest, whatever their number', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { begun, send, end } = slowNames();
  for (const tenant of ['a', 'b']) void send(`${tenant}1.test`, tenant);
  await new Promise(setImmediate);
  t.mock.timers.tick(1_000);
  for (const tenant of ['a', 'b']) end(`${tenant}1.test`);
  await new Promise(setImmediate);
  for (const tenant of ['a', 'b']) void send(`${tenant}2.test`, tenant);
  await new Promise(setImmediate);
  assert.deepEqual(begun.slice(2), ['a2.test']);
  void send('c.test', 'c');
  await new Promise(setImmediate);
  assert.deepEqual(begun.slice(2), ['a2.test', 'c.test']);
});
