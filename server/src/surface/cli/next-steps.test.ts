import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from './commands.ts';
import { nextSteps } from './next-steps.ts';
import { parse } from './parse.ts';

test('each next step is a command as it stands, and names the licensee that the step before it made', async () => {
  const sink = { write: () => true, on: () => undefined };
  const host = { env: {}, cwd: () => '/', stdin: {}, stdout: sink, stderr: sink };
  const chosen: { name: string; args: string[]; options: Record<string, unknown> }[] = [];
  for (const step of nextSteps('/srv/par ley', '/etc/our keys/master')) {
    const [typed = ''] = step.split('    #');
    const words = [...typed.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
      ([, double, single, bare]) => double ?? single ?? bare ?? '',
    );
    assert.deepEqual(words.slice(0, 2), ['npx', 'parley']);
    const found = await parse(words.slice(2), commands, host as never);
    chosen.push({ name: found!.command.name, ...found!.input });
  }
  assert.deepEqual(
    chosen.map(({ name, args, options }) => [name, args[0], options.licensee, options.data]),
    [
      ['sample', undefined, undefined, '/srv/par ley'],
      ['licensee add', 'Example Ads', undefined, '/srv/par ley'],
      ['app add', undefined, 'Example Ads', '/srv/par ley'],
    ],
  );
  for (const { options } of chosen) assert.equal(options.masterKeyFile, '/etc/our keys/master');
  for (const step of nextSteps('/srv/parley')) assert.doesNotMatch(step, /--master-key-file/);
});
