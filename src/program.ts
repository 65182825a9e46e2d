import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Compiled code is kept between runs: it halves the time to the first reply. It lies with the installed packages, for
// in the temporary folder, Node's own choice, another account of the machine could lay code there for us to run.
const cache = fileURLToPath(new URL('../node_modules/.cache/parley', import.meta.url));
enableCompileCache(cache);
// Worker threads find it here. Without it each loads the type stripper anew: 12 MiB a thread.
process.env.NODE_COMPILE_CACHE = cache;
const { main } = await import('./cli/index.ts');
process.exitCode = await main(process.argv.slice(2));
