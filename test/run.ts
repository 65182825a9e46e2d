/**
 * Runs test files, one a core and one more, and ends with one plain line: `N passed, N failed`.
 * `npm test` runs all that needs nothing but `npm install`; `npm test -- search` the files whose path contains a word;
 * `npm test -- --real` those of test/real, which need other programs (`test/real/install.sh`) or ../shared/data.
 */
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const FILE_TIMEOUT_MS = 170_000; // `npm test` promises three minutes
const root = fileURLToPath(new URL('..', import.meta.url));
// Every file is a process of its own, and most load the same modules: a fifth of the work is compiling them again.
process.env.NODE_COMPILE_CACHE ??= `${root}node_modules/.cache/parley-test`;
const real = process.argv.includes('--real');
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const files = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], { cwd: root })
  .filter((file) => file.startsWith('test/real/') === real)
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
  .map((file) => `${root}${file}`);
if (files.length === 0) {
  console.error(`no test file matches ${words.join(' ')}`);
  process.exit(2);
}

const count = { passed: 0, failed: 0, skipped: 0 };
const skipped: string[] = [];
// One more than there are cores: files that wait for a disk or a process leave theirs idle.
const concurrency = Math.max(2, availableParallelism()) + 1;
const events = run({ files, concurrency, timeout: FILE_TIMEOUT_MS });
const isLeaf = (data: { details?: { type?: string } }) => data.details?.type !== 'suite';
events.on('test:pass', (data) => {
  if (data.skip !== undefined) {
    count.skipped += 1;
    skipped.push(`${data.name} (${data.file}): ${data.skip === true ? 'no reason given' : data.skip}`);
  } else if (isLeaf(data)) count.passed += 1;
});
events.on('test:fail', (data) => {
  if (isLeaf(data)) count.failed += 1;
});
events.compose(spec).pipe(process.stdout);
events.on('end', () => {
  setImmediate(() => {
    for (const line of skipped) console.log(`skipped: ${line}`);
    const also = count.skipped > 0 ? `, ${count.skipped} skipped` : '';
    console.log(`${count.passed} passed, ${count.failed} failed${also}`);
    process.exit(count.failed > 0 || count.passed === 0 ? 1 : 0);
  });
});
