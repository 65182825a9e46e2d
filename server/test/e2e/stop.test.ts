import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { controlAddress } from '#datafolder';
import { askOwner } from '../../src/surface/cli/control.ts';
import { PROGRAM, parley, parleyJson, type ServerProcess, startProcess } from './process.ts';

/** Less than any time-out that would end the callers by itself. */
const STOP_MAX_MS = 18_000;
/** Enough that it never ends by itself before it is stopped. */
const LONG_SAMPLE = { posts: '5000000' };

function temporary(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-stop-'));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return dir;
}

async function open(to: { port: number; host: string } | { path: string }): Promise<Socket> {
  const socket = connect(to);
  await once(socket, 'connect');
  return socket.on('error', () => {});
}

const placeOf = ({ address }: ServerProcess) => ({ host: '127.0.0.1', port: Number(new URL(address).port) });

/** The head of a push of `length` bytes; the server asks for none of them before it has seen the token. */
const pushHead = ({ operatorToken }: ServerProcess, length: number) =>
  `POST /v1/posts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${operatorToken}\r\ncontent-type: application/x-ndjson\r\ncontent-length: ${length}\r\n\r\n`;

test('a server stops cleanly and does not wait for its callers, whatever its callers leave hanging', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  const idle = await open(placeOf(server));
  idle.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(idle, 'data');
  const halfHead = await open(placeOf(server));
  halfHead.write('GET /healthz HTTP/1.1\r\nho');
  const halfBody = await open(placeOf(server));
  halfBody.write(`${pushHead(server, 1_000)}{"id":`);
  await open(placeOf(server));
  const control = controlAddress(join(dir, 'data'));
  await open({ path: control });
  const begun = performance.now();
  assert.equal(await server.stop(), 0);
  assert.ok(performance.now() - begun < STOP_MAX_MS);
  assert.equal(existsSync(control), false);
  assert.doesNotMatch(server.complaints(), / (warn |error) /);
});

test('a call under way at the stop is answered, and its connection is not kept alive', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  const line = '{"id":"12","username":"mira","name":"Mira"}\n';
  const push = await open(placeOf(server));
  push.write(pushHead(server, line.length));
  push.write(line.slice(0, 5));
  // One that is answered after the push was begun: the server has the push in hand by then.
  await fetch(`${server.address}/healthz`);
  const stopped = server.stop();
  const refused = async () => (await fetch(`${server.address}/healthz`).catch(() => undefined)) === undefined;
  while (!(await refused()));
  push.write(line.slice(5));
  const [reply] = await once(push.setEncoding('utf8'), 'data');
  assert.match(reply, /^HTTP\/1.1 200 /);
  await once(push, 'close');
  assert.equal(await stopped, 0);
});

test('a command that runs in a server when it stops ends and says so', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  const socket = await open({ path: controlAddress(join(dir, 'data')) });
  socket.write(
    `${JSON.stringify({ command: 'sample', input: { args: [], options: LONG_SAMPLE, cwd: dir } })}\n`,
  );
  let stopped: Promise<number | null> | undefined;
  let last = '';
  for await (const line of createInterface({ input: socket })) {
    last = line;
    stopped ??= server.stop();
  }
  assert.equal(JSON.parse(last).result.stopped, true);
  assert.equal(await stopped, 0);
  assert.doesNotMatch(server.complaints(), / (warn |error) /);
});

test('whoever interrupts a command that runs in a server is told, and the server goes on', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  const interrupt = new AbortController();
  const input = { args: [], options: LONG_SAMPLE, cwd: dir };
  const asked = askOwner(
    controlAddress(join(dir, 'data')),
    'sample',
    input,
    () => interrupt.abort(),
    interrupt.signal,
  );
  await assert.rejects(asked, /^Error: stopped\.$/);
  assert.deepEqual(await parleyJson(dir, ['licensee', 'list']), []);
  assert.equal(await server.stop(), 0);
});

test('a start that fails does not use up the one showing of the first operator’s token', async (t) => {
  const dir = temporary(t);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  const failed = await parley(dir, ['start', '--port', String(port)]);
  taken.close();
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /another program listens there/);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  assert.match(server.operatorToken ?? '', /^parley_operator_/);
});

test('output that nobody reads ends a command quietly', async (t) => {
  const dir = temporary(t);
  await parleyJson(dir, ['plan', 'list']); // a first command tells that it began a platform
  const child = spawn(process.execPath, [PROGRAM, 'plan', 'list'], {
    env: { ...process.env, PARLEY_DATA: join(dir, 'data'), PARLEY_MASTER_KEY_FILE: join(dir, 'master.key') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.destroy();
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  assert.deepEqual([...(await once(child, 'close')), complaint], [0, null, '']);
});
