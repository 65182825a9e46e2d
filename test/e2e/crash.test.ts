import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { crashDrill } from './crash.ts';
import { parleyJson } from './process.ts';
import { seeded, seedPlatform } from './seed.ts';

const ROUNDS = 4;
const ROUND_MS = 700;

test('kill -9 under traffic: every answered call is in the ledger exactly once, and the log verifies', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-crash-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const seed = Number(process.env.PARLEY_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`seed ${seed}`);
  const { bearer, paths } = await seedPlatform(dir);
  const { answered, entries } = await crashDrill(dir, bearer, paths, ROUNDS, seeded(seed), ROUND_MS);
  assert.ok(answered > 50, `only ${answered} calls were answered: the drill tried nothing`);
  assert.ok(entries >= answered);
  const verified = await parleyJson<{ ok: boolean }>(dir, ['ledger', 'verify', join(dir, 'data')]);
  assert.equal(verified.ok, true);
});
