/**
 * Ten thousand half-open connections against a real server: look-ups go on being answered, memory stays bounded, and within
 * the head's time all that never began are closed. `node test/soak/half-open.ts [--connections 10000]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { halfOpen, plainBeginnings } from '../e2e/half-open.ts';
import { startProcess } from '../e2e/process.ts';
import { seedPlatform } from '../e2e/seed.ts';

const CONNECTIONS_DEFAULT = 10_000;
/** 20 s for a head, asked every 2 s, and a moment to close them all. */
const ENDED_MS_MAX = 30_000;

const at = process.argv.indexOf('--connections');
const connections = at < 0 ? CONNECTIONS_DEFAULT : Number(process.argv[at + 1]);
const dir = mkdtempSync(join(tmpdir(), 'parley-half-open-'));
const { bearer, paths } = await seedPlatform(dir);
const server = await startProcess(dir);
const headers = { authorization: `Bearer ${bearer}` };
const ask = async () => {
  const reply = await fetch(`${server.address}${paths[0]}`, { headers });
  if (!reply.ok) throw new Error(`answered ${reply.status}`);
  await reply.arrayBuffer();
};
// A body that never comes may take longer than a head: those are the test's.
const drill = await halfOpen(server, connections, plainBeginnings(bearer).slice(0, 2), ask);
const opened = drill.open();
console.log(
  `${opened} of ${connections} half-open: ${drill.before.toFixed(0)} → ${drill.after.toFixed(0)} MiB, slowest look-up ${drill.slowest.toFixed(0)} ms`,
);
const started = performance.now();
const timer = setTimeout(() => drill.close(), ENDED_MS_MAX);
await drill.ended;
clearTimeout(timer);
const seconds = (performance.now() - started) / 1_000;
console.log(`all closed by the server after ${seconds.toFixed(1)} s more`);
const isClean = (await server.stop()) === 0;
rmSync(dir, { recursive: true, force: true });
const ok = opened > 0.9 * connections && drill.slowest < 1_000 && seconds < ENDED_MS_MAX / 1_000 && isClean;
console.log(ok ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(ok ? 0 : 1);
