#!/usr/bin/env node
// Plain JavaScript that any Node from 16 can parse: finds the Node that the project pins, or says how to get it.
import { spawnSync } from 'node:child_process';
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
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  const run = spawnSync(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(run.status ?? 1);
}
