import type { CallFact, Item } from '#ledger';
import { notAgreed, SANDBOX_ITEMS_PER_DAY } from './admit.ts';
import { type Counters, nextDay, nextMonth } from './counter.ts';
import type { Dedupe } from './dedupe.ts';
import * as denial from './denial.ts';
import type { Holds } from './hold.ts';
import { type Halves, IdSet, parseHalves } from './id-set.ts';
import { price } from './plan.ts';
import {
  type Admission,
  type Charge,
  type CutBy,
  type Denial,
  type Group,
  type Hold,
  isDenial,
  type TermsLedger,
} from './port.ts';
import type { Registry } from './registry.ts';

type Parts = {
  registry: Registry;
  counters: Counters;
  dedupe: Dedupe;
  holds: Holds;
  ledger: () => TermsLedger;
};
/** `time` is what the record will carry: day, month, key and agreement go by it, so that an audit agrees. */
type Call = {
  time: number;
  status: number;
  request: CallFact['request'];
  stream?: number;
  hold?: Hold;
};

/** What is left to be given and spent while one call is cut to it. */
type Purse = { posts: number; micros: number; sandboxItems: number };

const NONE: ReadonlySet<string> = new Set();
const ENDLESS: Purse = { posts: Infinity, micros: Infinity, sandboxItems: Infinity };

/**
 * The one synchronous step. Counters and sets change only when the ledger hands the record to the projections,
 * inside `append`: what is live is then by construction what a replay gives.
 */
export function createCharge({ registry, counters, dedupe, holds, ledger }: Parts) {
  // Reused from call to call: what this answer holds already.
  const seenPosts = new IdSet();
  const seenPersons = new IdSet();
  const halves: Halves = { hi: 0, lo: 0 };

  function ownPrice({ caller, operation }: Admission, call: Call): number {
    const none = { postsBilled: 0, personsBilled: 0 };
    return price(caller.agreement.plan, {
      operation,
      status: call.status,
      sandbox: caller.sandbox,
      stream: call.stream,
      ...none,
    });
  }

  function purseOf(admission: Admission, call: Call): Purse {
    const { caller } = admission;
    const { plan, spendingLimitMicros } = caller.agreement;
    if (caller.sandbox) {
      const used = counters.sandboxItems(caller.appId, call.time);
      return { posts: Infinity, micros: Infinity, sandboxItems: Math.max(0, SANDBOX_ITEMS_PER_DAY - used) };
    }
    const month = counters.month(caller.appId, call.time);
    const posts = plan.monthlyPostCap === null ? Infinity : Math.max(0, plan.monthlyPostCap - month.billed);
    const micros =
      spendingLimitMicros === null
        ? Infinity
        : spendingLimitMicros - month.micros - holds.micros(caller.appId) - ownPrice(admission, call);
    return { posts, micros, sandboxItems: Infinity };
  }

  function spentUp({ caller }: Admission, time: number): Denial {
    return denial.spent(caller.agreement, counters.month(caller.appId, time).micros, nextMonth(time));
  }

  /** Not even the first data item could be given: says which purse was empty. */
  function refuse(admission: Admission, purse: Purse, kind: Item['kind'], time: number): Denial {
    const { agreement, appId, sandbox } = admission.caller;
    if (sandbox) return denial.sandboxUsed(agreement, SANDBOX_ITEMS_PER_DAY, nextDay(time), time);
    if (kind === 'person' || purse.posts > 0) return spentUp(admission, time);
    return denial.capUsed(agreement, counters.month(appId, time).billed, nextMonth(time), time);
  }

  /**
   * The admission as of now. Key or agreement may have ended, or been replaced, while the call was under way (and the
   * clock may have jumped): what is recorded holds by its own place and time, so that an audit needs no allowance.
   */
  function standing(admitted: Admission, time: number): Admission | Denial {
    const { rate } = admitted;
    const caller = registry.callerByKey(admitted.caller.keyId, time);
    if (!caller) return denial.unauthorized(rate);
    const refused = notAgreed(registry, caller.agreement, admitted, time, rate);
    return refused ?? (caller === admitted.caller ? admitted : { ...admitted, caller });
  }

  return function charge(admitted: Admission, groups: readonly Group[], call: Call): Charge | Denial {
    const admission = standing(admitted, call.time);
    if (isDenial(admission)) return admission;
    const { caller, operation, rate } = admission;
    const { plan } = caller.agreement;
    call.hold?.release();
    const purse = purseOf(admission, call);
    // Another call was faster and spent what this one itself costs.
    if (!admission.dryRun && purse.micros < 0 && ownPrice(admission, call) > 0)
      return { ...spentUp(admission, call.time), rate };
    const today = caller.sandbox ? undefined : dedupe.of(caller.appId, call.time);
    let cutBy: CutBy | undefined;
    seenPosts.clear();
    seenPersons.clear();
    const data: Item[] = [];
    const includes: Item[] = [];
    let postsBilled = 0;
    let personsBilled = 0;

    /** Delivers one resource if the purse allows it; true also for what this answer holds already. */
    function take(kind: Item['kind'], id: string, into: Item[]): boolean {
      parseHalves(id, halves);
      const isPost = kind === 'post';
      const seen = isPost ? seenPosts : seenPersons;
      if (seen.hasHalves(halves)) return true;
      let billed = false;
      if (caller.sandbox) {
        if (purse.sandboxItems === 0) {
          cutBy ??= 'sandbox';
          return false;
        }
        purse.sandboxItems--;
      } else if (!(isPost ? today?.posts : today?.persons)?.hasHalves(halves)) {
        const cost = isPost ? plan.postMicros : plan.personMicros;
        const isCapped = isPost && purse.posts === 0;
        if (isCapped || (cost > 0 && cost > purse.micros)) {
          cutBy ??= isCapped ? 'cap' : 'spending-limit';
          return false;
        }
        billed = true;
        purse.micros -= cost;
        if (isPost) {
          purse.posts--;
          postsBilled++;
        } else personsBilled++;
      }
      seen.addHalves(halves);
      into.push({ kind, id, billed });
      return true;
    }

    const takeAll = () =>
      cut(
        groups,
        (kind, id) => take(kind, id, data),
        (kind, id) => take(kind, id, includes),
      );
    const { kept, dropped } = takeAll();
    const left = remaining(admission, purse, call.time);
    if (kept === 0 && groups.length > 0) {
      if (!admission.dryRun) return { ...refuse(admission, purse, groups[0]!.kind, call.time), rate };
      // Nothing of it fits: what all of it would cost.
      Object.assign(purse, ENDLESS);
      takeAll();
    }
    const priceMicros = price(plan, {
      operation,
      status: call.status,
      sandbox: caller.sandbox,
      stream: call.stream,
      postsBilled,
      personsBilled,
    });
    return {
      kept,
      ...(cutBy && { cutBy }),
      dropped,
      postsDelivered: seenPosts.size,
      personsDelivered: seenPersons.size,
      postsBilled,
      personsBilled,
      priceMicros,
      remaining: left,
      entry: admission.dryRun
        ? undefined
        : ledger().append(fact(admission, call, data.concat(includes), priceMicros)),
    };
  };

  function remaining({ caller }: Admission, purse: Purse, time: number): number | null {
    const cap = caller.agreement.plan.monthlyPostCap;
    if (cap === null) return null;
    return caller.sandbox ? Math.max(0, cap - counters.month(caller.appId, time).billed) : purse.posts;
  }
}

type Take = (kind: Item['kind'], id: string) => boolean;

/**
 * Keeps groups from the first on, as long as their data item fits, so that a page is cut at its end. Of what a
 * group brings into the includes, what does not fit is dropped: at the edge, what was delivered equals the cap.
 */
function cut(
  groups: readonly Group[],
  data: Take,
  include: Take,
): { kept: number; dropped: Charge['dropped'] } {
  let posts: Set<string> | undefined;
  let persons: Set<string> | undefined;
  let kept = 0;
  for (const group of groups) {
    if (!data(group.kind, group.id)) break;
    kept++;
    for (const id of group.posts) {
      if (!include('post', id)) {
        posts ??= new Set();
        posts.add(id);
      }
    }
    for (const id of group.persons) {
      if (!include('person', id)) {
        persons ??= new Set();
        persons.add(id);
      }
    }
  }
  return { kept, dropped: { posts: posts ?? NONE, persons: persons ?? NONE } };
}

function fact(admission: Admission, call: Call, items: Item[], priceMicros: number): CallFact {
  const { caller, operation, purpose, recipient, personId } = admission;
  const made: CallFact = {
    time: call.time,
    log: caller.log,
    app: caller.appId,
    key: caller.keyId,
    operation,
    purpose,
    recipient,
    status: call.status,
    items,
    priceMicros,
    agreement: caller.agreement.hash,
    request: call.request,
  };
  // Few calls have either; a spread would cost all of them.
  if (call.stream !== undefined) made.stream = call.stream;
  if (personId !== undefined) made.person = personId;
  return made;
}
