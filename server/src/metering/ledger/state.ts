import { DAY_MS } from '#kernel';
import { contradiction, dayClosedBody } from './day-closed.ts';
import type { Totals } from './format/entry.ts';
import { NO_TOTALS, totalsDifference } from './format/entry.ts';
import type { LogKey } from './keys.ts';
import type { CallFact, JournalRecord, Projection } from './port.ts';
import type { Snapshot, SnapshotTotals } from './snapshot.ts';

export type LogState = {
  key: LogKey;
  size: number;
  totals: Totals;
  lastTime: number;
  /** Why this log alone takes no more calls. */
  broken?: string;
};

/** The running totals after a call, or a stream's batch. */
export function totalsAfterCall(
  { calls, posts, persons, billed, micros }: Totals,
  { stream, items, priceMicros }: Pick<CallFact, 'stream' | 'items' | 'priceMicros'>,
): Totals {
  const isCall = stream === undefined;
  const totals = { calls: calls + (isCall ? 1 : 0), posts, persons, billed, micros: micros + priceMicros };
  for (const { kind, billed: isBilled } of items) {
    if (kind === 'post') {
      totals.posts += 1;
      if (isBilled) totals.billed += 1;
    } else totals.persons += 1;
  }
  return totals;
}

/** Everything that follows from the records: each log's size and totals, and the projections. */
export class LedgerState {
  readonly logs = new Map<string, LogState>();
  readonly projections: readonly Projection[];
  /** UTC day of the newest record, and the latest of all; NaN and -Infinity before the first. */
  lastDay = Number.NaN;
  latestDay = Number.NEGATIVE_INFINITY;
  /** Logs that a snapshot brought, and whose next record has to confirm it. */
  #unconfirmed = new Set<string>();

  constructor(projections: readonly Projection[]) {
    this.projections = projections;
  }

  know(key: LogKey): void {
    this.logs.set(key.log, { key, size: 0, totals: NO_TOTALS, lastTime: 0 });
  }

  /** @throws RangeError for a log that was not created */
  get(log: string): LogState {
    const state = this.logs.get(log);
    if (state === undefined) throw new RangeError(`there is no log ${log}: create it first`);
    return state;
  }

  /** Back to before the first record. */
  reset(): void {
    for (const { key } of this.logs.values()) this.know(key);
    this.#unconfirmed.clear();
    this.lastDay = Number.NaN;
    this.latestDay = Number.NEGATIVE_INFINITY;
    for (const projection of this.projections) projection.load(undefined);
  }

  /** As a snapshot says. @throws Error if it contradicts itself, or has what this folder has not */
  load(snapshot: Snapshot): void {
    this.reset();
    let records = 0;
    for (const { log, ...said } of snapshot.logs) {
      Object.assign(this.get(log), said);
      records += said.size;
      if (said.size > 0) this.#unconfirmed.add(log);
    }
    if (records !== snapshot.point.position) {
      throw new RangeError(`it holds ${records} records, the journal ${snapshot.point.position} before it`);
    }
    for (const projection of this.projections) projection.load(snapshot.dumps.get(projection.name));
  }

  /**
   * A record of the journal, in order.
   * @throws RangeError if it does not follow from the records, or the snapshot, before it; nothing has changed then
   */
  replay(record: JournalRecord, position: number): void {
    const { log, index, totals } = record;
    const state = this.get(log);
    if (record.position !== position || index !== state.size) {
      throw new RangeError(
        `it says record ${record.position}, entry ${index} of log ${log}; entry ${state.size} follows`,
      );
    }
    const isClosing = record.type === 'control' && record.event === 'day-closed';
    const mustConfirm = this.#unconfirmed.has(log);
    if (mustConfirm && !isClosing) throw new RangeError(`no day-closed entry confirms log ${log}`);
    const expected = record.type === 'call' ? totalsAfterCall(state.totals, record) : state.totals;
    const difference = totalsDifference(totals, expected);
    if (difference !== undefined) {
      throw new RangeError(`entry ${index} of log ${log}: the running total of ${difference}`);
    }
    if (isClosing) {
      const found = contradiction(record.body, log, state.lastTime, this.projections, mustConfirm);
      if (found !== undefined) throw new RangeError(`entry ${index} of log ${log}: ${found}`);
      this.#unconfirmed.delete(log);
    }
    this.apply(state, record);
  }

  /** From here on the record counts. @throws what a projection throws, which then counts wrongly */
  apply(state: LogState, record: JournalRecord): void {
    state.size += 1;
    state.totals = record.totals;
    state.lastTime = record.time;
    this.lastDay = Math.floor(record.time / DAY_MS);
    this.latestDay = Math.max(this.latestDay, this.lastDay);
    for (const projection of this.projections) projection.apply(record);
  }

  /** Takes back the newest record, after which none is accepted until a restart. */
  revert(record: JournalRecord, before: Totals): void {
    Object.assign(this.get(record.log), { size: record.index, totals: before });
    for (const projection of this.projections) projection.revert?.(record, before);
  }

  /** A log of the snapshot that no entry confirmed. */
  unconfirmed(): string | undefined {
    return this.#unconfirmed.values().next().value;
  }

  dayClosedBody({ key, lastTime }: LogState): Buffer {
    return dayClosedBody(key.log, lastTime, this.projections);
  }

  /** Copies of everything, as of now. */
  dump(): { logs: SnapshotTotals[]; dumps: Map<string, Uint8Array> } {
    return {
      logs: [...this.logs.values()].map(({ key, size, totals, lastTime }) => ({
        log: key.log,
        size,
        totals,
        lastTime,
      })),
      dumps: new Map(this.projections.map((projection) => [projection.name, projection.dump()])),
    };
  }
}
