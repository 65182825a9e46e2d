import { type Clock, DAY_MS, Problem, utcDay } from '#kernel';
import type { Version } from './agreement.ts';
import { addCounts, type Counters, emptyCounts, monthOfDay, monthStart, nextMonth } from './counter.ts';
import type { Dedupe } from './dedupe.ts';
import { type AppStanding, OPERATOR, type Terms, type UsageRow } from './port.ts';
import type { AppEntry, Registry } from './registry.ts';
import type { RecordedWindows } from './window.ts';

/** X's limit for `days` of GET /2/usage/tweets. */
const USAGE_DAYS_MAX = 90;
/** Caps and spending limits start anew on the first of the UTC month. */
const CAP_RESET_DAY = 1;
/** Ten years: more days than the counters keep, and a bound on what one request may ask. */
const PERIOD_DAYS_MAX = 3660;

type Parts = {
  registry: Registry;
  counters: Counters;
  dedupe: Dedupe;
  windows: RecordedWindows;
  clock: Clock;
};
type Period = { from: number; to: number };

function checkPeriod({ from, to }: Period): void {
  if (from % DAY_MS !== 0 || to % DAY_MS !== 0 || from >= to || to - from > PERIOD_DAYS_MAX * DAY_MS) {
    throw new Problem('body-invalid', {
      detail: `A period is UTC days: \`from\` included, \`to\` excluded and later, at most ${PERIOD_DAYS_MAX} days.`,
    });
  }
}

/** An app that only ever had sandbox keys takes nothing that is sold, so its plan costs nothing. */
function isSold({ keys }: AppEntry): boolean {
  return keys.some(({ sandbox }) => !sandbox);
}

/** The plan's fees of the UTC months that a period touches: of the agreement that began last in or before each. */
function fees(versions: readonly Version[], { from, to }: Period): number {
  let sum = 0;
  for (let month = monthOfDay(from / DAY_MS); monthStart(month) < to; month++) {
    const start = Math.max(from, monthStart(month));
    const end = Math.min(to, monthStart(month + 1));
    const last = versions.findLast(({ agreement }) => agreement.start < end)?.agreement;
    if (last && (last.end === null || last.end > start)) sum += last.plan.monthlyFeeMicros;
  }
  return sum;
}

export type UsageReports = Pick<Terms, 'usage' | 'usageDays' | 'logCounters'>;

export function createUsage({ registry, counters, dedupe, windows, clock }: Parts): UsageReports {
  function rowsOf({ licenseeId, appId }: AppEntry, { from, to }: Period): UsageRow[] {
    return counters.days(appId, from / DAY_MS, to / DAY_MS).flatMap(([day, operations]) =>
      [...operations]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([operation, counts]) => ({
          licenseeId,
          appId,
          day: utcDay(day * DAY_MS),
          operation,
          ...counts,
        })),
    );
  }

  function standing(app: AppEntry): AppStanding {
    const { licenseeId, appId, name } = app;
    const now = clock.now();
    const agreement = registry.agreementInForce(app, now);
    const { plan, spendingLimitMicros, id } = agreement;
    const { billed, micros } = counters.month(appId, now);
    const cap = plan.monthlyPostCap;
    return {
      licenseeId,
      appId,
      name,
      plan: plan.name,
      agreement: id,
      monthlyFeeMicros: plan.monthlyFeeMicros,
      monthlyPostCap: cap,
      billedThisMonth: billed,
      remaining: cap === null ? null : Math.max(0, cap - billed),
      spendingLimitMicros,
      spentThisMonthMicros: micros,
      resetsAt: new Date(nextMonth(now)).toISOString(),
    };
  }

  function billedByDay(appId: string, from: number, to: number): { date: string; usage: number }[] {
    const found = new Map(counters.days(appId, from, to));
    return Array.from({ length: to - from }, (_, i) => {
      let usage = 0;
      for (const { billed } of found.get(from + i)?.values() ?? []) usage += billed;
      return { date: new Date((from + i) * DAY_MS).toISOString(), usage };
    });
  }

  return {
    usage(tenant, period) {
      checkPeriod(period);
      const apps = registry.apps(tenant);
      const rows = apps.flatMap((app) => rowsOf(app, period));
      const totals = emptyCounts();
      for (const row of rows) addCounts(totals, row);
      return {
        from: utcDay(period.from),
        to: utcDay(period.to),
        rows,
        totals,
        feesMicros: apps.filter(isSold).reduce((sum, { versions }) => sum + fees(versions, period), 0),
        apps: apps.map(standing),
      };
    },

    usageDays(appId, days) {
      if (!Number.isInteger(days) || days < 1 || days > USAGE_DAYS_MAX) {
        throw new Problem('body-invalid', { detail: `\`days\` is 1 to ${USAGE_DAYS_MAX}.` });
      }
      const { licenseeId } = registry.app(OPERATOR, appId);
      const to = Math.floor(clock.now() / DAY_MS) + 1;
      const mine = registry.apps(licenseeId);
      const apps = mine.map((app) => ({ appId: app.appId, days: billedByDay(app.appId, to - days, to) }));
      const total = apps.reduce<{ date: string; usage: number }[]>(
        (sum, app) => app.days.map(({ date, usage }, i) => ({ date, usage: usage + (sum[i]?.usage ?? 0) })),
        [],
      );
      const standings = mine.map(standing);
      const caps = standings.map(({ monthlyPostCap }) => monthlyPostCap);
      return {
        licenseeId,
        capResetDay: CAP_RESET_DAY,
        cap: caps.includes(null) ? null : caps.reduce<number>((sum, cap) => sum + (cap ?? 0), 0),
        used: standings.reduce((sum, { billedThisMonth }) => sum + billedThisMonth, 0),
        days: total,
        apps,
      };
    },

    logCounters(tenant, licenseeId, period) {
      checkPeriod(period);
      const { log } = registry.licensee(tenant, licenseeId);
      const apps = registry.apps(licenseeId);
      const rows = apps.flatMap((app) => rowsOf(app, period));
      const complete = apps.every(({ appId }) => counters.complete(appId));
      const ids = apps.map(({ appId }) => appId).sort();
      const days = dedupe
        .digestOf(ids)
        .days.filter((day) => day * DAY_MS >= period.from && day * DAY_MS < period.to);
      return {
        log,
        ...counters.log(log),
        rows,
        complete,
        standing: {
          ...counters.standing(ids),
          windows: ids.flatMap((appId) => windows.of(appId).map((window) => ({ appId, ...window }))),
        },
        dedupe: days.map((day) => ({ day, sha256: dedupe.digestOf(ids, [day]).sha256 })),
      };
    },
  };
}
