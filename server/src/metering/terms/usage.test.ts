import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, Problem, testClock } from '#kernel';
import { OPERATOR } from './port.ts';
import { post, world } from './testing/world.ts';

const FIRST = Date.parse('2026-10-30T09:00:00Z');

test('usage sums calls by app, day and operation, with fees and what is left', async () => {
  const { terms, app, call, clock } = await world({ clock: testClock(FIRST) });
  const paying = await app({ plan: 'pay-per-use', spendingLimitMicros: 1_000_000 });
  const basic = await terms.addApp(OPERATOR, {
    licenseeId: paying.licenseeId,
    plan: 'basic',
    name: 'Reader',
  });
  const other = await app({ licensee: 'Other', plan: 'pro' });
  call(paying, [post(1, [], ['9']), post(2)]);
  call(paying, [post(1)]);
  clock.advance(3 * DAY_MS); // 2 November
  call(paying, [post(1)], { operation: 'getPostsById' });
  call(paying, [], { operation: 'getPostsCountsRecent' });
  call(basic, [post(5), post(6)]);
  call(other, [post(5)]);
  const october = { licenseeId: paying.licenseeId, appId: paying.appId, day: '2026-10-30' };
  const november = { ...october, day: '2026-11-02' };
  const none = { calls: 1, posts: 0, persons: 0, billed: 0, personsBilled: 0, micros: 0 };
  const period = { from: Date.parse('2026-10-01'), to: Date.parse('2026-12-01') };
  const usage = terms.usage(paying.licenseeId, period);
  assert.deepEqual(usage.rows, [
    {
      ...october,
      operation: 'searchPostsRecent',
      calls: 2,
      posts: 3,
      persons: 1,
      billed: 2,
      personsBilled: 1,
      micros: 20_000,
    },
    { ...november, operation: 'getPostsById', ...none, posts: 1, billed: 1, micros: 5000 },
    { ...november, operation: 'getPostsCountsRecent', ...none, micros: 5000 },
    { ...november, appId: basic.appId, operation: 'searchPostsRecent', ...none, posts: 2, billed: 2 },
  ]);
  assert.deepEqual(usage.totals, {
    calls: 5,
    posts: 6,
    persons: 1,
    billed: 5,
    personsBilled: 1,
    micros: 30_000,
  });
  assert.equal(usage.feesMicros, 2 * 100_000_000, 'basic in October, from the 30th, and in November');
  assert.deepEqual(
    usage.apps.map((one) => [
      one.name,
      one.plan,
      one.billedThisMonth,
      one.remaining,
      one.spentThisMonthMicros,
      one.resetsAt,
    ]),
    [
      ['Example Ads app', 'pay-per-use', 1, null, 10_000, '2026-12-01T00:00:00.000Z'],
      ['Reader', 'basic', 2, 9998, 0, '2026-12-01T00:00:00.000Z'],
    ],
  );
  assert.equal(terms.usage(OPERATOR, period).totals.calls, 6);
  assert.deepEqual(
    terms.usage(paying.licenseeId, { from: period.from, to: Date.parse('2026-10-30') }).rows,
    [],
  );
  assert.equal(
    terms.usage(paying.licenseeId, { from: Date.parse('2026-10-30'), to: Date.parse('2026-10-31') }).rows
      .length,
    1,
  );
});

test("a month's fee is that of the agreement in force last in it; a month without one is free", async () => {
  const { terms, app, clock } = await world({ clock: testClock(FIRST) });
  const key = await app({ plan: 'basic', end: Date.parse('2026-12-15') });
  clock.advance(3 * DAY_MS);
  await terms.amendAgreement(OPERATOR, key.appId, { plan: 'pro' });
  const fees = (from: string, to: string) =>
    terms.usage(key.licenseeId, { from: Date.parse(from), to: Date.parse(to) }).feesMicros / 1_000_000;
  assert.deepEqual(
    [
      fees('2026-09-01', '2026-10-01'),
      fees('2026-10-01', '2026-11-01'),
      fees('2026-11-01', '2026-12-01'),
      fees('2026-11-01', '2026-11-02'),
      fees('2026-12-01', '2027-01-01'),
      fees('2026-12-16', '2027-02-01'),
    ],
    [0, 100, 5000, 100, 5000, 0],
  );
});

test('usageDays names every day and every app of the licensee, today last', async () => {
  const { terms, app, call, clock } = await world({ clock: testClock(FIRST) });
  const key = await app({ plan: 'basic' });
  const second = await terms.addApp(OPERATOR, { licenseeId: key.licenseeId, plan: 'pro' });
  await app({ licensee: 'Other' });
  call(key, [post(1), post(2)]);
  clock.advance(DAY_MS);
  call(second, [post(1)]);
  call(key, [post(1), post(1)]);
  const usage = terms.usageDays(second.appId, 3);
  const day = (date: string, count: number) => ({ date: `${date}T00:00:00.000Z`, usage: count });
  assert.deepEqual(usage, {
    licenseeId: key.licenseeId,
    capResetDay: 1,
    cap: 1_010_000,
    used: 4,
    days: [day('2026-10-29', 0), day('2026-10-30', 2), day('2026-10-31', 2)],
    apps: [
      { appId: key.appId, days: [day('2026-10-29', 0), day('2026-10-30', 2), day('2026-10-31', 1)] },
      { appId: second.appId, days: [day('2026-10-29', 0), day('2026-10-30', 0), day('2026-10-31', 1)] },
    ],
  });
  await terms.addApp(OPERATOR, { licenseeId: key.licenseeId, plan: 'pay-per-use' });
  assert.equal(terms.usageDays(key.appId, 1).cap, null, 'one app without a cap: no common cap');
});

test('periods and days that cannot be are refused', async () => {
  const { terms, app } = await world();
  const key = await app();
  const refused = (error: unknown) => error instanceof Problem && error.code === 'body-invalid';
  for (const [from, to] of [
    [0, 0],
    [DAY_MS, 0],
    [1, DAY_MS],
    [0, DAY_MS + 1],
    [Number.NaN, DAY_MS],
    [0, 4000 * DAY_MS],
  ]) {
    assert.throws(() => terms.usage(OPERATOR, { from: from!, to: to! }), refused);
    assert.throws(() => terms.logCounters(OPERATOR, key.licenseeId, { from: from!, to: to! }), refused);
  }
  for (const days of [0, 91, 1.5, Number.NaN]) assert.throws(() => terms.usageDays(key.appId, days), refused);
});
