import { checkList, checkTime, isPositiveId } from './check.ts';
import { addChore } from './chores.ts';
import type { Change, Outcome } from './index.ts';
import { refused, standingOf, type Work } from './work.ts';

/** As on X. */
export const LISTS_OF_PERSON_MAX = 1_000;

type Given = Extract<Change, { kind: 'list' }>['list'];
/** What the row itself does not say. */
export type ListDoc = [name: string, description: string, isPrivate: 0 | 1, createdAt: number];

/** Creates a list, or sets its name, description and privacy. It keeps its owner. */
export function upsertList(work: Work, list: Given): Outcome {
  const invalid = checkList(list);
  if (invalid) return refused('invalid', invalid);
  const row = work.rows.list(list.id);
  if (row && row.doc === null)
    return refused('deleted', 'this list was deleted, and what was deleted stays deleted');
  if (row && row.ownerId !== list.ownerId)
    return refused('conflict', 'this id belongs to a list of another person');
  if (standingOf(work, list.ownerId) === 'deleted')
    return refused('deleted', 'its owner was deleted, and what was deleted stays deleted');
  if (!row && (work.rows.listCount(list.ownerId)?.[0] ?? 0) >= LISTS_OF_PERSON_MAX)
    return refused('invalid', `a person has at most ${LISTS_OF_PERSON_MAX} lists`);
  const given: ListDoc = [list.name, list.description, list.private ? 1 : 0, list.createdAt];
  const doc = JSON.stringify(given);
  if (row?.doc === doc) return { status: 'unchanged' };
  work.rows.putList(list.id, list.ownerId, doc);
  return { status: row ? 'updated' : 'created' };
}

/** Deletes a list; its relations follow in bounded batches. One that was never here gets its tombstone too. */
export function deleteList(work: Work, id: string, at: number): Outcome {
  const reason = isPositiveId(id) ? checkTime('at', at) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  const row = work.rows.list(id);
  if (row && row.doc === null) return { status: 'unchanged' };
  work.rows.putListTombstone(id, row?.ownerId ?? '0', at);
  if (row) addChore(work, 'list-relations', id);
  return { status: 'deleted' };
}
