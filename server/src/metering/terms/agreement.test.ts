import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { DAY_MS, Problem } from '#kernel';
import {
  agreementBytes,
  makeAgreement,
  readAgreement,
  sealAgreement,
  type Version,
  versionInForce,
} from './agreement.ts';
import { CATALOGUE } from './catalogue.ts';
import type { Agreement, AgreementInput } from './port.ts';

const NOW = Date.parse('2026-11-21T12:34:56Z');
const OWNER = { appId: '27', licenseeId: '9' };
const basic = CATALOGUE.find(({ name }) => name === 'basic')!;

// Computed with Python: sha256(json.dumps(terms, sort_keys=True, separators=(',', ':'), ensure_ascii=False)).
test('the hash is SHA-256 over canonical JSON, as another program computes it', () => {
  const agreement = sealAgreement({
    id: '27/1',
    version: 1,
    ...OWNER,
    plan: {
      name: 'tiny',
      title: 'Tiny €',
      monthlyFeeMicros: 1_500_000,
      monthlyPostCap: null,
      postMicros: 5000,
      personMicros: 0,
      callMicros: { getPostsCountsRecent: 5000 },
      operations: ['getPostsById', 'getUsage'],
      queryLengthMax: { recent: 512, all: 1024 },
      rates: { getPostsById: [450, 900] },
      ratesPerSecond: {},
    },
    purposes: ['display', 'ai-input'],
    recipients: ['Ünïted "Ads"'],
    start: 1_795_132_800_000,
    end: null,
    spendingLimitMicros: 2_500_000,
  });
  assert.equal(agreement.hashHex, '2035ef4c259b929e47511e12ca2566969592a659cc9ca944e31c64043c44c8cb');
  assert.equal(createHash('sha256').update(agreementBytes(agreement)).digest('hex'), agreement.hashHex);
});

test('every plan of the catalogue, agreed with the most recipients, fits an entry and reads back the same', () => {
  const recipients = Array.from({ length: 50 }, (_, i) => `${'"'.repeat(190)}${i}`);
  for (const plan of CATALOGUE) {
    const agreement = makeAgreement(OWNER, { recipients, purposes: ['resale'] }, plan, NOW);
    const bytes = agreementBytes(agreement);
    assert.ok(bytes.length <= 32_768, `${plan.name}: ${bytes.length} bytes`);
    assert.deepEqual(readAgreement(bytes), agreement);
  }
});

test('bytes that are not canonical are refused: one agreement has one hash', () => {
  const bytes = Buffer.from(agreementBytes(makeAgreement(OWNER, {}, basic, NOW)));
  const table: [string, Buffer][] = [
    ['a blank', Buffer.concat([bytes, Buffer.from(' ')])],
    ['an unknown field', Buffer.from(bytes.toString().replace('{"appId"', '{"aa":1,"appId"'))],
    ['a number written otherwise', Buffer.from(bytes.toString().replace('"version":1', '"version":1.0'))],
    ['an early end', bytes.subarray(0, -1)],
  ];
  for (const [what, wrong] of table) assert.throws(() => readAgreement(wrong), what);
});

test('a sealed agreement cannot be edited', () => {
  const agreement = makeAgreement(OWNER, {}, basic, NOW);
  assert.throws(() => Object.assign(agreement, { version: 2 }), TypeError);
});

test('what is not given: display, from this UTC midnight on, no end, no limit, then as the version before', () => {
  const first = makeAgreement(OWNER, {}, basic, NOW);
  assert.deepEqual(
    [first.id, first.purposes, first.recipients, first.start, first.end, first.spendingLimitMicros],
    ['27/1', ['display'], [], NOW - (NOW % DAY_MS), null, null],
  );
  const given = {
    purposes: ['resale', 'display', 'resale'],
    recipients: ['A', 'A'],
    end: NOW + 1,
    spendingLimitMicros: 0,
  };
  const second = makeAgreement(OWNER, given, basic, NOW, first);
  const third = makeAgreement(OWNER, {}, basic, NOW + DAY_MS - 1e7, { ...second, end: NOW + 9 * DAY_MS });
  assert.deepEqual([second.id, second.purposes, second.recipients], ['27/2', ['resale', 'display'], ['A']]);
  assert.deepEqual(
    [third.version, third.purposes, third.recipients, third.spendingLimitMicros],
    [3, ['resale', 'display'], ['A'], 0],
  );
  assert.equal(
    makeAgreement(OWNER, { spendingLimitMicros: null }, basic, NOW, first).spendingLimitMicros,
    null,
  );
});

test('wrong terms are refused', () => {
  const table: Partial<AgreementInput>[] = [
    { purposes: [] },
    { purposes: ['surveillance'] },
    { purposes: ['display', 'DISPLAY'] },
    { purposes: ['__proto__'] },
    { recipients: [''] },
    { recipients: ['a\nb'] },
    { recipients: ['x'.repeat(201)] },
    { recipients: ['é'.repeat(101)] },
    { recipients: ['\udfff'] },
    { recipients: Array.from({ length: 51 }, (_, i) => String(i)) },
    { start: -1 },
    { start: 1.5 },
    { start: Number.NaN },
    { end: 1e300 },
    { start: NOW, end: NOW },
    { spendingLimitMicros: -1 },
    { spendingLimitMicros: 0.5 },
    { spendingLimitMicros: 1e16 },
  ];
  for (const input of table) {
    assert.throws(
      () => makeAgreement(OWNER, input, basic, NOW),
      (error) => error instanceof Problem && error.code === 'body-invalid',
      JSON.stringify(input),
    );
  }
});

test('the newest version that has begun is in force, even when it has ended; what had begun once has begun for good', () => {
  const at = (version: number, start: number, end: number | null = null, acceptedAt = 0): Version => ({
    agreement: { version, start, end } as unknown as Agreement,
    acceptedAt,
  });
  const versions = [at(1, 100), at(2, 200, 300), at(3, 400), at(4, 150)];
  const inForce = (list: Version[], now: number) => versionInForce(list, now).agreement.version;
  const table: [now: number, version: number][] = [
    [0, 1],
    [100, 1],
    [149, 1],
    [150, 4],
    [1000, 4],
  ];
  for (const [now, version] of table) assert.equal(inForce(versions, now), version, String(now));
  assert.equal(inForce(versions.slice(0, 3), 350), 2, 'ended, and still not replaced by the older one');

  const jumped = [at(1, 100), at(2, 900, null, 950), at(3, 990, null, 960)];
  for (const [now, version] of [
    [0, 2],
    [500, 2],
    [989, 2],
    [990, 3],
    [500, 2],
  ] as const) {
    assert.equal(inForce(jumped, now), version, 'accepted when the clock was ahead');
  }
});
