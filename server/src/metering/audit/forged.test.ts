import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { DAY_MS } from '#kernel';
import { verifyFolder } from '#ledger';
import { type Credentials, isDenial, OPERATOR } from '#terms';
import { type House, house } from './testing/audited-world.ts';

const MIDNIGHT = Date.parse('2026-11-20T00:00:00Z');
const PERIOD = { from: MIDNIGHT, to: MIDNIGHT + 2 * DAY_MS };
const NOON = Date.parse('2026-11-20T12:00:00Z');
const LIMIT_MICROS = 50_000;
/** What a post costs on the plan. */
const POST_MICROS = 5000;

function call({ terms, clock }: House, { bearerToken }: Credentials, ids: readonly number[]) {
  const now = clock.now();
  const caller = terms.authenticate(bearerToken, { now, remote: '192.0.2.1' });
  assert.ok(!isDenial(caller));
  const admission = terms.admit(caller, 'getPostsByIds', { now });
  if (isDenial(admission)) return admission.code;
  const groups = ids.map((id) => ({ kind: 'post' as const, id: `${id}`, posts: [], persons: [] }));
  const request = { method: 'GET', target: '/2/tweets', bodyDigest: new Uint8Array() };
  const charge = terms.charge(admission, groups, { time: now, status: 200, request });
  return isDenial(charge) ? charge.code : charge.postsBilled;
}

/** Six posts on one day; the first call of the next closes it. */
async function folder(t: TestContext) {
  const at = await house(t, NOON);
  const { licenseeId } = await at.terms.addLicensee('Example Ads');
  const app = await at.terms.addApp(OPERATOR, {
    licenseeId,
    plan: 'pay-per-use',
    spendingLimitMicros: LIMIT_MICROS,
  });
  assert.equal(call(at, app, [1, 2, 3, 4, 5, 6]), 6);
  at.clock.advance(DAY_MS);
  assert.equal(call(at, app, [1, 7]), 2);
  return { at, app, licenseeId };
}

/** Changes text in the newest snapshot and makes its CRC-32 right again, as anybody can. */
function forge({ ledgerDir }: House, from: string, to: string): void {
  assert.equal(from.length, to.length);
  const dir = join(ledgerDir, 'snapshots');
  const newest = readdirSync(dir)
    .filter((name) => name.endsWith('.snapshot'))
    .sort()
    .at(-1)!;
  const bytes = readFileSync(join(dir, newest));
  const at = bytes.indexOf(from);
  assert.ok(at > 0, `${from} is in the snapshot`);
  bytes.write(to, at, 'latin1');
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  writeFileSync(join(dir, newest), bytes);
}

const MONTH = (2026 - 1970) * 12 + 10;
const DAY = Math.floor(NOON / DAY_MS);

for (const [what, from, to] of [
  ['usage and bills too low', `[[${MONTH},6,30000]]`, `[[${MONTH},1, 5000]]`],
  ['a false 402', `[[${MONTH},6,30000]]`, `[[${MONTH},9,50000]]`],
  ['a day of fewer calls', `[${DAY},0,[["getPostsByIds",1,6`, `[${DAY},0,[["getPostsByIds",1,1`],
  ['sandbox items that were never given', `[${DAY},0,[`, `[${DAY},9,[`],
  ['the totals of a log', '"example-ads",3,1,6', '"example-ads",3,1,5'],
  [
    'windows that are used up',
    `"getPostsByIds",${Math.floor(NOON / 900_000)},1]`,
    `"getPostsByIds",${Math.floor(NOON / 900_000)},9]`,
  ],
] as const) {
  test(`a snapshot forged for ${what}, with a right CRC-32, changes nothing that is counted, billed or refused`, async (t) => {
    const { at, app, licenseeId } = await folder(t);
    const before = at.terms.usage(OPERATOR, PERIOD);
    await at.restart(() => forge(at, from, to));
    assert.equal(at.reports.length, 1, at.reports.join('\n'));
    assert.match(at.reports[0]!, /does not agree with the journal/);
    const after = at.terms.usage(OPERATOR, PERIOD);
    assert.deepEqual(after, before);
    assert.equal(after.apps[0]?.spentThisMonthMicros, 8 * POST_MICROS);
    assert.equal(call(at, app, [8, 9, 10]), 2, 'ten posts in the month, neither more nor fewer');
    const report = await at.audit({ licenseeId, ...PERIOD, openings: true });
    assert.deepEqual(report.findings, []);
    assert.ok((await verifyFolder(at.ledgerDir)).ok);
  });
}
