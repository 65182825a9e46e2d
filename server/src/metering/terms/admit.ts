import { OPERATIONS } from './catalogue.ts';
import { type Counters, nextDay, nextMonth } from './counter.ts';
import type { Dedupe } from './dedupe.ts';
import * as denial from './denial.ts';
import type { Holds } from './hold.ts';
import { callPrice, includes } from './plan.ts';
import type {
  Admission,
  AdmitOptions,
  Agreement,
  Caller,
  Delivers,
  Denial,
  Plan,
  Purpose,
  RateState,
} from './port.ts';
import type { Registry } from './registry.ts';
import { type PeriodCounts, quarterOf, rateState, windowName } from './window.ts';

/** Posts and persons that the sandbox keys of an app are given a UTC day: enough to try, no hole in the cap. */
export const SANDBOX_ITEMS_PER_DAY = 1000;
/** For an operation whose plan names no window. No plan of the catalogue is without one. */
const RATE_DEFAULT = [300, 300] as const;

type Parts = {
  registry: Registry;
  counters: Counters;
  dedupe: Pick<Dedupe, 'of'>;
  quarters: PeriodCounts;
  seconds: PeriodCounts;
  holds: Holds;
};

/** What the agreement itself does not allow at a time, whatever is left of windows, cap and limit. */
export function notAgreed(
  registry: Pick<Registry, 'hasBegun' | 'plans'>,
  agreement: Agreement,
  { operation, purpose, recipient }: { operation: string; purpose: string; recipient: string },
  time: number,
  rate?: RateState,
): Denial | undefined {
  const { end, purposes, recipients, plan } = agreement;
  if (!registry.hasBegun(agreement, time)) return denial.notStarted(agreement, rate);
  if (end !== null && time >= end) return denial.ended(agreement, rate);
  if (!purposes.includes(purpose as Purpose)) return denial.purposeNotAgreed(agreement, rate);
  if (recipient === '' ? recipients.length > 0 : !recipients.includes(recipient)) {
    return denial.recipientNotAgreed(agreement, rate);
  }
  return includes(plan, operation)
    ? undefined
    : denial.notInPlan(agreement, operation, registry.plans(), rate);
}

/**
 * Decides whether a call may begin. The order is that of the refusals' weight: what no waiting mends (403) before
 * what waiting mends (429, 402). What is refused here takes nothing from a window.
 */
export function createAdmit({ registry, counters, dedupe, quarters, seconds, holds }: Parts) {
  /** The window as it is before this call; undefined for an operation that is none. */
  function rateOf(
    caller: Caller,
    operation: string,
    { now, personId }: Pick<AdmitOptions, 'now' | 'personId'>,
  ): RateState | undefined {
    if (!Object.hasOwn(OPERATIONS, operation)) return undefined;
    const name = windowName(operation, caller.sandbox, personId);
    const limit = limitOf(caller, operation, personId);
    return rateState(limit, quarters.count(caller.appId, name, now), quarterOf(now));
  }

  function admit(caller: Caller, operation: string, options: AdmitOptions): Admission | Denial {
    const { agreement } = caller;
    const { plan } = agreement;
    const { now, personId } = options;
    const name = windowName(operation, caller.sandbox, personId);
    const before = rateOf(caller, operation, options);

    const purpose = options.purpose ?? agreement.purposes[0]!;
    const recipient = options.recipient ?? agreement.recipients[0] ?? '';
    const refused = notAgreed(registry, agreement, { operation, purpose, recipient }, now, before);
    if (refused) return refused;
    if (!before) return denial.notInPlan(agreement, operation, registry.plans());

    if (before.remaining === 0) {
      return denial.windowUsed(operation, before, personId === undefined ? 'app' : 'person', now);
    }
    const perSecond = Object.hasOwn(plan.ratesPerSecond, operation)
      ? plan.ratesPerSecond[operation]
      : undefined;
    // Of the app, whoever it asks for.
    const second = windowName(operation, caller.sandbox);
    if (perSecond !== undefined && seconds.count(caller.appId, second, now) >= perSecond) {
      return denial.secondUsed(operation, perSecond, now);
    }
    // A price can always be asked.
    const empty = options.dryRun ? undefined : purseEmpty(caller, operation, now);
    if (empty) return { ...empty, rate: before };

    if (perSecond !== undefined) seconds.take(caller.appId, second, now);
    const rate = rateState(before.limit, quarters.take(caller.appId, name, now), quarterOf(now));
    const admission: Admission = {
      caller,
      operation,
      purpose: purpose as Purpose,
      recipient,
      rate,
      at: now,
      dryRun: options.dryRun === true,
    };
    if (personId !== undefined) admission.personId = personId;
    return admission;
  }

  function giveBack({ caller, operation, rate, at, personId }: Admission): RateState {
    const { appId, sandbox } = caller;
    seconds.giveBack(appId, windowName(operation, sandbox), at);
    const count = quarters.giveBack(appId, windowName(operation, sandbox, personId), at);
    return rateState(rate.limit, count, quarterOf(at));
  }

  /**
   * Only an empty purse refuses here; what fits partly is cut when the call is charged. What was billed before on that
   * day is free, so an app that was billed anything today is let through to the charge. Not to open a stream: what
   * comes there is new.
   */
  function purseEmpty(caller: Caller, operation: string, now: number): Denial | undefined {
    const { agreement, appId } = caller;
    const { delivers, stream } = OPERATIONS[operation]!;
    if (caller.sandbox) {
      const used = delivers === 'posts' || delivers === 'persons' ? counters.sandboxItems(appId, now) : 0;
      return used < SANDBOX_ITEMS_PER_DAY
        ? undefined
        : denial.sandboxUsed(agreement, SANDBOX_ITEMS_PER_DAY, nextDay(now), now);
    }
    const month = counters.month(appId, now);
    const mayBeFree = !stream && dedupe.of(appId, now) !== undefined;
    const cap = agreement.plan.monthlyPostCap;
    if (delivers === 'posts' && !mayBeFree && cap !== null && month.billed >= cap) {
      return denial.capUsed(agreement, month.billed, nextMonth(now), now);
    }
    const capped = holds.full(caller, operation, now);
    if (capped) return capped;
    const limit = agreement.spendingLimitMicros;
    if (limit === null) return undefined;
    const items = isPriced(agreement.plan, delivers) && !mayBeFree ? 1 : 0;
    const needed = Math.max(callPrice(agreement.plan, operation), items);
    return needed > 0 && limit - month.micros - holds.micros(appId) < needed
      ? denial.spent(agreement, month.micros, nextMonth(now))
      : undefined;
  }

  return { admit, giveBack, rateOf };
}

function limitOf({ agreement: { plan } }: Caller, operation: string, personId: string | undefined): number {
  const limits = Object.hasOwn(plan.rates, operation) ? plan.rates[operation]! : RATE_DEFAULT;
  return limits[personId === undefined ? 0 : 1];
}

function isPriced(plan: Plan, delivers: Delivers): boolean {
  return (delivers === 'posts' || delivers === 'persons') && (plan.postMicros > 0 || plan.personMicros > 0);
}
