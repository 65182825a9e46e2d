import { type Clock, Problem } from '#kernel';
import type { Appended, CallFact, ControlFact, JournalRecord, Ledger, Projection, Totals } from '#ledger';

/**
 * A fake ledger for this room's tests: it keeps the port's promises about indexes, totals and projections in
 * memory, and fails on demand. Disk, hashes and proofs are the real ledger's, which the whole-road tests run.
 */
export type FakeLedger = Omit<Ledger, 'reader'> & {
  records: JournalRecord[];
  /** From now on nothing can be appended. */
  fail(): void;
};

/** @param loaded states of projections, by name, as an earlier `dump` gave them; records that follow them. */
export function fakeLedger(
  projections: readonly Projection[],
  clock: Clock,
  loaded: { states?: Map<string, Uint8Array>; records?: readonly JournalRecord[] } = {},
): FakeLedger {
  const logs = new Map<string, { next: number; time: number; totals: Totals }>();
  const records: JournalRecord[] = [];
  let failed = false;

  for (const projection of projections) projection.load(loaded.states?.get(projection.name));

  function keep(record: JournalRecord): void {
    records.push(record);
    logs.set(record.log, { next: record.index + 1, time: record.time, totals: record.totals });
    for (const projection of projections) projection.apply(record);
  }
  for (const record of loaded.records ?? []) keep(record);

  function next(
    log: string,
    time: number,
  ): { time: number; index: number; totals: Totals; position: number } {
    if (failed) throw new Problem('ledger-unavailable');
    const at = logs.get(log);
    if (!at) throw new Error(`no log ${log}`);
    return {
      time: Math.max(time, at.time),
      index: at.next,
      totals: { ...at.totals },
      position: records.length,
    };
  }

  function appended({ index, time, totals }: JournalRecord): Appended {
    return { index, time, totals, committed: Promise.resolve() };
  }

  return {
    records,
    fail: () => {
      failed = true;
    },
    async createLog(log) {
      if (!logs.has(log)) {
        logs.set(log, { next: 0, time: 0, totals: { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 } });
      }
      return `fake.example/${log}+00000000+AA==`;
    },
    logs: () => [...logs.keys()].map((log) => ({ log, origin: `fake.example/${log}`, vkey: '' })),
    append(fact: CallFact) {
      const { index, time, totals, position } = next(fact.log, fact.time);
      const { request: _, ...rest } = fact;
      totals.calls++;
      for (const { kind, billed } of fact.items) {
        if (kind === 'post') totals.posts++;
        else totals.persons++;
        if (kind === 'post' && billed) totals.billed++;
      }
      totals.micros += fact.priceMicros;
      const record: JournalRecord = { type: 'call', ...rest, position, index, time, totals };
      keep(record);
      return appended(record);
    },
    appendControl(fact: ControlFact) {
      const record: JournalRecord = { type: 'control', ...fact, ...next(fact.log, fact.time) };
      keep(record);
      return appended(record);
    },
    now: (log) => Math.max(clock.now(), logs.get(log)?.time ?? 0),
    state: (log) => ({ size: logs.get(log)!.next, totals: logs.get(log)!.totals }),
    healthy: () => !failed,
    integrated: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
