import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { createServer } from '#http';
import { openStreams } from '#streams';
import { registerApi } from '#x';
import { testWorld } from '../world.ts';
import { idAgo, type Json, post } from './api.ts';
import { openReader } from './reader.ts';

const FIREHOSE = '/2/tweets/firehose/stream?partition=1';
const PARTITIONS = 20;

/** A Parley that listens, whose streams lose patience soon. */
async function hastyWorld(t: TestContext, streams: { postsPerSecond?: number } = {}) {
  const world = await testWorld(t);
  const hasty = openStreams({
    ...world,
    file: ':memory:',
    timing: { batchMs: 5, keepAliveMs: 60, slowMs: 300 },
  });
  t.after(() => hasty.close());
  const mistakes: unknown[] = [];
  const log = (message: string, cause: unknown) => void mistakes.push([message, cause]);
  const server = createServer(log);
  registerApi(server, { ...world, streams: hasty, log, baseOf: () => 'http://parley.example' });
  t.after(() => server.close());
  const base = await server.listen({ host: '127.0.0.1', port: 0 });
  await world.terms.addPlan({
    name: 'paced',
    base: 'pro',
    monthlyPostCap: null,
    streams: { connections: 1, rules: 9, ruleLength: 99, ...streams },
  });
  const { licenseeId } = await world.terms.addLicensee('Licensee');
  const app = await world.terms.addApp('*', { licenseeId, plan: 'paced' });
  const read = async (path = FIREHOSE) => {
    const reader = await openReader(base, path, app.bearerToken);
    t.after(reader.cut);
    return reader;
  };
  const billed = async () => {
    await world.ledger.integrated();
    const { log: name } = world.terms.licensees(licenseeId)[0]!;
    let last: Json;
    for await (const entry of world.ledger.reader.entries(name, 0, world.ledger.state(name).size))
      last = entry;
    return last.totals.billed as number;
  };
  return { world, streams: hasty, app, read, billed, mistakes };
}

const WORDS = 'x'.repeat(20_000);
/** Posts of 20 KB each, of which a twentieth is in the partition that is read. */
const large = (count: number, from: number) =>
  Array.from({ length: count }, (_, at) => post(1, { id: idAgo(1, from + at), text: WORDS, lang: 'en' }));

describe('a reader over a real socket', () => {
  test('that takes nothing is cut, and pays for nothing after that', async (t) => {
    const { world, streams, app, read, billed, mistakes } = await hastyWorld(t);
    const reader = await read();
    reader.pause();
    const ended = () => streams.connections(app.appId)[0]!.disconnectReason;
    // Kernel buffers take some megabytes before anything waits here.
    for (let round = 0; round < 60 && ended() === undefined; round += 1) {
      await world.writer.apply(large(600, 1 + round * 600));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    while (ended() === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(ended(), 'reader too slow');
    const atCut = await billed();
    reader.resume();
    await reader.ended;
    const lines = reader
      .text()
      .split('\r\n')
      .filter((line) => line.startsWith('{"data"'));
    assert.ok(atCut >= lines.length, `${atCut} billed, ${lines.length} read`);
    await world.writer.apply(large(100, 50_000));
    assert.equal(await billed(), atCut, 'nothing is delivered to who was cut');
    assert.equal((await read()).status, 200, 'its place is free');
    assert.deepEqual(mistakes, []);
  });

  test('is brought no more posts a second than its plan says, all of them in the end', async (t) => {
    const { world, read } = await hastyWorld(t, { postsPerSecond: 100 });
    const reader = await read();
    const began = performance.now();
    const posts = Array.from({ length: 260 * PARTITIONS }, (_, at) => post(1, { id: idAgo(1, at + 1) }));
    await world.writer.apply(posts);
    const early = (await reader.lines(1)).length;
    const lines = await reader.lines(200);
    const seconds = (performance.now() - began) / 1000;
    // A second's worth at once, then a hundred each second.
    assert.ok(early <= 100 + 100 * seconds, `${early} in the first batch`);
    assert.ok(lines.length <= 100 + 100 * seconds, `${lines.length} in ${seconds} s`);
  });

  test('whose key is revoked hears so though there is nothing to send', async (t) => {
    const { world, app, read } = await hastyWorld(t);
    const reader = await read();
    await world.terms.revokeKey('*', app.keyId);
    await reader.ended;
    assert.equal((await reader.lines(1))[0].errors[0].status, 401);
  });
});
