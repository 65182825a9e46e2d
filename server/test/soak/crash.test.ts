import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parleyJson } from '../e2e/process.ts';
import { seeded, seedPlatform } from '../e2e/seed.ts';
import { crashDrill } from './crash.ts';
import { roundsOf, seed } from './length.ts';

const ROUNDS = roundsOf(4, 1_000);
const ROUND_MS = 600;

test('kill -9 under traffic: every answered call is in the ledger exactly once, and the log verifies', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'parley-crash-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  t.diagnostic(`${ROUNDS} rounds, seed ${seed}`);
  const { bearer, paths } = await seedPlatform(dir);
  const { answered, entries } = await crashDrill(dir, bearer, paths, ROUNDS, seeded(seed), ROUND_MS);
  t.diagnostic(`${answered} calls answered, ${entries} entries`);
  assert.ok(entries >= answered);
  const verified = await parleyJson<{ ok: boolean }>(dir, ['ledger', 'verify', join(dir, 'data')]);
  assert.equal(verified.ok, true);
});
