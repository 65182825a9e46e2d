import { noteNames } from '../model/names.ts';
import { decodePerson } from '../store/codec.ts';
import type { RelationRow } from '../store/relation-rows.ts';
import { addBackfill, type BackfillKind } from './backfill.ts';
import { relist } from './counts.ts';
import { tombstone } from './delete.ts';
import { syncIndex } from './index-sync.ts';
import { deleteList } from './lists.ts';
import { dropEvents, eventsExpired, expiredEvents } from './record-event.ts';
import { dropRelation } from './relate.ts';
import { scrubPost } from './scrub-geo.ts';
import type { WriteContext } from './write-context.ts';

/** Posts, relations, persons or events that one step of one chore takes, so that a large chore does not hold up the small ones. */
const STEP_POSTS = 500;
/** Chores that are taken up in one round. */
const ROUND_CHORES = 100;

/** Is there anything to do? */
export function backfillsWait(tx: WriteContext): boolean {
  tx.choresPending &&= tx.rows.chores(1).length > 0;
  return tx.choresPending;
}

/** Notes what time brings. */
export function noteTime(tx: WriteContext): void {
  if (eventsExpired(tx)) addBackfill(tx, 'events', '');
}

/** Does chores in turn until none is left or `budget` posts, relations, persons or events were handled. */
export function runBackfills(tx: WriteContext, budget: number): void {
  let left = budget;
  while (left > 0 && backfillsWait(tx)) {
    const round = tx.rows.chores(ROUND_CHORES);
    for (const [kind, subject, cursor, at] of round) {
      if (left <= 0) return;
      left -= 1 + step(tx, kind as BackfillKind, subject, cursor, at, Math.min(STEP_POSTS, left));
    }
  }
}

/** @returns how many were handled. */
function step(
  tx: WriteContext,
  kind: BackfillKind,
  subject: string,
  cursor: string,
  at: number,
  limit: number,
): number {
  const { rows, act } = CHORES[kind](tx, subject, cursor, limit);
  const last = rows.at(-1)?.[0];
  // The note goes first: what is done below may note the same chore again, and that must stay.
  if (last === undefined || rows.length < limit) tx.rows.dropChore(kind, subject);
  else tx.rows.moveChore(last, kind, subject);
  act(at);
  return rows.length;
}

type Row = [cursor: string | number, ...rest: unknown[]];
type Chore = (
  tx: WriteContext,
  subject: string,
  cursor: string,
  limit: number,
) => { rows: Row[]; act(at: number): void };

/** @param find what is to be done next, in the order of the cursor; @param act does one of it. */
function chore<One extends Row>(
  find: (rows: WriteContext['rows']) => (subject: string, cursor: string, limit: number) => One[],
  act: (tx: WriteContext, one: One, subject: string, at: number) => void,
): Chore {
  return (tx, subject, cursor, limit) => {
    const rows = find(tx.rows)(subject, cursor, limit);
    return {
      rows,
      act(at) {
        for (const one of rows) act(tx, one, subject, at);
      },
    };
  };
}

const judgeAgain = (tx: WriteContext, [id]: [id: string]) => syncIndex(tx, id, false);
const indexAgain = (tx: WriteContext, [id]: [id: string]) => syncIndex(tx, id, true);
/** What goes leaves nothing to pass over, so these need no cursor. */
const dropOne = (tx: WriteContext, row: RelationRow) => dropRelation(tx, row);

const CHORES: Record<BackfillKind, Chore> = {
  author: chore((rows) => rows.postsOf, judgeAgain),
  reposts: chore((rows) => rows.repostsOf, judgeAgain),
  thing: chore((rows) => rows.usesOf, indexAgain),
  rebuild: chore((rows) => rows.allPosts, indexAgain),
  'delete-author': chore(
    (rows) => rows.postsOf,
    (tx, [id], _subject, at) => tombstone(tx, id, at),
  ),
  'post-relations': chore((rows) => (id, _cursor, limit) => rows.towardsPost(id, limit), dropOne),
  'list-relations': chore(
    (rows) => (id, _cursor, limit) => firstOf(limit, [rows.byList, rows.towardsList], id),
    dropOne,
  ),
  'list-privacy': chore(
    (rows) => (id, cursor, limit) => (rows.list(id)?.doc ? rows.membersAfter(id, cursor, limit) : []),
    (tx, row) => relist(tx, row),
  ),
  'person-relations': chore(
    (rows) => (id, _cursor, limit) => firstOf(limit, [rows.byPerson, rows.towardsPerson], id),
    dropOne,
  ),
  'person-lists': chore(
    (rows) => (id, _cursor, limit) => rows.listsOf(id, limit),
    (tx, [id], _subject, at) => deleteList(tx, id, at),
  ),
  'scrub-geo': chore(
    (rows) => rows.postsOf,
    (tx, [id], personId) => scrubPost(tx, personId, id),
  ),
  names: chore(
    (rows) => (_subject, cursor, limit) => rows.peopleAfter(cursor, limit),
    (tx, [, ownsName, doc]) =>
      noteNames(tx, undefined, { person: decodePerson(doc), ownsName: ownsName === 1 }),
  ),
  events: (tx, _subject, _cursor, limit) => {
    const rows = expiredEvents(tx, limit);
    return { rows, act: () => dropEvents(tx, rows) };
  },
};

/** Rows from one source after the other, up to a limit in all. */
function firstOf(
  limit: number,
  sources: readonly WriteContext['rows']['byList'][],
  id: string,
): RelationRow[] {
  const rows: RelationRow[] = [];
  for (const source of sources) if (rows.length < limit) rows.push(...source(id, limit - rows.length));
  return rows;
}
