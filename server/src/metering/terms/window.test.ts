import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testClock } from '#kernel';
import { isDenial } from './port.ts';
import { post, temporaryFile, world } from './testing/world.ts';
import { createFailureWindows, createPeriodCounts, FAILURES_MAX, WINDOW_MS } from './window.ts';

test('a window takes exactly its limit, ends on the UTC quarter hour, and starts anew', async () => {
  const { terms, app, caller, clock } = await world({
    clock: testClock(Date.parse('2026-11-21T12:14:59.999Z')),
  });
  const key = await app();
  const admit = () => terms.admit(caller(key), 'searchPostsRecent', { now: clock.now() });
  const resets = (iso: string) => Date.parse(iso) / 1000;
  for (let i = 449; i >= 0; i--) {
    const admission = admit();
    assert.ok(!isDenial(admission));
    assert.deepEqual(admission.rate, {
      limit: 450,
      remaining: i,
      resetSeconds: resets('2026-11-21T12:15:00Z'),
    });
  }
  assert.ok(isDenial(admit()));
  clock.advance(1);
  const admission = admit();
  assert.ok(!isDenial(admission));
  assert.deepEqual(admission.rate, {
    limit: 450,
    remaining: 449,
    resetSeconds: resets('2026-11-21T12:30:00Z'),
  });
});

test("apps, operations, sandbox and persons have windows of their own; enterprise plans have ten times X's", async () => {
  const { terms, app, caller, clock } = await world();
  const [one, two] = [await app(), await app({ licensee: 'Other Ltd' })];
  const sandbox = await terms.addKey(one.licenseeId, one.appId, { sandbox: true });
  const remaining = (key: typeof one | typeof sandbox, operation: string) =>
    terms.admit(caller(key), operation, { now: clock.now() }).rate?.remaining;
  assert.deepEqual(
    [
      remaining(one, 'searchPostsRecent'),
      remaining(one, 'searchPostsRecent'),
      remaining(one, 'getPostsById'),
      remaining(two, 'searchPostsRecent'),
      remaining(sandbox, 'searchPostsRecent'),
      remaining(await app({ plan: 'enterprise-50m', licensee: 'Big' }), 'searchPostsRecent'),
    ],
    [449, 448, 449, 449, 449, 4499],
  );
});

test('a restart within the quarter hour goes on counting where the records left off', async (t) => {
  const first = await world({ file: temporaryFile(t) });
  const key = await first.app();
  for (let i = 0; i < 7; i++) first.call(key, [post(i)]);
  first.clock.advance(60_000);
  await first.terms.close();
  const again = await world({
    file: first.file,
    clock: first.clock,
    records: first.ledger.records,
  });
  const admit = () => again.terms.admit(again.caller(key), 'searchPostsRecent', { now: again.clock.now() });
  assert.equal(admit().rate?.remaining, 442);
  assert.ok(!isDenial(again.call(key, [post(99)])));
  assert.equal(admit().rate?.remaining, 440, 'its own record is not counted twice');
  again.clock.advance(900_000);
  assert.equal(admit().rate?.remaining, 449);
});

test('counts start anew with each period, whichever way the clock goes, and no two names share one', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.integer({ min: -5, max: 5 }), fc.constantFrom('a', 'b'), fc.constantFrom('x', 'y')),
        { maxLength: 60 },
      ),
      (steps) => {
        const counts = createPeriodCounts(1000, () => 2);
        let now = 5_000_000;
        let period = 5000;
        let model = new Map<string, number>();
        let base = 2;
        for (const [quarterSeconds, appId, name] of steps) {
          now += quarterSeconds * 250;
          if (Math.floor(now / 1000) !== period && model.size > 0) base = 0;
          if (Math.floor(now / 1000) !== period) model = new Map();
          period = Math.floor(now / 1000);
          const expected = (model.get(`${appId}${name}`) ?? base) + 1;
          model.set(`${appId}${name}`, expected);
          assert.equal(counts.take(appId, name, now), expected);
          assert.equal(counts.count(appId, name, now), expected);
        }
      },
    ),
  );
});

test('a flood of addresses shares a last counter instead of memory', () => {
  const failures = createFailureWindows();
  for (let i = 0; i < 50_000; i++) failures.fail(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 0);
  let refused = 0;
  for (let i = 0; i < 1000; i++) if (!failures.fail(`11.0.${i >> 8}.${i & 255}`, 0).allowed) refused++;
  assert.equal(refused, 1000 - FAILURES_MAX);
  assert.ok(failures.fail('10.0.0.0', 0).allowed, 'known addresses keep their own');
});

test('an address that was refused while the clock was wrong is heard again when it is right', () => {
  const failures = createFailureWindows();
  const yearAhead = 365 * 96 * WINDOW_MS;
  let refused = 0;
  for (let i = 0; i <= FAILURES_MAX; i++) if (!failures.fail('192.0.2.1', yearAhead).allowed) refused++;
  assert.equal(refused, 1);
  assert.ok(failures.fail('192.0.2.1', 0).allowed);
});
