import type { Change, ChangeOutcome } from '../model/change.ts';
import { checkTime, isPositiveId } from '../model/check.ts';
import type { RelationKind } from '../model/relation.ts';
import type { RelationRow } from '../store/relation-rows.ts';
import { RELATION } from '../store/sqlite-schema.ts';
import { countInList, countRelation } from './counts.ts';
import { isPublicList } from './list-doc.ts';
import { isNews, recordEvent } from './record-event.ts';
import { postRow, refused, standingOf, type WriteContext } from './write-context.ts';

/** As on X. A longer list's timeline would cost more than a page of it is worth. */
export const LIST_MEMBERS_MAX = 5_000;

type Relate = Omit<Extract<Change, { kind: 'relate' }>, 'kind'>;
type Thing = 'person' | 'post' | 'list';

/** What stands at the two ends of each kind. */
const ENDS: Record<RelationKind, readonly [from: Thing, to: Thing]> = {
  like: ['person', 'post'],
  bookmark: ['person', 'post'],
  follow: ['person', 'person'],
  mute: ['person', 'person'],
  block: ['person', 'person'],
  'list-member': ['list', 'person'],
  'list-follow': ['person', 'list'],
  'list-pin': ['person', 'list'],
};
const KINDS = new Map(Object.entries(RELATION).map(([kind, number]) => [number, kind as RelationKind]));

/**
 * Begins a relation, unless it ended later than that: what was taken back stays so, whatever an old file says. A block ends
 * follows both ways, and while it stands nobody of the two can follow.
 */
export function relate(tx: WriteContext, { relation, from, to, at, counted = false }: Relate): ChangeOutcome {
  const invalid = checkRelation(relation, from, to, at);
  if (invalid) return refused('invalid', invalid);
  const [subject, object] = ENDS[relation];
  // Of a person who acts nobody may have told yet, as of the author of a post; and a block holds from before that, too.
  const asStranger = relation === 'block' || relation === 'mute';
  const denied = denyEnd(tx, object, to, asStranger) ?? denyEnd(tx, subject, from, subject === 'person');
  if (denied) return denied;
  if (rowOf(tx, relation, from, to)) return { status: 'unchanged' };
  const ended = tx.rows.ended(RELATION[relation], from, to);
  if (ended && at < ended[1])
    return refused('deleted', `this ${relation} was taken back later than it began, and stays so`);
  const against = denyRelation(tx, relation, from, to);
  if (against) return against;
  if (relation === 'block') {
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      end(tx, 'follow', one, other, at);
  }
  if (ended) tx.rows.dropRelation(ended[0]);
  const listed = relation === 'list-member' && isPublicList(tx, from);
  put(tx, RELATION[relation], from, to, at, listed);
  countInList(tx, relation, from, to, 1);
  if (!counted) countRelation(tx, relation, { from, to, listed }, 1);
  if (!counted && isNews(tx, at)) tell(tx, 'related', relation, from, to);
  return { status: 'created' };
}

/**
 * Ends a relation, whenever it began, and remembers when: also of one that was never here, whose beginning may come later.
 * Where an end of it is gone nothing is altered.
 */
export function unrelate(tx: WriteContext, { relation, from, to, at }: Relate): ChangeOutcome {
  const invalid = checkRelation(relation, from, to, at);
  if (invalid) return refused('invalid', invalid);
  if (end(tx, relation, from, to, at)) return { status: 'deleted' };
  const ended = tx.rows.ended(RELATION[relation], from, to);
  const [subject, object] = ENDS[relation];
  const isGone = statusOf(tx, subject, from) === 'deleted' || statusOf(tx, object, to) === 'deleted';
  if (ended) tx.rows.endRelation(notAhead(tx, at), ended[0]);
  else if (!isGone) put(tx, -RELATION[relation], from, to, notAhead(tx, at), false);
  return { status: 'unchanged' };
}

function checkRelation(relation: RelationKind, from: string, to: string, at: number): string | undefined {
  const ends = Object.hasOwn(ENDS, relation) ? ENDS[relation] : undefined;
  if (!ends) return `there is no relation called ${String(relation).slice(0, 40)}`;
  if (!isPositiveId(from) || !isPositiveId(to))
    return 'from or to is not an id: 1 to 19 digits without leading zeros';
  if (from === to && ends[0] === ends[1]) return `nobody holds ${relation} towards themself`;
  return checkTime('at', at);
}

/** @param asStranger true where it is enough that it was not deleted; else its counts move, so it must be here. */
function denyEnd(tx: WriteContext, thing: Thing, id: string, asStranger: boolean): ChangeOutcome | undefined {
  const found = statusOf(tx, thing, id);
  if (found === 'deleted')
    return refused('deleted', `${thing} ${id} was deleted, and what was deleted stays deleted`);
  return found === 'here' || asStranger ? undefined : refused('unknown', `${thing} ${id} is not here`);
}

function statusOf(tx: WriteContext, thing: Thing, id: string): 'here' | 'deleted' | 'unknown' {
  if (thing === 'person') {
    const standing = standingOf(tx, id);
    return standing === 'deleted' ? 'deleted' : standing ? 'here' : 'unknown';
  }
  if (thing === 'post') {
    const post = postRow(tx, id);
    return !post ? 'unknown' : post.doc === null ? 'deleted' : 'here';
  }
  const list = tx.rows.list(id);
  if (!list) return 'unknown';
  return list.doc === null || standingOf(tx, list.ownerId) === 'deleted' ? 'deleted' : 'here';
}

function denyRelation(
  tx: WriteContext,
  relation: RelationKind,
  from: string,
  to: string,
): ChangeOutcome | undefined {
  if (relation === 'follow') {
    const blocked = rowOf(tx, 'block', to, from) ?? rowOf(tx, 'block', from, to);
    return blocked && refused('conflict', 'one of the two blocks the other');
  }
  if (relation === 'list-member' && (tx.rows.list(from)?.members ?? 0) >= LIST_MEMBERS_MAX)
    return refused('invalid', `a list has at most ${LIST_MEMBERS_MAX} members`);
  return undefined;
}

function rowOf(tx: WriteContext, relation: RelationKind, from: string, to: string): RelationRow | undefined {
  return tx.rows.relation(RELATION[relation], from, to);
}

function put(tx: WriteContext, kind: number, from: string, to: string, at: number, listed: boolean): void {
  tx.counters.place += 1;
  tx.rows.putRelation(tx.counters.place, kind, from, to, at, listed ? 1 : 0);
}

/** An end that a clock ahead of ours tells would keep people from beginning again. Of no time nothing is known at first. */
const notAhead = (tx: WriteContext, at: number) => (tx.now === 0 ? at : Math.min(at, tx.now));

/** @returns false where there was none. */
function end(tx: WriteContext, relation: RelationKind, from: string, to: string, at: number): boolean {
  const row = rowOf(tx, relation, from, to);
  if (!row) return false;
  tx.rows.endRelation(notAhead(tx, at), row[0]);
  uncount(tx, relation, row);
  tell(tx, 'unrelated', relation, from, to);
  return true;
}

/** Of whom a list holds nobody is told. */
function tell(
  tx: WriteContext,
  kind: 'related' | 'unrelated',
  relation: RelationKind,
  from: string,
  to: string,
) {
  if (relation !== 'list-member') recordEvent(tx, { kind, relation, personId: from, to });
}

/** Takes a relation of what was deleted away, ended or not, with what it counted elsewhere. Of its end nobody is told on its own. */
export function dropRelation(tx: WriteContext, row: RelationRow): void {
  const kind = KINDS.get(row[1]);
  tx.rows.dropRelation(row[0]);
  if (kind) uncount(tx, kind, row);
}

function uncount(tx: WriteContext, kind: RelationKind, [, , from, to, listed]: RelationRow): void {
  countInList(tx, kind, from, to, -1);
  countRelation(tx, kind, { from, to, listed: listed === 1 }, -1);
}
