import type { WriteContext } from './write-context.ts';

/** What a list's row does not say in columns of its own. */
export type ListDoc = [name: string, description: string, isPrivate: 0 | 1, createdAt: number];

/** A count of all lists would tell that a private one holds somebody. */
export function isPublicList(tx: WriteContext, id: string): boolean {
  const doc = tx.rows.list(id)?.doc;
  return doc != null && (JSON.parse(doc) as ListDoc)[2] === 0;
}
