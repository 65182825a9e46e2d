import { enableCompileCache } from 'node:module';

// Compiled code is kept between runs: it halves the time to the first reply.
enableCompileCache();
const { main } = await import('./cli/index.ts');
process.exitCode = await main(process.argv.slice(2));
