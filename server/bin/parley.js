#!/usr/bin/env node
// Plain JavaScript that any Node from 16 can parse: finds the Node that the project pins, or says how to get it. It
// also is the one file that runs before compiled code is kept, and TypeScript here would load the type stripper each time.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJOR_MIN = 24; // node:sqlite, zstd and TypeScript without a build step

if (Number(process.versions.node.split('.')[0]) >= MAJOR_MIN) await start();
else await startWithPinnedNode();

async function start() {
  const { enableCompileCache } = await import('node:module');
  // Compiled code is kept between runs: it halves the time to the first reply. It lies with the installed packages, for
  // in the temporary folder, Node's own choice, another account of the machine could lay code there for us to run.
  // Where those are another account's, it lies in the user's own cache; where neither can be written, there is none.
  const { HOME, XDG_CACHE_HOME } = process.env;
  const own = XDG_CACHE_HOME || (HOME && join(HOME, '.cache'));
  const installed = packagesFolder();
  const cache = [
    ...(installed ? [join(installed, '.cache', 'parley')] : []),
    ...(own ? [join(own, 'parley', 'compiled')] : []),
  ].find(isWritable);
  if (cache !== undefined) {
    enableCompileCache(cache);
    // Worker threads find it here. Without it each loads the type stripper anew: 12 MiB a thread.
    process.env.NODE_COMPILE_CACHE = cache;
  }
  const { main } = await import('../src/surface/cli/index.ts').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !/^Cannot find package/.test(error.message)) throw error;
    const folder = fileURLToPath(new URL('../..', import.meta.url));
    console.error(
      `Parley's packages are not installed (${error.message.split("'")[1]} is missing). Run \`npm install\` in ${folder}`,
    );
    process.exit(2);
  });
  process.exitCode = await main(process.argv.slice(2));
}

/** The node_modules that the packages of this one lie in: a workspace shares its root's. */
function packagesFolder() {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve('node/package.json')));
  } catch {
    return undefined;
  }
}

function isWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

async function startWithPinnedNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const installed = packagesFolder();
  const pinned = installed && join(installed, 'node', 'bin', name);
  if (!pinned || !existsSync(pinned)) {
    console.error(
      `Parley needs Node ${MAJOR_MIN} or newer; this is ${process.version}.\n` +
        'Run `npm install` in the project folder: it brings the right Node along, and `npm start`, `npm run …` and `npx parley` use it.',
    );
    process.exit(2);
  }
  const { spawn } = await import('node:child_process');
  const run = spawn(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  // Ctrl-C reaches both from the terminal; what is sent to this process alone is passed on.
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
  run.on('exit', (code) => process.exit(code ?? 1));
}
