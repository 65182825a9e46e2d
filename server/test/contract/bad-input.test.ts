import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { operations } from '#x';
import { type Api, apiWorld, checkReply, person, post, read, untilSuiteEnds } from './api.ts';

/** What strangers send: nothing of it may be a 500, hang, or reach another meaning than its own. */
describe('bad input', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  const until = untilSuiteEnds();

  before(async () => {
    api = await apiWorld(until);
    const base = api.world.terms.plans().find(({ name }) => name === 'enterprise-200m')!;
    const rates = Object.fromEntries(Object.keys(base.rates).map((id) => [id, [1e9, 1e9] as const]));
    await api.world.terms.addPlan({ name: 'wide', base: base.name, rates, ratesPerSecond: {} });
    app = await api.app({ plan: 'wide' });
    await api.apply(person('101', { username: 'alice' }), post(100, { text: 'coffee' }));
  });

  const odd = fc.oneof(
    fc.constantFrom(
      '',
      '%',
      '%zz',
      '%00',
      '%ff',
      '%C3%28',
      '\0',
      '..',
      '__proto__',
      'constructor',
      '[]',
      '{}',
      'null',
      '1e400',
      '-0',
      '０１２',
    ),
    fc.constantFrom(
      '2026-11-20T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '0000-01-01T00:00:00Z',
      '1',
      '9223372036854775807',
      '100',
      'coffee',
      'alice',
      'day',
    ),
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map(encodeURIComponent),
    fc
      .array(fc.constantFrom('id', 'text', 'author_id', 'pinned_tweet_id', 'dummy', ''), { maxLength: 6 })
      .map((list) => list.join()),
  );
  const names = [
    ...new Set(
      operations.flatMap(({ parameters }) =>
        Object.values(parameters).flatMap((one) => [one.name, one.also ?? one.name]),
      ),
    ),
  ];
  const pair = fc
    .tuple(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...names) }, odd), odd)
    .map(([name, value]) => `${name}=${value}`);
  const request = fc
    .tuple(fc.constantFrom(...operations.map(({ path }) => path)), odd, fc.array(pair, { maxLength: 6 }))
    .map(
      ([path, subject, pairs]) =>
        `${path.replace(/\{\w+\}/, encodeURIComponent(subject).slice(0, 60) || '1')}?${pairs.join('&')}`,
    );

  test('any query string on any endpoint is answered as the document says, never with a 500', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (url) => {
        const raw = url
          .replace(/[\s#\\^`{|}<>"]/g, encodeURIComponent)
          .replace(/[^\x21-\x7e]/g, encodeURIComponent);
        const reply = read(
          await api.server.inject({
            url: raw,
            headers: {
              authorization: `Bearer ${app.bearerToken}`,
              // A stream that opens has no end: it is asked what it would cost.
              ...(raw.includes('/stream') ? { 'parley-dry-run': '1' } : {}),
            },
          }),
        );
        assert.ok(reply.status < 500, `${reply.status} of ${raw}: ${reply.text}`);
        // What names no endpoint once its dots are resolved is no endpoint's answer.
        if (reply.status !== 404 && reply.headers['x-rate-limit-limit']) checkReply(raw, reply);
      }),
      { numRuns: runs(1_500) },
    );
    assert.deepEqual(api.mistakes, []);
  });

  test('any header is answered', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(
          'authorization',
          'parley-purpose',
          'parley-recipient',
          'parley-dry-run',
          'accept',
          'content-type',
        ),
        fc.string({ maxLength: 60 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
        async (name, value) => {
          const headers = { authorization: `Bearer ${app.bearerToken}`, [name]: value };
          const { statusCode } = await api.server.inject({ url: '/2/tweets/1', headers });
          assert.ok([200, 400, 401, 403, 429].includes(statusCode), `${statusCode} with ${name}: ${value}`);
        },
      ),
      { numRuns: runs(300) },
    );
    assert.deepEqual(api.mistakes, []);
  });

  test('raw bytes on the wire: UTF-8 without percent signs, a thousand parameters, a broken path, a huge address', async () => {
    const address = new URL(await api.server.listen({ host: '127.0.0.1', port: 0 }));
    const ask = (target: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(address.port), address.hostname);
        const chunks: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => chunks.push(chunk));
        socket.on('error', reject);
        socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
        const end = ` HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${app.bearerToken}\r\nConnection: close\r\n\r\n`;
        socket.write(Buffer.from(`GET ${target}${end}`));
      });
    assert.match(await ask('/2/tweets/search/recent?query=café'), /^HTTP\/1.1 400/);
    assert.match(await ask(`/2/tweets/1?${'a=1&'.repeat(1_000)}`), /^HTTP\/1.1 400/);
    assert.match(await ask('/2/tweets/%zz'), /^HTTP\/1.1 400/);
    assert.match(await ask(`/2/tweets/${'1'.repeat(400)}`), /^HTTP\/1.1 4(00|04|14)/);
    assert.match(await ask(`/2/tweets?ids=${'1,'.repeat(20_000)}`), /^HTTP\/1.1 (400|431)/);
    assert.match(await ask('/2/tweets/1?expansions=author_id&expansions=author_id'), /Duplicate parameters/);
    assert.match(await ask('/2/tweets/1?ids[]=1'), /query parameter \[ids\[\]\]/);
    assert.match(await ask('//2/tweets/1'), /^HTTP\/1.1 404/);
    assert.deepEqual(api.mistakes, []);
  });
});
