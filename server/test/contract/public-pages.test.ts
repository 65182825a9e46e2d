import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { createLogger } from '#http';
import { PUBLIC_PAGES, served } from './tenant-world.ts';

const PATHS = PUBLIC_PAGES.filter((route) => route.startsWith('GET ')).map((route) => route.slice(4));

type Answer = { status: number | undefined; headers: Record<string, unknown>; bytes: number };

/** Over a real socket, for only there is a body that HEAD must not have a mistake. */
function ask(method: string, url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { method, agent: false }, async (reply) => {
      let bytes = 0;
      for await (const chunk of reply) bytes += (chunk as Buffer).length;
      // What two answers need not share (RFC 9110, 9.3.2) is what is made for each.
      const { date: _date, 'x-request-id': _id, ...headers } = reply.headers;
      resolve({ status: reply.statusCode, headers, bytes });
    })
      .on('error', reject)
      .end();
  });
}

test('HEAD of a public page is answered like GET, without the body, and counted once', async (t) => {
  const { server, address } = await served(t);
  for (const path of PATHS) {
    const get = await ask('GET', `${address}${path}`);
    const head = await ask('HEAD', `${address}${path}`);
    assert.equal(get.status, 200, path);
    assert.ok(get.bytes > 0, path);
    assert.equal(get.headers['content-length'], String(get.bytes), path);
    assert.deepEqual(head, { ...get, bytes: 0 }, path);
  }
  // One more exchange: statistics are taken when a reply is out, which its reader may notice first.
  await ask('GET', `${address}/healthz`);
  const { stats } = server as typeof server & {
    stats: { all(): Iterable<{ method: string; route: string; count: number }> };
  };
  const counted = [...stats.all()].filter(({ method }) => method === 'HEAD');
  for (const path of PATHS) assert.equal(counted.find(({ route }) => route === path)?.count, 1, path);
});

test('HEAD of an endpoint and of what is not public is refused', async (t) => {
  const { address } = await served(t);
  for (const path of ['/metrics', '/nowhere']) {
    assert.equal((await ask('HEAD', `${address}${path}`)).status, 404, path);
  }
  assert.equal((await ask('HEAD', `${address}/2/tweets/1`)).status, 401);
});

test('a browser gets an icon that it may keep, and its asking is no line of the log', async (t) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'info', format: 'json' }, { write: (line) => void lines.push(line) });
  const { address } = await served(t, { logger });
  const { status, headers, bytes } = await ask('GET', `${address}/favicon.ico`);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'image/svg+xml');
  assert.match(String(headers['cache-control']), /^public, max-age=[1-9]\d*$/);
  assert.ok(bytes > 0);
  // The second refusal's line comes after all that the first request could have caused.
  await ask('GET', `${address}/nowhere`);
  await ask('GET', `${address}/nowhere`);
  const asked = lines.map((line) => JSON.parse(line)).filter(({ message }) => message.startsWith('request'));
  assert.ok(asked.length >= 1);
  assert.deepEqual([...new Set(asked.map(({ route }) => route))], ['(none)']);
  assert.ok(asked.length <= 2, 'one line a refusal');
});
