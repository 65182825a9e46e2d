import { createHash } from 'node:crypto';
import type { Totals } from '#ledger';
import type { Counts } from './port.ts';

export type Month = { billed: number; micros: number };
export type DayCounts = { operations: Map<string, Counts>; sandboxItems: number };
export type AppCounters = { log: string; days: Map<number, DayCounts>; months: Map<number, Month> };
export type CounterTotals = { entries: number; totals: Totals };

/** The counters as bytes: their dump in a snapshot, and the canonical form that a `day-closed` entry commits to. */
const FORMAT = 2;
type CountsDump = [operation: string, ...counts: number[]];
type Dump = {
  format: number;
  apps: [
    appId: string,
    log: string,
    days: [day: number, sandboxItems: number, CountsDump[]][],
    months: [number, number, number][],
  ][];
  logs: [log: string, entries: number, ...totals: number[]][];
};

type AppDump = Dump['apps'][number] extends [string, string, ...infer Rows] ? Rows : never;

function rowsOf({ days, months }: AppCounters): AppDump {
  return [
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
  ];
}

const totalsList = (t: Totals) => [t.calls, t.posts, t.persons, t.billed, t.micros];

/**
 * SHA-256 of the canonical form of what a log's entries come to, as the ledger's reference defines it: JSON without
 * spaces, days and months by number, apps and operations by name.
 */
export function digest(
  { entries, totals }: CounterTotals,
  appIds: readonly string[],
  apps: ReadonlyMap<string, AppCounters>,
): { sha256: string } {
  const hash = createHash('sha256').update(`[${entries},${JSON.stringify(totalsList(totals))},[`);
  appIds.forEach((appId, i) => {
    const [days, months] = rowsOf(apps.get(appId)!);
    for (const [, , operations] of days) operations.sort(([a], [b]) => (a < b ? -1 : 1));
    days.sort(([a], [b]) => a - b);
    months.sort(([a], [b]) => a - b);
    hash.update((i === 0 ? '' : ',') + JSON.stringify([appId, days, months]));
  });
  return { sha256: hash.update(']]').digest('hex') };
}

export function encode(apps: Map<string, AppCounters>, logs: Map<string, CounterTotals>): Uint8Array {
  const dump: Dump = {
    format: FORMAT,
    apps: [...apps].map(([appId, app]) => [appId, app.log, ...rowsOf(app)]),
    logs: [...logs].map(([log, { entries, totals }]) => [log, entries, ...totalsList(totals)]),
  };
  return Buffer.from(JSON.stringify(dump));
}

export function decode(state: Uint8Array): [Map<string, AppCounters>, Map<string, CounterTotals>] {
  const dump = JSON.parse(Buffer.from(state).toString('utf8')) as Dump;
  if (dump.format !== FORMAT)
    throw new Error(`counters of format ${dump.format}; this Parley reads ${FORMAT}`);
  const apps = new Map(
    dump.apps.map(([appId, log, days, months]): [string, AppCounters] => [
      appId,
      {
        log,
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
    dump.logs.map(([log, entries, ...t]): [string, CounterTotals] => [
      log,
      { entries, totals: { calls: t[0]!, posts: t[1]!, persons: t[2]!, billed: t[3]!, micros: t[4]! } },
    ]),
  );
  return [apps, logs];
}

function toCounts(c: number[]): Counts {
  return { calls: c[0]!, posts: c[1]!, persons: c[2]!, billed: c[3]!, personsBilled: c[4]!, micros: c[5]! };
}
