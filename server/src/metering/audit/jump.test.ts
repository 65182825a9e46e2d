import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DAY_MS } from '#kernel';
import { verifyFolder } from '#ledger';
import { type Admission, type Credentials, isDenial, OPERATOR } from '#terms';
import { type House, house } from './testing/audited-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CAP = 12;
const LIMIT_MICROS = 62_000; // twelve posts and a rest that pays for none
/** More than a month's cap. */
const MONTHFUL = Array.from({ length: 20 }, (_, i) => `9${i}`);

/** What the clock says, in turn; the last is the right time again. */
const JUMPS: [name: string, start: string, offsets: number[]][] = [
  ['a year ahead and back', '2026-11-21T10:00:00Z', [0, 365 * DAY_MS, 365 * DAY_MS + MINUTE, MINUTE]],
  [
    'a day back, twice',
    '2026-11-20T10:00:00Z',
    [0, DAY_MS, HOUR, DAY_MS + HOUR, 2 * HOUR, DAY_MS + 2 * HOUR],
  ],
  ["an hour ahead over a month's end", '2026-11-30T23:30:00Z', [0, HOUR, HOUR + MINUTE, MINUTE]],
  ["back over a month's start", '2026-11-30T23:00:00Z', [0, 70 * MINUTE, 30 * MINUTE, 71 * MINUTE]],
  ['to 1970, as without a battery', '2026-11-21T10:00:00Z', [0, -Date.parse('2026-11-21T09:59:00Z'), MINUTE]],
];

/** Naive sums by what the clock named: what an app was billed on each day, and how much in each month. */
type Book = { days: Map<string, Set<string>>; months: Map<string, number> };

/** Enters a page into the book; says how many posts of it should be given and how many of those billed. */
function enter({ days, months }: Book, time: number, ids: readonly string[]): [kept: number, billed: number] {
  const [day, month] = [10, 7].map((length) => new Date(time).toISOString().slice(0, length)) as [
    string,
    string,
  ];
  const today = days.get(day) ?? new Set();
  days.set(day, today);
  let [kept, billed] = [0, 0];
  for (const id of ids) {
    if (!today.has(id)) {
      if ((months.get(month) ?? 0) >= CAP) break;
      today.add(id);
      months.set(month, (months.get(month) ?? 0) + 1);
      billed++;
    }
    kept++;
  }
  return [kept, billed];
}

function admit({ terms, clock }: House, { bearerToken }: Credentials, dryRun = false) {
  const now = clock.now();
  const caller = terms.authenticate(bearerToken, { now, remote: '192.0.2.1' });
  assert.ok(!isDenial(caller), 'locked out by its key');
  return terms.admit(caller, 'getPostsByIds', { now, dryRun });
}

function charge({ terms, clock }: House, admission: Admission, ids: readonly string[]) {
  return terms.charge(
    admission,
    ids.map((id) => ({ kind: 'post', id, posts: [], persons: [] })),
    {
      time: clock.now(),
      status: 200,
      request: { method: 'GET', target: '/2/tweets', bodyDigest: new Uint8Array() },
    },
  );
}

/** Takes a page, or what is left of it, and holds it against the book. */
function take(
  at: House,
  app: Credentials,
  book: Book,
  ids: readonly string[],
  admitted = admit(at, app),
): void {
  const now = at.clock.now();
  const [kept, billed] = enter(book, now, ids);
  const where = `${new Date(now).toISOString()} ${ids.join()}`;
  const charged = isDenial(admitted) ? admitted : charge(at, admitted, ids);
  if (isDenial(charged)) {
    assert.match(charged.code, /^(usage-capped|credits-depleted)$/, where);
    assert.equal(billed, 0, `${where}: refused, though something of it was left`);
  } else assert.deepEqual([charged.kept, charged.postsBilled], [kept, billed], where);
}

/** Everything that the apps are told, at each of the times: what a page would cost, what is left, what was used. */
function answers(at: House, apps: readonly Credentials[], times: readonly number[]): unknown[] {
  const ids = ['1', '2', '3', '7', '100', '201', '300', '90', '91'];
  const now = at.clock.now();
  const found = times.flatMap((time) => {
    at.clock.set(time);
    return apps.map((app) => {
      const admission = admit(at, app, true);
      const dry = isDenial(admission) ? admission : charge(at, admission, ids);
      const { apps: usage } = at.terms.usage(OPERATOR, { from: 0, to: DAY_MS });
      return [isDenial(dry) ? dry.fields : { ...dry, dropped: undefined }, usage];
    });
  });
  at.clock.set(now);
  return found;
}

/** Audits with openings, over every day that the clock named; returns the places where time ran back. */
async function auditAll(at: House, licenseeId: string, times: readonly number[]): Promise<string[]> {
  let notes: string[] = [];
  for (const day of new Set(times.map((time) => Math.floor(time / DAY_MS) * DAY_MS))) {
    const report = await at.audit({ licenseeId, from: day, to: day + DAY_MS, openings: true });
    assert.deepEqual(report.findings, []);
    assert.ok(report.agrees && report.countersAgree && report.totals.calls > 0);
    notes = report.notes;
  }
  return notes;
}

async function jump(t: TestContext, times: readonly number[], restarts: boolean): Promise<void> {
  const at = await house(t, times[0]!);
  const { licenseeId } = await at.terms.addLicensee('Example Ads');
  await at.terms.addPlan({ name: 'twelve', base: 'basic', monthlyPostCap: CAP });
  const apps = [
    await at.terms.addApp(OPERATOR, { licenseeId, plan: 'twelve' }),
    await at.terms.addApp(OPERATOR, { licenseeId, plan: 'pay-per-use', spendingLimitMicros: LIMIT_MICROS }),
  ];
  const books: Book[] = apps.map(() => ({ days: new Map(), months: new Map() }));
  let underWay: ReturnType<typeof admit>[] = [];
  for (const [phase, time] of times.entries()) {
    if (restarts && phase > 0) await at.restart();
    at.clock.set(time);
    const admitted = apps.map((app) => admit(at, app));
    apps.forEach((app, i) => {
      const book = books[i]!;
      // What was admitted before the jump is recorded after it.
      const late = underWay[i];
      if (late && !isDenial(late)) take(at, app, book, ['1', '7'], late);
      take(at, app, book, ['1', '2', `${phase + 1}00`]);
      take(at, app, book, ['2', `${phase + 1}01`]);
      take(at, app, book, ['1', `${phase + 1}00`]);
      const isWrong = phase > 0 && phase < times.length - 1;
      if (isWrong) take(at, app, book, MONTHFUL);
    });
    underWay = admitted;
  }
  const before = answers(at, apps, times);
  const notes = await auditAll(at, licenseeId, times);
  const back = times.filter((time, i) => i > 0 && time < times[i - 1]!).length;
  assert.equal(notes.length, back, notes.join('\n'));
  await at.restart(async () => {
    assert.ok((await verifyFolder(at.ledgerDir)).ok);
    rmSync(join(at.ledgerDir, 'snapshots'), { recursive: true });
  });
  assert.deepEqual(answers(at, apps, times), before, 'live, and replayed from nothing');
}

for (const [name, start, offsets] of JUMPS) {
  const times = offsets.map((offset) => Date.parse(start) + offset);
  test(`a clock that goes ${name}: nothing is billed twice, nobody is locked out, audit and verifier agree`, (t) =>
    jump(t, times, false));
  test(`a clock that goes ${name}, and a restart at each move: the same`, (t) => jump(t, times, true));
}

test('what is agreed, enrolled and ended while the clock is a year ahead holds when it is right again, in the audit too', async (t) => {
  const start = Date.parse('2026-11-21T10:00:00Z');
  const at = await house(t, start);
  const { licenseeId } = await at.terms.addLicensee('Example Ads');
  const first = await at.terms.addApp(OPERATOR, { licenseeId, plan: 'basic' });
  const underWay = admit(at, first);
  at.clock.advance(365 * DAY_MS);
  const during = await at.terms.addApp(OPERATOR, { licenseeId, plan: 'basic' });
  const amended = await at.terms.amendAgreement(OPERATOR, first.appId, { plan: 'pro' });
  const next = await at.terms.rotateKey(OPERATOR, first.appId, { overlapHours: 0 });
  at.clock.set(start + MINUTE);
  const from = { now: start + MINUTE, remote: '192.0.2.1' };
  for (const restart of [false, true]) {
    if (restart) await at.restart();
    assert.ok(isDenial(at.terms.authenticate(first.bearerToken, from)), 'ended at once, for good');
    for (const app of [during, next]) {
      const admission = admit(at, app);
      assert.ok(!isDenial(admission), JSON.stringify(admission));
      assert.ok(!isDenial(charge(at, admission, ['1', '2'])));
      if (app === next) assert.equal(admission.caller.agreement.hashHex, amended.hashHex);
    }
  }
  assert.ok(!isDenial(underWay));
  const late = charge(at, underWay, ['3']);
  assert.ok(isDenial(late) && late.code === 'unauthorized', 'admitted before its key was ended');
  assert.equal((await auditAll(at, licenseeId, [start])).length, 1);
});
