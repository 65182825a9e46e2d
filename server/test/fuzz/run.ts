/**
 * Repeats every test file that draws at random, each time from new seeds: `npm run fuzz -- --minutes 30`. A failure prints
 * its seed and ends the run with 1; the last line is `N passed, N failed`, counted in runs of a file.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MINUTES_DEFAULT = 5;
process.env.PARLEY_TEST_RUNS ??= '1';
const root = fileURLToPath(new URL('../../..', import.meta.url));
const at = process.argv.indexOf('--minutes');
const minutes = at < 0 ? MINUTES_DEFAULT : Number(process.argv[at + 1]);
if (!(minutes > 0)) {
  console.error('--minutes takes a number above 0');
  process.exit(2);
}
const files = globSync('server/src/**/*.test.ts', { cwd: root })
  .filter((file) => /from 'fast-check'|seeded\(|createRandom\(/.test(readFileSync(`${root}${file}`, 'utf8')))
  .sort();

const end = performance.now() + minutes * 60_000;
const count = { passed: 0, failed: 0 };
for (let turn = 0; performance.now() < end; turn += 1) {
  const file = files[turn % files.length] ?? '';
  const { code, text } = await once(file);
  if (code === 0) count.passed += 1;
  else {
    count.failed += 1;
    console.log(`${file} failed:\n${text}`);
  }
}
console.log(`${files.length} files, ${minutes} minutes`);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed > 0 ? 1 : 0);

function once(file: string): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--test', file], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const keep = (chunk: Buffer) => {
      text = (text + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('close', (code) => resolve({ code, text }));
  });
}
