import { DAY_MS } from '#kernel';
import { type ControlEntry, type DayClosed, type Entry, readDayClosed } from '#ledger';
import { createCounters, isSandboxKey, quarterOf, type StandingCounters, windowName } from '#terms';
import type { DeliveryEntry, Findings } from './findings.ts';
import type { Recount } from './port.ts';

/** A recount is of one log; its name is in no digest. */
const LOG = 'log';
/** Quarter hours that are kept of each window, the newest: those that a server's windows can stand in. */
const QUARTERS_MAX = 8;

/** What the entries so far lead to: the counters that caps, limits and windows go by. */
export type AuditTally = {
  add(entry: Entry): void;
  /** What a `day-closed` entry commits to, if it reads and its format is known. */
  closed(entry: ControlEntry): DayClosed | undefined;
  apps(): string[];
  standing(): Recount['standing'];
};

export function createTally(findings: Findings): AuditTally {
  const counters = createCounters();
  const windows = new Map<string, { appId: string; name: string; quarters: Map<number, number> }>();
  let lastTime = 0;

  function window({ time, app, operation, key }: DeliveryEntry): void {
    const name = windowName(operation, isSandboxKey(key));
    let found = windows.get(`${app} ${name}`);
    if (!found) {
      found = { appId: app, name, quarters: new Map() };
      windows.set(`${app} ${name}`, found);
    }
    const { quarters } = found;
    const quarter = quarterOf(time);
    quarters.set(quarter, (quarters.get(quarter) ?? 0) + 1);
    if (quarters.size > QUARTERS_MAX) quarters.delete(quarters.keys().next().value!);
  }

  return {
    add(entry) {
      lastTime = entry.time;
      if (entry.kind === 'control') {
        counters.pass({ ...entry, log: LOG });
        return;
      }
      const { postsBilled: billed, ...delivery } = entry;
      counters.count({ ...delivery, log: LOG, billed });
      if (entry.kind === 'call') window(entry);
    },
    closed(entry) {
      const where = { kind: 'day-closed', index: entry.index } as const;
      let closed: DayClosed | undefined;
      try {
        closed = readDayClosed(entry.body);
      } catch (error) {
        findings.add({
          ...where,
          what: `An entry that closes a day does not read: ${(error as Error).message}.`,
        });
      }
      if (!closed) return undefined;
      const day = Math.floor(lastTime / DAY_MS);
      if (closed.day !== day) {
        findings.add({ ...where, what: 'An entry closes another day.', expected: day, found: closed.day });
      }
      const committed = closed.state[counters.name];
      const { sha256 } = counters.digest(LOG);
      if (committed && committed.sha256 !== sha256) {
        const what = 'The counters that the server committed to are not those that the entries before give.';
        findings.add({ ...where, what, expected: sha256, found: committed.sha256 });
      }
      return closed;
    },
    apps: () => counters.apps(LOG),
    standing: () => ({
      ...counters.standing(counters.apps(LOG)),
      windows: [...windows.values()].flatMap(({ appId, name, quarters }) =>
        [...quarters].map(([quarter, calls]) => ({ appId, name, quarter, calls })),
      ),
    }),
  };
}

/** Where the server's months, sandbox days and windows are not what the entries lead to. */
export function compareStanding(
  counters: StandingCounters,
  recounted: Recount['standing'],
): { what: string; appId: string; operation?: string; day?: number; expected: number; found: number }[] {
  const differences: ReturnType<typeof compareStanding> = [];
  const months = new Map(recounted.months.map((one) => [`${one.appId} ${one.month}`, one]));
  const counted = new Map(counters.months.map((one) => [`${one.appId} ${one.month}`, one]));
  for (const key of new Set([...months.keys(), ...counted.keys()])) {
    const { appId } = (months.get(key) ?? counted.get(key))!;
    for (const name of ['billed', 'micros'] as const) {
      const [expected, found] = [months.get(key)?.[name] ?? 0, counted.get(key)?.[name] ?? 0];
      const month = key.split(' ')[1];
      const what = `The ${name === 'micros' ? 'money spent' : 'billed posts'} of month ${month} (since 1970-01), which cap and limit go by, differ from the entries.`;
      if (expected !== found) differences.push({ what, appId, expected, found });
    }
  }
  const given = new Map(recounted.sandbox.map(({ appId, day, items }) => [`${appId} ${day}`, items]));
  const counts = new Map(counters.sandbox.map(({ appId, day, items }) => [`${appId} ${day}`, items]));
  for (const key of new Set([...given.keys(), ...counts.keys()])) {
    const [expected, found] = [given.get(key) ?? 0, counts.get(key) ?? 0];
    if (expected === found) continue;
    const [appId = '', day] = key.split(' ');
    const what = 'The items given to sandbox keys differ from the entries.';
    differences.push({ what, appId, day: Number(day), expected, found });
  }
  const taken = new Map(
    recounted.windows.map(({ appId, name, quarter, calls }) => [`${appId} ${quarter} ${name}`, calls]),
  );
  const quarters = new Map<string, number>();
  for (const { appId, name } of recounted.windows) {
    quarters.set(`${appId} ${name}`, (quarters.get(`${appId} ${name}`) ?? 0) + 1);
  }
  for (const { appId, name, quarter, calls } of counters.windows) {
    const known = taken.get(`${appId} ${quarter} ${name}`);
    if (known === undefined && quarters.get(`${appId} ${name}`) === QUARTERS_MAX) continue;
    const expected = known ?? 0;
    // Fewer is no fault: where a clock is set back, or another quarter begins for other persons, windows begin anew.
    if (calls <= expected) continue;
    const what = 'A rate window counts more calls than the entries of its quarter hour.';
    differences.push({ what, appId, operation: name, expected, found: calls });
  }
  return differences;
}
