import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openParley } from '../../main.ts';
import type { CliCommand } from './command.ts';
import { commands, folderCommands } from './commands.ts';
import { flagNames } from './common-options.ts';
import { listenForCommands } from './control.ts';
import { type Ran, runMain } from './testing/main.ts';

/** A directory with a platform in `data`, and what commands in it go by. */
async function directory(t: TestContext) {
  const cwd = realpathSync(mkdtempSync(join(tmpdir(), 'parley-errors-')));
  t.after(() => rmSync(cwd, { recursive: true, force: true }));
  const env = {
    HOME: cwd,
    XDG_STATE_HOME: join(cwd, 'state'),
    PARLEY_MASTER_KEY_FILE: join(cwd, 'master.key'),
  };
  const run = (...argv: string[]) => runMain(argv, { cwd, env });
  assert.equal((await run('plan', 'list')).code, 0);
  return { cwd, env, run };
}

/** One line that says what is wrong, no stack, and with `--json` the same as the only document. */
function assertRefused({ code, stdout, stderr }: Ran, exit: number, says: RegExp, what: string): void {
  assert.equal(code, exit, `${what}: ${stderr}${stdout}`);
  assert.match(stderr, /^parley: \S[^\n]*\S\n$/, what);
  assert.doesNotMatch(stderr, / at \S+:\d+|node:internal|undefined|\[object|TypeError/, what);
  assert.match(stderr, says, what);
  const message = stderr.slice('parley: '.length, -1);
  assert.deepEqual(JSON.parse(stdout), { error: { exit, message } }, what);
}

/** Arguments and flags that a command has to be given, none of which names anything that is there. */
const UNKNOWN: Readonly<Record<string, readonly string[]>> = {
  'app add': ['--licensee', 'nobody', '--plan', 'basic'],
  'app rotate': ['nobody'],
  'app revoke': ['nobody'],
  'app amend': ['nobody', '--plan', 'basic'],
  'app set': ['nobody', '--dialect', 'classic'],
  'app oauth': ['nobody'],
  'app token': ['nobody', '--person', 'nobody'],
  'app tokens': ['nobody'],
  'person password': ['nobody'],
  'operator revoke': ['nobody'],
  'network answer': ['1', '2'],
  'network set': ['--backend', 'https://backend.example/', '--key-file', 'nobody.pem'],
  'sign-in set': ['--url', 'https://a.example/', '--origin', 'https://b.example', '--key', 'nobody.pem'],
  'plan add': ['new', '--base', 'nobody'],
  usage: ['--licensee', 'nobody'],
  audit: ['--licensee', 'nobody', '--from', '2026-11-01', '--to', '2026-12-01'],
};

/** What completes a command line besides; names that may be new. */
const COMPLETE: Readonly<Record<string, readonly string[]>> = {
  ...UNKNOWN,
  import: ['nobody.jsonl'],
  'licensee add': ['Somebody'],
  'person add': ['somebody'],
  'operator add': ['somebody'],
};

const words = (command: CliCommand) => [...command.name.split(' '), ...(COMPLETE[command.name] ?? [])];

test('a missing argument, an unknown flag and a mistyped one are refused in one line by every command', async (t) => {
  const { run } = await directory(t);
  for (const command of commands) {
    const name = command.name.split(' ');
    if (/</.test(command.args ?? ''))
      assertRefused(await run(...name, '--json'), 2, /missing required argument '\w+'/, command.name);
    assertRefused(
      await run(...name, '--frobnicate', '--json'),
      2,
      new RegExp(`unknown option '--frobnicate'.* See: parley ${command.name} --help`),
      command.name,
    );
    for (const flag of flagNames(command)) {
      // Two neighbours swapped, as fast fingers do.
      const typed = `${flag[1]}${flag[0]}${flag.slice(2)}`;
      const refused = await run(...name, `--${typed}`, '--json');
      assertRefused(refused, 2, new RegExp(`unknown option '--${typed}' \\(Did you mean`), command.name);
    }
    if (command.args === undefined)
      assertRefused(await run(...name, 'stray', '--json'), 2, /too many arguments/, command.name);
  }
  assertRefused(await run('frobnicate', '--json'), 2, /unknown command 'frobnicate'/, 'frobnicate');
  assertRefused(await run('app', 'ad', '--json'), 2, /unknown command 'ad' \(Did you mean add\?\)/, 'app ad');
  assertRefused(await run('app', '--json'), 2, /unknown option|needs a second word/, 'app');
});

test('a missing folder, a file, one of a newer format and an unreadable one are named by every command', async (t) => {
  const { cwd, run } = await directory(t);
  const at = (name: string) => join(cwd, name);
  writeFileSync(at('file'), '');
  mkdirSync(at('newer'));
  writeFileSync(at('newer/folder.json'), '{"format":99,"id":"x","origin":"x.example"}\n');
  mkdirSync(at('odd/folder.json'), { recursive: true });
  mkdirSync(at('closed'), { mode: 0 });
  chmodSync(cwd, 0o755);
  const opening = commands.filter((one) => one.place === 'folder' || one.servesFolder === true);
  const user = process.geteuid?.();
  for (const command of opening) {
    const line = words(command);
    const named = (folder: string) => run(...line, '--data', folder, '--json');
    if (command.place === 'here') line.push('--port', '0');
    else if (command.makesFolder)
      assertRefused(await named('missing'), 2, /holds no platform yet.* --create/, command.name);
    else assertRefused(await named('missing'), 1, /there is no data folder at .*missing/, command.name);
    assertRefused(await named('file'), 1, /file is a file/, command.name);
    assertRefused(await named('newer'), 1, /newer has format 99; this Parley reads format 1/, command.name);
    assertRefused(await named('odd'), 1, /folder\.json cannot be read/, command.name);
    if (process.platform === 'win32') continue;
    // Root reads everything; as somebody else nothing of this directory can be read.
    if (user === 0) process.seteuid?.(65_534);
    const closed = await named('closed').finally(() => user === 0 && process.seteuid?.(0));
    assertRefused(closed, 1, /cannot be read|EACCES/, command.name);
  }
});

test('what does not exist is told in the same words whether a server runs or not', async (t) => {
  const { cwd, env, run } = await directory(t);
  const tried = async (names = Object.keys(UNKNOWN)) => {
    const all: Record<string, string> = {};
    for (const name of names) {
      const rest = UNKNOWN[name] ?? [];
      const ran = await run(...name.split(' '), ...rest, '--json');
      assertRefused(ran, 1, /nobody|asked|request|1/, name);
      all[name] = ran.stderr;
    }
    return all;
  };
  const parley = await openParley({
    data: join(cwd, 'data'),
    host: '127.0.0.1',
    port: 0,
    masterKeyFile: env.PARLEY_MASTER_KEY_FILE,
  });
  const control = await listenForCommands(parley.controlAddress, parley, folderCommands);
  const running = await tried();
  await control.close();
  await parley.close();
  // Each opens the folder anew, which takes its time.
  const alone = await tried(['app add', 'network answer', 'usage', 'audit']);
  for (const [name, said] of Object.entries(alone)) assert.equal(said, running[name]);
});

test('a mistyped key file is named and not made, and a wrong key is told as such', async (t) => {
  const { cwd, run } = await directory(t);
  const typed = join(cwd, 'mistyped.key');
  const missing = await run('licensee', 'add', 'X', '--master-key-file', 'mistyped.key', '--json');
  assertRefused(missing, 1, /there is no master key at .*mistyped\.key/, 'missing');
  assert.equal(existsSync(typed), false);
  writeFileSync(typed, `${Buffer.alloc(32, 7).toString('base64')}\n`);
  const wrong = await run('licensee', 'add', 'X', '--master-key-file', typed, '--json');
  assertRefused(wrong, 1, /sealed under another master key.*--master-key-file/, 'wrong');
  writeFileSync(typed, 'short');
  const broken = await run('licensee', 'add', 'X', '--master-key-file', typed, '--json');
  assertRefused(broken, 1, /mistyped\.key does not hold a master key/, 'broken');
  assert.equal((await run('licensee', 'add', 'X')).code, 0);
});
