#!/usr/bin/env node
// Plain JavaScript that any Node from 16 can parse: finds the Node that the project pins, or says how to get it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAJOR_MIN = 24; // node:sqlite, zstd and TypeScript without a build step
const main = fileURLToPath(new URL('../src/program.ts', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) {
  await import(main);
} else {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const pinned = fileURLToPath(new URL(`../node_modules/node/bin/${name}`, import.meta.url));
  if (!existsSync(pinned)) {
    console.error(
      `Parley needs Node ${MAJOR_MIN} or newer; this is ${process.version}.\n` +
        'Run `npm install` in the project folder: it brings the right Node along, and `npm start`, `npm run …` and `npx parley` use it.',
    );
    process.exit(2);
  }
  const run = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches both from the terminal; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
  run.on('exit', (code) => process.exit(code ?? 1));
}
