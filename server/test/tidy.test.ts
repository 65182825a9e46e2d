import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { problems } from '#kernel';
import { SETTINGS } from '../src/config.ts';
import { commands } from '../src/surface/cli/commands.ts';
import { circles } from './circles.ts';
import { FOLDERS, FORBIDDEN, MODULES, mayImport, moduleOf, printedRows, wingOf } from './layout.ts';

/** Guards the habits that no compiler checks. What it forbids is explained in CONTRIBUTING.md. */
const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const sources = globSync(['server/{src,test,bench}/**/*.ts', 'server/bin/*.js'], { cwd: root }).sort();

/** A longer file is a table or one algorithm that reads worse in two; each has its reason here. */
const LINES_MAX = 300;
/** Tests are lists of cases. */
const TEST_LINES_MAX = 400;
const LONG_FILES: Record<string, string> = {
  'server/src/metering/ledger/ledger.ts': 'the ledger’s one door object: every method shares its state',
  'server/src/metering/ledger/integrator.ts':
    'one state machine: record → entry → tree → files → signed head',
  'server/src/content/posts/testing/model-oracle.ts':
    'a naive model of the whole store, read beside the table of changes',
  'server/src/content/sources/import/json-splitter.ts': 'one automaton over bytes',
  'server/src/content/sources/x/v1.ts': 'one table: the old shapes field by field',
  'server/src/content/sources/sample/languages/en.ts': 'a table of phrases',
  'server/src/content/sources/sample/languages/id.ts': 'a table of phrases',
};

const isTestOrSupport = (file: string) => file.endsWith('.test.ts') || file.includes('/testing/');
const entryPoints = JSON.parse(read('server/package.json')).imports as Record<string, string>;

/** The files of the project that a file imports; what it loads later, when a command runs, is no part of a circle. */
function filesImportedBy(file: string): string[] {
  const statics = [...read(file).matchAll(/\bfrom\s+'([^']+)'/g)].map((match) => match[1] ?? '');
  return statics.flatMap((target) => {
    if (target.startsWith('.')) return [relative(root, join(root, dirname(file), target))];
    const entry = entryPoints[target];
    return entry === undefined ? [] : [join('server', entry)];
  });
}

function importsOf(file: string): string[] {
  return [...read(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

test('modules import each other only by their entry points, and only as the layout allows', () => {
  const wrong: string[] = [];
  for (const file of sources) {
    const module = moduleOf(file);
    if (module === undefined) continue;
    const isTest = isTestOrSupport(file);
    for (const target of importsOf(file)) {
      if (target.startsWith('#')) {
        const other = target.slice(1).split('/')[0] ?? '';
        if (isTest || other === module) continue;
        if (!mayImport(module).includes(other)) wrong.push(`${file} imports ${target}`);
        const wings = [wingOf(module), wingOf(other)];
        if (FORBIDDEN.some((pair) => pair[0] === wings[0] && pair[1] === wings[1]))
          wrong.push(`${file} imports ${target} across wings`);
      } else if (target.startsWith('.')) {
        const to = relative(root, join(root, dirname(file), target));
        if (moduleOf(to) !== module && !(isTest && to.startsWith('server/test/')))
          wrong.push(`${file} reaches into ${to}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test('no files import each other in a circle, types included', () => {
  assert.deepEqual(circles(new Map(sources.map((file) => [file, filesImportedBy(file)]))), []);
});

test('docs/architecture.md prints the layout as it is enforced', () => {
  const page = read('docs/architecture.md');
  assert.ok(page.includes(printedRows()), `it lacks\n${printedRows()}`);
  for (const name of MODULES) assert.ok(page.includes(`${FOLDERS[name]?.split('/').at(-1)}/`), name);
});

test('the verifier can be lifted out: with the decoder it imports node:crypto and nothing else', () => {
  const module = ['server/src/metering/ledger/verify/', 'server/src/metering/ledger/format/'];
  const wrong = sources
    .filter((file) => module.some((folder) => file.startsWith(folder)) && !file.endsWith('.test.ts'))
    .flatMap((file) => importsOf(file).map((target) => ({ file, target })))
    .filter(
      ({ file, target }) =>
        target !== 'node:crypto' && !module.some((folder) => join(dirname(file), target).startsWith(folder)),
    );
  assert.deepEqual(wrong, []);
});

test('every module has a README and an entry point, which package.json names', () => {
  const entries = JSON.parse(read('server/package.json')).imports as Record<string, string>;
  for (const module of MODULES) {
    const folder = `src/${FOLDERS[module]}`;
    assert.ok(existsSync(join(root, 'server', folder, 'README.md')), `${folder}/README.md is missing`);
    assert.equal(entries[`#${module}`], `./${folder}/index.ts`);
  }
  for (const entry of Object.values(entries))
    assert.ok(existsSync(join(root, 'server', entry)), `${entry} does not exist`);
});

test('exported types of the server have unique names', () => {
  const filesOf = new Map<string, string[]>();
  for (const file of sources.filter((one) => one.startsWith('server/src/')))
    for (const [, name = ''] of read(file).matchAll(/^export (?:type|interface|class) (\w+)/gm))
      filesOf.set(name, [...(filesOf.get(name) ?? []), file]);
  assert.deepEqual(
    [...filesOf].filter(([, files]) => files.length > 1),
    [],
  );
});

test('a README names no file that its module does not have', () => {
  const missing = MODULES.flatMap((module) => {
    const folder = `server/src/${FOLDERS[module]}/`;
    const names = [...read(`${folder}README.md`).matchAll(/`([\w./-]+\.ts)`/g)].map(
      (match) => match[1] ?? '',
    );
    const isHere = (name: string) =>
      sources.some((file) => (name.includes('/') || file.startsWith(folder)) && file.endsWith(`/${name}`));
    return names
      .filter((name) => name !== 'main.ts' && !isHere(name))
      .map((name) => `${folder}README.md: ${name}`);
  });
  assert.deepEqual(missing, []);
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
      file !== 'server/test/tidy.test.ts' &&
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
  const written = globSync('server/src/http/*metrics.ts', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/'(parley_[a-z_]+)'/g)].map((match) => match[1]),
  );
  const documented = [...read('docs/reference/metrics.md').matchAll(/^\| `(parley_[a-z_]+)` \|/gm)].map(
    (match) => match[1],
  );
  assert.deepEqual(documented.sort(), written.sort());
});

test('every link between the documents leads somewhere', () => {
  const pages = globSync(['*.md', 'docs/**/*.md', 'server/**/*.md'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  });
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page} → ${target}`),
  );
  assert.deepEqual(broken, []);
});

test('every environment variable that the configuration reads is documented', () => {
  const names = new Set(
    [...read('server/src/config.ts').matchAll(/\bPARLEY_[A-Z_]+/g)].map((match) => match[0]),
  );
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

test('the layout of the architecture page names what is there', () => {
  const tree = read('docs/architecture.md').split('## Layout\n')[1]?.split('```\n')[1] ?? '';
  const folders: string[] = [];
  const named = tree.split('\n').flatMap((line) => {
    const [, indent = '', name] = /^( *)([\w./-]+)(?: {2,}\S|$)/.exec(line) ?? [];
    if (name === undefined || indent.length > 4) return [];
    folders.length = indent.length / 2;
    folders.push(name);
    return [folders.join('')];
  });
  assert.ok(named.length > 30, String(named));
  assert.deepEqual(
    named.filter((one) => !existsSync(join(root, one))),
    [],
  );
});

test('the lock file names no registry and no machine', () => {
  const lock = read('package-lock.json');
  assert.equal(
    /"resolved"(?!: "server",)|https?:\/\/(?!github|opencollective|tidelift|paypal|www\.)[a-z.]*registry/.test(
      lock,
    ),
    false,
  );
});

test('every dependency is explained with its licence, and no other is', () => {
  const { devDependencies: tools } = JSON.parse(read('package.json'));
  const { dependencies, devDependencies } = JSON.parse(read('server/package.json'));
  const rows = [...read('docs/decisions/dependencies.md').matchAll(/^\| (`.+`) \| ([^|]+) \|/gm)].flatMap(
    (row) => (row[1] ?? '').split(', ').map((name) => ({ name: name.replaceAll('`', ''), licence: row[2] })),
  );
  assert.deepEqual(
    rows.map(({ name }) => name).sort(),
    [...Object.keys(tools), ...Object.keys(dependencies), ...Object.keys(devDependencies)].sort(),
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
