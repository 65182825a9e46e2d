import type { DatabaseSync } from 'node:sqlite';
import { compareIds } from '#kernel';
import type { ChangeOutcome, ChangeRefusal } from '../model/change.ts';
import type { Person } from '../model/person.ts';
import { decodePerson } from '../store/codec.ts';
import { type PostRow, prepareRows, type Rows } from '../store/rows.ts';
import type { PostIndex } from './post-index.ts';

/** What one writer has at hand while it applies changes. Lives as long as its connection. */
export type WriteContext = {
  db: DatabaseSync;
  rows: Rows;
  index: PostIndex;
  /** Of the batch at hand. */
  touched: { posts: Set<string>; people: Set<string>; created: Set<string> };
  /** As the file's `counters` hold them: how many posts and persons there are, the newest relation's place and event. */
  counters: Record<(typeof COUNTERS)[number], number>;
  /** Unix ms of the batch at hand; never goes back, so that the times of events do not. */
  now: number;
  /** Unix ms; `undefined` when there are no events. */
  oldestEventAt: number | undefined;
  /** Up to which post each person's places were taken away. Few ask for it. */
  scrubs: Map<string, string>;
  standings: Map<string, AuthorStanding | 'deleted' | 'unknown'>;
  /** False as long as no post was ever edited, which spares a look-up for each post of an import. */
  anyEdits: boolean;
  /** True when chores may be waiting. */
  choresPending: boolean;
};

export const COUNTERS = ['posts', 'people', 'place', 'event'] as const;

export type AuthorStanding = Pick<Person, 'state' | 'protected' | 'preferences' | 'withheld' | 'verified'>;

/** Authors whose standing is remembered between batches; at 300 bytes each. */
const STANDINGS_MAX = 100_000;

export function createWriteContext(db: DatabaseSync, index: PostIndex): WriteContext {
  const tx: WriteContext = {
    db,
    rows: prepareRows(db),
    index,
    touched: { posts: new Set(), people: new Set(), created: new Set() },
    counters: { posts: 0, people: 0, place: 0, event: 0 },
    now: 0,
    oldestEventAt: undefined,
    scrubs: new Map(),
    standings: new Map(),
    anyEdits: false,
    choresPending: true,
  };
  reload(tx);
  return tx;
}

/** Reads again what is remembered of the file: at the start, and when a transaction was rolled back. */
export function reload(tx: WriteContext): void {
  tx.touched = { posts: new Set(), people: new Set(), created: new Set() };
  tx.standings.clear();
  for (const name of COUNTERS) tx.counters[name] = tx.rows.counter(name)?.[0] ?? 0;
  tx.now = Math.max(tx.now, tx.rows.newestEvent()?.[0] ?? 0);
  tx.oldestEventAt = tx.rows.oldestEvent()?.[0];
  tx.scrubs = new Map(tx.rows.scrubs());
  tx.choresPending = true;
  tx.anyEdits = tx.rows.anyEdit() !== undefined;
}

/** `undefined` for an author of whom nobody has told: nobody has refused anything. */
export function standingOf(tx: WriteContext, id: string): AuthorStanding | 'deleted' | undefined {
  let standing = tx.standings.get(id);
  if (standing === undefined) {
    if (tx.standings.size >= STANDINGS_MAX) tx.standings.clear();
    const row = tx.rows.person(id);
    standing = !row ? 'unknown' : row[0] === null ? 'deleted' : trim(decodePerson(row[0]));
    tx.standings.set(id, standing);
  }
  return standing === 'unknown' ? undefined : standing;
}

/** A post's row. One whose author was deleted counts as a tombstone already, though the chore may not have come to it. */
export function postRow(tx: WriteContext, id: string): PostRow | undefined {
  const row = tx.rows.post(id);
  return row?.doc && standingOf(tx, row.authorId) === 'deleted' ? { ...row, doc: null } : row;
}

function trim({ state, protected: hidden, preferences, withheld, verified }: Person): AuthorStanding {
  return { state, protected: hidden, preferences, withheld, verified };
}

export function refused(because: ChangeRefusal, reason: string): ChangeOutcome {
  return { status: 'refused', because, reason };
}

/** Were the places of this person's posts taken away up to this one? */
export function isScrubbed(tx: WriteContext, personId: string, postId: string): boolean {
  const upTo = tx.scrubs.get(personId);
  return upTo !== undefined && compareIds(postId, upTo) <= 0;
}
