import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem, testClock } from '#kernel';
import { openOperators } from './operator.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

function inMemory(logOf: (token: string) => string | undefined = () => undefined) {
  return openOperators({ file: ':memory:', clock: testClock(NOW), logOf });
}

test("an operator's token opens everything, any other text nothing", async () => {
  const access = await inMemory();
  const { token, ...operator } = await access.addOperator('  Ana  ');
  assert.deepEqual(access.authoriseOperator(token), operator);
  assert.equal(operator.name, 'Ana');
  for (const wrong of [
    undefined,
    '',
    ' ',
    token.slice(0, -1),
    `${token}x`,
    token.toUpperCase(),
    'x'.repeat(100_000),
  ]) {
    assert.equal(access.authoriseOperator(wrong), undefined);
    assert.equal(access.mayReadLog(wrong, 'example-ads'), false);
  }
  assert.equal(access.mayReadLog(token, 'example-ads'), true);
});

test("a licensee's token reads its own log and no other", async () => {
  const access = await inMemory((token) => (token === 'theirs' ? 'example-ads' : undefined));
  const table: [token: string, log: string, may: boolean][] = [
    ['theirs', 'example-ads', true],
    ['theirs', 'another', false],
    ['theirs', '', false],
    ['foreign', 'example-ads', false],
  ];
  for (const [token, log, may] of table) assert.equal(access.mayReadLog(token, log), may, `${token} ${log}`);
  assert.equal(access.authoriseOperator('theirs'), undefined);
});

test('operators survive a restart, their tokens are nowhere in the file, a revoked one stays out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-access-'));
  const file = join(folder, 'access.db');
  const open = () => openOperators({ file, clock: testClock(NOW), logOf: () => undefined });
  try {
    const first = await open();
    const ana = await first.addOperator('Ana');
    const ben = await first.addOperator('Ben');
    await first.revokeOperator(ana.operatorId);
    assert.equal(first.authoriseOperator(ana.token), undefined);
    await first.close();
    assert.equal(readFileSync(file).includes(ben.token.slice(16)), false);

    const again = await open();
    assert.equal(again.authoriseOperator(ana.token), undefined);
    assert.equal(again.authoriseOperator(ben.token)?.name, 'Ben');
    assert.deepEqual(
      again
        .operators()
        .map(({ name, revokedAt }) => [name, revokedAt])
        .sort(),
      [
        ['Ana', NOW],
        ['Ben', null],
      ],
    );
    await again.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the last operator stays, even when two revocations come at once', async () => {
  const access = await inMemory();
  const ana = await access.addOperator('Ana');
  const ben = await access.addOperator('Ben');
  const results = await Promise.allSettled([
    access.revokeOperator(ana.operatorId),
    access.revokeOperator(ben.operatorId),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  );
  assert.equal(access.authoriseOperator(ben.token)?.name, 'Ben');
});

test('names that are no names, and operators that are not there, are refused', async () => {
  const access = await inMemory();
  for (const name of ['', '   ', 'x'.repeat(201), 'a\u0000b', 'a\nb', '\ud800']) {
    await assert.rejects(
      access.addOperator(name),
      (error) => error instanceof Problem && error.code === 'body-invalid',
    );
  }
  await assert.rejects(
    access.revokeOperator('operator-0'),
    (error) => error instanceof Problem && error.code === 'not-found',
  );
});
