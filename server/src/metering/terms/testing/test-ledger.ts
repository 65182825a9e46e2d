import { Problem } from '#kernel';
import type { Appended, CallFact, ControlFact, JournalRecord, Ledger, Projection, Totals } from '#ledger';

/**
 * A fake ledger for this module's tests: it keeps the port's promises about indexes, totals and projections in
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
  loaded: { states?: Map<string, Uint8Array>; records?: readonly JournalRecord[] } = {},
): FakeLedger {
  const logs = new Map<string, { next: number; totals: Totals }>();
  const records: JournalRecord[] = [];
  let failed = false;

  for (const projection of projections) projection.load(loaded.states?.get(projection.name));

  function keep(record: JournalRecord): void {
    records.push(record);
    logs.set(record.log, { next: record.index + 1, totals: record.totals });
    for (const projection of projections) projection.apply(record);
  }
  for (const record of loaded.records ?? []) keep(record);

  function next(log: string): { index: number; totals: Totals; position: number } {
    if (failed) throw new Problem('ledger-unavailable');
    const at = logs.get(log);
    if (!at) throw new Error(`no log ${log}`);
    return { index: at.next, totals: { ...at.totals }, position: records.length };
  }

  function appended({ index, totals }: JournalRecord): Appended {
    return { index, totals, committed: Promise.resolve() };
  }

  return {
    records,
    fail: () => {
      failed = true;
    },
    async createLog(log) {
      if (!logs.has(log)) {
        logs.set(log, { next: 0, totals: { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 } });
      }
      return `fake.example/${log}+00000000+AA==`;
    },
    logs: () => [...logs.keys()].map((log) => ({ log, origin: `fake.example/${log}`, vkey: '' })),
    append(fact: CallFact) {
      const { index, totals, position } = next(fact.log);
      const { request: _, ...rest } = fact;
      if (fact.stream === undefined) totals.calls++;
      for (const { kind, billed } of fact.items) {
        if (kind === 'post') totals.posts++;
        else totals.persons++;
        if (kind === 'post' && billed) totals.billed++;
      }
      totals.micros += fact.priceMicros;
      const record: JournalRecord = { type: 'call', ...rest, position, index, totals };
      keep(record);
      return appended(record);
    },
    appendControl(fact: ControlFact) {
      const record: JournalRecord = { type: 'control', ...fact, ...next(fact.log) };
      keep(record);
      return appended(record);
    },
    state: (log) => ({ size: logs.get(log)!.next, totals: logs.get(log)!.totals }),
    healthy: () => !failed,
    integrated: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
