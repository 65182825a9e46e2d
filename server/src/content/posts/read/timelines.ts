import type { DatabaseSync } from 'node:sqlite';
import { compareIds, ID_MAX, isCanonicalId } from '#kernel';
import type { RelationReader } from '../model/relation.ts';
import { prepareAll, prepareRow } from '../store/prepared-sql.ts';
import { KIND, UNLISTED } from '../store/sqlite-schema.ts';

/** Posts of one author that are read at once, when more than the newest are wanted. */
const CHUNK_POSTS = 20;

type Source = { authorId: string; ids: string[]; at: number; more: boolean };

/**
 * One timeline of many authors. Reads the newest post of each, and then only of those authors on whose posts the page
 * comes: a page costs one look-up an author and little more.
 */
export function timelinesOf(db: DatabaseSync): Pick<RelationReader, 'timelineOf'> {
  const read = prepareAll<[id: string]>(
    db,
    `SELECT CAST(id AS TEXT) FROM posts WHERE author = ? AND id < ? AND id > ? AND state & ${UNLISTED} = 0 AND kind & ? = 0
     ORDER BY id DESC LIMIT ?`,
  );
  const anyDying = prepareRow<[number]>(db, "SELECT 1 FROM chores WHERE kind = 'delete-author' LIMIT 1");
  const dying = prepareRow<[number]>(db, "SELECT 1 FROM chores WHERE kind = 'delete-author' AND subject = ?");
  return {
    timelineOf(authorIds, { beforeId = ID_MAX, afterId = -1n, limit, exclude = [] }) {
      const kinds =
        (exclude.includes('replies') ? KIND.reply : 0) | (exclude.includes('retweets') ? KIND.repost : 0);
      const fill = (source: Source, before: string | bigint, count: number) => {
        source.ids = read(source.authorId, before, afterId, kinds, count).map(([id]) => id);
        source.at = 0;
        source.more = source.ids.length === count;
      };
      const checked = anyDying() === undefined ? () => true : (id: string) => !dying(id);
      const heap = createHeap();
      for (const authorId of new Set(authorIds)) {
        if (!isCanonicalId(authorId) || !checked(authorId)) continue;
        const source: Source = { authorId, ids: [], at: 0, more: true };
        fill(source, beforeId, 1);
        if (source.ids.length > 0) heap.push(source);
      }
      const page: string[] = [];
      while (page.length < limit) {
        const source = heap.pop();
        if (!source) break;
        const id = newestOf(source);
        page.push(id);
        source.at += 1;
        if (source.at === source.ids.length && source.more) fill(source, id, CHUNK_POSTS);
        if (source.at < source.ids.length) heap.push(source);
      }
      return page;
    },
  };
}

const newestOf = ({ ids, at }: Source): string => ids[at] ?? '0';

/** A binary heap with the newest post on top. */
function createHeap() {
  const items: Source[] = [];
  const isNewer = (one: number, other: number) =>
    compareIds(newestOf(items[one]!), newestOf(items[other]!)) > 0;
  const swap = (one: number, other: number) => {
    [items[one], items[other]] = [items[other]!, items[one]!];
  };
  return {
    push(source: Source): void {
      items.push(source);
      for (let at = items.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!isNewer(at, parent)) return;
        swap(at, parent);
        at = parent;
      }
    },
    pop(): Source | undefined {
      const top = items[0];
      const last = items.pop();
      if (items.length === 0 || last === undefined) return top;
      items[0] = last;
      for (let at = 0; ; ) {
        let newest = at;
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < items.length && isNewer(child, newest)) newest = child;
        if (newest === at) return top;
        swap(at, newest);
        at = newest;
      }
    },
  };
}
