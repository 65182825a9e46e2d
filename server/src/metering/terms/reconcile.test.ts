import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { DAY_MS } from '#kernel';
import type { Charge } from './port.ts';
import { isDenial, OPERATOR } from './port.ts';
import { openTerms } from './terms.ts';
import { fakeLedger } from './testing/test-ledger.ts';
import { NOON, post, temporaryFile, vault, world } from './testing/world.ts';

/** Two licensees with an app each, one with an amended agreement, an own plan, and a key that was ended. */
async function folder(t: TestContext) {
  const at = await world({ file: temporaryFile(t) });
  await at.terms.addPlan({ name: 'own', base: 'pay-per-use', postMicros: 7000 });
  const app = await at.app({ plan: 'own' });
  const other = await at.app({ plan: 'pay-per-use', licensee: 'Quiet Ltd' });
  const old = await at.terms.rotateKey(OPERATOR, other.appId, { overlapHours: 0 });
  await at.terms.amendAgreement(OPERATOR, app.appId, { spendingLimitMicros: 50_000 });
  await at.terms.close();
  return { at, app, other, otherKey: old, endedKey: other.keyId };
}

/** What anybody who can write the file may do to it. */
function edit(file: string, ...statements: string[]): void {
  const database = new DatabaseSync(file);
  for (const statement of statements) database.exec(statement);
  database.close();
}

async function reopen({ at }: Awaited<ReturnType<typeof folder>>, t: TestContext) {
  const reports: string[] = [];
  const again = await world({
    file: at.file,
    clock: at.clock,
    records: at.ledger.records,
    report: (line) => reports.push(line),
  });
  t.after(() => again.terms.close());
  return { ...again, reports };
}

const micros = (charged: ReturnType<Awaited<ReturnType<typeof world>>['call']>) =>
  isDenial(charged) ? charged.code : (charged as Charge).priceMicros;

test('terms.db as it was left: nothing is reported, and nothing is written anew', async (t) => {
  const made = await folder(t);
  const { reports, ledger } = await reopen(made, t);
  assert.deepEqual(reports, []);
  assert.equal(ledger.records.length, made.at.ledger.records.length);
});

test('a price that was changed in terms.db is reported with what the log has, and calls cost what was accepted', async (t) => {
  const made = await folder(t);
  edit(made.at.file, `UPDATE agreements SET body = replace(body, '"postMicros":7000', '"postMicros":1')`);
  const { reports, call, terms } = await reopen(made, t);
  assert.equal(reports.length, 2, reports.join('\n'));
  assert.match(
    reports[0]!,
    new RegExp(`agreement ${made.app.appId}/1 was changed \\(plan.postMicros is 1, the log has 7000\\)`),
  );
  assert.match(
    reports[0]!,
    /example-ads \(Example Ads, app \d+\).*in force\. Restore terms\.db from a backup/,
  );
  assert.equal(micros(call(made.app, [post(1)])), 7000);
  assert.equal(terms.agreements(OPERATOR, made.app.appId)[0]?.plan.postMicros, 7000);
});

type Made = Awaited<ReturnType<typeof folder>>;
const EDITS: [
  name: string,
  edit: (made: Made) => string[],
  report: RegExp,
  check: (again: Awaited<ReturnType<typeof reopen>>, made: Made) => void,
][] = [
  [
    'a spending limit that was lifted',
    () => [
      `UPDATE agreements SET body = replace(body, '"spendingLimitMicros":50000', '"spendingLimitMicros":null')`,
    ],
    /spendingLimitMicros is null, the log has 50000/,
    (again, { app }) => {
      assert.equal(
        micros(
          again.call(
            app,
            Array.from({ length: 9 }, (_, i) => post(i + 1)),
          ),
        ),
        49_000,
      );
    },
  ],
  [
    'a version that was removed',
    () => ['DELETE FROM agreements WHERE version = 2'],
    /agreement \d+\/2 is missing or does not read/,
    (again, { app }) => assert.equal(again.caller(app).agreement.version, 2),
  ],
  [
    'a version that does not read',
    () => [`UPDATE agreements SET body = '{' WHERE version = 2`],
    /agreement \d+\/2 is missing or does not read/,
    (again, { app }) => assert.equal(again.caller(app).agreement.version, 2),
  ],
  [
    'a version that was never accepted',
    ({ app }) => [
      `INSERT INTO agreements SELECT 'ff', app_id, licensee_id, 3, replace(replace(body, '"version":2', '"version":3'), '/2"', '/3"'), accepted_at FROM agreements WHERE version = 2 AND app_id = '${app.appId}'`,
    ],
    /agreement \d+\/3 was never accepted/,
    (again, { app }) => assert.equal(again.caller(app).agreement.version, 2),
  ],
  [
    'an app that was given to another licensee',
    ({ app, other }) => [`UPDATE apps SET licensee_id = '${other.licenseeId}' WHERE app_id = '${app.appId}'`],
    /has app \d+ \(Example Ads app\) for Quiet Ltd, but log quiet-ltd accepted no agreement of it: its keys are refused/,
    (again, { app, other, otherKey }) => {
      assert.throws(() => again.caller(app), /unauthorized/);
      assert.equal(micros(again.call({ ...otherKey, appId: other.appId }, [post(1)])), 5000);
    },
  ],
  [
    'a revoked key that was put in force again',
    ({ endedKey }) => [`UPDATE keys SET revoked_at = NULL, expires_at = NULL WHERE key_id = '${endedKey}'`],
    /has key key-\w+ of Quiet Ltd in force, which log quiet-ltd ended/,
    (again, { other }) => assert.throws(() => again.caller(other), /unauthorized/),
  ],
  [
    'a bearer that another made up',
    ({ app }) => [`UPDATE keys SET bearer_hash = 'xyz' WHERE key_id = '${app.keyId}'`],
    /has key key-\w+ of Example Ads, whose secret or bearer is not the one that was made for it \(log example-ads\): the key is refused/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'a live key that was called a sandbox',
    ({ app }) => [`UPDATE keys SET sandbox = 1 WHERE key_id = '${app.keyId}'`],
    /has key key-\w+ of Example Ads, which is not the key of that id that its log enrolled/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'an app of a licensee that is not there',
    ({ app }) => [`UPDATE apps SET licensee_id = '1' WHERE app_id = '${app.appId}'`],
    /has app \d+ \(Example Ads app\) of licensee 1, which it does not have: it is refused/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'a licensee that was removed',
    ({ app }) => [
      `DELETE FROM licensees WHERE licensee_id = (SELECT licensee_id FROM apps WHERE app_id = '${app.appId}')`,
    ],
    /has key key-\w+ of app \d+, which it does not have: it is refused/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'an app that was removed',
    ({ app }) => [`DELETE FROM apps WHERE app_id = '${app.appId}'`],
    /has agreement \d+\/1 of app \d+, which it does not have: it is refused/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'a key that was given to another licensee, whose log would pay for its calls',
    ({ app, other }) => [`UPDATE keys SET licensee_id = '${other.licenseeId}' WHERE key_id = '${app.keyId}'`],
    /has key key-\w+ of licensee \d+, whose app is licensee \d+'s: it is refused/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'a key that was removed',
    ({ app }) => [`DELETE FROM keys WHERE key_id = '${app.keyId}'`],
    /Log example-ads \(Example Ads\) enrolled key key-\w+ of app \d+, which terms.db does not have/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'an end of a key that is no time',
    ({ app }) => [`UPDATE keys SET expires_at = 'soon' WHERE key_id = '${app.keyId}'`],
    /has key key-\w+ with a time that does not read: it is refused/,
    (again, { app }) => assert.throws(() => again.caller(app), /unauthorized/),
  ],
  [
    'a dialect that is none',
    ({ app }) => [`UPDATE apps SET dialect = 'klingon', last_dialect = 'x' WHERE app_id = '${app.appId}'`],
    /has the dialect "klingon" for app \d+, which is none: auto is used/,
    (again, { app }) => {
      assert.deepEqual(again.terms.dialectOf(app.appId), { setting: 'auto', last: undefined });
      assert.equal(micros(again.call(app, [post(1)])), 7000);
    },
  ],
  [
    'a plan that was made cheaper',
    () => [`UPDATE plans SET body = replace(body, '"postMicros":7000', '"postMicros":1')`],
    /plan own was changed \(postMicros is 1, the log has 7000\)/,
    (again) => assert.equal(again.terms.plans().find(({ name }) => name === 'own')?.postMicros, 7000),
  ],
];

for (const [name, statements, report, check] of EDITS) {
  test(`${name} is reported with what to do, and what the log accepted holds`, async (t) => {
    const made = await folder(t);
    edit(made.at.file, 'PRAGMA foreign_keys=OFF', ...statements(made));
    const again = await reopen(made, t);
    assert.equal(again.reports.length >= 1, true);
    assert.match(again.reports.join('\n'), report);
    for (const line of again.reports) assert.match(line, /Restore terms\.db from a backup/);
    check(again, made);
  });
}

test('an agreement whose control entry a crash kept back is written first, and then accepted', async (t) => {
  const made = await folder(t);
  const { at, app } = made;
  const crashed = await openTerms({ file: at.file, vault, clock: at.clock });
  const ledger = fakeLedger(crashed.projections, { records: at.ledger.records });
  await crashed.attach(ledger);
  ledger.fail();
  await assert.rejects(
    crashed.amendAgreement(OPERATOR, app.appId, { plan: 'pay-per-use', end: NOON + DAY_MS }),
  );
  await crashed.close();
  const { reports, caller } = await reopen(made, t);
  assert.deepEqual(reports, []);
  assert.equal(caller(app).agreement.version, 3);
});
