import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { CATALOGUE, DOLLAR, OPERATIONS } from './catalogue.ts';
import { includes, makePlan, price } from './plan.ts';
import type { PlanInput } from './port.ts';

function plan(name: string) {
  return CATALOGUE.find((one) => one.name === name)!;
}

// X's price list of 2023 and of 2026, as published.
test("the catalogue is X's ladder of 2023 and its pay-per-use prices", () => {
  const ladder: [name: string, dollars: number, cap: number][] = [
    ['free', 0, 0],
    ['basic', 100, 10_000],
    ['pro', 5000, 1_000_000],
    ['enterprise-50m', 42_000, 50_000_000],
    ['enterprise-100m', 125_000, 100_000_000],
    ['enterprise-200m', 210_000, 200_000_000],
  ];
  for (const [name, dollars, cap] of ladder) {
    assert.deepEqual([plan(name).monthlyFeeMicros, plan(name).monthlyPostCap], [dollars * DOLLAR, cap], name);
    assert.deepEqual([plan(name).postMicros, plan(name).personMicros], [0, 0]);
  }
  const { postMicros, personMicros, monthlyPostCap, callMicros } = plan('pay-per-use');
  assert.deepEqual([postMicros, personMicros, monthlyPostCap], [0.005 * DOLLAR, 0.01 * DOLLAR, null]);
  assert.deepEqual(callMicros, {
    getPostsCountsRecent: 5000,
    getPostsCountsAll: 10_000,
    createPosts: 0.015 * DOLLAR,
  });
  const created = CATALOGUE.map((one) => [one.name, one.monthlyCallCaps?.createPosts]);
  assert.deepEqual(created.slice(0, 4), [
    ['free', 1_500],
    ['basic', 50_000],
    ['pro', 300_000],
    ['enterprise-50m', undefined],
  ]);
  assert.deepEqual(
    CATALOGUE.map(({ name }) => name),
    [...ladder.map(([name]) => name), 'pay-per-use'],
  );
});

// X's published limits per 15 minutes, app / user.
test("windows are X's, and ten times X's for enterprise plans", () => {
  const published: [operation: string, app: number, person: number][] = [
    ['getPostsByIds', 3500, 5000],
    ['getPostsById', 450, 900],
    ['searchPostsRecent', 450, 300],
    ['getUsersPosts', 10_000, 900],
    ['getUsersMentions', 450, 300],
    ['getUsersByIds', 300, 900],
    ['getUsersById', 300, 900],
    ['getUsersByUsernames', 300, 900],
    ['getUsersByUsername', 300, 900],
  ];
  for (const [operation, app, person] of published) {
    assert.deepEqual(plan('basic').rates[operation], [app, person], operation);
    assert.deepEqual(plan('enterprise-200m').rates[operation], [app * 10, person * 10], operation);
  }
  for (const [operation, app] of [
    ['searchPostsAll', 300],
    ['getPostsCountsRecent', 300],
    ['getPostsCountsAll', 300],
    ['getUsage', 50],
  ] as const) {
    assert.equal(plan('pro').rates[operation]?.[0], app, operation);
  }
  assert.deepEqual(plan('pro').ratesPerSecond, { searchPostsAll: 1 });
  assert.deepEqual(plan('enterprise-50m').ratesPerSecond, { searchPostsAll: 10 });
});

test('query lengths: 512 recent, 1,024 archive, 4,096 enterprise; free only writes, basic has no archive, no streams, no webhooks', () => {
  assert.deepEqual(plan('basic').queryLengthMax, { recent: 512, all: 1024 });
  assert.deepEqual(plan('enterprise-100m').queryLengthMax, { recent: 4096, all: 4096 });
  const reading = Object.keys(OPERATIONS).filter(
    // Of what free includes, these tell a writer about itself alone.
    (name) => /^(get|search)/.test(name) && !/Usage|UsersMe|MediaUploadStatus/.test(name),
  );
  assert.deepEqual(
    reading.filter((name) => includes(plan('free'), name)),
    [],
  );
  assert.deepEqual(
    reading.filter((name) => !includes(plan('basic'), name)),
    [
      'searchPostsAll',
      'getPostsCountsAll',
      'getRules',
      'getRuleCounts',
      'getConnectionHistory',
      'getWebhooks',
      'getWebhooksStreamLinks',
      'getAccountActivitySubscriptions',
      'getAccountActivitySubscriptionCount',
    ],
  );
  assert.deepEqual(
    reading.filter((name) => !includes(plan('pay-per-use'), name)),
    [],
  );
  assert.equal(includes(plan('pro'), 'toString'), false);
});

test('an own plan lays what is given over its base', () => {
  const own = makePlan(
    {
      name: 'night-desk',
      base: 'pay-per-use',
      postMicros: 0,
      monthlyPostCap: 5,
      rates: { getPostsById: [1, 2] },
      callMicros: { getPostsCountsAll: 7 },
      monthlyCallCaps: { createPosts: 9 },
      operations: ['getPostsById', 'getPostsById'],
    },
    CATALOGUE,
  );
  const base = plan('pay-per-use');
  assert.deepEqual(own, {
    ...base,
    name: 'night-desk',
    title: 'night-desk',
    postMicros: 0,
    monthlyPostCap: 5,
    rates: { ...base.rates, getPostsById: [1, 2] },
    callMicros: { ...base.callMicros, getPostsCountsAll: 7 },
    monthlyCallCaps: { createPosts: 9 },
    operations: ['getPostsById'],
  });
});

test('wrong plans are refused, field by field', () => {
  const table: [string, Record<string, unknown>][] = [
    ['body-invalid', { name: '' }],
    ['body-invalid', { name: 'Gold' }],
    ['body-invalid', { name: '../x' }],
    ['body-invalid', { name: 'x'.repeat(41) }],
    ['conflict', { name: 'basic' }],
    ['not-found', { name: 'x', base: 'gold' }],
    ['body-invalid', { name: 'x', colour: 'red' }],
    ['body-invalid', { name: 'x', title: '' }],
    ['body-invalid', { name: 'x', title: '\ud800' }],
    ['body-invalid', { name: 'x', monthlyFeeMicros: -1 }],
    ['body-invalid', { name: 'x', monthlyFeeMicros: 0.5 }],
    ['body-invalid', { name: 'x', monthlyPostCap: '5' }],
    ['body-invalid', { name: 'x', monthlyPostCap: 1e13 }],
    ['body-invalid', { name: 'x', postMicros: Number.NaN }],
    ['body-invalid', { name: 'x', personMicros: Infinity }],
    ['body-invalid', { name: 'x', operations: [] }],
    ['body-invalid', { name: 'x', operations: ['getEverything'] }],
    ['body-invalid', { name: 'x', operations: 'some' }],
    ['body-invalid', { name: 'x', rates: { getPostsById: [0, 1] } }],
    ['body-invalid', { name: 'x', rates: { getPostsById: 5 } }],
    ['body-invalid', { name: 'x', rates: { constructor: [1, 1] } }],
    ['body-invalid', { name: 'x', rates: [] }],
    ['body-invalid', { name: 'x', callMicros: { getPostsCountsAll: -5 } }],
    ['body-invalid', { name: 'x', ratesPerSecond: null }],
    ['body-invalid', { name: 'x', monthlyCallCaps: { createPosts: -1 } }],
    ['body-invalid', { name: 'x', monthlyCallCaps: { writing: 1 } }],
    ['body-invalid', { name: 'x', monthlyCallCaps: 5 }],
    ['body-invalid', { name: 'x', queryLengthMax: { recent: 0, all: 1 } }],
    ['body-invalid', { name: 'x', queryLengthMax: null }],
  ];
  for (const [code, input] of table) {
    assert.throws(
      () => makePlan(input as PlanInput, CATALOGUE),
      (error) => error instanceof Problem && error.code === code,
      JSON.stringify(input),
    );
  }
});

test('the price of a month at the cap of every plan is a safe integer', () => {
  for (const one of CATALOGUE) {
    const call = {
      operation: 'getPostsById',
      status: 200,
      sandbox: false,
      postsBilled: 200_000_000,
      personsBilled: 1e9,
    };
    assert.ok(Number.isSafeInteger(price(one, call)));
  }
});
