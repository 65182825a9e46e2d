import { DAY_MS, utcDay } from '#kernel';
import type { ControlEntry, Entry, Opening, Totals } from '#ledger';
import { type Agreement, type Counts, emptyCounts, monthOfDay } from '#terms';
import { createContract } from './contract.ts';
import { createFindings, type DeliveryEntry } from './findings.ts';
import { createOpenedStreams } from './opened.ts';
import { createOpeningCheck } from './opening.ts';
import type { Recount } from './port.ts';
import { createTally } from './tally.ts';

/** A clock that is set right by less than this is every machine's clock. */
const BACK_MS = 1000;
/** Places that a report names; more are counted. */
const NOTES_MAX = 20;
/** The last moment that has an ISO form in ECMAScript. */
const ISO_MAX_MS = 8.64e15;

const TOTAL_NAMES = ['calls', 'posts', 'persons', 'billed', 'micros'] as const;

type Period = { licenseeId: string; from: number; to: number };
type Row = { appId: string; day: number; operation: string; counts: Counts };
type Month = { billed: number; micros: number; calls: Map<string, number> };

/** A recount in progress: give it every entry of a log from index 0, in order. Holds sums, never entries. */
export type Recounting = {
  /** True for a call or a stream's batch of the period: `opening` wants its opening then. */
  add(entry: Entry): entry is DeliveryEntry;
  opening(entry: DeliveryEntry, opening: Opening | undefined): void;
  /** An entry that does not read: nothing after it can be counted. */
  broken(message: string): void;
  finish(): Recount;
};

/**
 * Recounts a log from its entries alone, trusting none of the numbers in them: each total is the one before plus
 * the call, each price what the accepted agreement gives, each month within cap and limit.
 */
export function createRecount({ licenseeId, from, to }: Period, withOpenings: boolean): Recounting {
  const findings = createFindings();
  const contract = createContract(licenseeId, findings);
  const streams = createOpenedStreams(findings);
  const tally = createTally(findings);
  const closings = { entries: 0, dedupeChecked: 0 };
  const openings = withOpenings ? createOpeningCheck(findings) : undefined;
  const rows = new Map<string, Row>();
  const months = new Map<string, Month>();
  let totals: Totals = { calls: 0, posts: 0, persons: 0, billed: 0, micros: 0 };
  let entries = 0;
  let calls = 0;
  let batches = 0;
  const notes: string[] = [];
  let notesLeftOut = 0;
  let lastTime = 0;

  function checkPlace({ index, time }: Entry): void {
    if (index !== entries) {
      findings.add({
        kind: 'continuity',
        index: entries,
        what: 'The log has a gap.',
        expected: entries,
        found: index,
      });
    }
    if (time < lastTime - BACK_MS) {
      if (notes.length === NOTES_MAX) notesLeftOut++;
      else notes.push(`At entry ${index} time runs back, from ${moment(lastTime)} to ${moment(time)}.`);
    }
    lastTime = time;
    entries++;
  }

  /** After a wrong total the found one counts on, so that one lie is one finding. */
  function checkTotals(entry: Entry): void {
    const call = entry.kind === 'control' ? undefined : entry;
    const expected: Totals = {
      calls: totals.calls + (entry.kind === 'call' ? 1 : 0),
      posts: totals.posts + (call?.posts ?? 0),
      persons: totals.persons + (call?.persons ?? 0),
      billed: totals.billed + (call?.postsBilled ?? 0),
      micros: totals.micros + (call?.priceMicros ?? 0),
    };
    for (const name of TOTAL_NAMES) {
      if (entry.totals[name] === expected[name]) continue;
      findings.add({
        kind: 'totals',
        index: entry.index,
        what: `The running total of ${name} is not the one before plus this call.`,
        expected: expected[name],
        found: entry.totals[name],
      });
    }
    totals = entry.totals;
  }

  function checkMonth(
    { kind, index, time, app, operation, status, postsBilled, priceMicros }: DeliveryEntry,
    agreement: Agreement,
  ): void {
    const key = `${app} ${monthOfDay(Math.floor(time / DAY_MS))}`;
    let month = months.get(key);
    if (!month) {
      month = { billed: 0, micros: 0, calls: new Map() };
      months.set(key, month);
    }
    month.billed += postsBilled;
    month.micros += priceMicros;
    const cap = agreement.plan.monthlyPostCap;
    const where = { index, appId: app, operation };
    if (cap !== null && postsBilled > 0 && month.billed > cap) {
      findings.add({
        ...where,
        kind: 'cap',
        what: 'The month has more billed posts than the cap.',
        expected: cap,
        found: month.billed,
      });
    }
    const callCap = agreement.plan.monthlyCallCaps?.[operation];
    if (callCap !== undefined && kind === 'call' && status < 400) {
      const made = (month.calls.get(operation) ?? 0) + 1;
      month.calls.set(operation, made);
      if (made > callCap) {
        findings.add({
          ...where,
          kind: 'cap',
          what: `The month has more calls of ${operation} than the cap.`,
          expected: callCap,
          found: made,
        });
      }
    }
    const limit = agreement.spendingLimitMicros;
    if (limit !== null && priceMicros > 0 && month.micros > limit) {
      findings.add({
        ...where,
        kind: 'spending-limit',
        what: 'The month cost more than the limit.',
        expected: limit,
        found: month.micros,
      });
    }
  }

  function sum({
    kind,
    time,
    app,
    operation,
    posts,
    persons,
    postsBilled,
    personsBilled,
    priceMicros,
  }: DeliveryEntry): void {
    const day = Math.floor(time / DAY_MS);
    const key = `${app} ${day} ${operation}`;
    let row = rows.get(key);
    if (!row) {
      row = { appId: app, day, operation, counts: emptyCounts() };
      rows.set(key, row);
    }
    const { counts } = row;
    if (kind === 'call') counts.calls++;
    counts.posts += posts;
    counts.persons += persons;
    counts.billed += postsBilled;
    counts.personsBilled += personsBilled;
    counts.micros += priceMicros;
  }

  /** The dedupe sets that a closed day commits to, where all of their days are of the period. */
  function checkClosing(entry: ControlEntry): void {
    closings.entries++;
    const committed = tally.closed(entry)?.state['terms-dedupe'];
    const days = committed?.days;
    if (!openings || !committed || !Array.isArray(days)) return;
    if (!days.every((day) => day * DAY_MS >= from && day * DAY_MS < to)) return;
    const expected = openings.digest(tally.apps(), days);
    if (expected === undefined) return;
    closings.dedupeChecked++;
    if (expected === committed.sha256) return;
    findings.add({
      kind: 'day-closed',
      index: entry.index,
      what: 'What the server committed to as billed is not what the openings before hold.',
      expected,
      found: committed.sha256,
    });
  }

  return {
    add(entry): entry is DeliveryEntry {
      checkPlace(entry);
      checkTotals(entry);
      if (entry.kind === 'control') {
        if (entry.event === 'day-closed') checkClosing(entry);
        else contract.control(entry);
        tally.add(entry);
        return false;
      }
      tally.add(entry);
      if (entry.kind === 'call') {
        calls++;
        streams.call(entry);
      } else {
        batches++;
        streams.batch(entry);
      }
      const counted = entry.time >= from && entry.time < to;
      const agreement = contract.call(entry, counted);
      if (agreement) checkMonth(entry, agreement);
      if (counted) sum(entry);
      return counted;
    },
    opening: (entry, opening) => openings?.check(entry, opening),
    broken(message) {
      findings.add({ kind: 'continuity', index: entries, what: `An entry does not read: ${message}` });
    },
    finish: () => ({
      entries,
      calls,
      controls: entries - calls - batches,
      totals,
      rows: [...rows.values()]
        .sort((a, b) => compare(a.appId, b.appId) || a.day - b.day || compare(a.operation, b.operation))
        .map(({ appId, day, operation, counts }) => ({
          licenseeId,
          appId,
          day: utcDay(day * DAY_MS),
          operation,
          ...counts,
        })),
      agreements: contract.used(),
      openings: openings?.checked ?? null,
      standing: tally.standing(),
      dedupe: (openings?.days(tally.apps()) ?? []).flatMap((day) => {
        const sha256 = openings?.digest(tally.apps(), [day]);
        return sha256 === undefined ? [] : [{ day, sha256 }];
      }),
      closings,
      notes: notesLeftOut > 0 ? [...notes, `Time runs back in ${notesLeftOut} places more.`] : notes,
      findings: findings.list,
      findingsLeftOut: findings.leftOut,
    }),
  };
}

function moment(ms: number): string {
  return ms > ISO_MAX_MS ? String(ms) : new Date(ms).toISOString();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
