import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRefusalBudget } from './refusal-budget.ts';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const MIB = 1 << 20;
const app = { kind: 'app', key: '1' } as const;

test('a body held in memory costs a unit for 16 KiB, one that goes to the disk a unit for 256 KiB, a request one', () => {
  for (const [body, units] of [
    [{ heldBytes: 0, streamedBytes: 0 }, 1],
    [{ heldBytes: 1, streamedBytes: 0 }, 2],
    [{ heldBytes: MIB, streamedBytes: 0 }, 65],
    [{ heldBytes: 0, streamedBytes: MIB }, 5],
  ] as const) {
    for (const [limit, isRefused] of [
      [units, true],
      [units + 1, false],
    ] as const) {
      const budget = createRefusalBudget({ app: limit, address: 0 });
      budget.count(app, body, NOW);
      assert.equal(budget.refusal(app, NOW) !== undefined, isRefused, JSON.stringify([body, limit]));
    }
  }
});

test('a used-up budget says when it begins anew, is one sender’s alone, and does begin anew', () => {
  const budget = createRefusalBudget({ app: 1, address: 1 });
  budget.count(app, { heldBytes: 0, streamedBytes: 0 }, NOW + 1_000);
  const refused = budget.refusal(app, NOW + 60_000)!;
  assert.deepEqual(
    [refused.problem.code, refused.problem.headers['retry-after'], refused.rate],
    ['rate-limited', '840', { limit: 1, remaining: 0, resetSeconds: NOW / 1_000 + 900 }],
  );
  assert.match(refused.problem.message, /this app .* The window ends at 2026-11-21T10:15:00.000Z/);
  assert.equal(budget.refusal({ kind: 'app', key: '2' }, NOW), undefined);
  assert.equal(budget.refusal({ kind: 'address', key: '1' }, NOW), undefined);
  assert.equal(budget.refusal(app, NOW + 900_000), undefined);
});

test('more senders than are counted one by one share one counter, and none that was known is lost', () => {
  const budget = createRefusalBudget({ app: 1, address: 2 });
  budget.count(app, { heldBytes: 0, streamedBytes: 0 }, NOW);
  const address = (key: number) => ({ kind: 'address', key: String(key) }) as const;
  for (let key = 0; key < 50_002; key += 1)
    budget.count(address(key), { heldBytes: 0, streamedBytes: 0 }, NOW);
  assert.equal(budget.refusal(address(0), NOW), undefined);
  assert.ok(budget.refusal(address(60_000), NOW), 'a stranger is one of the rest');
  assert.ok(budget.refusal(app, NOW));
});
