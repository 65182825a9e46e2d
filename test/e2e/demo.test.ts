import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
const PATIENCE_MS = 60_000;

test('the demo answers its curl line, runs one licensee into its cap, and leaves nothing behind', async (t) => {
  const child = spawn(process.execPath, [PROGRAM, 'demo', '--port', '0', '--posts', '1000'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  let shown = '';
  const seen = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const look = () => {
        const match = shown.match(pattern);
        if (match) resolve(match);
      };
      child.stdout.on('data', look);
      exited.then(() => reject(new Error(`the demo ended before it showed ${pattern}: ${shown}`)));
      AbortSignal.timeout(PATIENCE_MS).addEventListener('abort', () =>
        reject(new Error(`never shown: ${pattern} in ${shown}`)),
      );
      look();
    });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
  });

  const [, token = '', address = ''] = await seen(/curl -H 'Authorization: Bearer (\S+)' '(\S+)'/);
  const [, folder = ''] = await seen(/data in (\S+)/);
  const reply = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
  assert.equal(reply.status, 200);
  assert.ok(((await reply.json()) as { data: unknown[] }).data.length > 0, 'the curl line brings posts');
  await seen(/Ravenous Reports is refused: 429 UsageCapExceeded\./);

  child.kill('SIGINT');
  const [code] = await exited;
  assert.equal(code, 0);
  assert.equal(existsSync(dirname(folder)), false, 'the temporary folder is gone');
});
