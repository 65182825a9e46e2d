/**
 * Runs the benchmarks: `npm run bench` all, `npm run bench search` one. Each file measures one workload against its
 * yardstick in the same run and prints its figures; its last line is one JSON object, which is recorded with the
 * machine's description in server/bench/results/<name>.json.
 */
import { spawn } from 'node:child_process';
import { globSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const names = globSync('*.ts', { cwd: here })
  .map((file) => basename(file, '.ts'))
  .filter((name) => name !== 'run')
  .sort();
const [wanted, ...flags] = process.argv.slice(2);
if (wanted && !wanted.startsWith('--') && !names.includes(wanted)) {
  console.error(`no benchmark is called ${wanted}; there are ${names.join(', ')}`);
  process.exit(2);
}
const chosen = wanted && !wanted.startsWith('--') ? [wanted] : names;
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${release()}`,
  node: process.version,
};
console.log(
  `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}`,
);

let failed = 0;
for (const name of chosen) {
  console.log(`\n== ${name}`);
  const { code, last } = await run(name, flags);
  if (code !== 0) {
    failed += 1;
    console.log(`${name} exited with ${code}`);
    continue;
  }
  const result = { name, date: new Date().toISOString().slice(0, 10), machine, figures: JSON.parse(last) };
  writeFileSync(`${here}results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`);
}
process.exit(failed > 0 ? 1 : 0);

function run(name: string, args: string[]): Promise<{ code: number | null; last: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [`${here}${name}.ts`, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      process.stdout.write(chunk);
      text = (text + chunk).slice(-100_000);
    });
    child.on('close', (code) => resolve({ code, last: text.trimEnd().split('\n').at(-1) ?? '' }));
  });
}
