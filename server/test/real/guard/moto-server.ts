import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

/** Where `install.sh` puts it: moto is in PyPI and not in Debian. */
const MOTO = fileURLToPath(
  new URL('../../../../node_modules/.cache/parley-python/bin/moto_server', import.meta.url),
);

/** @returns why a test has to be left out; false when the program is there. */
export const withoutMoto = (): string | false => (existsSync(MOTO) ? false : 'moto is not installed (PyPI)');

/** moto's S3 as a process of its own. @returns the environment that leads a client to it. */
export async function motoServer(t: Pick<TestContext, 'after'>) {
  const child = spawn(MOTO, ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(stop);
  let said = '';
  for await (const line of createInterface({ input: child.stderr })) {
    said += `${line}\n`;
    const endpoint = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (endpoint === undefined) continue;
    child.stderr.resume();
    const env = {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI',
    };
    return { endpoint, env, stop };
  }
  throw new Error(`moto did not start:\n${said}`);
}
