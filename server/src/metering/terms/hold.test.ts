import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Problem } from '#kernel';
import { runs } from '#test/runs';
import { type Credentials, type Denial, type Hold, isDenial } from './port.ts';
import { REQUEST, type TermsWorld, world } from './testing/world.ts';

/** Admits an act of a person and keeps its price back. */
function begin({ terms, caller, clock }: TermsWorld, app: Credentials, personId = '101') {
  const admission = terms.admit(caller(app), 'createPosts', { now: clock.now(), personId });
  if (isDenial(admission)) return admission;
  const hold = terms.hold(admission, clock.now());
  return isDenial(hold) ? hold : { admission, hold };
}

type Begun = Exclude<ReturnType<typeof begin>, Denial>;

function finish({ terms, clock }: TermsWorld, { admission, hold }: Begun, status = 201) {
  return terms.charge(admission, [], { time: clock.now(), status, request: REQUEST, hold });
}

test('a cap of acts is exact: those under way count, those that failed do not', async () => {
  const at = await world();
  await at.terms.addPlan({ name: 'two', monthlyCallCaps: { createPosts: 2 } });
  const app = await at.app({ plan: 'two' });
  const [one, two, three] = [begin(at, app), begin(at, app), begin(at, app)];
  assert.ok(!isDenial(one) && !isDenial(two) && isDenial(three), 'two places, both taken');
  assert.equal(three.code, 'usage-capped');
  assert.equal(three.fields.operation, 'createPosts');
  assert.match(String(three.fields.detail), /2 of 2 calls that plan two allows a month are used/);
  assert.equal(three.rate?.limit, 100, 'with its window');
  two.hold.release();
  const again = begin(at, app);
  assert.ok(!isDenial(again), 'the place of the one that failed');
  assert.ok(!isDenial(finish(at, one)) && !isDenial(finish(at, again)));
  assert.ok(isDenial(begin(at, app)));
  at.clock.advance(31 * 86_400_000);
  assert.ok(!isDenial(begin(at, app)), 'the next month has its own');
});

test('whatever is admitted, fails or is charged, what is charged never passes cap or limit, and what is held can be paid', async () => {
  const at = await world();
  await at.terms.addPlan({ name: 'few', base: 'pay-per-use', monthlyCallCaps: { createPosts: 7 } });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('begin', 'finish', 'fail', 'read'), { maxLength: 60 }),
      fc.integer({ min: 0, max: 12 }),
      async (steps, limit) => {
        const app = await at.app({ plan: 'few', spendingLimitMicros: limit * 12_500 });
        const open: Begun[] = [];
        let created = 0;
        let micros = 0;
        for (const step of steps) {
          if (step === 'begin') {
            const begun = begin(at, app);
            if (!isDenial(begun)) open.push(begun);
            else
              assert.ok(created + open.length === 7 || micros + (open.length + 1) * 15_000 > limit * 12_500);
          } else if (step === 'read') {
            const admission = at.terms.admit(at.caller(app), 'getPostsCountsRecent', { now: at.clock.now() });
            if (isDenial(admission)) continue;
            const charge = at.terms.charge(admission, [], {
              time: at.clock.now(),
              status: 200,
              request: REQUEST,
            });
            if (!isDenial(charge)) micros += charge.priceMicros;
          } else {
            const one = open.shift();
            if (!one) continue;
            if (step === 'fail') one.hold.release();
            else {
              const charge = finish(at, one);
              assert.ok(!isDenial(charge), 'what is held can be paid');
              created += 1;
              micros += charge.priceMicros;
            }
          }
          assert.ok(created <= 7 && micros <= limit * 12_500);
        }
        for (const { hold } of open) hold.release();
      },
    ),
    { numRuns: runs(100) },
  );
});

test('an act is priced when it succeeded, and recorded for its person', async () => {
  const at = await world();
  const app = await at.app({ plan: 'pay-per-use' });
  const one = begin(at, app, '42') as Begun;
  const charge = finish(at, one);
  assert.ok(!isDenial(charge));
  assert.equal(charge.priceMicros, 15_000);
  const record = at.ledger.records.at(-1);
  assert.ok(record?.type === 'call');
  assert.deepEqual([record.operation, record.person, record.priceMicros], ['createPosts', '42', 15_000]);
  const free: Hold = (begin(at, app) as Begun).hold;
  free.release();
  free.release();
  assert.equal(at.terms.usage('*', day(at)).totals.micros, 15_000);
});

function day({ clock }: TermsWorld) {
  const from = clock.now() - (clock.now() % 86_400_000);
  return { from, to: from + 86_400_000 };
}

test('nothing is begun while the ledger cannot record', async () => {
  const at = await world();
  const app = await at.app({ plan: 'pro' });
  at.ledger.fail();
  assert.throws(
    () => begin(at, app),
    (error) => error instanceof Problem && error.code === 'ledger-unavailable',
  );
});

test('who calls for a person: the newest live key in force, a sandbox key only without one, nobody without any', async () => {
  const at = await world();
  const { terms, clock } = at;
  const first = await at.app();
  const keyOf = () => terms.callerOfApp(first.appId, clock.now())?.keyId;
  assert.equal(keyOf(), first.keyId);
  clock.advance(1);
  const sandbox = await terms.addKey('*', first.appId, { sandbox: true });
  assert.equal(keyOf(), first.keyId);
  clock.advance(1);
  const second = await terms.rotateKey('*', first.appId, { overlapHours: 1 });
  assert.equal(keyOf(), second.keyId);
  await terms.revokeKey('*', second.keyId);
  assert.equal(keyOf(), first.keyId, 'still in its overlap');
  clock.advance(3_600_000);
  assert.equal(keyOf(), sandbox.keyId);
  await terms.revokeKey('*', sandbox.keyId);
  assert.equal(keyOf(), undefined);
  assert.equal(terms.callerOfApp('1', clock.now()), undefined);
});
