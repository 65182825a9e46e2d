import { Problem } from '#kernel';
import { type Counters, nextMonth } from './counter.ts';
import * as denial from './denial.ts';
import { callPrice } from './plan.ts';
import type { Admission, Caller, Denial, Hold, TermsLedger } from './port.ts';

type Kept = { micros: number; calls: Map<string, number> };

/**
 * What acts under way will cost: kept back from admission to charge, so that a cap of acts is exact though acting takes
 * time, and what was done can always be paid. In memory alone: an act that a crash cut off was not charged.
 */
export type Holds = {
  /** A denial when as many such calls as the plan allows in a month are done or under way. */
  full(caller: Caller, operation: string, time: number): Denial | undefined;
  /** Micro-dollars kept back for an app. */
  micros(appId: string): number;
  hold(admission: Admission, time: number): Hold | Denial;
};

export function createHolds({ counters, ledger }: { counters: Counters; ledger: () => TermsLedger }): Holds {
  const kept = new Map<string, Kept>();

  function full(caller: Caller, operation: string, time: number): Denial | undefined {
    const { agreement, appId } = caller;
    const caps = agreement.plan.monthlyCallCaps;
    if (!caps || !Object.hasOwn(caps, operation)) return undefined;
    const done = counters.monthCalls(appId, operation, time);
    const underWay = kept.get(appId)?.calls.get(operation) ?? 0;
    return done + underWay < caps[operation]!
      ? undefined
      : denial.callCapUsed(agreement, operation, done + underWay, nextMonth(time), time);
  }

  function hold(admission: Admission, time: number): Hold | Denial {
    if (!ledger().healthy()) throw new Problem('ledger-unavailable');
    const { caller, operation, rate } = admission;
    const { appId, agreement } = caller;
    const refused = full(caller, operation, time);
    if (refused) return { ...refused, rate };
    const micros = caller.sandbox ? 0 : callPrice(agreement.plan, operation);
    const limit = agreement.spendingLimitMicros;
    const spent = counters.month(appId, time).micros;
    const before = kept.get(appId) ?? { micros: 0, calls: new Map<string, number>() };
    if (limit !== null && micros > 0 && spent + before.micros + micros > limit) {
      return { ...denial.spent(agreement, spent, nextMonth(time)), rate };
    }
    before.micros += micros;
    before.calls.set(operation, (before.calls.get(operation) ?? 0) + 1);
    kept.set(appId, before);
    let isHeld = true;
    return {
      release() {
        if (!isHeld) return;
        isHeld = false;
        before.micros -= micros;
        const left = before.calls.get(operation)! - 1;
        if (left > 0) before.calls.set(operation, left);
        else before.calls.delete(operation);
        if (before.calls.size === 0) kept.delete(appId);
      },
    };
  }

  return { full, hold, micros: (appId) => kept.get(appId)?.micros ?? 0 };
}
