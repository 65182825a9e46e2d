import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fastify from 'fastify';
import { Problem } from '#kernel';
import { mediaRoutes, rangeOf } from './routes.ts';
import { video } from './testing/video-builder.ts';
import { ANNA, mediaWorld, picture } from './testing/world.ts';

async function serving(t: Parameters<typeof mediaWorld>[0]) {
  const world = mediaWorld(t);
  const server = fastify();
  server.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof Problem ? error.status : 500).send({}),
  );
  mediaRoutes(server, world.media);
  t.after(() => server.close());
  const urlOf = async (bytes: Buffer) => {
    const { id } = await world.put(ANNA, bytes);
    const found = world.media.mediaOf(ANNA, [id]);
    assert.ok('media' in found);
    return { id, url: new URL(found.media[0]!.url).pathname };
  };
  return { world, server, urlOf };
}

test('a file is served as its own type, to be guessed by nobody and to run nothing', async (t) => {
  const { server, urlOf } = await serving(t);
  const { url } = await urlOf(await picture('png'));
  const { statusCode, headers, rawPayload } = await server.inject({ url });
  assert.equal(statusCode, 200);
  assert.equal(headers['content-type'], 'image/png');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['content-security-policy'], "default-src 'none'; sandbox");
  assert.match(String(headers['cache-control']), /immutable/);
  assert.equal(Number(headers['content-length']), rawPayload.length);
  assert.deepEqual(rawPayload.subarray(0, 4), Buffer.from('\x89PNG', 'latin1'));
  const head = await server.inject({ url, method: 'HEAD' });
  assert.deepEqual([head.statusCode, head.rawPayload.length], [200, 0]);
  assert.equal(head.headers['content-length'], headers['content-length']);
  const again = await server.inject({ url, headers: { 'if-none-match': String(headers.etag) } });
  assert.deepEqual([again.statusCode, again.rawPayload.length], [304, 0]);
});

test('a player gets the ranges that it asks for', async (t) => {
  const { server, urlOf } = await serving(t);
  const whole = video();
  const { url } = await urlOf(whole);
  const ask = async (range: string, more: Record<string, string> = {}) => {
    const { statusCode, headers, rawPayload } = await server.inject({ url, headers: { range, ...more } });
    return {
      status: statusCode,
      range: headers['content-range'],
      etag: String(headers.etag),
      bytes: rawPayload,
    };
  };
  const size = whole.length;
  const first = await ask('bytes=0-99');
  assert.deepEqual([first.status, first.range], [206, `bytes 0-99/${size}`]);
  assert.deepEqual(first.bytes, whole.subarray(0, 100));
  assert.deepEqual((await ask('bytes=100-')).bytes, whole.subarray(100));
  assert.deepEqual((await ask('bytes=-7')).bytes, whole.subarray(-7));
  assert.deepEqual((await ask(`bytes=0-${size * 2}`)).bytes, whole);
  const beyond = await ask(`bytes=${size}-`);
  assert.deepEqual([beyond.status, beyond.range, beyond.bytes.length], [416, `bytes */${size}`, 0]);
  for (const none of [
    'bytes=',
    'bytes=-',
    'bytes=5-2',
    'bytes=0-1,4-5',
    'items=0-1',
    'bytes=a-b',
    'bytes=-0x1',
  ])
    assert.equal((await ask(none)).status, 200, none);
  assert.equal((await ask('bytes=0-1', { 'if-range': first.etag })).status, 206);
  assert.equal((await ask('bytes=0-1', { 'if-range': '"another"' })).status, 200);
  assert.equal(rangeOf('bytes=-0', undefined, '', 5), 'unsatisfiable');
});

test('no name leads anywhere else, and what is gone is gone at once', async (t) => {
  const { world, server, urlOf } = await serving(t);
  writeFileSync(join(world.dir, 'media', 'secret.png'), 'x');
  const { id, url } = await urlOf(await picture('png'));
  const name = url.slice('/media/'.length);
  const others = [
    '..%2f..%2fmedia.db',
    '%2e%2e/media.db',
    '../media.db',
    '..%5cmedia.db',
    `${name}%00.png`,
    `${name}/`,
    `%2f${name}`,
    name.replace('.png', '.jpg'),
    name.toUpperCase(),
    name.slice(1),
    'secret.png',
    '..%2fsecret.png',
    '',
    '%',
    `parts%2f${name}`,
  ];
  for (const other of others) {
    const { statusCode } = await server.inject({ url: `/media/${other}` });
    assert.ok(statusCode === 404 || statusCode === 400, `${other}: ${statusCode}`);
  }
  assert.equal((await server.inject({ url, method: 'POST' })).statusCode, 404);
  world.media.keep(ANNA, [id], { kind: 'post', id: '900' });
  world.network.postStates.set('900', 'deleted');
  assert.equal((await server.inject({ url })).statusCode, 404);
});
