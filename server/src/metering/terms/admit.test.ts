import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, Problem, testClock } from '#kernel';
import { type Admission, type AdmitOptions, type Denial, isDenial, OPERATOR } from './port.ts';
import { NOON, world } from './testing/world.ts';

/** The reply's body, as the catalogue of problems completes it. */
function bodyOf(denial: Denial): Record<string, unknown> {
  return new Problem(denial.code, denial.fields).body();
}

test('the refusals of 401 and of too many of them carry the address’s window', async () => {
  const { terms, clock } = await world();
  const from = { now: clock.now(), remote: '203.0.113.9' };
  const reset = Date.parse('2026-11-21T12:15:00Z') / 1000;
  for (let i = 1; i <= 150; i++) {
    const denied = terms.authenticate('guess', from);
    assert.ok(isDenial(denied));
    assert.deepEqual(bodyOf(denied), {
      title: 'Unauthorized',
      type: 'about:blank',
      detail: 'Unauthorized',
      status: 401,
    });
    assert.deepEqual(denied.rate, { limit: 150, remaining: 150 - i, resetSeconds: reset });
  }
  const limited = terms.authenticate(undefined, from);
  assert.ok(isDenial(limited));
  assert.deepEqual(bodyOf(limited), {
    title: 'Too Many Requests',
    type: 'about:blank',
    detail:
      'Too Many Requests: this address sent 150 requests without a valid key within 15 minutes. Check the key; requests with a valid one are answered. The window ends at 2026-11-21T12:15:00.000Z.',
    window_seconds: 900,
    limit: 150,
    resets_at: '2026-11-21T12:15:00.000Z',
    status: 429,
  });
  assert.deepEqual([limited.rate?.remaining, limited.headers], [0, { 'retry-after': '840' }]);
});

test('a throttled address is still answered with a valid key, and another address is not throttled', async () => {
  const { terms, clock, app } = await world();
  const key = await app();
  const from = { now: clock.now(), remote: '2001:db8:1:2:3:4:5:6' };
  for (let i = 0; i < 500; i++)
    terms.authenticate('guess', { ...from, remote: `2001:db8:1:2::${i.toString(16)}` });
  const neighbour = terms.authenticate('guess', from);
  assert.ok(isDenial(neighbour) && neighbour.code === 'rate-limited', 'one /64 is one party');
  assert.ok(!isDenial(terms.authenticate(key.bearerToken, from)));
  const other = terms.authenticate('guess', { ...from, remote: '2001:db8:1:3::1' });
  assert.ok(isDenial(other) && other.code === 'unauthorized');
  const later = terms.authenticate('guess', { ...from, now: clock.now() + 900_000 });
  assert.ok(isDenial(later) && later.code === 'unauthorized');
});

test('a refused call takes nothing from the window; an admitted one takes one', async () => {
  const { terms, app, caller, clock } = await world();
  const key = await app();
  const admit = (options: Partial<AdmitOptions> = {}): Admission | Denial =>
    terms.admit(caller(key), 'searchPostsRecent', { now: clock.now(), ...options });
  for (let i = 0; i < 20; i++) assert.ok(isDenial(admit({ purpose: 'resale' })));
  assert.equal(admit().rate?.remaining, 449);
  assert.equal(admit({ dryRun: true }).rate?.remaining, 448);
  assert.equal(admit({ personId: '5' }).rate?.remaining, 299, "a person's window is its own");
});

test('counts and usage are answered at an empty cap; counts not beyond the spending limit', async () => {
  const { terms, app, call, caller, clock } = await world({ clock: testClock(NOON + DAY_MS) });
  await terms.addPlan({ name: 'none', base: 'pay-per-use', monthlyPostCap: 0 });
  const key = await app({ plan: 'none', spendingLimitMicros: 12_000 });
  const admit = (operation: string) => terms.admit(caller(key), operation, { now: clock.now() });
  assert.ok(isDenial(admit('getPostsById')));
  for (let i = 0; i < 2; i++) {
    assert.ok(!isDenial(admit('getUsage')));
    const charge = call(key, [], { operation: 'getPostsCountsRecent' });
    assert.ok(!isDenial(charge) && charge.priceMicros === 5000);
  }
  const denied = admit('getPostsCountsRecent');
  assert.ok(isDenial(denied) && denied.code === 'credits-depleted', '2,000 are left, 5,000 are needed');
  assert.ok(!isDenial(admit('getUsage')));
  await terms.amendAgreement(OPERATOR, key.appId, { spendingLimitMicros: 0 });
  assert.ok(isDenial(admit('getUsersById')));
});
