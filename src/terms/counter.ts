import { DAY_MS } from '#kernel';
import type { JournalRecord, Projection, Totals } from '#ledger';
import { isSandboxKey } from './key.ts';
import type { Counts } from './port.ts';

/**
 * Days and months an app's counters keep; the audit counts older ones from the log. Limited by number, not by
 * age, and the one begun the longest ago goes first: a clock that jumps a year ahead and back loses nothing.
 */
const DAYS_MAX = 800;
const MONTHS_MAX = 120;

export type Month = { billed: number; micros: number };
type DayCounts = { operations: Map<string, Counts>; sandboxItems: number };
type AppCounters = { days: Map<number, DayCounts>; months: Map<number, Month> };
type LogTotals = { entries: number; totals: Totals };

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
  log(log: string): LogTotals;
  /** False when the app has as many days as are kept: older ones may be gone. */
  complete(appId: string): boolean;
};

const NO_MONTH: Month = Object.freeze({ billed: 0, micros: 0 });
const NO_LOG: LogTotals = { entries: 0, totals: { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 } };

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
  let logs = new Map<string, LogTotals>();
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

  function apply(record: JournalRecord): void {
    const log = logs.get(record.log);
    if (log) {
      log.entries = record.index + 1;
      log.totals = record.totals;
    } else {
      logs.set(record.log, { entries: record.index + 1, totals: record.totals });
    }
    if (record.type !== 'call') return;
    let app = apps.get(record.app);
    if (!app) {
      app = { days: new Map(), months: new Map() };
      apps.set(record.app, app);
    }
    const day = keep(app.days, Math.floor(record.time / DAY_MS), DAYS_MAX, () => ({
      operations: new Map(),
      sandboxItems: 0,
    }));
    let counts = day.operations.get(record.operation);
    if (!counts) {
      counts = emptyCounts();
      day.operations.set(record.operation, counts);
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
    // A stream's batch belongs to the call that opened the stream.
    if (record.stream === undefined) counts.calls++;
    counts.posts += posts;
    counts.persons += record.items.length - posts;
    counts.billed += billed;
    counts.personsBilled += personsBilled;
    counts.micros += record.priceMicros;
    if (isSandboxKey(record.key)) day.sandboxItems += record.items.length;
    const month = keep(app.months, monthOf(record.time), MONTHS_MAX, () => ({ billed: 0, micros: 0 }));
    month.billed += billed;
    month.micros += record.priceMicros;
  }

  return {
    name: 'terms-counters',
    apply,
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

const FORMAT = 1;
type CountsDump = [operation: string, ...counts: number[]];
type Dump = {
  format: number;
  apps: [
    appId: string,
    days: [day: number, sandboxItems: number, CountsDump[]][],
    months: [number, number, number][],
  ][];
  logs: [log: string, entries: number, ...totals: number[]][];
};

function encode(apps: Map<string, AppCounters>, logs: Map<string, LogTotals>): Uint8Array {
  const dump: Dump = {
    format: FORMAT,
    apps: [...apps].map(([appId, { days, months }]) => [
      appId,
      [...days].map(([day, { operations, sandboxItems }]) => [
        day,
        sandboxItems,
        [...operations].map(([name, c]) => [
          name,
          c.calls,
          c.posts,
          c.persons,
          c.billed,
          c.personsBilled,
          c.micros,
        ]),
      ]),
      [...months].map(([month, { billed, micros }]) => [month, billed, micros]),
    ]),
    logs: [...logs].map(([log, { entries, totals: t }]) => [
      log,
      entries,
      t.calls,
      t.posts,
      t.persons,
      t.billed,
      t.micros,
    ]),
  };
  return Buffer.from(JSON.stringify(dump));
}

function decode(state: Uint8Array): [Map<string, AppCounters>, Map<string, LogTotals>] {
  const dump = JSON.parse(Buffer.from(state).toString('utf8')) as Dump;
  if (dump.format !== FORMAT)
    throw new Error(`counters of format ${dump.format}; this Parley reads ${FORMAT}`);
  const apps = new Map(
    dump.apps.map(([appId, days, months]): [string, AppCounters] => [
      appId,
      {
        days: new Map(
          days.map(([day, sandboxItems, operations]) => [
            day,
            {
              sandboxItems,
              operations: new Map(operations.map(([name, ...counts]) => [name, toCounts(counts)])),
            },
          ]),
        ),
        months: new Map(months.map(([month, billed, micros]) => [month, { billed, micros }])),
      },
    ]),
  );
  const logs = new Map(
    dump.logs.map(([log, entries, ...t]): [string, LogTotals] => [
      log,
      { entries, totals: { calls: t[0]!, posts: t[1]!, persons: t[2]!, billed: t[3]!, micros: t[4]! } },
    ]),
  );
  return [apps, logs];
}

function toCounts(c: number[]): Counts {
  return { calls: c[0]!, posts: c[1]!, persons: c[2]!, billed: c[3]!, personsBilled: c[4]!, micros: c[5]! };
}
