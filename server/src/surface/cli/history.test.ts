import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createVault } from '#kernel';
import { openLedger } from '#ledger';
import { type LocalCommand, UsageError } from './command.ts';
import { ledgerVerify } from './ledger.ts';
import { fraudVerify, receiptCompare } from './receipt.ts';

const ORIGIN = 'parley.example/ledger';
const vault = createVault(new Uint8Array(32).fill(7));
const around = { progress() {}, signal: new AbortController().signal };

/** Opens a folder's ledger, adds entries to log `alpha`, and keeps what a licensee keeps: a checkpoint and a receipt. */
async function grow(dir: string, name: string, count: number) {
  const ledger = await openLedger({ dir: join(dir, 'ledger'), operatorOrigin: ORIGIN, vault });
  const vkey = await ledger.createLog('alpha');
  const { size } = ledger.state('alpha');
  for (let i = 0; i < count; i++) {
    const body = Buffer.from(`${name} ${i}`);
    const fact = { time: 1_763_719_200_000, log: 'alpha', agreement: new Uint8Array(32), body };
    await ledger.appendControl({ ...fact, event: 'key-enrolled' }).committed;
  }
  await ledger.integrated();
  const checkpoint = join(dir, 'kept-checkpoint');
  const receipt = join(dir, 'kept-receipt');
  writeFileSync(checkpoint, ledger.reader.checkpoint('alpha')!.text);
  writeFileSync(receipt, (await ledger.reader.receipt('alpha', size))!);
  await ledger.close();
  return { dir, vkey, checkpoint, receipt };
}

function workplace(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-history-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Runs a command as the program does. @returns its exit code and result */
async function run<Result>(
  command: LocalCommand,
  cwd: string,
  args: string[],
  options: Record<string, string>,
) {
  const result = await command.run({ args, options, cwd }, around);
  command.show(result as never);
  return { exit: command.failed?.(result as never) ? 1 : 0, result: result as Result };
}

test('a folder that was copied and used twice: each command finds the fork, and fraud verify accepts the file from the key alone', async (t) => {
  const cwd = workplace(t);
  const first = await grow(join(cwd, 'a'), 'common', 5);
  const early = readFileSync(first.checkpoint, 'utf8');
  cpSync(join(cwd, 'a'), join(cwd, 'b'), { recursive: true });
  const a = await grow(join(cwd, 'a'), 'ours', 2);
  const b = await grow(join(cwd, 'b'), 'theirs', 4);
  const key = a.vkey;
  writeFileSync(join(cwd, 'early'), early);
  for (const place of [a.dir, b.dir, join(b.dir, 'ledger'), join(b.dir, 'ledger/alpha')]) {
    const honest = await run(ledgerVerify, cwd, [place], { older: join(cwd, 'early'), key });
    assert.equal(honest.exit, 0, JSON.stringify(honest.result));
    // A receipt is as good as a checkpoint.
    for (const older of [a.checkpoint, a.receipt]) {
      const { exit, result } = await run<{ logs: { older: { verdict: string; proofFile: string } }[] }>(
        ...[ledgerVerify, cwd, [b.dir], { older }],
      );
      assert.equal(exit, 1);
      const [log] = result.logs;
      assert.equal(log?.older.verdict, 'fork');
      assert.equal((await run(fraudVerify, cwd, [log!.older.proofFile], { key })).exit, 0);
      rmSync(log!.older.proofFile);
    }
  }
  const compared = await run<{ proofFile: string; reason: string }>(
    ...[receiptCompare, cwd, [a.receipt, b.receipt], { key }],
  );
  assert.deepEqual([compared.exit, compared.result.reason], [1, 'two different entries 5 are signed']);
  assert.equal((await run(fraudVerify, cwd, [compared.result.proofFile], { key })).exit, 0);
  assert.equal((await run(receiptCompare, cwd, [a.receipt, a.receipt], { key })).exit, 0);
});

test('a log that is shorter than a checkpoint that was kept, or gone, does not hold', async (t) => {
  const cwd = workplace(t);
  const kept = await grow(join(cwd, 'a'), 'common', 5);
  cpSync(join(cwd, 'a'), join(cwd, 'old'), { recursive: true });
  const later = await grow(join(cwd, 'a'), 'more', 5);
  const { exit, result } = await run<{ logs: { older: { verdict: string } }[]; faults: unknown[] }>(
    ...[ledgerVerify, cwd, [join(cwd, 'old')], { older: later.checkpoint }],
  );
  assert.deepEqual([exit, result.logs[0]?.older.verdict], [1, 'rolled-back']);
  rmSync(join(cwd, 'old/ledger/alpha/key.json'));
  const gone = await run(ledgerVerify, cwd, [join(cwd, 'old')], { older: kept.checkpoint, key: kept.vkey });
  assert.equal(gone.exit, 1);
});

test('what is wrong with the command line is no evidence: exit code 2, and no proof file', async (t) => {
  const cwd = workplace(t);
  const a = await grow(join(cwd, 'a'), 'common', 2);
  const b = await grow(join(cwd, 'b'), 'common', 2);
  writeFileSync(join(cwd, 'text'), 'no checkpoint');
  const log = join(a.dir, 'ledger/alpha');
  for (const [command, args, options] of [
    [ledgerVerify, [a.dir], { older: join(cwd, 'nowhere') }],
    [ledgerVerify, [a.dir], { older: join(cwd, 'text') }],
    [ledgerVerify, [a.dir], { older: b.checkpoint, key: a.vkey }],
    [ledgerVerify, [a.dir], { older: b.checkpoint }],
    [ledgerVerify, [log], { older: a.checkpoint }],
    [receiptCompare, [a.receipt, join(cwd, 'nowhere')], { key: a.vkey }],
    [fraudVerify, [join(cwd, 'text')], { key: a.vkey }],
    [fraudVerify, [join(cwd, 'nowhere')], { key: a.vkey }],
  ] as const) {
    await assert.rejects(run(command, cwd, [...args], options), UsageError, args.join(' '));
  }
  assert.equal((await run(receiptCompare, cwd, [a.receipt, b.receipt], { key: a.vkey })).exit, 1);
  assert.equal(existsSync(join(cwd, 'fork-proof-alpha.json')), false);
});
