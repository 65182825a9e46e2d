import assert from 'node:assert/strict';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BODY_SILENT_MS } from '#kernel';
import { operations } from '#x';
import { createRefusalBudget } from '../../src/surface/x/call/refusal-budget.ts';
import { BODY_LIMITS } from '../../src/surface/x/operation.ts';
import { type Api, apiWorld, person, signedBy } from './api.ts';
import { GOOD } from './good.ts';

const RULES = '/2/tweets/search/stream/rules';
const FORM = 'content-type: application/x-www-form-urlencoded';

test('every operation with a JSON body refuses what is nested or long beyond what it needs, by name and before it is parsed', async (t) => {
  const api = await apiWorld(t);
  const app = await api.app({ plan: 'enterprise-50m' });
  await api.apply(person('101'));
  const anna = api.person(app, '101');
  const parsed = t.mock.method(JSON, 'parse');
  let tried = 0;
  for (const { id, method = 'GET', auth, body, raw, bodyLimits = BODY_LIMITS } of operations) {
    if (body === undefined || raw) continue;
    const caller = auth.includes('person') ? anna : app;
    const ask = async (given: string) => {
      const before = parsed.mock.calls.filter(({ arguments: [one] }) => one === given).length;
      const { statusCode, body: said } = await api.server.inject({
        method,
        url: GOOD[id]!,
        headers: { authorization: `Bearer ${caller.bearerToken}`, 'content-type': 'application/json' },
        payload: given,
      });
      assert.equal(parsed.mock.calls.filter(({ arguments: [one] }) => one === given).length, before, id);
      return `${statusCode} ${said}`;
    };
    assert.match(await ask('['.repeat(16 << 10)), /^400 .*nested more than 8 deep, at byte 9/, id);
    assert.match(await ask(`[${'0,'.repeat(bodyLimits.valuesMax)}0]`), /^4(00 .*values|13)/, id);
    assert.match(await ask(`"${'x'.repeat(bodyLimits.bytesMax)}"`), /^413 /, id);
    tried += 1;
  }
  assert.ok(tried > 20, `only ${tried} operations take a JSON body`);
  assert.deepEqual(api.mistakes, []);
});

/** A request on a bare socket whose body, if any, is what is sent after it. */
function opener(t: { after(end: () => void): void }, api: Api) {
  const { port } = api.server.server.address() as AddressInfo;
  return (path: string, ...headers: string[]) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    t.after(() => void socket.destroy());
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\n${headers.join('\r\n')}\r\n\r\n`);
    const first = new Promise<string>((resolve) => socket.once('data', (piece) => resolve(String(piece))));
    return { socket, first };
  };
}

test('an app whose refusals are used up gets 429 with rate headers before a byte of its body; reading and other apps go on', async (t) => {
  const api = await apiWorld(t, { refusals: createRefusalBudget({ app: 6, address: 1 }) });
  const [app, other] = [await api.app(), await api.app()];
  const bad = { add: [] };
  for (let turns = 0; turns < 3; turns += 1)
    assert.equal((await api.send('POST', app, RULES, bad)).status, 400);
  const limited = await api.send('POST', app, RULES, { add: [{ value: 'coffee' }] });
  assert.equal(limited.status, 429);
  assert.equal(limited.json.reason, 'refused-bodies');
  assert.equal(limited.headers['x-rate-limit-remaining'], '0');
  assert.equal(limited.headers['retry-after'], '900');
  assert.equal((await api.get(app, RULES)).status, 200);
  assert.equal((await api.send('POST', other, RULES, { add: [{ value: 'coffee' }] })).status, 201);
  await api.server.listen({ port: 0, host: '127.0.0.1' });
  const open = opener(t, api);
  // Of the 100,000 bytes none ever comes.
  const { first } = open(RULES, `authorization: Bearer ${app.bearerToken}`, 'content-length: 100000');
  assert.match(await first, /^HTTP\/1.1 429 /);
  api.world.clock.advance(900_000);
  assert.equal((await api.send('POST', app, RULES, { add: [{ value: 'coffee' }] })).status, 201);
});

test('an upload of thousands of parts is a 400 that says what to send, and counts against the budget of its app', async (t) => {
  const api = await apiWorld(t, { refusals: createRefusalBudget({ app: 3, address: 1 }) });
  const app = await api.app();
  await api.apply(person('101'));
  const { bearerToken } = api.person(app, '101');
  const payload = `${'--b\r\nA: b\r\n\r\n\r\n'.repeat(4_000)}--b--\r\n`;
  const answers = [];
  for (const url of [
    '/2/media/upload',
    '/2/media/upload/initialize',
    '/1.1/media/upload.json',
    '/2/media/upload',
  ]) {
    const { statusCode, body } = await api.server.inject({
      method: 'POST',
      url,
      headers: { authorization: `Bearer ${bearerToken}`, 'content-type': 'multipart/form-data; boundary=b' },
      payload,
    });
    answers.push(`${statusCode} ${body}`);
  }
  for (const answer of answers.slice(0, 3))
    assert.match(answer, /^400 .*more than 20 fields\. Send one part named `media`/);
  assert.match(answers[3]!, /^429 .*refused-bodies/);
  assert.deepEqual(api.mistakes, []);
});

test('what this server could not do, and what was done, uses up nothing of the budget', async (t) => {
  const api = await apiWorld(t, { refusals: createRefusalBudget({ app: 1, address: 1 }) });
  const app = await api.app();
  for (let turns = 0; turns < 5; turns += 1)
    assert.equal((await api.send('POST', app, RULES, { add: [{ value: `tea${turns}` }] })).status, 201);
});

test('the form of a signer that does not exist is not read; one of a signer that does counts against address and app together', async (t) => {
  const api = await apiWorld(t, {
    trustProxy: ['127.0.0.1'],
    refusals: createRefusalBudget({ app: 1_000, address: 2 }),
  });
  const app = await api.app();
  await api.apply(person('101'));
  const { oauth1 } = api.world.access.persons.giveOwnTokens(app.appId, '101');
  await api.server.listen({ port: 0, host: '127.0.0.1' });
  const open = opener(t, api);
  const signed = (token: string) =>
    `authorization: OAuth oauth_consumer_key="${app.consumerKey}",oauth_token="${token}",oauth_signature="x",oauth_signature_method="HMAC-SHA1",oauth_timestamp="1",oauth_nonce="1"`;
  const stranger = open('/2/media/upload', signed('unknown'), FORM, 'content-length: 8000000');
  assert.match(await stranger.first, /^HTTP\/1.1 401 /);

  const forge = (from: string) => {
    const sent = open(
      '/2/media/upload',
      signed(oauth1.token),
      FORM,
      `x-forwarded-for: ${from}`,
      'content-length: 3',
    );
    sent.socket.write('a=b');
    return sent.first;
  };
  assert.match(await forge('192.0.2.1'), /^HTTP\/1.1 401 /);
  assert.match(await forge('192.0.2.1'), /^HTTP\/1.1 429 [\s\S]*refused-bodies/);
  assert.match(await forge('192.0.2.2'), /^HTTP\/1.1 401 /);
  assert.deepEqual(api.mistakes, []);
});

test('silent bodies of one address leave room for another’s, and end after ten seconds', {
  timeout: 60_000,
}, async (t) => {
  const api = await apiWorld(t, { trustProxy: ['127.0.0.1'] });
  const app = await api.app();
  await api.apply(person('101'));
  const anna = signedBy(api.person(app, '101', { via: 'oauth1' })).authorization;
  const sockets = new Map<number | undefined, { bytesRead: number }>();
  api.server.server.on('connection', (socket) => sockets.set(socket.remotePort, socket));
  await api.server.listen({ port: 0, host: '127.0.0.1' });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const open = opener(t, api);
  const piece = Buffer.alloc(8_000_000, 'a');
  const begin = async (from: string) => {
    const sent = open(
      '/2/media/upload',
      `authorization: ${anna}`,
      FORM,
      `x-forwarded-for: ${from}`,
      'connection: close',
      'content-length: 8000100',
    );
    sent.socket.write(piece);
    let isAnswered = false;
    void sent.first.then(() => {
      isAnswered = true;
    });
    while (!isAnswered && (sockets.get(sent.socket.localPort)?.bytesRead ?? 0) < piece.length) await turn();
    return sent;
  };
  const silent: Awaited<ReturnType<typeof begin>>[] = [];
  for (let count = 0; count < 2; count += 1) silent.push(await begin('192.0.2.1'));
  assert.match(await (await begin('192.0.2.1')).first, /^HTTP\/1.1 503 [\s\S]*retry-after: 2/i);
  const other = await begin('192.0.2.2');
  t.mock.timers.tick(BODY_SILENT_MS - 1);
  other.socket.write(Buffer.alloc(100, 'a'));
  assert.match(await other.first, /^HTTP\/1.1 400 /, 'it is no upload, but it was read');
  t.mock.timers.tick(1);
  for (const { first, socket } of silent) {
    assert.match(await first, /^HTTP\/1.1 408 [\s\S]*Nothing of the body came for 10 seconds/);
    socket.destroy();
  }
  assert.deepEqual(api.mistakes, []);
});

test('a peer that was gone before its request was looked at is no mistake of ours', async (t) => {
  const api = await apiWorld(t);
  const hidden = (socket: object) => Object.defineProperty(socket, 'remoteAddress', { value: undefined });
  await api.server.listen({ port: 0, host: '127.0.0.1' });
  const open = opener(t, api);
  // Once it stands, a request of it is answered like any other without a key.
  api.server.server.once('connection', hidden);
  const late = open(RULES, 'content-type: application/json', 'content-length: 3');
  assert.match(await late.first, /^HTTP\/1.1 401 /);
  // Gone before it was taken: nobody is there to be answered.
  api.server.server.prependOnceListener('connection', hidden);
  const early = open(RULES, 'content-length: 3');
  assert.equal(await text(early.socket).catch(() => ''), '');
  assert.deepEqual(api.mistakes, []);
});
