import { includes } from './plan.ts';
import type { Agreement, Denial, Plan, RateState } from './port.ts';

/**
 * What each refusal says. X's fields come first (clients tell the three 429s apart by `title` and `type`), then
 * ours: which limit, how much of it is used, and when to come again. No text names another tenant's data.
 */
function seconds(until: number, now: number): number {
  return Math.max(1, Math.ceil((until - now) / 1000));
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 call`, `1,500 calls`. */
function several(n: number, one: string): string {
  return `${count(n)} ${one}${n === 1 ? '' : 's'}`;
}

function money(micros: number): string {
  const digits = (micros / 1_000_000).toLocaleString('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 6,
  });
  return `$${digits}`;
}

export function unauthorized(rate: RateState): Denial {
  return { denied: true, code: 'unauthorized', fields: {}, headers: {}, rate };
}

/** Too many requests without a valid key from one address. */
export function failuresLimited(rate: RateState, now: number): Denial {
  const resetsAt = rate.resetSeconds * 1000;
  return {
    denied: true,
    code: 'rate-limited',
    fields: {
      detail: `Too Many Requests: this address sent ${several(rate.limit, 'request')} without a valid key within 15 minutes. Check the key; requests with a valid one are answered. The window ends at ${iso(resetsAt)}.`,
      window_seconds: 900,
      limit: rate.limit,
      resets_at: iso(resetsAt),
    },
    headers: { 'retry-after': String(seconds(resetsAt, now)) },
    rate,
  };
}

export function windowUsed(operation: string, rate: RateState, scope: 'app' | 'person', now: number): Denial {
  const resetsAt = rate.resetSeconds * 1000;
  const whose = scope === 'app' ? 'this app' : 'this person with this app';
  return {
    denied: true,
    code: 'rate-limited',
    fields: {
      detail: `Too Many Requests: ${whose} used ${rate.limit === 1 ? 'the one call' : `all ${count(rate.limit)} calls`} of ${operation} in this 15-minute window. The next window starts at ${iso(resetsAt)}, in ${count(seconds(resetsAt, now))} s.`,
      operation,
      scope,
      window_seconds: 900,
      limit: rate.limit,
      resets_at: iso(resetsAt),
    },
    headers: { 'retry-after': String(seconds(resetsAt, now)) },
    rate: { ...rate, remaining: 0 },
  };
}

/**
 * The window that is told is the second's: a client that sleeps until it begins anew would sleep for minutes else.
 */
export function secondUsed(operation: string, perSecond: number, now: number): Denial {
  const resetsAt = Math.floor(now / 1000) * 1000 + 1000;
  return {
    denied: true,
    code: 'rate-limited',
    fields: {
      detail: `Too Many Requests: ${operation} takes ${several(perSecond, 'call')} a second. Ask again in the next second.`,
      operation,
      scope: 'app',
      window_seconds: 1,
      limit: perSecond,
      resets_at: iso(resetsAt),
    },
    headers: { 'retry-after': '1' },
    rate: { limit: perSecond, remaining: 0, resetSeconds: resetsAt / 1000 },
  };
}

/** The month's cap is used up. X's body: `UsageCapExceeded`, `period`, `scope`. */
export function capUsed(
  agreement: Agreement,
  used: number,
  resetsAt: number,
  now: number,
  rate?: RateState,
): Denial {
  const cap = agreement.plan.monthlyPostCap ?? 0;
  return {
    denied: true,
    code: 'usage-capped',
    fields: {
      detail: `Usage cap exceeded: Monthly product cap. ${count(used)} of ${several(cap, 'post')} of plan ${agreement.plan.name} ${used === 1 ? 'is' : 'are'} used. The cap starts anew at ${iso(resetsAt)}; a larger plan lifts it at once.`,
      account_id: agreement.licenseeId,
      product_name: agreement.plan.name,
      period: 'Monthly',
      scope: 'Product',
      cap,
      used,
      resets_at: iso(resetsAt),
    },
    headers: { 'retry-after': String(seconds(resetsAt, now)) },
    rate,
  };
}

/** As many acts of one kind as the plan allows in a month are done, or under way. */
export function callCapUsed(
  agreement: Agreement,
  operation: string,
  used: number,
  resetsAt: number,
  now: number,
): Denial {
  const cap = agreement.plan.monthlyCallCaps?.[operation] ?? 0;
  return {
    denied: true,
    code: 'usage-capped',
    fields: {
      detail: `Usage cap exceeded: Monthly cap of ${operation}. ${count(used)} of ${several(cap, 'call')} that plan ${agreement.plan.name} allows a month ${used === 1 ? 'is' : 'are'} used; reading is not limited by it. The cap starts anew at ${iso(resetsAt)}; a larger plan lifts it at once.`,
      account_id: agreement.licenseeId,
      product_name: agreement.plan.name,
      period: 'Monthly',
      scope: 'Product',
      operation,
      cap,
      used,
      resets_at: iso(resetsAt),
    },
    headers: { 'retry-after': String(seconds(resetsAt, now)) },
  };
}

export function sandboxUsed(
  agreement: Agreement,
  cap: number,
  resetsAt: number,
  now: number,
  rate?: RateState,
): Denial {
  return {
    denied: true,
    code: 'usage-capped',
    fields: {
      detail: `Usage cap exceeded: Daily sandbox cap. Sandbox keys of an app are given at most ${count(cap)} posts and persons a UTC day, unbilled. The cap starts anew at ${iso(resetsAt)}; a live key is not limited by it.`,
      account_id: agreement.licenseeId,
      product_name: 'sandbox',
      period: 'Daily',
      scope: 'Product',
      cap,
      used: cap,
      resets_at: iso(resetsAt),
    },
    headers: { 'retry-after': String(seconds(resetsAt, now)) },
    rate,
  };
}

/** Nothing, or too little for this call, is left of the month's spending limit. */
export function spent(agreement: Agreement, spentMicros: number, resetsAt: number, rate?: RateState): Denial {
  const limit = agreement.spendingLimitMicros ?? 0;
  return {
    denied: true,
    code: 'credits-depleted',
    fields: {
      detail: `The spending limit of this app is reached: ${money(spentMicros)} of ${money(limit)} are spent this month, and what is left does not pay for this request. Raise the limit in the agreement, or wait until ${iso(resetsAt)}.`,
      account_id: agreement.licenseeId,
      period: 'Monthly',
      spending_limit_micros: limit,
      spent_micros: spentMicros,
      resets_at: iso(resetsAt),
    },
    headers: {},
    rate,
  };
}

function forbidden(
  agreement: Agreement,
  reason: string,
  detail: string,
  more: object,
  rate?: RateState,
): Denial {
  return {
    denied: true,
    code: 'client-forbidden',
    fields: { detail, reason, client_id: agreement.appId, agreement: agreement.hashHex, ...more },
    headers: {},
    rate,
  };
}

export function notStarted(agreement: Agreement, rate?: RateState): Denial {
  const startsAt = iso(agreement.start);
  const detail = `The agreement of this app is in force from ${startsAt}. Ask again then.`;
  return forbidden(agreement, 'agreement-not-started', detail, { starts_at: startsAt }, rate);
}

export function ended(agreement: Agreement, rate?: RateState): Denial {
  const endedAt = iso(agreement.end ?? 0);
  const detail = `The agreement of this app ended at ${endedAt}. Accept a new version with the operator.`;
  return forbidden(agreement, 'agreement-ended', detail, { ended_at: endedAt }, rate);
}

export function purposeNotAgreed(agreement: Agreement, rate?: RateState): Denial {
  const detail = `The agreement of this app does not include the purpose in \`parley-purpose\`. It includes ${agreement.purposes.join(', ')}.`;
  return forbidden(agreement, 'purpose-not-agreed', detail, { purposes: agreement.purposes }, rate);
}

export function recipientNotAgreed(agreement: Agreement, rate?: RateState): Denial {
  const detail = 'The agreement of this app does not name the recipient in `parley-recipient`.';
  return forbidden(agreement, 'recipient-not-agreed', detail, { recipients: agreement.recipients }, rate);
}

/** Names the plans that would do, the operator's own among them. @param plans all that the operator offers. */
export function notInPlan(
  agreement: Agreement,
  operation: string,
  plans: readonly Plan[],
  rate?: RateState,
): Denial {
  const others = plans.filter((plan) => includes(plan, operation)).map(({ name }) => name);
  const detail = `Plan ${agreement.plan.name} does not include ${operation}.${others.length > 0 ? ` These do: ${others.join(', ')}.` : ''}`;
  const more = { operation, plan: agreement.plan.name, plans: others };
  return forbidden(agreement, 'client-not-enrolled', detail, more, rate);
}
