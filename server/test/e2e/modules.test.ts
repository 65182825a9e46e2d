import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PROGRAM, startProcess } from './process.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a server needs and a command that asks one does not. */
const HEAVY =
  /\/node_modules\/(?!commander\/)|\/src\/(?!surface\/cli\/|config|nearest|http\/log-settings|datafolder\/(folder|guard-place)|kernel\/(clock|file|address-range)|metering\/terms\/(dialect-)?port|metering\/audit\/render|metering\/ledger\/(verify|format)\/)/;
/** Modules of the project that one command loads; each costs about a millisecond. */
const MODULES_MAX = 40;

/** Writes down each module that is loaded, from before the program's first. */
const RECORDER = `
  import { registerHooks } from 'node:module';
  import { writeFileSync } from 'node:fs';
  const loaded = [];
  registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) });
  process.on('exit', () => writeFileSync(process.env.LOADED, JSON.stringify(loaded)));
`;

function temporary(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-modules-'));
  t.after(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  writeFileSync(join(dir, 'recorder.mjs'), RECORDER);
  return dir;
}

/** Files of the project and of packages that a command line loads. */
function modulesOf(dir: string, args: string[]): string[] {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', join(dir, 'recorder.mjs'), PROGRAM, ...args],
    {
      encoding: 'utf8',
      cwd: dir,
      env: {
        ...process.env,
        LOADED: join(dir, 'loaded.json'),
        PARLEY_MASTER_KEY_FILE: join(dir, 'master.key'),
        XDG_STATE_HOME: join(dir, 'state'),
      },
    },
  );
  assert.equal(status, 0, stderr);
  const all = JSON.parse(readFileSync(join(dir, 'loaded.json'), 'utf8')) as string[];
  return all.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
}

test('help, and a command that a running server does, load no more than they need', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  t.after(() => server.kill());
  for (const args of [
    ['--help'],
    ['usage', '--help'],
    ['usage'],
    ['licensee', 'list'],
    ['plan', 'list', '--json'],
  ]) {
    const loaded = modulesOf(dir, args);
    assert.deepEqual(
      loaded.filter((file) => HEAVY.test(file)),
      [],
      args.join(' '),
    );
    const own = loaded.filter((file) => file.startsWith(`${root}src/`));
    if (args[0] !== '--help') assert.ok(own.length <= MODULES_MAX, `${args.join(' ')}: ${own.join('\n')}`);
  }
});

test('a folder without a guard in S3 or Postgres is opened without their clients', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir, ['--guard', join(dir, 'guard')]);
  await server.stop();
  const loaded = modulesOf(dir, ['licensee', 'list']);
  assert.ok(
    loaded.includes(`${root}src/datafolder/guard-setting.ts`),
    'the command opened the folder itself',
  );
  assert.deepEqual(
    loaded.filter((file) => /node_modules\/(pg|aws4fetch)|guard-(s3|postgres)/.test(file)),
    [],
  );
});

test('a log is verified without the server’s libraries', async (t) => {
  const dir = temporary(t);
  const server = await startProcess(dir);
  await server.stop();
  const loaded = modulesOf(dir, ['ledger', 'verify', join(dir, 'data')]);
  assert.deepEqual(
    loaded.filter((file) => /node_modules\/(fastify|sharp|hyparquet|twitter-text|kysely)/.test(file)),
    [],
  );
});

test('compiled code lies with the package, else in the user’s cache, and without either all works', {
  skip: process.platform === 'win32' && 'folders are closed by mode',
}, (t) => {
  const umask = process.umask(0o022);
  t.after(() => process.umask(umask));
  const dir = temporary(t);
  const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  chmodSync(dir, 0o755);
  const home = join(dir, 'home');
  mkdirSync(home);
  chmodSync(home, 0o777);
  // A package of another account: its folder for compiled code cannot be made.
  const place = join(dir, 'package');
  mkdirSync(join(place, 'node_modules', 'node'), { recursive: true });
  writeFileSync(join(place, 'node_modules', 'node', 'package.json'), '{}');
  mkdirSync(join(place, 'bin'));
  mkdirSync(join(place, 'src', 'surface', 'cli'), { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"type":"module"}');
  writeFileSync(join(place, 'bin', 'parley.js'), readFileSync(PROGRAM));
  writeFileSync(
    join(place, 'src', 'surface', 'cli', 'index.ts'),
    'export async function main(): Promise<number> { console.log(process.env.NODE_COMPILE_CACHE ?? "none"); return 0; }',
  );
  const run = (env: NodeJS.ProcessEnv) => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(place, 'bin', 'parley.js')], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...env },
      ...user,
    });
    assert.equal(status, 0, stderr);
    return stdout.trim();
  };
  chmodSync(join(place, 'node_modules'), 0o555);
  assert.equal(run({ HOME: home }), join(home, '.cache', 'parley', 'compiled'));
  assert.ok(readdirSync(join(home, '.cache', 'parley', 'compiled')).length > 0);
  assert.equal(run({ HOME: join(dir, 'nobody', 'here') }), 'none');
  chmodSync(join(place, 'node_modules'), 0o777);
  assert.equal(run({ HOME: home }), join(place, 'node_modules', '.cache', 'parley'));
  assert.ok(existsSync(join(place, 'node_modules', '.cache', 'parley')));
});
