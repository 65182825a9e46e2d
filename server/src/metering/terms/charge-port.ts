/** What a call delivers, and what it is charged. */
import type { Appended } from '#ledger';

/**
 * One data item of an answer (`kind`, `id`) and what it brings into `includes`. Groups may name the same
 * include, or another group's data item: it is delivered and billed once.
 */
export type Group = {
  kind: 'post' | 'person';
  id: string;
  posts: readonly string[];
  persons: readonly string[];
};

/** What cuts an answer: the month's cap of billed posts, the spending limit, or the day's sandbox items. */
export type CutBy = 'cap' | 'spending-limit' | 'sandbox';

export type Charge = {
  /**
   * How many of the groups fit, from the first. Fewer than asked: the page is cut and keeps its next_token. None at all
   * is a denial, but for a dry run: its numbers and price are then those of the whole page.
   */
  kept: number;
  /** What left no room for the rest; undefined when everything fitted. */
  cutBy?: CutBy;
  /** Includes of kept groups that did not fit any more: leave them out of the answer. */
  dropped: { posts: ReadonlySet<string>; persons: ReadonlySet<string> };
  postsDelivered: number;
  personsDelivered: number;
  postsBilled: number;
  personsBilled: number;
  priceMicros: number;
  /** Billed posts left this month after the call; null for a plan without a cap. */
  remaining: number | null;
  /** Absent on a dry run. Answer only after `entry.committed` resolved. */
  entry?: Appended;
};
