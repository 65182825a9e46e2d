import { addChore, type ChoreKind } from './chore.ts';
import { decodePerson } from './codec.ts';
import { relist } from './counts.ts';
import { tombstone } from './delete.ts';
import { dropEvents, eventsExpired, expiredEvents } from './happen.ts';
import { deleteList } from './lists.ts';
import { noteNames } from './names.ts';
import { dropRelation } from './relate.ts';
import type { RelationRow } from './relation-rows.ts';
import { scrubPost } from './scrub-geo.ts';
import { refresh } from './visibility.ts';
import type { Work } from './work.ts';

/** Posts, relations, persons or events that one step of one chore takes, so that a large chore does not hold up the small ones. */
const STEP_POSTS = 500;
/** Chores that are taken up in one round. */
const ROUND_CHORES = 100;

/** Is there anything to do? */
export function choresWait(work: Work): boolean {
  work.choresPending &&= work.rows.chores(1).length > 0;
  return work.choresPending;
}

/** Notes what time brings. */
export function noteTime(work: Work): void {
  if (eventsExpired(work)) addChore(work, 'events', '');
}

/** Does chores in turn until none is left or `budget` posts, relations, persons or events were handled. */
export function doChores(work: Work, budget: number): void {
  let left = budget;
  while (left > 0 && choresWait(work)) {
    const round = work.rows.chores(ROUND_CHORES);
    for (const [kind, subject, cursor, at] of round) {
      if (left <= 0) return;
      left -= 1 + step(work, kind as ChoreKind, subject, cursor, at, Math.min(STEP_POSTS, left));
    }
  }
}

/** @returns how many were handled. */
function step(
  work: Work,
  kind: ChoreKind,
  subject: string,
  cursor: string,
  at: number,
  limit: number,
): number {
  const { rows, act } = CHORES[kind](work, subject, cursor, limit);
  const last = rows.at(-1)?.[0];
  // The note goes first: what is done below may note the same chore again, and that must stay.
  if (last === undefined || rows.length < limit) work.rows.dropChore(kind, subject);
  else work.rows.moveChore(last, kind, subject);
  act(at);
  return rows.length;
}

type Row = [cursor: string | number, ...rest: unknown[]];
type Chore = (
  work: Work,
  subject: string,
  cursor: string,
  limit: number,
) => { rows: Row[]; act(at: number): void };

/** @param find what is to be done next, in the order of the cursor; @param act does one of it. */
function chore<One extends Row>(
  find: (rows: Work['rows']) => (subject: string, cursor: string, limit: number) => One[],
  act: (work: Work, one: One, subject: string, at: number) => void,
): Chore {
  return (work, subject, cursor, limit) => {
    const rows = find(work.rows)(subject, cursor, limit);
    return {
      rows,
      act(at) {
        for (const one of rows) act(work, one, subject, at);
      },
    };
  };
}

const judgeAgain = (work: Work, [id]: [id: string]) => refresh(work, id, false);
const indexAgain = (work: Work, [id]: [id: string]) => refresh(work, id, true);
/** What goes leaves nothing to pass over, so these need no cursor. */
const dropOne = (work: Work, row: RelationRow) => dropRelation(work, row);

const CHORES: Record<ChoreKind, Chore> = {
  author: chore((rows) => rows.postsOf, judgeAgain),
  reposts: chore((rows) => rows.repostsOf, judgeAgain),
  thing: chore((rows) => rows.usesOf, indexAgain),
  rebuild: chore((rows) => rows.allPosts, indexAgain),
  'delete-author': chore(
    (rows) => rows.postsOf,
    (work, [id], _subject, at) => tombstone(work, id, at),
  ),
  'post-relations': chore((rows) => (id, _cursor, limit) => rows.towardsPost(id, limit), dropOne),
  'list-relations': chore(
    (rows) => (id, _cursor, limit) => firstOf(limit, [rows.byList, rows.towardsList], id),
    dropOne,
  ),
  'list-privacy': chore(
    (rows) => (id, cursor, limit) => (rows.list(id)?.doc ? rows.membersAfter(id, cursor, limit) : []),
    (work, row) => relist(work, row),
  ),
  'person-relations': chore(
    (rows) => (id, _cursor, limit) => firstOf(limit, [rows.byPerson, rows.towardsPerson], id),
    dropOne,
  ),
  'person-lists': chore(
    (rows) => (id, _cursor, limit) => rows.listsOf(id, limit),
    (work, [id], _subject, at) => deleteList(work, id, at),
  ),
  'scrub-geo': chore(
    (rows) => rows.postsOf,
    (work, [id], personId) => scrubPost(work, personId, id),
  ),
  names: chore(
    (rows) => (_subject, cursor, limit) => rows.peopleAfter(cursor, limit),
    (work, [, ownsName, doc]) =>
      noteNames(work, undefined, { person: decodePerson(doc), ownsName: ownsName === 1 }),
  ),
  events: (work, _subject, _cursor, limit) => {
    const rows = expiredEvents(work, limit);
    return { rows, act: () => dropEvents(work, rows) };
  },
};

/** Rows from one source after the other, up to a limit in all. */
function firstOf(limit: number, sources: readonly Work['rows']['byList'][], id: string): RelationRow[] {
  const rows: RelationRow[] = [];
  for (const source of sources) if (rows.length < limit) rows.push(...source(id, limit - rows.length));
  return rows;
}
