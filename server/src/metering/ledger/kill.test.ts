import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openLedger, verifyFolder } from './index.ts';
import { seeded } from './testing/faulty-files.ts';
import { isAsked, memory, vault } from './testing/test-ledger.ts';

const CHILD = fileURLToPath(new URL('./testing/crash-child.ts', import.meta.url));
const KILLS = 4;
const SEED = 7;

/** Runs the child until it has answered `calls` calls, then kills it. Returns what it answered. */
function runAndKill(dir: string, round: number, calls: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [CHILD, dir, `r${round}`], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, errors, lines] = ['', '', 0];
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.stdout.on('data', (chunk) => {
      out += chunk;
      lines = out.split('\n').length - 1;
      if (lines >= calls) child.kill('SIGKILL');
    });
    child.on('exit', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(`the child ended by itself: ${errors}`));
      // The last line may be cut off: then nobody was answered for it.
      resolve(out.split('\n').slice(0, -1));
    });
  });
}

test('kill -9 of a real process, several times: every answered call is in the log exactly once', async () => {
  const dir = join(await mkdtemp(join(tmpdir(), 'parley-kill-')), 'ledger');
  const random = seeded(SEED);
  const answered: string[] = [];
  try {
    for (let round = 0; round < KILLS; round++) {
      answered.push(...(await runAndKill(dir, round, 200 + Math.floor(random() * 2000))));
    }
    const projection = memory();
    const options = { dir, operatorOrigin: 'parley.example/ledger', vault };
    const ledger = await openLedger({ ...options, projections: [projection] });
    await ledger.integrated();
    const calls = projection.seen.filter(isAsked);
    const found = new Map(calls.map((key) => [key.split('/')[2]!, key.split('/')[1]!]));
    assert.equal(found.size, calls.length, 'a call is there twice');
    for (const line of answered) {
      const [index, name] = line.split(' ') as [string, string];
      assert.equal(found.get(name), index, `seed ${SEED}: ${name} was answered`);
    }
    assert.ok(answered.length >= KILLS * 200);
    assert.equal(ledger.reader.checkpoint('alpha')?.size, projection.seen.length);
    await ledger.close();
    const report = await verifyFolder(dir);
    assert.ok(report.ok, JSON.stringify(report));
  } finally {
    await rm(join(dir, '..'), { recursive: true, force: true });
  }
});
