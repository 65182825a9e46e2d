import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ID_MAX } from '#kernel';
import type { IdRange, SearchAudience } from '../port.ts';
import type { Query } from '../query/ast.ts';
import { contextsFor } from '../query/context.ts';
import { explain } from '../query/explain.ts';
import type { Lists, PersonIds } from '../query/requirement.ts';
import { compile } from '../rules/predicate.ts';
import { groupShards, type IndexShard, LIST, readShard, tableName } from './index-shards.ts';
import { listsOf, MEMBERS_NAMED_MAX, type Posts } from './lists.ts';

/** Candidates whose posts are read at once: few enough to look at the budget often. */
const CANDIDATES = 64;

/** A step of a search, newest first. `before` is exclusive. */
export type Step = { query: Query; audience: SearchAudience; range: IdRange; before?: bigint; limit: number };
/** `reached`: every match at or above this id is in `ids`. Absent when there is nothing below. */
export type FoundIds = { ids: string[]; reached?: bigint };

export type IndexReader = {
  /** Matches from newest to oldest until `limit` are found, nothing is left, or `expired` says so. */
  search(step: Step, expired: () => boolean): FoundIds;
  /**
   * Adds 1 to `counts[(ms of the id − first) / bucketMs]` for each match of `[afterId, beforeId)`.
   * Returns false when it expired; the counts are then worth nothing.
   */
  count(step: CountStep, expired: () => boolean): boolean;
  close(): void;
};

export type CountStep = {
  query: Query;
  audience: SearchAudience;
  range: IdRange;
  /** In ms since the snowflakes' epoch. */
  first: number;
  bucketMs: number;
  counts: Uint32Array;
};

/** Reads the index over a connection of its own. Each call sees one state of the file. */
export function createIndexReader(
  db: DatabaseSync,
  posts: Posts,
  { membersNamedMax = MEMBERS_NAMED_MAX }: { membersNamedMax?: { page: number; count: number } } = {},
): IndexReader {
  const pages = new Map<number, StatementSync>();
  const tallies = new Map<number, StatementSync>();
  const list = listStatement(db);

  const statement = (kept: Map<number, StatementSync>, part: IndexShard, sql: (table: string) => string) => {
    let found = kept.get(part.number);
    if (!found) {
      found = db.prepare(sql(tableName(part.number)));
      found.setReturnArrays(true);
      kept.set(part.number, found);
    }
    return found;
  };

  /** The newest `limit` ids of a group between two ids, both exclusive. */
  const fetch = (
    group: readonly IndexShard[],
    expression: string,
    after: bigint,
    before: bigint,
    limit: number,
  ) => {
    const lists: string[][] = [];
    for (const part of group) {
      if (part.least >= before || part.most <= after) continue;
      const row = statement(pages, part, pageSql).get(expression, after, before, limit);
      const [text] = row as unknown as [string | null];
      if (text !== null) lists.push(text.split(','));
    }
    return lists.length > 1 ? newestOf(lists, limit) : (lists[0] ?? []);
  };

  const personIds: PersonIds = (who) => {
    const named = posts.peopleByUsername([who])[0]?.id;
    // A name may consist of digits: then both are meant.
    const ids = /^[0-9]{1,19}$/.test(who) ? [String(BigInt(who))] : [];
    return named === undefined || ids.includes(named) ? ids : [...ids, named];
  };

  /** Which of the candidates match. Those that the store does not have (any more) do not. */
  const decide = (query: Query, lists: Lists): ((ids: readonly string[]) => string[]) => {
    const predicate = compile(query, { mode: 'search', personIds: remembering(personIds), lists });
    const contextsOf = contextsFor(query, posts);
    return (ids) => {
      const found = posts.posts(ids).filter((post) => post !== undefined && post !== 'deleted');
      const contexts = contextsOf(found);
      return found.filter((post, at) => predicate(post, contexts[at]!)).map(({ id }) => id);
    };
  };

  const inOneState = <T>(read: () => T): T => {
    db.exec('BEGIN');
    try {
      return read();
    } finally {
      db.exec('COMMIT');
    }
  };

  return {
    search(step, expired) {
      return inOneState(() => {
        const lists = listsOf(posts, membersNamedMax.page);
        const { candidates, exact } = explain(step.query, step.audience, personIds, lists);
        if (candidates === undefined) return { ids: [] };
        const groups = groupShards(list());
        return search({
          step,
          expired,
          candidates,
          groups,
          fetch,
          ...(exact ? {} : { decide: decide(step.query, lists) }),
        });
      });
    },
    count(step, expired) {
      return inOneState(() => {
        const lists = listsOf(posts, membersNamedMax.count);
        const { sure, open } = explain(step.query, step.audience, personIds, lists);
        const after = step.range.afterId ?? -1n;
        const before = step.range.beforeId ?? ID_MAX;
        const groups = groupShards(list());
        for (const part of sure === undefined ? [] : groups.flat()) {
          if (part.least >= before || part.most <= after) continue;
          if (expired()) return false;
          const rows = statement(tallies, part, tallySql).all(
            step.first,
            step.bucketMs,
            sure!,
            after,
            before,
          );
          for (const row of rows) {
            const [bucket, count] = row as unknown as [number, number];
            step.counts[bucket]! += count;
          }
        }
        return open === undefined || countOpen(step, open, groups, decide(step.query, lists), fetch, expired);
      });
    },
    close: () => db.close(),
  };
}

type Fetch = (
  group: readonly IndexShard[],
  expression: string,
  after: bigint,
  before: bigint,
  limit: number,
) => string[];
type Decide = (ids: readonly string[]) => string[];
type Search = {
  step: Step;
  expired: () => boolean;
  candidates: string;
  groups: readonly IndexShard[][];
  fetch: Fetch;
  decide?: Decide;
};

function search({ step, expired, candidates, groups, fetch, decide }: Search): FoundIds {
  const after = step.range.afterId ?? -1n;
  let before = least(step.before ?? ID_MAX, step.range.beforeId ?? ID_MAX);
  const ids: string[] = [];
  /** Where the group before began. */
  let reached: bigint | undefined;
  for (const group of groups) {
    const floor = group.reduce((lowest, part) => least(lowest, part.least), ID_MAX);
    if (floor >= before) continue;
    if (group.every(({ most }) => most <= after)) break;
    if (reached !== undefined && expired()) return { ids, reached };
    for (;;) {
      // One more than the page holds, to know whether there is a next one.
      const wanted = decide ? CANDIDATES : step.limit - ids.length + 1;
      const found = fetch(group, candidates, after, before, wanted);
      for (const id of decide ? decide(found) : found) {
        if (ids.length === step.limit) return { ids, reached: BigInt(ids.at(-1)!) };
        ids.push(id);
      }
      if (found.length < wanted) break;
      before = BigInt(found.at(-1)!);
      if (expired()) return { ids, reached: before };
    }
    reached = floor;
  }
  return { ids };
}

/** Counts what only the predicate can decide, candidate by candidate. */
function countOpen(
  { range, first, bucketMs, counts }: CountStep,
  candidates: string,
  groups: readonly IndexShard[][],
  decide: Decide,
  fetch: Fetch,
  expired: () => boolean,
): boolean {
  const after = range.afterId ?? -1n;
  for (const group of groups) {
    let before = range.beforeId ?? ID_MAX;
    for (let found: string[] = []; ; ) {
      found = fetch(group, candidates, after, before, CANDIDATES);
      for (const id of decide(found))
        counts[Math.floor((Number(BigInt(id) >> 22n) - first) / bucketMs)]! += 1;
      if (found.length < CANDIDATES) break;
      before = BigInt(found.at(-1)!);
      if (expired()) return false;
    }
  }
  return true;
}

/** One row with all ids: a string costs a fraction of as many rows with an integer of 64 bits each. */
function pageSql(table: string): string {
  return `SELECT group_concat(rowid ORDER BY rowid DESC) FROM (
    SELECT rowid FROM ${table} WHERE ${table} MATCH ? AND rowid > ? AND rowid < ? ORDER BY rowid DESC LIMIT ?)`;
}

/** SQLite's integer division cuts off, and no id in range lies before the first bucket. */
function tallySql(table: string): string {
  return `SELECT ((rowid >> 22) - CAST(?1 AS INTEGER)) / CAST(?2 AS INTEGER), count(*) FROM ${table}
    WHERE ${table} MATCH ?3 AND rowid > ?4 AND rowid < ?5 GROUP BY 1`;
}

/** A file that nothing was ever written to has no index yet. */
function listStatement(db: DatabaseSync): () => IndexShard[] {
  let statement: StatementSync | undefined;
  return () => {
    if (!statement) {
      if (!db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'search_parts'").get()) return [];
      statement = db.prepare(LIST);
    }
    return statement.all().map(readShard);
  };
}

function newestOf(lists: readonly string[][], limit: number): string[] {
  const ids = lists.flat().map(BigInt);
  return ids
    .sort((a, b) => (a > b ? -1 : a < b ? 1 : 0))
    .slice(0, limit)
    .map(String);
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function remembering(personIds: PersonIds): PersonIds {
  const known = new Map<string, readonly string[]>();
  return (who) => {
    let ids = known.get(who);
    if (!ids) {
      ids = personIds(who);
      known.set(who, ids);
    }
    return ids;
  };
}
