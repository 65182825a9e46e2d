/**
 * The long drill: kills a server under traffic a thousand times (`npm run soak -- --rounds 1000 --seed 7`), then holds what
 * clients were answered against the ledger and verifies it. Ends with `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crashDrill } from '../e2e/crash.ts';
import { parleyJson } from '../e2e/process.ts';
import { seeded, seedPlatform } from '../e2e/seed.ts';

const ROUNDS_DEFAULT = 1_000;
const ROUND_MS = 500;

function flag(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
}

const rounds = flag('rounds', ROUNDS_DEFAULT);
const seed = flag('seed', Date.now() % 1_000_000);
const dir = mkdtempSync(join(tmpdir(), 'parley-soak-'));
console.log(`${rounds} rounds, seed ${seed}, in ${dir}`);
const started = performance.now();
const { bearer, paths } = await seedPlatform(dir);
const { answered, entries } = await crashDrill(dir, bearer, paths, rounds, seeded(seed), ROUND_MS);
const { ok } = await parleyJson<{ ok: boolean }>(dir, ['ledger', 'verify', join(dir, 'data')]);
const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(
  `${answered} calls answered, each in the ledger exactly once; ${entries} entries; ${minutes} minutes`,
);
rmSync(dir, { recursive: true, force: true });
console.log(ok ? '1 passed, 0 failed' : '0 passed, 1 failed');
process.exit(ok ? 0 : 1);
