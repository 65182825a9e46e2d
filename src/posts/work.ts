import type { DatabaseSync } from 'node:sqlite';
import { decodePerson } from './codec.ts';
import type { Outcome, Person, PostIndex, Refusal } from './index.ts';
import { type PostRow, prepareRows, type Rows } from './rows.ts';

/** What one writer has at hand while it applies changes. Lives as long as its connection. */
export type Work = {
  db: DatabaseSync;
  rows: Rows;
  index: PostIndex;
  /** Of the batch at hand. */
  touched: { posts: Set<string>; people: Set<string>; created: Set<string> };
  counters: { posts: number; people: number };
  standings: Map<string, AuthorStanding | 'deleted' | 'unknown'>;
  /** False as long as no post was ever edited, which spares a look-up for each post of an import. */
  anyEdits: boolean;
  /** True when chores may be waiting. */
  choresPending: boolean;
};

export type AuthorStanding = Pick<Person, 'state' | 'protected' | 'preferences' | 'withheld' | 'verified'>;

/** Authors whose standing is remembered between batches; at 300 bytes each. */
const STANDINGS_MAX = 100_000;

export function createWork(db: DatabaseSync, index: PostIndex): Work {
  const work: Work = {
    db,
    rows: prepareRows(db),
    index,
    touched: { posts: new Set(), people: new Set(), created: new Set() },
    counters: { posts: 0, people: 0 },
    standings: new Map(),
    anyEdits: false,
    choresPending: true,
  };
  reload(work);
  return work;
}

/** Reads again what is remembered of the file: at the start, and when a transaction was rolled back. */
export function reload(work: Work): void {
  work.touched = { posts: new Set(), people: new Set(), created: new Set() };
  work.standings.clear();
  work.counters = {
    posts: work.rows.counter('posts')?.[0] ?? 0,
    people: work.rows.counter('people')?.[0] ?? 0,
  };
  work.choresPending = true;
  work.anyEdits = work.rows.anyEdit() !== undefined;
}

/** `undefined` for an author of whom nobody has told: nobody has refused anything. */
export function standingOf(work: Work, id: string): AuthorStanding | 'deleted' | undefined {
  let standing = work.standings.get(id);
  if (standing === undefined) {
    if (work.standings.size >= STANDINGS_MAX) work.standings.clear();
    const row = work.rows.person(id);
    standing = !row ? 'unknown' : row[0] === null ? 'deleted' : trim(decodePerson(row[0]));
    work.standings.set(id, standing);
  }
  return standing === 'unknown' ? undefined : standing;
}

/** A post's row. One whose author was deleted counts as a tombstone already, though the chore may not have come to it. */
export function postRow(work: Work, id: string): PostRow | undefined {
  const row = work.rows.post(id);
  return row?.doc && standingOf(work, row.authorId) === 'deleted' ? { ...row, doc: null } : row;
}

function trim({ state, protected: hidden, preferences, withheld, verified }: Person): AuthorStanding {
  return { state, protected: hidden, preferences, withheld, verified };
}

export function refused(because: Refusal, reason: string): Outcome {
  return { status: 'refused', because, reason };
}
