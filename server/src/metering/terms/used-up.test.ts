import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '#kernel';
import { type AgreementInput, isDenial, OPERATOR } from './port.ts';
import { post, world } from './testing/world.ts';

/** An app whose cap, or spending limit, is used up to the last post by posts 1 and 2. */
async function usedUp(by: 'cap' | 'spending-limit') {
  const at = await world();
  await at.terms.addPlan({ name: 'two', base: 'pro', monthlyPostCap: 2 });
  const input: Partial<AgreementInput> =
    by === 'cap' ? { plan: 'two' } : { plan: 'pay-per-use', spendingLimitMicros: 10_000 };
  const app = await at.app(input);
  assert.ok(!isDenial(at.call(app, [post(1), post(2)])));
  const admit = (more: object = {}, operation = 'searchPostsRecent') =>
    at.terms.admit(at.caller(app), operation, { now: at.clock.now(), ...more });
  return { ...at, app, admit };
}

for (const by of ['cap', 'spending-limit'] as const) {
  const code = by === 'cap' ? 'usage-capped' : 'credits-depleted';

  test(`with the ${by} used up, what was billed that day is free, and nothing else is given`, async () => {
    const { app, call, clock, terms } = await usedUp(by);
    const again = call(app, [post(2), post(1), post(3), post(1)]);
    assert.ok(!isDenial(again));
    assert.deepEqual([again.kept, again.postsBilled, again.priceMicros, again.cutBy], [2, 0, 0, by]);
    const fresh = call(app, [post(3), post(1)]);
    assert.ok(isDenial(fresh) && fresh.code === code);
    const empty = call(app, []);
    assert.ok(!isDenial(empty), 'a page of nothing is a page');
    const before = terms.usage(OPERATOR, { from: 0, to: DAY_MS }).apps[0];
    assert.deepEqual([before?.billedThisMonth, before?.spentThisMonthMicros], [2, by === 'cap' ? 0 : 10_000]);
    clock.advance(DAY_MS);
    assert.throws(() => call(app, [post(1)]), /not admitted/, 'a new day, and nothing was billed on it');
  });

  test(`with the ${by} used up, a dry run tells the price of the whole page and what is left`, async () => {
    const { app, call, clock, ledger } = await usedUp(by);
    for (const days of [0, 1]) {
      clock.advance(days * DAY_MS);
      const entries = ledger.records.length;
      const dry = call(app, [post(7), post(8), post(9)], { dryRun: true });
      assert.ok(!isDenial(dry));
      assert.deepEqual(
        [dry.kept, dry.postsBilled, dry.priceMicros, dry.remaining, dry.cutBy, dry.entry],
        [0, 3, by === 'cap' ? 0 : 15_000, by === 'cap' ? 0 : null, by, undefined],
      );
      assert.equal(ledger.records.length, entries);
    }
  });

  test(`with the ${by} used up, no stream is opened, for what comes there is new`, async () => {
    const { admit } = await usedUp(by);
    const admission = admit({}, 'streamPosts');
    assert.ok(isDenial(admission) && admission.code === code);
  });
}

test('a call that is given back leaves its windows as they were, and none of a later quarter hour', async () => {
  const { app, admit, clock, terms } = await usedUp('spending-limit');
  const remaining = () =>
    terms.rateOf(terms.callerOfApp(app.appId, clock.now())!, 'searchPostsRecent', { now: clock.now() })
      ?.remaining;
  const before = remaining();
  const admission = admit();
  assert.ok(!isDenial(admission));
  assert.equal(remaining(), before! - 1);
  assert.equal(terms.giveBack(admission).remaining, before);
  assert.equal(remaining(), before);
  const late = admit();
  assert.ok(!isDenial(late));
  clock.advance(900_000);
  const next = admit();
  assert.ok(!isDenial(next));
  terms.giveBack(late);
  assert.equal(remaining(), next.rate.remaining);
});
