import type { Totals } from '#ledger';
import type { Counts, StandingCounters, UsageRow } from '#terms';

/** What an audit can find wrong. The reference docs say what each means and what to do. */
export type FindingKind =
  /** An index is missing, or an entry does not read. */
  | 'continuity'
  /** A running total is not the one before plus this call. */
  | 'totals'
  /** A call names an agreement that was not accepted before, of another app, or replaced since. */
  | 'agreement'
  /** A call's key was not enrolled for its app, or was revoked before. */
  | 'key'
  /** A stream's batch names no call that opened a stream of its app. */
  | 'stream'
  /** Operation, purpose, recipient or date are not what the agreement says. */
  | 'not-agreed'
  /** The price is not what the agreement's plan gives. */
  | 'price'
  /** More is billed than was delivered, or a sandbox key is billed. */
  | 'billed'
  /** More posts were billed, or more acts of one kind done, in a UTC month than the plan's cap. */
  | 'cap'
  /** More was spent in a UTC month than the agreement's limit. */
  | 'spending-limit'
  /** A counter of the running server differs from the recount. */
  | 'counter'
  /** What the server committed to when it closed a day does not follow from the entries before. */
  | 'day-closed'
  /** The signed tree is not as long as the counters say. */
  | 'tree-size'
  /** An opening is missing, or is not what its entry commits to. */
  | 'opening'
  /** A resource was billed twice in a UTC day, or was new and not billed. */
  | 'dedupe';

export type Finding = {
  kind: FindingKind;
  /** One sentence for a person. */
  what: string;
  /** The entry's index in the log, where one entry is at fault. */
  index?: number;
  appId?: string;
  day?: string;
  operation?: string;
  expected?: string | number | null;
  found?: string | number | null;
};

/** Openings that were compared with their entries; `erased` items say nothing any more. */
export type OpeningsChecked = { entries: number; items: number; erased: number; missing: number };

/** What the entries alone say. */
export type Recount = {
  /** Entries read, from index 0. */
  entries: number;
  calls: number;
  controls: number;
  /** Running totals of the last entry. */
  totals: Totals;
  /** Sums of the period by app, UTC day and operation. */
  rows: UsageRow[];
  /** Agreements by which calls of the period were priced. */
  agreements: { agreement: string; hash: string; plan: string; acceptedAt: number; calls: number }[];
  openings: OpeningsChecked | null;
  /** What the server's counters must stand at after these entries. */
  standing: StandingCounters;
  /** Of each UTC day whose dedupe could be done again: SHA-256 of what was billed. */
  dedupe: { day: number; sha256: string }[];
  /** Entries that close a day, and of how many the dedupe sets could be recomputed. */
  closings: { entries: number; dedupeChecked: number };
  notes: string[];
  findings: Finding[];
  /** Findings beyond the most that a report holds. */
  findingsLeftOut: number;
};

export type AuditRequest = {
  licenseeId: string;
  /** Unix ms of UTC midnights, `to` excluded. */
  from: number;
  to: number;
  /** Also open every call of the period: recompute its commitment and the day's dedupe. Slower. */
  openings?: boolean;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
};

/** The result of an audit; JSON as it stands. */
export type AuditReport = {
  licenseeId: string;
  log: string;
  from: string;
  to: string;
  /** True when nothing at all was found. */
  agrees: boolean;
  /** Entries read, of how many in the signed tree, and entries that the counters know of. */
  entries: number;
  treeSize: number;
  counterEntries: number;
  /** No finding of that kind: entries among themselves; against the counters; against the signed tree. */
  entriesAgree: boolean;
  countersAgree: boolean;
  treeSizeAgrees: boolean;
  rows: UsageRow[];
  /** Sums of the period. */
  totals: Counts;
  /** Running totals at the last entry. */
  logTotals: Totals;
  agreements: Recount['agreements'];
  openings: OpeningsChecked | null;
  closings: Recount['closings'];
  /** What this audit could not check, in sentences. */
  notChecked: string[];
  /** What is no fault and yet worth a look: where time runs back, the first 20 places and how many more. */
  notes: string[];
  findings: Finding[];
  findingsLeftOut: number;
};
