import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from '#kernel';
import { type AdmitOptions, type Denial, isDenial } from './port.ts';
import { NOON, post, REQUEST, type TermsWorld, world } from './testing/world.ts';

/** The reply's body, as the catalogue of problems completes it. */
function bodyOf(denial: Denial): Record<string, unknown> {
  return new Problem(denial.code, denial.fields).body();
}

const X = 'https://api.twitter.com/2/problems/';
const WINDOW = { limit: 450, remaining: 450, resetSeconds: Date.parse('2026-11-21T12:15:00Z') / 1000 };

type Case = {
  name: string;
  at?: number;
  plan?: string;
  input?: object;
  before?: (world: TermsWorld, key: Awaited<ReturnType<TermsWorld['app']>>) => unknown;
  operation?: string;
  options?: Partial<AdmitOptions>;
  body: Record<string, unknown>;
  headers?: Record<string, string>;
  rate?: Denial['rate'];
};

const APP = /^\d+$/;
const HASH = /^[0-9a-f]{64}$/;

const CASES: Case[] = [
  {
    name: '403, the agreement has not begun',
    input: { start: Date.parse('2026-12-01T00:00:00Z') },
    body: {
      title: 'Client Forbidden',
      type: `${X}client-forbidden`,
      detail: 'The agreement of this app is in force from 2026-12-01T00:00:00.000Z. Ask again then.',
      reason: 'agreement-not-started',
      client_id: APP,
      agreement: HASH,
      starts_at: '2026-12-01T00:00:00.000Z',
      status: 403,
    },
    rate: WINDOW,
  },
  {
    name: '403, the agreement has ended',
    input: { end: NOON },
    body: {
      title: 'Client Forbidden',
      type: `${X}client-forbidden`,
      detail:
        'The agreement of this app ended at 2026-11-21T12:01:00.000Z. Accept a new version with the operator.',
      reason: 'agreement-ended',
      client_id: APP,
      agreement: HASH,
      ended_at: '2026-11-21T12:01:00.000Z',
      status: 403,
    },
    rate: WINDOW,
  },
  {
    name: '403, the purpose is not agreed',
    input: { purposes: ['analytics', 'display'] },
    options: { purpose: 'ai-training' },
    body: {
      title: 'Client Forbidden',
      type: `${X}client-forbidden`,
      detail:
        'The agreement of this app does not include the purpose in `parley-purpose`. It includes analytics, display.',
      reason: 'purpose-not-agreed',
      client_id: APP,
      agreement: HASH,
      purposes: ['analytics', 'display'],
      status: 403,
    },
    rate: WINDOW,
  },
  {
    name: '403, the recipient is not agreed',
    input: { recipients: ['Example Agency'] },
    options: { recipient: 'Someone Else' },
    body: {
      title: 'Client Forbidden',
      type: `${X}client-forbidden`,
      detail: 'The agreement of this app does not name the recipient in `parley-recipient`.',
      reason: 'recipient-not-agreed',
      client_id: APP,
      agreement: HASH,
      recipients: ['Example Agency'],
      status: 403,
    },
    rate: WINDOW,
  },
  {
    name: '403, the operation is not in the plan',
    operation: 'searchPostsAll',
    body: {
      title: 'Client Forbidden',
      type: `${X}client-forbidden`,
      detail:
        'Plan basic does not include searchPostsAll. These do: pro, enterprise-50m, enterprise-100m, enterprise-200m, pay-per-use.',
      reason: 'client-not-enrolled',
      client_id: APP,
      agreement: HASH,
      operation: 'searchPostsAll',
      plan: 'basic',
      plans: ['pro', 'enterprise-50m', 'enterprise-100m', 'enterprise-200m', 'pay-per-use'],
      status: 403,
    },
    rate: { ...WINDOW, limit: 300, remaining: 300 },
  },
  {
    name: '403, an operation that nobody sells',
    operation: 'constructor',
    plan: 'pro',
    body: {
      title: 'Client Forbidden',
      type: `${X}client-forbidden`,
      detail: 'Plan pro does not include constructor.',
      reason: 'client-not-enrolled',
      client_id: APP,
      agreement: HASH,
      operation: 'constructor',
      plan: 'pro',
      plans: [],
      status: 403,
    },
  },
  {
    name: '429, the window is used up',
    before({ terms, caller, clock }, key) {
      for (let i = 0; i < 450; i++) terms.admit(caller(key), 'searchPostsRecent', { now: clock.now() });
    },
    body: {
      title: 'Too Many Requests',
      type: 'about:blank',
      detail:
        'Too Many Requests: this app used all 450 calls of searchPostsRecent in this 15-minute window. The next window starts at 2026-11-21T12:15:00.000Z, in 840 s.',
      operation: 'searchPostsRecent',
      scope: 'app',
      window_seconds: 900,
      limit: 450,
      resets_at: '2026-11-21T12:15:00.000Z',
      status: 429,
    },
    headers: { 'retry-after': '840' },
    rate: { ...WINDOW, remaining: 0 },
  },
  {
    name: "429, the person's window is used up",
    options: { personId: '77' },
    before({ terms, caller, clock }, key) {
      for (let i = 0; i < 300; i++) {
        terms.admit(caller(key), 'searchPostsRecent', { now: clock.now(), personId: '77' });
      }
    },
    body: {
      title: 'Too Many Requests',
      type: 'about:blank',
      detail:
        'Too Many Requests: this person with this app used all 300 calls of searchPostsRecent in this 15-minute window. The next window starts at 2026-11-21T12:15:00.000Z, in 840 s.',
      operation: 'searchPostsRecent',
      scope: 'person',
      window_seconds: 900,
      limit: 300,
      resets_at: '2026-11-21T12:15:00.000Z',
      status: 429,
    },
    headers: { 'retry-after': '840' },
    rate: { ...WINDOW, limit: 300, remaining: 0 },
  },
  {
    name: '429, the archive search had its call of this second',
    plan: 'pro',
    operation: 'searchPostsAll',
    before: ({ terms, caller, clock }, key) =>
      terms.admit(caller(key), 'searchPostsAll', { now: clock.now() }),
    body: {
      title: 'Too Many Requests',
      type: 'about:blank',
      detail: 'Too Many Requests: searchPostsAll takes 1 call a second. Ask again in the next second.',
      operation: 'searchPostsAll',
      scope: 'app',
      window_seconds: 1,
      limit: 1,
      resets_at: '2026-11-21T12:01:01.000Z',
      status: 429,
    },
    headers: { 'retry-after': '1' },
    rate: { limit: 1, remaining: 0, resetSeconds: Date.parse('2026-11-21T12:01:01Z') / 1000 },
  },
  {
    name: '429, the monthly cap is used up',
    plan: 'two',
    before: ({ call }, key) => call(key, [post(1), post(2), post(3)]),
    body: {
      title: 'UsageCapExceeded',
      type: `${X}usage-capped`,
      detail:
        'Usage cap exceeded: Monthly product cap. 2 of 2 posts of plan two are used. The cap starts anew at 2026-12-01T00:00:00.000Z; a larger plan lifts it at once.',
      account_id: APP,
      product_name: 'two',
      period: 'Monthly',
      scope: 'Product',
      cap: 2,
      used: 2,
      resets_at: '2026-12-01T00:00:00.000Z',
      status: 429,
    },
    headers: { 'retry-after': String((Date.parse('2026-12-01T00:00:00Z') - NOON) / 1000) },
    rate: { ...WINDOW, remaining: 448 },
  },
  {
    name: '402, the spending limit is reached',
    plan: 'pay-per-use',
    input: { spendingLimitMicros: 5000 },
    before: ({ call }, key) => call(key, [post(1)]),
    body: {
      title: 'CreditsDepleted',
      type: `${X}credits`,
      detail:
        'The spending limit of this app is reached: $0.005 of $0.005 are spent this month, and what is left does not pay for this request. Raise the limit in the agreement, or wait until 2026-12-01T00:00:00.000Z.',
      account_id: APP,
      period: 'Monthly',
      spending_limit_micros: 5000,
      spent_micros: 5000,
      resets_at: '2026-12-01T00:00:00.000Z',
      status: 402,
    },
    rate: { ...WINDOW, remaining: 448 },
  },
];

/** deepEqual in which a pattern stands for what is random. */
function assertBody(found: Record<string, unknown>, expected: Record<string, unknown>): void {
  const shown = Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [
      name,
      value instanceof RegExp && value.test(String(found[name])) ? found[name] : value,
    ]),
  );
  assert.deepEqual(found, shown);
}

for (const {
  name,
  plan = 'basic',
  input = {},
  before,
  operation = 'searchPostsRecent',
  options,
  body,
  headers = {},
  rate,
} of CASES) {
  test(`refused with its exact body: ${name}`, async () => {
    const at = await world();
    await at.terms.addPlan({ name: 'two', base: 'basic', monthlyPostCap: 2 });
    const key = await at.app({ plan, ...input });
    await before?.(at, key);
    const now = at.clock.now();
    const admitted = at.terms.admit(at.caller(key), operation, { now, ...options });
    // What was billed that day is free, so with cap or limit used up the charge refuses what is new.
    const record = { time: now, status: 200, request: REQUEST };
    const denied = isDenial(admitted) ? admitted : at.terms.charge(admitted, [post(9)], record);
    assert.ok(isDenial(denied));
    assertBody(bodyOf(denied), body);
    assert.deepEqual(denied.headers, headers);
    assert.deepEqual(denied.rate, rate);
    if (plan === 'two') assert.equal(bodyOf(denied).account_id, key.licenseeId);
  });
}

test('the three causes of 429, 402 and 403 differ in title or type', () => {
  const kinds = CASES.map(({ body }) => `${body.status} ${body.title} ${body.type}`);
  assert.deepEqual([...new Set(kinds)].sort(), [
    `402 CreditsDepleted ${X}credits`,
    `403 Client Forbidden ${X}client-forbidden`,
    '429 Too Many Requests about:blank',
    `429 UsageCapExceeded ${X}usage-capped`,
  ]);
});
