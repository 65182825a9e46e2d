import { createHash } from 'node:crypto';
import { createWindowCounts, networkOf } from '#kernel';
import type { JournalRecord, Projection } from '#ledger';
import { isSandboxKey } from './key.ts';
import type { RateState, StandingCounters } from './port.ts';

/** X's windows: fixed, 15 minutes, here aligned to the UTC quarter hour so that a restart can rebuild them. */
export const WINDOW_MS = 900_000;
/** Failed log-ins per address and window: enough for a misconfigured client to be noticed, useless for guessing. */
export const FAILURES_MAX = 150;
/** Addresses counted one by one; more of them in one window share a last counter, so memory stays bounded. */
const ADDRESSES_MAX = 50_000;

type Window = { quarter: number; count: number };
/** By app, then by operation (and person). */
type Windows = Map<string, Map<string, Window>>;

export function quarterOf(time: number): number {
  return Math.floor(time / WINDOW_MS);
}

/** A window's state as the rate headers tell it. @param count calls taken so far. */
export function rateState(limit: number, count: number, quarter: number): RateState {
  return { limit, remaining: Math.max(0, limit - count), resetSeconds: ((quarter + 1) * WINDOW_MS) / 1000 };
}

/** A sandbox key has windows of its own: trying out never costs the live app a call. */
export function windowName(operation: string, sandbox: boolean, personId?: string): string {
  const name = sandbox ? `sandbox ${operation}` : operation;
  return personId === undefined ? name : `${name} ${personId}`;
}

/** Calls recorded in each window's newest quarter hour: what a start has to know of the time before it. */
export type RecordedWindows = Projection & {
  count(appId: string, name: string, quarter: number): number;
  /** Of an app, calls for persons added to its own. */
  of(appId: string): Omit<StandingCounters['windows'][number], 'appId'>[];
};

/**
 * Windows of persons are kept for the newest quarter hour alone: an app may ask for a million persons, and each of them
 * would stay here for good. A clock that is set back finds them begun anew.
 */
export function createRecordedWindows(
  appsOf: (log: string) => readonly string[] = () => [],
): RecordedWindows {
  let windows: Windows = new Map();
  let persons: Windows = new Map();
  let personsQuarter = Number.NaN;

  function windowsAt(person: string | undefined, quarter: number): Windows {
    if (person === undefined) return windows;
    if (quarter !== personsQuarter) {
      persons = new Map();
      personsQuarter = quarter;
    }
    return persons;
  }

  return {
    name: 'terms-windows',
    apply(record: JournalRecord) {
      if (record.type !== 'call' || record.stream !== undefined) return;
      const quarter = quarterOf(record.time);
      const among = windowsAt(record.person, quarter);
      let app = among.get(record.app);
      if (!app) {
        app = new Map();
        among.set(record.app, app);
      }
      const name = windowName(record.operation, isSandboxKey(record.key), record.person);
      const window = app.get(name);
      if (!window) app.set(name, { quarter, count: 1 });
      else if (window.quarter === quarter) window.count++;
      else {
        window.quarter = quarter;
        window.count = 1;
      }
    },
    load(dump) {
      windows = new Map();
      persons = new Map();
      personsQuarter = Number.NaN;
      if (!dump) return;
      // A dump of before there were persons is the list of the apps' windows alone.
      const read = JSON.parse(Buffer.from(dump).toString('utf8')) as
        | WindowsDump
        | { apps: WindowsDump; persons: WindowsDump };
      const parts = Array.isArray(read) ? { apps: read, persons: [] } : read;
      windows = readWindows(parts.apps);
      persons = readWindows(parts.persons);
      for (const app of persons.values()) for (const { quarter } of app.values()) personsQuarter = quarter;
    },
    digest(log) {
      const of = (kept: Windows, appId: string) =>
        [...(kept.get(appId) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
      const rows = (kept: Windows, appId: string) =>
        of(kept, appId).map(([name, { quarter, count }]) => [name, quarter, count]);
      const form = appsOf(log).map((appId) => [appId, rows(windows, appId), rows(persons, appId)]);
      return { sha256: createHash('sha256').update(JSON.stringify(form)).digest('hex') };
    },
    dump: () => Buffer.from(JSON.stringify({ apps: writeWindows(windows), persons: writeWindows(persons) })),
    of(appId) {
      const sums = new Map<string, { name: string; quarter: number; calls: number }>();
      const add = (name: string, { quarter, count }: Window) => {
        const sum = sums.get(`${quarter} ${name}`) ?? { name, quarter, calls: 0 };
        sum.calls += count;
        sums.set(`${quarter} ${name}`, sum);
      };
      for (const [name, window] of windows.get(appId) ?? []) add(name, window);
      for (const [name, window] of persons.get(appId) ?? [])
        add(name.slice(0, name.lastIndexOf(' ')), window);
      return [...sums.values()];
    },
    count(appId, name, quarter) {
      const window = windows.get(appId)?.get(name) ?? persons.get(appId)?.get(name);
      return window?.quarter === quarter ? window.count : 0;
    },
  };
}

type WindowsDump = [appId: string, [name: string, quarter: number, count: number][]][];

function readWindows(dump: WindowsDump): Windows {
  return new Map(
    dump.map(([appId, app]) => [
      appId,
      new Map(app.map(([name, quarter, count]) => [name, { quarter, count }])),
    ]),
  );
}

function writeWindows(windows: Windows): WindowsDump {
  return [...windows].map(([appId, app]) => [appId, [...app].map(([name, w]) => [name, w.quarter, w.count])]);
}

/** Counts by app and name in periods of one length; all of them start anew with each period. */
export type PeriodCounts = {
  count(appId: string, name: string, now: number): number;
  /** Counts one more; returns the count with it. */
  take(appId: string, name: string, now: number): number;
  /** Takes one back that was counted at `now`; nothing in a later period, which began anew. Returns the count without it. */
  giveBack(appId: string, name: string, now: number): number;
};

/** @param seed what a count of the first period (the one in which the process started) begins with. */
export function createPeriodCounts(
  periodMs: number,
  seed: (appId: string, name: string, period: number) => number = () => 0,
): PeriodCounts {
  let period = Number.NaN;
  let first = true;
  const apps = new Map<string, Map<string, number>>();

  function appAt(appId: string, now: number): Map<string, number> {
    const current = Math.floor(now / periodMs);
    if (current !== period) {
      first = Number.isNaN(period);
      period = current;
      apps.clear();
    }
    let app = apps.get(appId);
    if (!app) {
      app = new Map();
      apps.set(appId, app);
    }
    return app;
  }

  function count(appId: string, name: string, now: number): number {
    const app = appAt(appId, now);
    let counted = app.get(name);
    if (counted === undefined) {
      counted = first ? seed(appId, name, period) : 0;
      app.set(name, counted);
    }
    return counted;
  }

  return {
    count,
    giveBack(appId, name, now) {
      if (Math.floor(now / periodMs) !== period) return 0;
      const counted = Math.max(0, (appAt(appId, now).get(name) ?? 0) - 1);
      appAt(appId, now).set(name, counted);
      return counted;
    },
    take(appId, name, now) {
      const counted = count(appId, name, now) + 1;
      appAt(appId, now).set(name, counted);
      return counted;
    },
  };
}

/** The failures of addresses that came without a valid key. */
export type FailureWindows = {
  /** Counts one failure; false once the address had its share of this quarter hour. */
  fail(remote: string, now: number): { allowed: boolean; rate: RateState };
};

export function createFailureWindows(): FailureWindows {
  const failures = createWindowCounts(WINDOW_MS, ADDRESSES_MAX);
  return {
    fail(remote, now) {
      const count = failures.add(networkOf(remote), now);
      return { allowed: count <= FAILURES_MAX, rate: rateState(FAILURES_MAX, count, quarterOf(now)) };
    },
  };
}
