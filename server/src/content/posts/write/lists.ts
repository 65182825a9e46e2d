import type { Change, ChangeOutcome } from '../model/change.ts';
import { checkList, checkTime, isPositiveId } from '../model/check.ts';
import { addBackfill } from './backfill.ts';
import { isPublicList, type ListDoc } from './list-doc.ts';
import { refused, standingOf, type WriteContext } from './write-context.ts';

/** As on X. */
const LISTS_OF_PERSON_MAX = 1_000;

type Given = Extract<Change, { kind: 'list' }>;

/** Creates a list, or sets its name, description and privacy. It keeps its owner; what its members count follows. */
export function upsertList(tx: WriteContext, { list, unsaid = [] }: Omit<Given, 'kind'>): ChangeOutcome {
  const invalid = checkList(list);
  if (invalid) return refused('invalid', invalid);
  const row = tx.rows.list(list.id);
  if (row && row.doc === null)
    return refused('deleted', 'this list was deleted, and what was deleted stays deleted');
  if (row && row.ownerId !== list.ownerId)
    return refused('conflict', 'this id belongs to a list of another person');
  if (standingOf(tx, list.ownerId) === 'deleted')
    return refused('deleted', 'its owner was deleted, and what was deleted stays deleted');
  if (!row && (tx.rows.listCount(list.ownerId)?.[0] ?? 0) >= LISTS_OF_PERSON_MAX)
    return refused('invalid', `a person has at most ${LISTS_OF_PERSON_MAX} lists`);
  const doc = encodeList(list, unsaid, row?.doc);
  if (row?.doc === doc) return { status: 'unchanged' };
  const wasPublic = isPublicList(tx, list.id);
  tx.rows.putList(list.id, list.ownerId, doc);
  if (row && wasPublic !== isPublicList(tx, list.id)) addBackfill(tx, 'list-privacy', list.id);
  return { status: row ? 'updated' : 'created' };
}

/** What is unsaid of a stored list stays. */
function encodeList(
  list: Given['list'],
  unsaid: NonNullable<Given['unsaid']>,
  stored?: string | null,
): string {
  const given: ListDoc = [list.name, list.description, list.private ? 1 : 0, list.createdAt];
  const old = stored ? (JSON.parse(stored) as ListDoc) : given;
  if (unsaid.includes('description')) given[1] = old[1];
  if (unsaid.includes('private')) given[2] = old[2];
  if (unsaid.includes('createdAt')) given[3] = old[3];
  return JSON.stringify(given);
}

/** Deletes a list; its relations follow in bounded batches. One that was never here gets its tombstone too. */
export function deleteList(tx: WriteContext, id: string, at: number): ChangeOutcome {
  const reason = isPositiveId(id) ? checkTime('at', at) : 'id is not an id';
  if (reason) return refused('invalid', reason);
  const row = tx.rows.list(id);
  if (row && row.doc === null) return { status: 'unchanged' };
  tx.rows.putListTombstone(id, row?.ownerId ?? '0', at);
  addBackfill(tx, 'list-relations', id);
  return { status: 'deleted' };
}
