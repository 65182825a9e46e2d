import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
const PATIENCE_MS = 60_000;

test('the demo answers its curl lines, of an app and of a person, runs one licensee into its cap, and leaves nothing behind', async (t) => {
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
  // The line as it is printed, by a shell; who has no curl sends the same by hand.
  const [line, bearer = '', target = ''] = await seen(
    /curl -H 'Authorization: Bearer (\S+)' -H 'content-type: application\/json' -d .* '(\S+\/2\/tweets)'/,
  );
  const shell = spawnSync('sh', ['-c', `${line} -s`], { encoding: 'utf8' });
  if (shell.status === 127) t.diagnostic('curl is not here: its line was sent by fetch');
  const written =
    shell.status === 127
      ? await (
          await fetch(target, {
            method: 'POST',
            headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
            body: '{"text":"Hello, it is time"}',
          })
        ).text()
      : shell.stdout;
  const { data } = JSON.parse(written) as { data: { id: string; text: string } };
  assert.match(data.text, /^Hello, it is /);
  const found = await fetch(`${new URL(target).origin}/2/tweets/${data.id}?expansions=author_id`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const { data: post, includes } = (await found.json()) as {
    data: { text: string };
    includes: { users: { username: string }[] };
  };
  assert.equal(post.text, data.text, 'what a person wrote is read by an app');
  assert.ok(shown.includes(`for a person, @${includes.users[0]?.username}:`), shown);
  await seen(/Ravenous Reports is refused: 429 UsageCapExceeded\./);

  child.kill('SIGINT');
  const [code] = await exited;
  assert.equal(code, 0);
  assert.equal(existsSync(dirname(folder)), false, 'the temporary folder is gone');
});
