import { DAY_MS, utcDay } from '#kernel';
import type { Counts, LogCounters, UsageRow } from '#terms';
import type { Finding, Recount } from './port.ts';
import { compareStanding } from './tally.ts';

const COUNT_NAMES = [
  'calls',
  'posts',
  'persons',
  'billed',
  'personsBilled',
  'micros',
] as const satisfies (keyof Counts)[];
const TOTAL_NAMES = ['calls', 'posts', 'persons', 'billed', 'micros'] as const;

function byPlace(rows: readonly UsageRow[]): Map<string, UsageRow> {
  return new Map(rows.map((row) => [`${row.appId} ${row.day} ${row.operation}`, row]));
}

/**
 * Where the server's counters and the recounted entries differ: rows of the period, running totals, number of
 * entries. @param counters taken in one step, when the log had exactly the entries that were recounted.
 */
export function compareCounters(counters: LogCounters, recount: Recount): Finding[] {
  const findings: Finding[] = [];
  const counted = byPlace(counters.rows);
  const recounted = byPlace(recount.rows);
  for (const key of new Set([...counted.keys(), ...recounted.keys()])) {
    const counter = counted.get(key);
    const entries = recounted.get(key);
    // The counters keep a limited number of days; what they no longer keep is not wrong.
    if (!counter && !counters.complete) continue;
    const { appId, day, operation } = (counter ?? entries)!;
    for (const name of COUNT_NAMES) {
      const expected = entries?.[name] ?? 0;
      const found = counter?.[name] ?? 0;
      if (expected === found) continue;
      const what = `The counter of ${name} differs from the entries.`;
      findings.push({ kind: 'counter', what, appId, day, operation, expected, found });
    }
  }
  for (const name of TOTAL_NAMES) {
    const expected = recount.totals[name];
    const found = counters.totals[name];
    if (expected === found) continue;
    findings.push({
      kind: 'counter',
      what: `The running total of ${name} differs from the last entry.`,
      expected,
      found,
    });
  }
  for (const { day, ...difference } of compareStanding(counters.standing, recount.standing)) {
    findings.push({
      kind: 'counter',
      ...difference,
      ...(day !== undefined && { day: utcDay(day * DAY_MS) }),
    });
  }
  const billed = new Map(recount.dedupe.map(({ day, sha256 }) => [day, sha256]));
  for (const { day, sha256 } of counters.dedupe) {
    const expected = billed.get(day);
    if (expected === undefined || expected === sha256) continue;
    const what = 'The posts and persons that the server holds for billed are not those of the openings.';
    findings.push({ kind: 'counter', what, day: utcDay(day * DAY_MS), expected, found: sha256 });
  }
  return findings;
}

/** Whether the signed tree holds as many entries as the counters know of, and as many as could be read. */
export function compareTree(counters: LogCounters, treeSize: number, recount: Recount): Finding[] {
  const findings: Finding[] = [];
  if (treeSize < counters.entries) {
    const what = 'The signed tree is shorter than the counters say.';
    findings.push({ kind: 'tree-size', what, expected: counters.entries, found: treeSize });
  }
  const readable = Math.min(treeSize, counters.entries);
  if (recount.entries !== readable) {
    const what = 'Fewer entries can be read than the signed tree holds.';
    findings.push({ kind: 'tree-size', what, expected: readable, found: recount.entries });
  }
  return findings;
}
