import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, testClock } from '#kernel';
import type { JournalRecord } from '#ledger';
import { runs } from '#test/runs';
import type { Admission, Charge, Credentials, Denial, Group, Plan } from './port.ts';
import { isDenial, OPERATOR } from './port.ts';
import { REQUEST, world } from './testing/world.ts';

/** mulberry32 (Tommy Ettinger, public domain): a small generator, so that one seed is one story. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const OPERATIONS = ['searchPostsRecent', 'getPostsByIds', 'getUsersByIds', 'getPostsCountsRecent'] as const;

function randomGroups(next: (below: number) => number, operation: string): Group[] {
  if (operation === 'getPostsCountsRecent') return [];
  const ids = (most: number, range: number) => Array.from({ length: next(most) }, () => String(next(range)));
  return Array.from({ length: next(12) }, () => ({
    kind: operation === 'getUsersByIds' ? 'person' : 'post',
    id: String(next(60)),
    posts: ids(3, 60),
    persons: ids(3, 40),
  }));
}

type Book = {
  plan: Plan;
  limit: number | null;
  today: Map<string, Set<string>>;
  month: Map<string, { billed: number; micros: number }>;
};

/** What is left, by naive sums over the records: no code of the module but the plan's numbers. */
function left(book: Book, time: number) {
  const month = book.month.get(new Date(time).toISOString().slice(0, 7)) ?? { billed: 0, micros: 0 };
  return {
    posts: book.plan.monthlyPostCap === null ? Infinity : book.plan.monthlyPostCap - month.billed,
    micros: book.limit === null ? Infinity : book.limit - month.micros,
  };
}

/** Writes one call's record into the book, checking every item and the price against it. */
function enter(book: Book, record: JournalRecord & { type: 'call' }, sandbox: boolean, story: string): void {
  const day = new Date(record.time).toISOString().slice(0, 10);
  const today = book.today.get(day) ?? new Set<string>();
  book.today.set(day, today);
  const inThisAnswer = new Set<string>();
  let micros = sandbox ? 0 : (book.plan.callMicros[record.operation] ?? 0);
  let billed = 0;
  for (const { kind, id, billed: isBilled } of record.items) {
    const name = `${kind} ${id}`;
    assert.ok(!inThisAnswer.has(name), `${story}: ${name} is delivered twice in one answer`);
    inThisAnswer.add(name);
    assert.equal(isBilled, !sandbox && !today.has(name), `${story}: ${name} billed wrongly`);
    if (!isBilled) continue;
    today.add(name);
    micros += kind === 'post' ? book.plan.postMicros : book.plan.personMicros;
    if (kind === 'post') billed++;
  }
  assert.equal(record.priceMicros, micros, `${story}: price`);
  const name = new Date(record.time).toISOString().slice(0, 7);
  const month = book.month.get(name) ?? { billed: 0, micros: 0 };
  book.month.set(name, { billed: month.billed + billed, micros: month.micros + micros });
  const after = left(book, record.time);
  assert.ok(after.posts >= 0, `${story}: over the cap`);
  assert.ok(after.micros >= 0, `${story}: over the spending limit`);
}

/** A resource that was refused must really not have fitted: new today, and no post or no money left for it. */
function assertDidNotFit(book: Book, time: number, kind: 'post' | 'person', id: string, story: string): void {
  const today = book.today.get(new Date(time).toISOString().slice(0, 10));
  assert.ok(!today?.has(`${kind} ${id}`), `${story}: ${kind} ${id} would have been free`);
  const { posts, micros } = left(book, time);
  const cost = kind === 'post' ? book.plan.postMicros : book.plan.personMicros;
  assert.ok((kind === 'post' && posts === 0) || cost > micros, `${story}: ${kind} ${id} would have fitted`);
}

function assertCutIsExact(
  book: Book,
  groups: readonly Group[],
  charge: Charge | Denial,
  time: number,
  story: string,
): void {
  const kept = isDenial(charge) ? 0 : charge.kept;
  const next = groups[kept];
  if (next) assertDidNotFit(book, time, next.kind, next.id, story);
  if (isDenial(charge)) return;
  for (const id of charge.dropped.posts) assertDidNotFit(book, time, 'post', id, story);
  for (const id of charge.dropped.persons) assertDidNotFit(book, time, 'person', id, story);
  const asked = (list: (group: Group) => string[]) => new Set(groups.slice(0, kept).flatMap(list));
  const posts = asked(({ kind, id, posts: more }) => [...(kind === 'post' ? [id] : []), ...more]);
  const persons = asked(({ kind, id, persons: more }) => [...(kind === 'person' ? [id] : []), ...more]);
  assert.equal(charge.postsDelivered + charge.dropped.posts.size, posts.size, `${story}: posts`);
  assert.equal(charge.personsDelivered + charge.dropped.persons.size, persons.size, `${story}: persons`);
}

type Edges = { charges: number; cuts: number; drops: number; capped: number; spent: number };

/** Many calls under way at once, finishing in any order, over the end of a month. */
async function story(seed: number, charges: number, edges: Edges): Promise<void> {
  const next = random(seed);
  const { terms, ledger, clock } = await world({
    clock: testClock(Date.parse('2026-10-30T22:00:00Z') + next(2 * DAY_MS)),
  });
  const { licenseeId } = await terms.addLicensee('Example Ads');
  await terms.addPlan({
    name: 'mixed',
    base: 'pay-per-use',
    monthlyPostCap: 400,
    postMicros: 7,
    personMicros: 3,
  });
  await terms.addPlan({ name: 'small', base: 'basic', monthlyPostCap: 90 });
  const books = new Map<string, Book>();
  const keys: (Credentials & { book: Book })[] = [];
  for (const [plan, limit] of [
    ['small', null],
    ['pay-per-use', 700_000],
    ['mixed', 560 + next(20)],
  ] as const) {
    const terms1 = { licenseeId, plan, spendingLimitMicros: limit };
    const credentials = await terms.addApp(OPERATOR, terms1);
    const book = {
      plan: terms.plans().find(({ name }) => name === plan)!,
      limit,
      today: new Map(),
      month: new Map(),
    };
    books.set(credentials.appId, book);
    keys.push({ ...credentials, book });
    keys.push({ ...(await terms.addKey(OPERATOR, credentials.appId, { sandbox: true })), book });
  }
  const underWay: { admission: Admission; groups: Group[]; book: Book }[] = [];
  let charged = 0;
  for (let step = 0; charged < charges; step++) {
    clock.advance(next(4) === 0 ? next(3_600_000) : next(2000));
    const key = keys[next(keys.length)]!;
    const caller = terms.authenticate(key.bearerToken, { now: clock.now(), remote: '192.0.2.1' });
    assert.ok(!isDenial(caller));
    const operation = OPERATIONS[next(OPERATIONS.length)]!;
    const admission = terms.admit(caller, operation, { now: clock.now() });
    if (!isDenial(admission))
      underWay.push({ admission, groups: randomGroups(next, operation), book: key.book });
    if (underWay.length < 40 && next(3) > 0) continue;
    const [call] = underWay.splice(next(underWay.length), 1);
    if (!call) continue;
    const at = `seed ${seed}, step ${step}`;
    const before = ledger.records.length;
    const charge = terms.charge(call.admission, call.groups, {
      time: clock.now(),
      status: 200,
      request: REQUEST,
    });
    charged++;
    const { sandbox } = call.admission.caller;
    if (isDenial(charge)) {
      assert.equal(ledger.records.length, before, `${at}: a denial was recorded`);
      if (charge.code === 'usage-capped') edges.capped++;
      else edges.spent++;
    } else {
      if (charge.kept < call.groups.length) edges.cuts++;
      edges.drops += charge.dropped.posts.size + charge.dropped.persons.size;
      const record = ledger.records[before]!;
      assert.ok(record.type === 'call', at);
      enter(call.book, record, sandbox, at);
    }
    if (!sandbox) assertCutIsExact(call.book, call.groups, charge, clock.now(), at);
  }
  edges.charges += charged;
  await terms.close();
}

test('ten thousand calls at once at the edge of caps and limits: nothing over, nothing short, nothing twice', async () => {
  const edges: Edges = { charges: 0, cuts: 0, drops: 0, capped: 0, spent: 0 };
  await fc.assert(
    fc.asyncProperty(fc.integer(), (seed) => story(seed, 500, edges)),
    { numRuns: runs(20) },
  );
  assert.ok(edges.charges >= 10_000);
  // The edges were really reached, or all of the above says nothing.
  for (const [edge, times] of Object.entries(edges)) assert.ok(times >= 20, `${edge}: ${times}`);
});
