import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, testClock } from '#kernel';
import type { JournalRecord, Projection } from '#ledger';
import { runs } from '#test/runs';
import { createCounters } from './counter.ts';
import { createDedupe } from './dedupe.ts';
import { isDenial, OPERATOR } from './port.ts';
import { NOON, post, temporaryFile, world } from './testing/world.ts';
import { createRecordedWindows } from './window.ts';

const item = fc.record({
  kind: fc.constantFrom('post' as const, 'person' as const),
  id: fc.nat(30).map(String),
  billed: fc.boolean(),
});

/** Any sequence of records: calls of several apps, sandbox keys, control entries, times that jump about. */
const records = fc
  .array(
    fc.record({
      type: fc.constantFrom('call' as const, 'call' as const, 'call' as const, 'control' as const),
      time: fc.oneof(fc.nat(3 * DAY_MS), fc.nat(400 * DAY_MS)).map((ms) => NOON + ms),
      app: fc.constantFrom('1', '2'),
      key: fc.constantFrom('key-1', 'sandbox-1'),
      operation: fc.constantFrom('getPostsById', 'searchPostsRecent'),
      person: fc.constantFrom(undefined, undefined, '101', '102'),
      items: fc.array(item, { maxLength: 6 }),
      priceMicros: fc.nat(100_000),
    }),
    { maxLength: 60 },
  )
  .map((list) =>
    list.map((one, index): JournalRecord => {
      const common = { position: index, index, time: one.time, log: 'log', agreement: new Uint8Array(32) };
      const totals = { calls: index, posts: index * 2, persons: 3, billed: 4, micros: 5 };
      if (one.type === 'control') {
        return { ...common, type: 'control', totals, event: 'notice', body: new Uint8Array() };
      }
      const { app, key, operation, person, items, priceMicros } = one;
      const rest = { purpose: 'display', recipient: '', status: 200 };
      return { ...common, ...rest, type: 'call', totals, app, key, operation, person, items, priceMicros };
    }),
  );

type Room = {
  counters: ReturnType<typeof createCounters>;
  dedupe: ReturnType<typeof createDedupe>;
  windows: ReturnType<typeof createRecordedWindows>;
};

function room(): Room {
  return { counters: createCounters(), dedupe: createDedupe(), windows: createRecordedWindows() };
}

function all({ counters, dedupe, windows }: Room): Projection[] {
  return [counters, dedupe, windows];
}

/** Everything that can be asked of the projections, over the times and apps of the records. */
function answers({ counters, dedupe, windows }: Room, list: readonly JournalRecord[]): unknown {
  const times = [...new Set(list.map(({ time }) => time))];
  return ['1', '2'].map((app) => [
    counters.days(app, 0, 40_000).map(([day, operations]) => [day, [...operations].sort()]),
    counters.log('log'),
    times.map((time) => [
      counters.month(app, time),
      counters.sandboxItems(app, time),
      windows.count(app, 'getPostsById', Math.floor(time / 900_000)),
      windows.count(app, 'sandbox searchPostsRecent', Math.floor(time / 900_000)),
      windows.count(app, 'getPostsById 101', Math.floor(time / 900_000)),
      counters.monthCalls(app, 'getPostsById', time),
      [...(dedupe.of(app, time)?.posts ?? [])].sort(),
      [...(dedupe.of(app, time)?.persons ?? [])].sort(),
    ]),
  ]);
}

test('live, replayed whole, and replayed from a dump in the middle, projections give the same answers', () => {
  fc.assert(
    fc.property(records, fc.nat(60), (list, cut) => {
      const live = room();
      const dumps: Uint8Array[] = [];
      list.forEach((record, i) => {
        if (i === cut) dumps.push(...all(live).map((projection) => projection.dump()));
        for (const projection of all(live)) projection.apply(record);
      });
      const whole = room();
      for (const projection of all(whole)) projection.load(undefined);
      for (const record of list) for (const projection of all(whole)) projection.apply(record);
      assert.deepEqual(answers(whole, list), answers(live, list));
      if (dumps.length === 0) return;
      const resumed = room();
      all(resumed).forEach((projection, i) => {
        // At an odd offset, as a snapshot's bytes may lie in its file.
        const state = dumps[i]!;
        const shifted = new Uint8Array(state.length + 3);
        shifted.set(state, 3);
        projection.load(shifted.subarray(3));
      });
      for (const record of list.slice(cut)) for (const projection of all(resumed)) projection.apply(record);
      assert.deepEqual(answers(resumed, list), answers(live, list));
    }),
    { numRuns: runs(300) },
  );
});

test('records that are taken back, the newest first, leave the counters as they were', () => {
  fc.assert(
    fc.property(records, fc.nat(60), (list, cut) => {
      const [whole, short] = [createCounters(), createCounters()];
      for (const record of list) whole.apply(record);
      for (const record of list.slice(0, cut)) short.apply(record);
      for (const record of list.slice(cut).reverse()) {
        const before = list[record.index - 1]?.totals ?? {
          calls: 0,
          posts: 0,
          persons: 0,
          billed: 0,
          micros: 0,
        };
        whole.revert?.(record, before);
      }
      for (const { time } of list) {
        for (const app of ['1', '2']) {
          assert.deepEqual(whole.month(app, time), short.month(app, time));
          assert.equal(whole.sandboxItems(app, time), short.sandboxItems(app, time));
          assert.equal(
            whole.monthCalls(app, 'getPostsById', time),
            short.monthCalls(app, 'getPostsById', time),
          );
        }
      }
      if (cut > 0) assert.deepEqual(whole.log('log'), short.log('log'));
    }),
  );
});

test("a dump of before there were persons' windows is read; persons' windows are those of the newest quarter hour alone", () => {
  const windows = createRecordedWindows();
  windows.load(Buffer.from('[["1",[["getPostsById",7,3]]]]'));
  assert.equal(windows.count('1', 'getPostsById', 7), 3);
  const call = (time: number, person: string) => {
    const rest = {
      purpose: 'display',
      recipient: '',
      status: 200,
      items: [],
      priceMicros: 0,
      agreement: new Uint8Array(32),
    };
    const totals = { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 };
    const place = { position: 0, index: 0, log: 'log', app: '1', key: 'key-1', operation: 'likePost' };
    windows.apply({ type: 'call', ...rest, ...place, totals, time, person });
  };
  for (let person = 0; person < 50; person++) call(0, String(person));
  assert.equal(windows.count('1', 'likePost 49', 0), 1);
  call(900_000, '7');
  assert.equal(windows.count('1', 'likePost 49', 0), 0);
  assert.ok(windows.dump().length < 200, 'nothing is left of fifty persons');
});

test('a dump of another format is refused instead of counted from', () => {
  for (const projection of all(room())) {
    assert.throws(() => projection.load(new Uint8Array([1, 2, 3])), projection.name);
  }
  assert.throws(() => createCounters().load(Buffer.from('{"format":1}')), /format 1/);
});

test('days are forgotten by number, those begun the longest ago first, and the counters say that they are not complete', () => {
  const counters = createCounters();
  const call = (day: number, index: number): JournalRecord => ({
    type: 'call',
    position: index,
    index,
    time: day * DAY_MS,
    log: 'log',
    app: '1',
    key: 'key-1',
    operation: 'getPostsById',
    purpose: 'display',
    recipient: '',
    status: 200,
    items: [],
    priceMicros: 1,
    agreement: new Uint8Array(32),
    totals: { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 },
  });
  for (let day = 0; day < 799; day++) counters.apply(call(day, day));
  assert.equal(counters.complete('1'), true);
  for (let day = 799; day < 900; day++) counters.apply(call(day, day));
  assert.equal(counters.complete('1'), false);
  const days = counters.days('1', 0, 1000);
  assert.deepEqual([days.length, days[0]?.[0], days.at(-1)?.[0]], [800, 100, 899]);
});

test('a clock that jumps a year ahead and back: each day and month counts what was taken in it, and nothing twice', async () => {
  const at = await world({ clock: testClock(NOON) });
  const { terms, app, call, clock, ledger } = at;
  const key = await app({ plan: 'pay-per-use', spendingLimitMicros: 21_000 });
  const bill = (id: number) => {
    const charge = call(key, [post(id)]);
    return isDenial(charge) ? charge.code : charge.priceMicros;
  };
  assert.deepEqual([bill(1), bill(2)], [5000, 5000]);
  clock.advance(365 * DAY_MS);
  assert.deepEqual([1, 3, 3, 4, 5, 6].map(bill), [5000, 5000, 0, 5000, 5000, 'credits-depleted']);
  clock.set(NOON + 1000);
  assert.deepEqual([1, 2, 3, 4, 5].map(bill), [0, 0, 5000, 5000, 'credits-depleted']);
  assert.deepEqual(
    ledger.records.slice(2).map(({ time }) => time),
    [...Array(2).fill(NOON), ...Array(5).fill(NOON + 365 * DAY_MS), ...Array(4).fill(NOON + 1000)],
  );
  const { apps } = terms.usage(key.licenseeId, { from: 0, to: DAY_MS });
  assert.deepEqual([apps[0]?.spentThisMonthMicros, apps[0]?.resetsAt], [20_000, '2026-12-01T00:00:00.000Z']);
  clock.advance(365 * DAY_MS);
  assert.deepEqual([bill(3), bill(6)], [0, 'credits-depleted'], 'what was taken there stays taken there');
});

test('what was agreed, enrolled and rotated while the clock was ahead holds after it is set right', async (t) => {
  const at = await world({ file: temporaryFile(t) });
  const before = await at.app({ plan: 'pay-per-use' });
  const { clock, terms } = at;
  clock.advance(365 * DAY_MS);
  const during = await at.app({ licensee: 'Came In The Jump' });
  const amended = await terms.amendAgreement(OPERATOR, before.appId, { plan: 'pro' });
  const rotated = await terms.rotateKey(OPERATOR, before.appId, { overlapHours: 0 });
  clock.set(NOON);
  await terms.close();
  const again = await world({ file: at.file, clock, records: at.ledger.records });
  for (const one of [at, again]) {
    if (one === again) assert.ok(!isDenial(one.call(during, [post(1)])));
    assert.equal(one.caller(rotated).agreement.hashHex, amended.hashHex);
    const old = one.terms.authenticate(before.bearerToken, { now: NOON, remote: '192.0.2.1' });
    assert.ok(isDenial(old), 'a key that was ended at once stays ended');
  }
  await again.terms.close();
});

test('a day is billed once, however the clock jumps', () => {
  const dedupe = createDedupe();
  const bill = (day: number, id: string) => {
    const known = dedupe.of('1', day * DAY_MS)?.posts.has(id) ?? false;
    dedupe.bill('1', day * DAY_MS, [{ kind: 'post', id, billed: !known }]);
    return !known;
  };
  const table: [day: number, id: string, billed: boolean][] = [
    [100, 'a', true],
    [101, 'a', true],
    [465, 'a', true],
    [101, 'a', false],
    [100, 'a', false],
    [102, 'a', true],
    [100, 'a', false],
    [465, 'a', false],
  ].map(([day, id, billed]) => [day as number, String((id as string).charCodeAt(0)), billed as boolean]);
  for (const [day, id, billed] of table) assert.equal(bill(day, id), billed, `day ${day}`);
});

test('the last four days are kept whatever they hold, forty while they are small', () => {
  const forgotten: number[] = [];
  const dedupe = createDedupe((day) => forgotten.push(day));
  const bill = (day: number, ids: number) => {
    const items = Array.from({ length: ids }, (_, id) => ({
      kind: 'post' as const,
      id: `${id}`,
      billed: true,
    }));
    dedupe.bill('1', day * DAY_MS, items);
  };
  for (let day = 0; day < 40; day++) bill(day, 1);
  assert.deepEqual(forgotten, []);
  bill(0, 1); // Billed last, so it stays, old as it is.
  bill(40, 1);
  assert.deepEqual(forgotten, [1]);
  for (let day = 41; day < 45; day++) bill(day, 100_000);
  bill(45, 1);
  const kept = Array.from({ length: 46 }, (_, day) => day).filter((day) => dedupe.of('1', day * DAY_MS));
  assert.deepEqual(kept, [42, 43, 44, 45]);
});
