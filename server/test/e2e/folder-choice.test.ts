import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runMain } from '../../src/surface/cli/testing/main.ts';
import { startProcess } from './process.ts';

/** A directory of its own, by the name under which a process in it sees it. */
function temporary(t: TestContext): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'parley-choice-')));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return dir;
}

/** Runs a command line in this process, as typed in `dir`, where no variable names a folder unless `more` does. */
function parley(dir: string, args: readonly string[], more: Record<string, string> = {}) {
  const env = {
    HOME: dir,
    XDG_STATE_HOME: join(dir, 'state'),
    PARLEY_MASTER_KEY_FILE: join(dir, 'master.key'),
  };
  return runMain(args, { cwd: dir, env: { ...env, ...more } });
}

async function licensees(
  dir: string,
  args: string[] = [],
  env: Record<string, string> = {},
): Promise<string[]> {
  const { code, stdout, stderr } = await parley(dir, ['licensee', 'list', '--json', ...args], env);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).map(({ name }: { name: string }) => name);
}

test('a folder is named by --data, then PARLEY_DATA, then the configuration file, then ./data', async (t) => {
  const dir = temporary(t);
  for (const name of ['flag', 'variable', 'file', 'data']) {
    const made = await parley(dir, ['licensee', 'add', name, '--data', name, '--create']);
    assert.equal(made.code, 0, made.stderr);
    assert.ok(made.stderr.includes(`${join(dir, name)} is a new platform's data folder`), made.stderr);
  }
  assert.deepEqual(await licensees(dir), ['data']);
  mkdirSync(join(dir, 'conf'));
  writeFileSync(join(dir, 'conf', 'mine.json'), '{"data": "../file"}');
  writeFileSync(join(dir, 'parley.config.json'), '{"data": "file", "port": 0}');
  assert.deepEqual(await licensees(dir), ['file']);
  assert.deepEqual(await licensees(dir, [], { PARLEY_DATA: 'variable' }), ['variable']);
  assert.deepEqual(await licensees(dir, ['--data', 'flag'], { PARLEY_DATA: 'variable' }), ['flag']);
  writeFileSync(join(dir, 'parley.config.json'), '{"data": "data"}');
  assert.deepEqual(await licensees(dir, ['--config', 'conf/mine.json']), ['file']);
  assert.deepEqual(await licensees(dir, [], { PARLEY_CONFIG: 'conf/mine.json' }), ['file']);
  const verified = await parley(dir, ['ledger', 'verify', '--json', '--config', 'conf/mine.json']);
  assert.equal(JSON.parse(verified.stdout).source, join(dir, 'file'));
});

test('a command without --data finds the server that was started from its directory, and no other', async (t) => {
  const dir = temporary(t);
  // `startProcess` serves `dir/data`, which is the default too: the server has to be found under another name.
  const server = await startProcess(dir, ['--data', join(dir, 'elsewhere')]);
  t.after(() => server.kill());
  const added = await parley(dir, ['licensee', 'add', 'Example Ads']);
  assert.equal(added.code, 0, added.stderr);
  assert.equal(existsSync(join(dir, 'data')), false, 'no second platform came to be');
  assert.deepEqual(await licensees(dir), ['Example Ads']);
  mkdirSync(join(dir, 'below'));
  const below = await parley(join(dir, 'below'), ['licensee', 'list'], {
    XDG_STATE_HOME: join(dir, 'state'),
  });
  assert.match(below.stderr, /there is no data folder at .*below\/data/);

  const second = await startProcess(dir, ['--data', join(dir, 'another')]);
  t.after(() => second.kill());
  const unclear = await parley(dir, ['licensee', 'list']);
  assert.equal(unclear.code, 2);
  assert.match(unclear.stderr, /several servers of this directory run.*--data .* or --data /);
  await second.stop();
  assert.deepEqual(await licensees(dir), ['Example Ads'], 'a server that ended is not one to choose from');

  await server.kill();
  const late = await parley(dir, ['licensee', 'list']);
  assert.match(late.stderr, /there is no data folder at .*\/data\b/, 'a killed server is not found');
});

test('a second platform is made only with --create, and the refusal says what to type', async (t) => {
  const dir = temporary(t);
  assert.equal((await parley(dir, ['plan', 'list', '--data', 'first'])).code, 0);
  for (const args of [
    ['licensee', 'add', 'X'],
    ['start', '--port', '0'],
    ['plan', 'list', '--data', 'typo'],
  ]) {
    const { code, stdout, stderr } = await parley(dir, args);
    assert.equal(code, 2, `${args.join(' ')}: ${stdout}`);
    assert.match(
      stderr,
      /the platform of this directory is .*first\. Add --data .*first to use that one, or --create/,
    );
  }
  assert.deepEqual(readdirSync(dir).sort(), ['first', 'master.key', 'state']);
  const created = await parley(dir, ['licensee', 'add', 'X', '--create']);
  assert.equal(created.code, 0, created.stderr);
  assert.ok(existsSync(join(dir, 'data', 'folder.json')));
});

test('the refusal of a second platform names the one that is served from here, and none that lies elsewhere', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir, ['--data', join(dir, 'served')]);
  t.after(() => server.kill());
  assert.equal((await parley(dir, ['plan', 'list', '--data', 'later', '--create'])).code, 0);
  const { code, stderr } = await parley(dir, ['plan', 'list', '--data', 'typo']);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /the platform of this directory is \S*served\. Add --data/);

  const [here, elsewhere] = [temporary(t), temporary(t)];
  assert.equal((await parley(here, ['plan', 'list', '--data', join(elsewhere, 'data')])).code, 0);
  const made = await parley(here, ['licensee', 'add', 'X']);
  assert.equal(made.code, 0, made.stderr);
  assert.ok(existsSync(join(here, 'data', 'folder.json')));
});

test('a folder of other files is taken only with --force, and one that lost its folder.json never', async (t) => {
  const dir = temporary(t);
  for (const place of ['foreign', 'damaged']) mkdirSync(join(dir, place));
  for (const name of ['a.txt', 'b', 'c', 'd']) writeFileSync(join(dir, 'foreign', name), '');
  for (const args of [
    ['start', '--port', '0'],
    ['plan', 'list'],
  ]) {
    const { code, stderr } = await parley(dir, [...args, '--data', 'foreign']);
    assert.equal(code, 2);
    assert.match(stderr, /holds other files: a\.txt, b, c and 1 more\..*--force/);
  }
  assert.deepEqual(readdirSync(join(dir, 'foreign')), ['a.txt', 'b', 'c', 'd']);
  assert.equal((await parley(dir, ['plan', 'list', '--data', 'foreign', '--force'])).code, 0);
  mkdirSync(join(dir, 'damaged', 'ledger'));
  const { code, stderr } = await parley(dir, ['plan', 'list', '--data', 'damaged', '--force']);
  assert.equal(code, 1);
  assert.match(stderr, /has ledger but no folder\.json/);
});
