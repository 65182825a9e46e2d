/**
 * Runs test files and ends with one plain line: `N passed, N failed`.
 *   npm test                         what needs nothing but `npm install`
 *   npm test -- search               the files whose path contains a word
 *   npm test -- --real               test/real: needs other programs (`server/test/real/install.sh`) or ../shared/data
 *   npm run soak -- [crash] [--short] [--rounds N] [--seed N]     server/test/soak: long drills, one after the other
 *
 * Most of the time of a small file is the start of a process and the loading of modules, so files share a process
 * (batches.ts). A drill has a process and the machine to itself.
 */
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { batchesOf } from './batches.ts';

/** Ends a batch that hangs. A slow machine stays far below it. */
const BATCH_TIMEOUT_MS = 20 * 60_000;
const SLOWEST_SHOWN = 5;
const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = `${root}node_modules/.cache`;
// Every batch is a process, and most load the same modules: a fifth of the work is compiling them again.
process.env.NODE_COMPILE_CACHE ??= `${cache}/parley-test`;

const { values: flags, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    real: { type: 'boolean' },
    soak: { type: 'boolean' },
    short: { type: 'boolean' },
    rounds: { type: 'string' },
    seed: { type: 'string' },
  },
});
if (flags.short) process.env.PARLEY_SOAK = 'short';
if (flags.rounds) process.env.PARLEY_SOAK_ROUNDS = flags.rounds;
if (flags.seed) process.env.PARLEY_SEED = flags.seed;

type Suite = 'own' | 'real' | 'soak';
const suite: Suite = flags.real ? 'real' : flags.soak ? 'soak' : 'own';
const suiteOf = (file: string): Suite =>
  file.startsWith('server/test/real/') ? 'real' : file.startsWith('server/test/soak/') ? 'soak' : 'own';
const files = globSync('server/{src,test}/**/*.test.ts', { cwd: root })
  .filter((file) => suiteOf(file) === suite)
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(2);
}

const entries = `${cache}/test-batches-${process.pid}`;
mkdirSync(entries, { recursive: true });
process.on('exit', () => rmSync(entries, { recursive: true, force: true }));
const batches = suite === 'soak' ? files.map((file) => [file]) : batchesOf(files);
const runnable = batches.map((batch, place) =>
  batch.length === 1 ? `${root}${batch[0]}` : entryOf(batch, place),
);

/** Writes the module that loads a batch. A file that cannot be loaded is a failed test and leaves the others alone. */
function entryOf(batch: readonly string[], place: number): string {
  const entry = `${entries}/batch-${String(place).padStart(3, '0')}.mjs`;
  const lines = batch.map((file) => {
    const [url, name] = [new URL(`../../${file}`, import.meta.url).href, file].map((text) =>
      JSON.stringify(text),
    );
    return `await import(${url}).catch((error) => test(${name}, () => { throw error; }));\n`;
  });
  writeFileSync(entry, `import { test } from 'node:test';\n${lines.join('')}`);
  return entry;
}

const count = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
const millisecondsOf = new Map<string, number>();
// One more than there are cores: files that wait for a disk or a process leave theirs idle.
const concurrency = suite === 'soak' ? 1 : Math.max(2, availableParallelism()) + 1;
const events = run({ files: runnable, concurrency, timeout: suite === 'soak' ? Infinity : BATCH_TIMEOUT_MS });
const isLeaf = (data: { details?: { type?: string } }) => data.details?.type !== 'suite';
function addTime(data: { file?: string; nesting: number; details: { duration_ms: number } }): void {
  if (data.nesting > 0 || data.file === undefined) return;
  millisecondsOf.set(data.file, (millisecondsOf.get(data.file) ?? 0) + data.details.duration_ms);
}
events.on('test:pass', (data) => {
  addTime(data);
  if (data.skip !== undefined) {
    count.skipped += 1;
    skipped.push(`${data.name} (${data.file}): ${data.skip === true ? 'no reason given' : data.skip}`);
  } else if (isLeaf(data)) count.passed += 1;
});
events.on('test:fail', (data) => {
  addTime(data);
  if (isLeaf(data)) count.failed += 1;
});
events.compose(spec).pipe(process.stdout);
events.on('end', () => {
  setImmediate(() => {
    for (const line of skipped) console.log(`skipped: ${line}`);
    const slowest = [...millisecondsOf].sort((a, b) => b[1] - a[1]).slice(0, SLOWEST_SHOWN);
    console.log(`${files.length} files in ${batches.length} processes; the slowest:`);
    for (const [file, ms] of slowest) console.log(`  ${(ms / 1_000).toFixed(1)} s  ${relative(root, file)}`);
    const also = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    console.log(`${count.passed} passed, ${count.failed} failed${also}`);
    process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);
  });
});
