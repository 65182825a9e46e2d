import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createGuard } from './guard.ts';
import { type GuardPlace, guardPlace } from './guard-place.ts';
import { guardInPostgres } from './guard-postgres.ts';
import { GUARDED_ID, guardCases, startLedger, temporaryFolder } from './testing/guard-cases.ts';
import { type FakePostgres, fakePostgres, type PostgresTrouble } from './testing/postgres.ts';

/** What never ends fails, long after the slowest machine. */
const PATIENT = { timeout: 120_000 };
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const withPassword = ({ url }: FakePostgres, password: string) =>
  url.replace('guard@', `guard:${encodeURIComponent(password)}@`);
const placeOf = (url: string) => guardPlace(url, {}) as GuardPlace & { kind: 'postgres' };

function storeAt(t: TestContext, postgres: FakePostgres, statementMs?: number) {
  const store = guardInPostgres(placeOf(withPassword(postgres, postgres.password)), GUARDED_ID, statementMs);
  t.after(() => store.close!());
  return store;
}

guardCases('Postgres', async (t) => {
  const postgres = await fakePostgres(t);
  return { open: () => storeAt(t, postgres), remove: postgres.remove, cut: postgres.close };
});

const TROUBLES: PostgresTrouble[] = ['lost reply', 'late', '40001', '57P01', '53300'];

for (const trouble of TROUBLES) {
  test(`Postgres: after "${trouble}" the ledger goes on, and the record is its own`, async (t) => {
    const postgres = await fakePostgres(t);
    const wait = async () => postgres.deliver();
    const guard = createGuard({ ...storeAt(t, postgres), spacingMs: 0 }, GUARDED_ID, { host: 'a', wait });
    const { ledger, record } = await startLedger(temporaryFolder(t), guard);
    for (let i = 0; i < 3; i++) {
      postgres.troubles.push(trouble, trouble);
      await record(`${trouble} ${i}`);
    }
    assert.equal(postgres.troubles.length, 0);
    assert.ok(ledger.healthy());
    await ledger.close();
    assert.equal(JSON.parse((await storeAt(t, postgres).read())!.text).released, true);
  });
}

test('Postgres: a write that arrives after the folder was taken over changes nothing', async (t) => {
  const postgres = await fakePostgres(t);
  const [a, b] = [storeAt(t, postgres), storeAt(t, postgres)];
  assert.ok(await a.replace(0, 'a'));
  postgres.troubles.push('late');
  await assert.rejects(a.replace(1, 'a again'));
  assert.ok(await b.replace(1, 'b'));
  postgres.deliver();
  assert.deepEqual(await b.read(), { version: 2, text: 'b' });
});

test('Postgres: a statement without a reply is given up, and its connection with it', PATIENT, async (t) => {
  const postgres = await fakePostgres(t);
  const patient = storeAt(t, postgres);
  await patient.replace(0, 'first');
  postgres.troubles.push('silence');
  await assert.rejects(storeAt(t, postgres, 50).replace(1, 'second'), /timeout/i);
  while (postgres.connections() > 1) await turn();
  assert.deepEqual(await patient.read(), { version: 1, text: 'first' });
});

test('Postgres: a server that closes an idle connection gets a new one', PATIENT, async (t) => {
  const postgres = await fakePostgres(t);
  const store = storeAt(t, postgres);
  await store.replace(0, 'first');
  postgres.hangUp();
  let isReplaced = false;
  while (!isReplaced) isReplaced = await store.replace(1, 'second').catch(() => turn().then(() => false));
  assert.deepEqual(await store.read(), { version: 2, text: 'second' });
});

test(
  'Postgres: an error of a statement keeps the connection, and a closed guard has none',
  PATIENT,
  async (t) => {
    const postgres = await fakePostgres(t);
    const store = storeAt(t, postgres);
    await store.replace(0, 'first');
    postgres.troubles.push('40001');
    await assert.rejects(store.replace(1, 'second'), /40001/);
    assert.ok(await store.replace(1, 'second'));
    assert.equal(postgres.connections(), 1);
    await store.close!();
    while (postgres.connections() > 0) await turn();
  },
);

test('Postgres: no error holds the password, and a place says where it is without it', async (t) => {
  const postgres = await fakePostgres(t);
  const secret = 'hunter2-is-secret';
  const store = guardInPostgres(placeOf(withPassword(postgres, secret)), GUARDED_ID);
  assert.equal(store.place, postgres.url);
  const errors: unknown[] = [];
  const guard = createGuard(store, GUARDED_ID, { wait: async () => {} });
  await guard.claim(async () => true).catch((error) => errors.push(error));
  postgres.close();
  await store.read().catch((error) => errors.push(error));
  assert.equal(errors.length, 2);
  assert.match(String(errors[0]), /password authentication failed/);
  for (let error of errors) {
    for (; error instanceof Error; error = error.cause) {
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /hunter2/);
    }
  }
});
