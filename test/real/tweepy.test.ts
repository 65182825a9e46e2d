import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OPERATOR } from '#terms';
import { serve } from '../../src/main.ts';
import { certificate, httpsFront } from '../clients/https-front.ts';
import { idAgo, person, post } from '../contract/api.ts';
import { testWorld, type World } from '../world.ts';

/** Debian's Python, which has Debian's tweepy. */
const PYTHON = '/usr/bin/python3';
const missing =
  spawnSync(PYTHON, ['-c', 'import tweepy']).status === 0 ? false : 'python3-tweepy is not installed';

test('tweepy reads, pages, counts, streams and meets errors', {
  skip: missing,
  timeout: 120_000,
}, async (t) => {
  const { world, port, pem } = await house(t);
  const posts = Array.from({ length: 25 }, (_one, index) => idAgo(100 + index));
  const quote = idAgo(90);
  const followers = ['105', '104', '103', '102'];
  await world.writer.apply([
    person('101', { username: 'alice' }),
    ...[...followers].reverse().map((id) => person(id)),
    ...posts.map((_id, index) => post(100 + index, { text: `coffee ${index}` })),
    post(90, { authorId: '101', text: 'a quote', references: [{ type: 'quoted', id: posts[0]! }] }),
  ]);
  for (const from of [...followers].reverse())
    await world.writer.apply([
      { kind: 'relate', relation: 'follow', from, to: '101', at: world.clock.now() },
    ]);
  const { licenseeId } = await world.terms.addLicensee('Example Ads');
  const app = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'pro' });
  await world.terms.addPlan({ name: 'narrow', base: 'pro', rates: { getUsersByUsername: [1, 1] } });
  const { bearerToken: narrow } = await world.terms.addApp(OPERATOR, { licenseeId, plan: 'narrow' });
  const quoteTime = new Date(world.clock.now() - 90_000).toISOString().replace('.000Z', '+00:00');
  const given = { ...app, narrow, posts, quote, quoteTime, alice: '101', followers };
  let brought = 0;
  await drive('tweepy/reading.py', given, port, pem, async (order) => {
    if (order === 'cut') world.streams.end(app.appId, () => true);
    else if (order.startsWith('post ')) {
      brought += 1;
      await world.writer.apply([post(0, { id: idAgo(0, brought), text: order.slice(5) })]);
    } else assert.fail(`an unknown order: ${order}`);
  });
});

/** A Parley behind TLS, and a proxy that leads whatever host is asked for to it. @returns the proxy's port. */
async function house(t: TestContext): Promise<{ world: World; port: number; pem: string }> {
  const world = await testWorld(t);
  const running = await serve(world);
  t.after(() => running.close());
  const pair = await certificate();
  const front = await httpsFront(t, pair, Number(new URL(running.address).port));
  const proxy = createServer((_request, reply) => reply.writeHead(405).end());
  proxy.on('connect', (_request, socket) => {
    const behind = connect(front, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(behind).pipe(socket);
    });
    for (const one of [socket, behind]) {
      one.on('error', () => {
        socket.destroy();
        behind.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => proxy.close(resolve)));
  const dir = mkdtempSync(join(tmpdir(), 'parley-tweepy-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const pem = join(dir, 'ca.pem');
  writeFileSync(pem, pair.cert);
  return { world, port: (proxy.address() as { port: number }).port, pem };
}

/** Runs a Python file; each line that it prints is an order, which is answered by an empty line when it is done. */
async function drive(
  file: string,
  given: object,
  port: number,
  pem: string,
  obey: (order: string) => Promise<void>,
): Promise<void> {
  const child: ChildProcess = spawn(PYTHON, [fileURLToPath(new URL(file, import.meta.url)), '-v'], {
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      HTTPS_PROXY: `http://127.0.0.1:${port}`,
      REQUESTS_CA_BUNDLE: pem,
      GIVEN: JSON.stringify(given),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', (bytes) => {
    said += bytes;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for await (const order of createInterface({ input: child.stdout! })) {
    await obey(order);
    child.stdin!.write('\n');
  }
  assert.equal(await ended, 0, said);
}
