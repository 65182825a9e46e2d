#!/usr/bin/env node
// Plain JavaScript that any Node from 16 can parse: finds the Node that the project pins, or says how to get it.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MAJOR_MIN = 24; // node:sqlite, zstd and TypeScript without a build step
const main = fileURLToPath(new URL('../src/program.ts', import.meta.url));

if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) {
  await import(main).catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/^Cannot find package/.test(error.message)) throw error;
    const folder = fileURLToPath(new URL('..', import.meta.url));
    console.error(
      `Parley's packages are not installed (${error.message.split("'")[1]} is missing). Run \`npm install\` in ${folder}`,
    );
    process.exit(2);
  });
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
