import { join } from 'node:path';
import { createVault, systemClock } from '#kernel';
import { openCompliance } from '../jobs.ts';

/** Works on the jobs of a folder until none is in progress, in slices so small that a kill meets one. */
const folder = process.argv[2]!;
const compliance = openCompliance({
  dir: join(folder, 'files'),
  file: join(folder, 'compliance.db'),
  posts: join(folder, 'posts.db'),
  vault: createVault(new Uint8Array(32)),
  clock: systemClock,
  log: (message, cause) => process.stderr.write(`${message} ${String(cause)}\n`),
  sliceBytes: 2_000,
});
process.stdout.write('open\n');
await compliance.idle();
process.stdout.write('done\n');
await compliance.close();
