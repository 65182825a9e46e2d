import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { problems } from '#kernel';
import { commands } from '../src/cli/commands.ts';
import { SETTINGS } from '../src/config.ts';

/** Guards the habits that no compiler checks. What it forbids is explained in CONTRIBUTING.md. */
const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const sources = globSync(['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'bin/*.js'], { cwd: root }).sort();

/** Each room with the rooms that it may see. The rows above it in docs/architecture.md, never its siblings. */
const BASE = ['kernel', 'access', 'outbox', 'posts', 'media', 'ledger'];
const MIDDLE = [...BASE, 'sources', 'search', 'terms', 'network', 'messages'];
const UPPER = [...MIDDLE, 'audit', 'streams', 'compliance', 'webhooks'];
const MAY_IMPORT: Record<string, readonly string[]> = {
  kernel: [],
  access: ['kernel'],
  outbox: ['kernel'],
  posts: ['kernel'],
  media: ['kernel'],
  ledger: ['kernel'],
  sources: BASE,
  search: BASE,
  terms: BASE,
  network: BASE,
  messages: BASE,
  audit: MIDDLE,
  streams: MIDDLE,
  compliance: MIDDLE,
  webhooks: MIDDLE,
  api: UPPER,
  http: UPPER,
  engines: UPPER,
};
const ROOMS = Object.keys(MAY_IMPORT);

/** A longer file is a table or one algorithm that reads worse in two; each has its reason here. */
const LINES_MAX = 300;
/** Tests are lists of cases. */
const TEST_LINES_MAX = 400;
const LONG_FILES: Record<string, string> = {
  'src/ledger/ledger.ts': 'the ledger’s one door object: every method shares its state',
  'src/ledger/integrator.ts': 'one state machine: record → entry → tree → files → signed head',
  'src/posts/model.fake.ts': 'a naive model of the whole store, read beside the table of changes',
  'src/sources/import/json-splitter.ts': 'one automaton over bytes',
  'src/sources/x/v1.ts': 'one table: the old shapes field by field',
  'src/sources/sample/languages/en.ts': 'a table of phrases',
  'src/sources/sample/languages/id.ts': 'a table of phrases',
};

function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

test('rooms see each other only through their front doors, and only downwards', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const room = ROOMS.find((one) => file.startsWith(`src/${one}/`));
    if (!room) continue;
    const isTest = file.endsWith('.test.ts');
    for (const target of importsOf(file)) {
      if (target.startsWith('#')) {
        const other = target.slice(1).split('/')[0] ?? '';
        if (other === 'test' && isTest) continue;
        if (!isTest && other !== room && !MAY_IMPORT[room]?.includes(other))
          wrong.push(`${file} imports ${target}`);
      } else if (target.startsWith('.')) {
        const to = relative(root, join(root, dirname(file), target));
        if (!to.startsWith(`src/${room}/`) && !(isTest && to.startsWith('test/')))
          wrong.push(`${file} reaches into ${to}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('the verifier can be lifted out: with the decoder it imports node:crypto and nothing else', () => {
  const module = ['src/ledger/verify/', 'src/ledger/format/'];
  const wrong = sources
    .filter((file) => module.some((folder) => file.startsWith(folder)) && !file.endsWith('.test.ts'))
    .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
    .filter(
      ({ file, target }) =>
        target !== 'node:crypto' && !module.some((folder) => join(dirname(file), target).startsWith(folder)),
    );
  assert.deepEqual(wrong, []);
});

test('every room has its README and its front door, and package.json names the door', () => {
  const doors = JSON.parse(read('package.json')).imports as Record<string, string>;
  for (const room of ROOMS) {
    assert.ok(existsSync(join(root, `src/${room}/README.md`)), `src/${room}/README.md is missing`);
    assert.equal(doors[`#${room}`], `./src/${room}/index.ts`);
  }
  for (const door of Object.values(doors)) assert.ok(existsSync(join(root, door)), `${door} does not exist`);
});

test(`files have at most ${LINES_MAX} lines, or a reason`, () => {
  const long = sources.filter(
    (file) =>
      read(file).split('\n').length > (file.endsWith('.test.ts') ? TEST_LINES_MAX : LINES_MAX) + 1 &&
      !LONG_FILES[file],
  );
  assert.deepEqual(long, []);
});

test('nothing is left for later in a comment, and no test is switched off', () => {
  const marks = sources.filter(
    (file) =>
      file !== 'test/tidy.test.ts' &&
      /\b(TODO|FIXME|XXX|HACK)\b|\b(test|it|describe)\.(only|skip|todo)\b/.test(read(file)),
  );
  assert.deepEqual(marks, []);
});

test('no name says Manager, Helper, Util or Service', () => {
  assert.deepEqual(
    sources.filter((file) => /manager|helper|utils?\b|service/i.test(file)),
    [],
  );
});

test('every problem of the catalogue is documented, and every documented one exists', () => {
  const documented = [...read('docs/reference/errors.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(
    (match) => match[1],
  );
  assert.deepEqual(documented.sort(), Object.keys(problems).sort());
});

test('every command and each of its flags is in the reference, and the reference has no others', () => {
  const reference = read('docs/reference/commands.md');
  const documented = [...reference.matchAll(/^## parley (.+)$/gm)].map((match) => match[1]);
  assert.deepEqual(documented.sort(), commands.map((command) => command.name).sort());
  for (const command of commands) {
    const section = reference.split(`## parley ${command.name}\n`)[1]?.split('\n## ')[0] ?? '';
    for (const [flags] of command.options ?? []) {
      const flag = flags.split(/[ ,]/).find((word) => word.startsWith('--')) ?? flags;
      assert.ok(
        section.includes(flag),
        `docs/reference/commands.md does not explain ${flag} of ${command.name}`,
      );
    }
  }
});

test('every metric is documented, and every documented one exists', () => {
  const written = globSync('src/http/*metrics.ts', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/'(parley_[a-z_]+)'/g)].map((match) => match[1]),
  );
  const documented = [...read('docs/reference/metrics.md').matchAll(/^\| `(parley_[a-z_]+)` \|/gm)].map(
    (match) => match[1],
  );
  assert.deepEqual(documented.sort(), written.sort());
});

test('every link between the documents leads somewhere', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'src/**/*.md'], { cwd: root });
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page} → ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('every environment variable that the configuration reads is documented', () => {
  const names = new Set([...read('src/config.ts').matchAll(/\bPARLEY_[A-Z_]+/g)].map((match) => match[0]));
  const reference = read('docs/reference/commands.md');
  for (const name of names)
    assert.ok(reference.includes(name), `${name} is not in docs/reference/commands.md`);
});

test('every key of the configuration file is in the list of keys', () => {
  const list = /^Keys: ([^.]+)\./m.exec(read('docs/reference/commands.md'))?.[1] ?? '';
  const listed = [...list.matchAll(/`([a-z-]+)`/g)].map((match) => match[1]);
  assert.deepEqual(
    listed.sort(),
    Object.values(SETTINGS)
      .map(({ flag }) => flag)
      .sort(),
  );
});

test('the tree of the architecture names what is there', () => {
  const tree = read('docs/architecture.md').split('## The tree\n\n```\n')[1]?.split('```')[0] ?? '';
  const named = tree.split('\n').flatMap((line) => {
    const [, indent, name] = /^( {0,2})([\w./-]+) {2,}\S/.exec(line) ?? [];
    return name === undefined ? [] : [indent === '' ? name : `src/${name}`];
  });
  assert.ok(named.length > 20, String(named));
  assert.deepEqual(
    named.filter((one) => !existsSync(join(root, one))),
    [],
  );
});

test('the lock file names no registry and no machine', () => {
  const lock = read('package-lock.json');
  assert.equal(
    /"resolved"|https?:\/\/(?!github|opencollective|tidelift|paypal|www\.)[a-z.]*registry/.test(lock),
    false,
  );
});

test('every dependency is explained with its licence, and no other is', () => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'));
  const rows = [...read('docs/decisions/dependencies.md').matchAll(/^\| (`.+`) \| ([^|]+) \|/gm)].flatMap(
    (row) => (row[1] ?? '').split(', ').map((name) => ({ name: name.replaceAll('`', ''), licence: row[2] })),
  );
  assert.deepEqual(
    rows.map(({ name }) => name).sort(),
    [...Object.keys(dependencies), ...Object.keys(devDependencies)].sort(),
  );
  for (const { name, licence } of rows) {
    const installed = JSON.parse(read(`node_modules/${name}/package.json`)).license;
    // twitter-text says it in its LICENSE file alone.
    if (installed !== undefined) assert.equal(licence, installed, name);
  }
});

test('what a server runs on is under licences that were looked at', () => {
  const LICENCES = /^(MIT|ISC|0BSD|BSD-[23]-Clause|Apache-2\.0|BlueOak-1\.0\.0|\(MIT AND Zlib\))$/;
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { dev?: boolean; license?: string }>;
  };
  const others = Object.entries(packages).filter(
    ([path, { dev, license }]) =>
      path.startsWith('node_modules/') &&
      !dev &&
      license !== undefined &&
      !LICENCES.test(license) &&
      // libvips: a shared library in a package of its own, loaded unchanged.
      !(path.startsWith('node_modules/@img/sharp-') && license.includes('LGPL-3.0-or-later')),
  );
  assert.deepEqual(others, []);
});

test('the lock file is whole: `npm ci` works on every platform', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
    .filter((name) => !packages[`node_modules/${name}`]);
  assert.deepEqual(missing, []);
});
