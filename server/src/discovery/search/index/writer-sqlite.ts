import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { IndexContext, Post } from '#posts';
import type { IndexWriter } from '../port.ts';
import { type Document, documentOf } from './document.ts';
import {
  createShard,
  type IndexShard,
  listShards,
  prepareIndex,
  SHARD_ROWS_MAX,
  saveShard,
  tableName,
} from './index-shards.ts';

/** Notes held before they are written early. About 1 KiB each. */
const NOTES_MAX = 50_000;

type Statements = { put: StatementSync; remove: StatementSync; holds: StatementSync };
type Note = { id: bigint; document: Document | undefined };

/**
 * The index's writer on the posts' own connection. It opens no transaction: `flush` runs in the caller's.
 * @param options.partRowsMax for tests.
 */
export function createIndexWriter(db: DatabaseSync, options: { partRowsMax?: number } = {}): IndexWriter {
  const partRowsMax = options.partRowsMax ?? SHARD_ROWS_MAX;
  prepareIndex(db);
  let parts = listShards(db);
  const statements = new Map<number, Statements>();
  const notes = new Map<string, Note>();

  const statementsOf = (part: IndexShard): Statements => {
    let found = statements.get(part.number);
    if (!found) {
      const table = tableName(part.number);
      found = {
        put: db.prepare(`INSERT OR REPLACE INTO ${table}(rowid, words, marks) VALUES (?, ?, ?)`),
        remove: db.prepare(`DELETE FROM ${table} WHERE rowid = ?`),
        holds: db.prepare(`SELECT 1 FROM ${table}_docsize WHERE id = ?`),
      };
      // `run` reports the last rowid, and an id does not fit a number.
      found.put.setReadBigInts(true);
      found.remove.setReadBigInts(true);
      statements.set(part.number, found);
    }
    return found;
  };

  const findHome = (id: bigint): IndexShard | undefined =>
    parts.find(
      (part) => id <= part.most && id >= part.least && statementsOf(part).holds.get(id) !== undefined,
    );

  /** The part with module whose range grows least; parts filled in order of time stay apart that way. */
  const chooseHome = (id: bigint): IndexShard => {
    let best: IndexShard | undefined;
    let bestGrowth = 0n;
    for (const part of parts) {
      if (part.rows >= partRowsMax) continue;
      const growth = id > part.most ? id - part.most : id < part.least ? part.least - id : 0n;
      if (best && growth >= bestGrowth) continue;
      best = part;
      bestGrowth = growth;
    }
    if (best) return best;
    const number = parts.reduce((most, part) => Math.max(most, part.number), 0) + 1;
    const part: IndexShard = { number, least: id, most: id, rows: 0 };
    createShard(db, part);
    parts.unshift(part);
    return part;
  };

  const writeNote = ({ id, document }: Note, changed: Set<IndexShard>): void => {
    let home = findHome(id);
    if (!document) {
      if (home) statementsOf(home).remove.run(id);
      return;
    }
    if (!home) {
      home = chooseHome(id);
      home.rows += 1;
      if (id > home.most) home.most = id;
      if (id < home.least) home.least = id;
      changed.add(home);
    }
    statementsOf(home).put.run(id, document.words, document.marks);
  };

  const flush = (): void => {
    if (notes.size === 0) return;
    const sorted = [...notes.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    notes.clear();
    const changed = new Set<IndexShard>();
    for (const note of sorted) writeNote(note, changed);
    for (const part of changed) saveShard(db, part);
  };

  const take = (id: string, document: Document | undefined): void => {
    notes.set(id, { id: BigInt(id), document });
    if (notes.size >= NOTES_MAX) flush();
  };

  return {
    put(post: Post, context: IndexContext, before?: Post) {
      const document = documentOf(post, context, 'search');
      // Most new counts reach no new step of METRIC_STEPS, and building a document costs a tenth of writing it.
      if (!before || !isSame(document, documentOf(before, context, 'search'))) take(post.id, document);
    },
    remove: (id) => take(id, undefined),
    flush,
    rolledBack() {
      notes.clear();
      statements.clear();
      parts = listShards(db);
    },
  };
}

function isSame(one: Document, other: Document): boolean {
  return one.words === other.words && one.marks === other.marks;
}
