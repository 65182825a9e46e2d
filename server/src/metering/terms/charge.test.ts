import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS, testClock } from '#kernel';
import type { Credentials, Group } from './port.ts';
import { isDenial, OPERATOR } from './port.ts';
import { NOON, post, REQUEST, type TermsWorld, world } from './testing/world.ts';

test('with more demand than cap, what is delivered equals the cap, whatever the order', async () => {
  const { terms, app, caller, clock } = await world();
  await terms.addPlan({ name: 'odd', base: 'enterprise-50m', monthlyPostCap: 997 });
  const key = await app({ plan: 'odd' });
  // All are admitted before the first is charged, as when ten thousand arrive together.
  const admissions = Array.from({ length: 3000 }, () =>
    terms.admit(caller(key), 'searchPostsRecent', { now: clock.now() }),
  );
  let delivered = 0;
  let refused = 0;
  admissions.forEach((admission, i) => {
    assert.ok(!isDenial(admission));
    const groups = [post(3 * i), post(3 * i + 1, [String(3 * i + 2)])];
    const charge = terms.charge(admission, groups, { time: clock.now(), status: 200, request: REQUEST });
    if (isDenial(charge)) {
      assert.equal(charge.code, 'usage-capped');
      refused++;
    } else delivered += charge.postsDelivered;
  });
  assert.equal(delivered, 997);
  assert.equal(refused, 3000 - Math.ceil(997 / 3));
});

test('the group at the edge keeps its data item and drops includes; a page never has a hole', async () => {
  const { terms, app, call } = await world();
  await terms.addPlan({ name: 'four', base: 'basic', monthlyPostCap: 4 });
  const key = await app({ plan: 'four' });
  const charge = call(key, [post(1, ['10']), post(2, ['11', '12'], ['7']), post(3), post(1)]);
  assert.ok(!isDenial(charge));
  assert.equal(charge.kept, 2, 'the third post does not fit; the repeat after it is left for the next page');
  assert.deepEqual([...charge.dropped.posts], ['12']);
  assert.equal(charge.dropped.persons.size, 0, 'persons do not count against the cap');
  assert.deepEqual([charge.postsDelivered, charge.remaining], [4, 0]);
});

test('persons are answered at an empty cap, without posts in their includes', async () => {
  const { terms, app, call } = await world();
  await terms.addPlan({ name: 'one', base: 'basic', monthlyPostCap: 1 });
  const key = await app({ plan: 'one' });
  call(key, [post(1)]);
  const persons: Group[] = ['5', '6'].map((id) => ({ kind: 'person', id, posts: [`9${id}`], persons: [] }));
  const charge = call(key, persons, { operation: 'getUsersByIds' });
  assert.ok(!isDenial(charge));
  assert.deepEqual([charge.kept, charge.personsDelivered, [...charge.dropped.posts]], [2, 2, ['95', '96']]);
});

test('a post and a person of the same number are two resources', async () => {
  const { app, call } = await world();
  const key = await app({ plan: 'pay-per-use' });
  const charge = call(key, [post(12, ['12'], ['12'])]);
  assert.ok(!isDenial(charge));
  assert.deepEqual([charge.postsBilled, charge.personsBilled, charge.priceMicros], [1, 1, 15_000]);
});

test('items stand in the order of the answer: data first, then includes', async () => {
  const { app, call, ledger } = await world();
  const key = await app();
  call(key, [post(1, ['20'], ['30']), post(2, ['21', '1'], ['30'])]);
  const record = ledger.records.at(-1)!;
  assert.ok(record.type === 'call');
  assert.deepEqual(
    record.items.map(({ kind, id }) => `${kind} ${id}`),
    ['post 1', 'post 2', 'post 20', 'person 30', 'post 21'],
  );
});

test('dedupe is by app, kind and UTC day', async () => {
  const { terms, app, call, clock } = await world({
    clock: testClock(Date.parse('2026-11-21T23:59:59.999Z')),
  });
  const key = await app({ plan: 'pay-per-use' });
  const other = await terms.addApp(OPERATOR, { licenseeId: key.licenseeId, plan: 'pay-per-use' });
  const priceOf = (credentials: Credentials) => {
    const charge = call(credentials, [post(1)]);
    assert.ok(!isDenial(charge));
    return charge.priceMicros;
  };
  assert.deepEqual([priceOf(key), priceOf(key), priceOf(other)], [5000, 0, 5000]);
  clock.advance(1);
  assert.deepEqual([priceOf(key), priceOf(key)], [5000, 0]);
});

test('a dry run costs nothing, changes nothing and tells the price; it takes one call from the window', async () => {
  const { app, call, ledger, terms } = await world();
  const key = await app({ plan: 'pay-per-use' });
  const before = ledger.records.length;
  const states = () => terms.projections.map((projection) => Buffer.from(projection.dump()).toString('hex'));
  const state = states();
  const dry = call(key, [post(1), post(2)], { dryRun: true });
  assert.ok(!isDenial(dry));
  assert.deepEqual(
    [dry.priceMicros, dry.postsBilled, dry.entry, ledger.records.length],
    [10_000, 2, undefined, before],
  );
  assert.deepEqual(states(), state);
  const real = call(key, [post(1), post(2)]);
  assert.ok(!isDenial(real));
  assert.equal(real.priceMicros, 10_000, 'the dry run did not make it a repeat');
});

test('sandbox keys answer unbilled, up to their daily bound, beside an untouched cap', async () => {
  const { terms, app, call, clock, caller } = await world();
  const key = await app({ plan: 'basic' });
  const sandbox = await terms.addKey(OPERATOR, key.appId, { sandbox: true });
  for (let i = 0; i < 9; i++) {
    const charge = call(
      sandbox,
      Array.from({ length: 110 }, (_, j) => post(1000 * i + j)),
    );
    assert.ok(!isDenial(charge));
    assert.deepEqual(
      [charge.kept, charge.postsBilled, charge.priceMicros, charge.remaining],
      [110, 0, 0, 10_000],
    );
  }
  const last = call(
    sandbox,
    Array.from({ length: 30 }, (_, j) => post(j)),
  );
  assert.ok(!isDenial(last));
  assert.equal(last.kept, 10);
  const denied = terms.admit(caller(sandbox), 'searchPostsRecent', { now: clock.now() });
  assert.ok(isDenial(denied));
  assert.deepEqual(
    [denied.code, denied.fields.period, denied.fields.resets_at],
    ['usage-capped', 'Daily', '2026-11-22T00:00:00.000Z'],
  );
  const live = call(key, [post(1)]);
  assert.ok(!isDenial(live));
  assert.equal(live.postsBilled, 1, 'what the sandbox saw is not a repeat for the live key');
  clock.advance(DAY_MS);
  assert.ok(!isDenial(call(sandbox, [post(1)])));
});

test('the price is posts, persons and the call itself, by brute force over small numbers', async () => {
  const at = await world();
  const { terms, app, call } = at;
  let id = 0;
  for (const postMicros of [0, 3]) {
    for (const personMicros of [0, 11]) {
      for (const countMicros of [0, 101]) {
        const name = `p${postMicros}-${personMicros}-${countMicros}`;
        await terms.addPlan({
          name,
          base: 'pro',
          postMicros,
          personMicros,
          callMicros: { getPostsById: countMicros },
        });
        const key = await app({ plan: name });
        for (let posts = 1; posts <= 3; posts++) {
          for (let persons = 0; persons <= 2; persons++) {
            for (const status of [200, 404]) {
              const more = Array.from({ length: posts - 1 }, () => String(++id));
              const groups = [
                post(
                  ++id,
                  more,
                  Array.from({ length: persons }, () => String(++id)),
                ),
              ];
              const charge = call(key, groups, { operation: 'getPostsById', status });
              assert.ok(!isDenial(charge));
              let expected = status === 200 ? countMicros : 0;
              for (let i = 0; i < posts; i++) expected += postMicros;
              for (let i = 0; i < persons; i++) expected += personMicros;
              assert.equal(
                charge.priceMicros,
                expected,
                `${name}, ${posts} posts, ${persons} persons, ${status}`,
              );
            }
          }
        }
      }
    }
  }
});

test('what the ledger refuses is not counted', async () => {
  const { app, call, ledger, terms } = await world();
  const key = await app({ plan: 'pay-per-use' });
  const states = () => terms.projections.map((projection) => Buffer.from(projection.dump()).toString('hex'));
  const state = states();
  ledger.fail();
  assert.throws(() => call(key, [post(1)]), /ledger/i);
  assert.deepEqual(states(), state);
  assert.equal(terms.usageDays(key.appId, 1).used, 0);
});

test('spending stops exactly at the limit, and a lower limit stops it at once', async () => {
  const at: TermsWorld = await world();
  const { terms, app, call, caller, clock } = at;
  const key = await app({ plan: 'pay-per-use', spendingLimitMicros: 32_000 });
  const first = call(key, [post(1, [], ['1']), post(2, [], ['2']), post(3), post(4)]);
  assert.ok(!isDenial(first));
  // 5,000 + 10,000, 5,000 + 10,000 leave 2,000: too little for another post.
  assert.deepEqual([first.kept, first.priceMicros, first.dropped.persons.size], [2, 30_000, 0]);
  const again = call(key, [post(1), post(2)]);
  assert.ok(!isDenial(again) && again.priceMicros === 0, 'repeats are free and still answered');
  const denied = call(key, [post(3)]);
  assert.ok(isDenial(denied));
  assert.equal(denied.code, 'credits-depleted');
  await terms.amendAgreement(OPERATOR, key.appId, { spendingLimitMicros: 1000 });
  const counts = terms.admit(caller(key), 'getPostsCountsRecent', { now: clock.now() });
  assert.ok(isDenial(counts) && counts.code === 'credits-depleted');
  const fresh = call(key, [post(5)]);
  assert.ok(isDenial(fresh) && fresh.code === 'credits-depleted');
  const repeat = call(key, [post(1)]);
  assert.ok(!isDenial(repeat) && repeat.priceMicros === 0, 'what was billed that day stays free');
  await terms.amendAgreement(OPERATOR, key.appId, { spendingLimitMicros: null });
  const free = call(key, [post(3)]);
  assert.ok(!isDenial(free) && free.priceMicros === 5000);
  assert.equal(clock.now(), NOON);
});
