import { DAY_MS } from '#kernel';
import type { JournalRecord, Projection, Totals } from '#ledger';
import { type AppCounters, type CounterTotals, decode, digest, encode, type Month } from './counter-form.ts';
import { isSandboxKey } from './key.ts';
import type { Counts, StandingCounters } from './port.ts';

/**
 * Days and months an app's counters keep; the audit counts older ones from the log. Limited by number, not by
 * age, and the one begun the longest ago goes first: a clock that jumps a year ahead and back loses nothing.
 */
const DAYS_MAX = 800;
const MONTHS_MAX = 120;

/** One delivery as the counters see it: a call of the journal, or an entry of a log, which names no ids. */
export type CountedDelivery = {
  log: string;
  index: number;
  totals: Totals;
  time: number;
  app: string;
  key: string;
  operation: string;
  /** Of a stream's batch. */
  stream?: number;
  posts: number;
  persons: number;
  billed: number;
  personsBilled: number;
  priceMicros: number;
};

/** Sums by app, UTC day and operation, by app and UTC month, and each log's newest totals. */
export type Counters = Projection & {
  month(appId: string, time: number): Month;
  /** Recorded calls of one operation in the UTC month of `time`. */
  monthCalls(appId: string, operation: string, time: number): number;
  /** Items that the app's sandbox keys were given on the UTC day of `time`. */
  sandboxItems(appId: string, time: number): number;
  /** Day numbers (since 1970-01-01) with their counts by operation, oldest first. */
  days(
    appId: string,
    fromDay: number,
    toDay: number,
  ): [day: number, operations: ReadonlyMap<string, Counts>][];
  log(log: string): CounterTotals;
  /** Apps that have called in a log, sorted. */
  apps(log: string): string[];
  /** Months and sandbox items of these apps. */
  standing(apps: readonly string[]): Omit<StandingCounters, 'windows'>;
  /** What `apply` does with a call. */
  count(delivery: CountedDelivery): void;
  /** What `apply` does with any record: the log's newest entry. */
  pass(record: { log: string; index: number; totals: Totals }): void;
  /** False when the app has as many days as are kept: older ones may be gone. */
  complete(appId: string): boolean;
};

const NO_MONTH: Month = Object.freeze({ billed: 0, micros: 0 });
const NO_LOG: CounterTotals = {
  entries: 0,
  totals: { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 },
};

export function emptyCounts(): Counts {
  return { calls: 0, posts: 0, persons: 0, billed: 0, personsBilled: 0, micros: 0 };
}

/** Adds `more` to `sum` in place. */
export function addCounts(sum: Counts, more: Counts): void {
  sum.calls += more.calls;
  sum.posts += more.posts;
  sum.persons += more.persons;
  sum.billed += more.billed;
  sum.personsBilled += more.personsBilled;
  sum.micros += more.micros;
}

/** Months since 1970-01 of a UTC day number. */
export function monthOfDay(day: number): number {
  const date = new Date(day * DAY_MS);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

/** Unix ms at which a month (since 1970-01) starts. */
export function monthStart(month: number): number {
  return Date.UTC(1970, month, 1);
}

/** Unix ms at which the UTC month after that of `time` starts: when caps and spending limits start anew. */
export function nextMonth(time: number): number {
  return monthStart(monthOfDay(Math.floor(time / DAY_MS)) + 1);
}

export function nextDay(time: number): number {
  return (Math.floor(time / DAY_MS) + 1) * DAY_MS;
}

/** Gets a map's value, or puts a new one as its last, dropping the first when it is full. */
function keep<V>(map: Map<number, V>, key: number, max: number, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    if (map.size >= max) map.delete(map.keys().next().value!);
    value = make();
    map.set(key, value);
  }
  return value;
}

export function createCounters(): Counters {
  let apps = new Map<string, AppCounters>();
  let logs = new Map<string, CounterTotals>();
  // The day of the record before: nearly every record is of the same one.
  let lastDay = Number.NaN;
  let lastMonth = Number.NaN;

  function monthOf(time: number): number {
    const day = Math.floor(time / DAY_MS);
    if (day !== lastDay) {
      lastDay = day;
      lastMonth = monthOfDay(day);
    }
    return lastMonth;
  }

  function pass({ log: name, index, totals }: { log: string; index: number; totals: Totals }): void {
    const log = logs.get(name);
    if (log) {
      log.entries = index + 1;
      log.totals = totals;
    } else {
      logs.set(name, { entries: index + 1, totals });
    }
  }

  /** @param sign -1 takes the record back. */
  function apply(record: JournalRecord, sign: 1 | -1 = 1): void {
    if (record.type !== 'call') {
      pass(record);
      return;
    }
    let posts = 0;
    let billed = 0;
    let personsBilled = 0;
    for (const item of record.items) {
      if (item.kind === 'post') {
        posts++;
        if (item.billed) billed++;
      } else if (item.billed) personsBilled++;
    }
    sum(record, posts, record.items.length - posts, billed, personsBilled, sign);
  }

  function revert(record: JournalRecord, before: Totals): void {
    apply(record, -1);
    pass({ log: record.log, index: record.index - 1, totals: before });
  }

  function sum(
    call: Omit<CountedDelivery, 'posts' | 'persons' | 'billed' | 'personsBilled'>,
    posts: number,
    persons: number,
    billed: number,
    personsBilled: number,
    sign: 1 | -1 = 1,
  ): void {
    pass(call);
    let app = apps.get(call.app);
    if (!app) {
      app = { log: call.log, days: new Map(), months: new Map() };
      apps.set(call.app, app);
    }
    const day = keep(app.days, Math.floor(call.time / DAY_MS), DAYS_MAX, () => ({
      operations: new Map(),
      sandboxItems: 0,
    }));
    let counts = day.operations.get(call.operation);
    if (!counts) {
      counts = emptyCounts();
      day.operations.set(call.operation, counts);
    }
    // A stream's batch belongs to the call that opened the stream.
    if (call.stream === undefined) counts.calls += sign;
    counts.posts += sign * posts;
    counts.persons += sign * persons;
    counts.billed += sign * billed;
    counts.personsBilled += sign * personsBilled;
    counts.micros += sign * call.priceMicros;
    if (isSandboxKey(call.key)) day.sandboxItems += sign * (posts + persons);
    const month = keep(app.months, monthOf(call.time), MONTHS_MAX, () => ({ billed: 0, micros: 0 }));
    month.billed += sign * billed;
    month.micros += sign * call.priceMicros;
  }

  const appsOf = (log: string) =>
    [...apps].flatMap(([appId, app]) => (app.log === log ? [appId] : [])).sort();

  return {
    name: 'terms-counters',
    apply: (record) => apply(record),
    revert,
    pass,
    count: (call) => sum(call, call.posts, call.persons, call.billed, call.personsBilled),
    digest: (log) => digest(logs.get(log) ?? NO_LOG, appsOf(log), apps),
    apps: appsOf,
    standing: (appIds) => ({
      months: appIds.flatMap((appId) =>
        [...(apps.get(appId)?.months ?? [])].map(([month, sums]) => ({ appId, month, ...sums })),
      ),
      sandbox: appIds.flatMap((appId) =>
        [...(apps.get(appId)?.days ?? [])].flatMap(([day, { sandboxItems: items }]) =>
          items > 0 ? [{ appId, day, items }] : [],
        ),
      ),
    }),
    load(state) {
      [apps, logs] = state ? decode(state) : [new Map(), new Map()];
    },
    dump: () => encode(apps, logs),
    month: (appId, time) => apps.get(appId)?.months.get(monthOf(time)) ?? NO_MONTH,
    monthCalls(appId, operation, time) {
      const days = apps.get(appId)?.days;
      if (!days) return 0;
      const month = monthOf(time);
      let calls = 0;
      for (let day = monthStart(month) / DAY_MS; day < monthStart(month + 1) / DAY_MS; day++) {
        calls += days.get(day)?.operations.get(operation)?.calls ?? 0;
      }
      return calls;
    },
    sandboxItems: (appId, time) => apps.get(appId)?.days.get(Math.floor(time / DAY_MS))?.sandboxItems ?? 0,
    days(appId, fromDay, toDay) {
      const found: [number, ReadonlyMap<string, Counts>][] = [];
      for (const [day, { operations }] of apps.get(appId)?.days ?? []) {
        if (day >= fromDay && day < toDay) found.push([day, operations]);
      }
      return found.sort(([a], [b]) => a - b);
    },
    log: (log) => logs.get(log) ?? NO_LOG,
    complete: (appId) => (apps.get(appId)?.days.size ?? 0) < DAYS_MAX,
  };
}
