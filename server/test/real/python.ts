import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Debian's Python, which has Debian's packages. */
const PYTHON = '/usr/bin/python3';
/** Whoever has not ended by then waits for something that will not come. */
const PATIENCE_MS = 90_000;

/** @returns why a test has to be left out; false when Debian's package is there. */
export function withoutModule(name: string, debian: string): string | false {
  return spawnSync(PYTHON, ['-c', `import ${name}`]).status === 0 ? false : `${debian} is not installed`;
}

/** How a Python program that knows only X's hosts comes to a Parley here. */
export type Way = { proxy: number; certFile: string };

/** A proxy that leads to one local port whatever host is asked for, as HTTPS_PROXY wants one. */
export async function wayTo(
  t: Pick<TestContext, 'after'>,
  { port, certFile }: { port: number; certFile: string },
): Promise<Way> {
  const proxy = createServer((_request, reply) => reply.writeHead(405).end());
  proxy.on('connect', (_request, socket) => {
    const behind = connect(port, '127.0.0.1', () => {
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
  return { proxy: (proxy.address() as { port: number }).port, certFile };
}

/**
 * Runs a Python file of this folder; each line that it prints is an order, answered by a line when it is done. Fails with
 * all that was said when an order cannot be obeyed, when the program fails, and when it does not end.
 */
export async function drive(
  t: TestContext,
  file: string,
  given: object,
  { proxy, certFile }: Way,
  obey: (order: string) => Promise<string | undefined> = async (order) => assert.fail(`no order: ${order}`),
): Promise<void> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(PYTHON, ['-W', 'ignore::ResourceWarning', path, '-v'], {
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      HTTPS_PROXY: `http://127.0.0.1:${proxy}`,
      REQUESTS_CA_BUNDLE: certFile,
      SSL_CERT_FILE: certFile,
      GIVEN: JSON.stringify(given),
    },
  });
  const end = () => child.kill('SIGKILL');
  t.after(end);
  let said = '';
  let isLate = false;
  child.stderr.on('data', (bytes) => {
    said += bytes;
  });
  child.stdin.on('error', () => undefined); // it ended: `close` tells
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const late = setTimeout(() => {
    isLate = true;
    end();
  }, PATIENCE_MS);
  try {
    for await (const order of createInterface({ input: child.stdout }))
      child.stdin.write(`${(await obey(order)) ?? ''}\n`);
  } catch (cause) {
    end();
    await ended;
    throw new Error(`an order of ${file} was not done; it had said:\n${said}`, { cause });
  } finally {
    clearTimeout(late);
  }
  const code = await ended;
  assert.ok(!isLate, `${file} did not end in ${PATIENCE_MS / 1_000} s; it had said:\n${said}`);
  assert.equal(code, 0, said);
}
