import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DAY_MS, Problem } from '#kernel';
import { type Credentials, type Group, isDenial, OPERATOR } from '#terms';
import { type House, house } from './testing/audited-world.ts';

const MIDNIGHT = Date.parse('2026-11-20T00:00:00Z');
const PERIOD = { from: MIDNIGHT, to: MIDNIGHT + 3 * DAY_MS };

function call(
  { terms, clock }: House,
  credentials: Credentials,
  operation: string,
  groups: readonly Group[],
) {
  const caller = terms.authenticate(credentials.bearerToken, { now: clock.now(), remote: '192.0.2.7' });
  assert.ok(!isDenial(caller));
  const admission = terms.admit(caller, operation, { now: clock.now() });
  assert.ok(!isDenial(admission), JSON.stringify(admission));
  const request = { method: 'GET', target: `/2/${operation}`, bodyDigest: new Uint8Array() };
  const charge = terms.charge(admission, groups, { time: clock.now(), status: 200, request });
  assert.ok(!isDenial(charge));
}

async function traffic(at: House) {
  const { terms, clock } = at;
  const { licenseeId } = await terms.addLicensee('Example Ads');
  const paying = await terms.addApp(OPERATOR, { licenseeId, plan: 'pay-per-use', purposes: ['analytics'] });
  const basic = await terms.addApp(OPERATOR, { licenseeId, plan: 'basic', recipients: ['Example Agency'] });
  const sandbox = await terms.addKey(OPERATOR, basic.appId, { sandbox: true });
  for (let day = 0; day < 3; day++) {
    for (let i = 0; i < 40; i++) {
      const post = (id: number): Group => ({
        kind: 'post',
        id: String(1_000_000 + id),
        posts: id % 3 === 0 ? [String(2_000_000 + id)] : [],
        persons: [String(id % 7)],
      });
      call(at, paying, 'searchPostsRecent', [post(i), post(i + 1), post(i)]);
      call(at, basic, 'getPostsById', [post(i % 10)]);
      if (i % 10 === 0) call(at, paying, 'getPostsCountsRecent', []);
      if (i % 10 === 5)
        call(at, sandbox, 'getUsersById', [{ kind: 'person', id: String(i), posts: [], persons: [] }]);
      clock.advance(60_000);
    }
    if (day === 0) await terms.amendAgreement(OPERATOR, paying.appId, { plan: 'pro' });
    if (day === 1) await terms.rotateKey(OPERATOR, basic.appId);
    clock.advance(DAY_MS - 40 * 60_000);
    clock.set(Math.min(clock.now(), PERIOD.to - 3_600_000));
  }
  return { licenseeId, paying, basic };
}

test('after traffic over three days, amendments and a rotation, counters, entries and tree agree', async (t) => {
  const at = await house(t, MIDNIGHT + 10 * 3_600_000);
  const { licenseeId, paying } = await traffic(at);
  const report = await at.audit({ licenseeId, ...PERIOD, openings: true });
  assert.deepEqual(report.findings, []);
  assert.ok(report.agrees && report.entriesAgree && report.countersAgree && report.treeSizeAgrees);
  assert.equal(report.totals.calls, 3 * (80 + 4 + 4));
  assert.equal(report.openings?.entries, report.totals.calls);
  assert.equal(report.openings?.missing, 0);
  // The oracle is arithmetic on the traffic above, not the price formula: 41 posts and 14 includes of theirs
  // (ids 0, 3, … 39 and one more at 40? 40 % 3 ≠ 0), 7 persons, 4 counts on the only day at pay-per-use.
  const first = report.rows.filter(({ appId, day }) => appId === paying.appId && day === '2026-11-20');
  const micros = first.reduce((sum, row) => sum + row.micros, 0);
  assert.equal(micros, (41 + 14) * 5000 + 7 * 10_000 + 4 * 5000);
  assert.deepEqual(report.agreements.map(({ plan }) => plan).sort(), ['basic', 'pay-per-use', 'pro']);

  await at.restart();
  const again = await at.audit({ licenseeId, ...PERIOD });
  assert.ok(again.agrees, JSON.stringify(again.findings));
  assert.deepEqual(again.rows, report.rows);
  assert.deepEqual(at.terms.usage(licenseeId, PERIOD).rows.toSorted(byPlace), report.rows.toSorted(byPlace));
});

function byPlace(a: { appId: string; day: string; operation: string }, b: typeof a): number {
  const key = (row: typeof a) => `${row.appId} ${row.day} ${row.operation}`;
  return key(a) < key(b) ? -1 : 1;
}

test("another licensee's log is not looked into", async (t) => {
  const at = await house(t, MIDNIGHT + 10 * 3_600_000);
  await traffic(at);
  const { licenseeId } = await at.terms.addLicensee('Quiet Ltd');
  const report = await at.audit({ licenseeId, ...PERIOD });
  assert.ok(report.agrees);
  assert.deepEqual([report.entries, report.rows, report.log], [0, [], 'quiet-ltd']);
  await assert.rejects(
    at.audit({ licenseeId: '404', ...PERIOD }),
    (error) => error instanceof Problem && error.code === 'not-found',
  );
});

test('a byte flipped in an entry bundle is found, and so is a bundle that is gone', async (t) => {
  const at = await house(t, MIDNIGHT + 10 * 3_600_000);
  const { licenseeId } = await traffic(at);
  const { log } = await at.audit({ licenseeId, ...PERIOD });
  const folder = join(at.ledgerDir, log, 'tile', 'entries');
  const file = join(folder, readdirSync(folder).find((name) => !name.includes('.')) ?? '');
  const bytes = readFileSync(file);
  // The totals of an entry in the middle: found by their place after the common fields, wherever they lie.
  for (const offset of [bytes.length >> 1, (bytes.length >> 1) + 1, 40]) {
    const flipped = Buffer.from(bytes);
    flipped[offset]! ^= 1;
    writeFileSync(file, flipped);
    const report = await at.audit({ licenseeId, ...PERIOD, openings: true });
    assert.equal(report.agrees, false, `a flip at ${offset} went unseen`);
  }
  rmSync(file);
  const report = await at.audit({ licenseeId, ...PERIOD });
  assert.equal(report.agrees, false);
  assert.equal(report.treeSizeAgrees, false);
});

test('an audit can be stopped', async (t) => {
  const at = await house(t, MIDNIGHT + 10 * 3_600_000);
  const { licenseeId } = await traffic(at);
  const stop = new AbortController();
  const running = at.audit({ licenseeId, ...PERIOD, signal: stop.signal });
  stop.abort(new Error('stopped'));
  await assert.rejects(running, /stopped/);
});
