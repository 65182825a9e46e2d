import type { DatabaseSync } from 'node:sqlite';

/**
 * The index lies in parts: FTS5 tables of bounded size, so that a search can look at its budget between two of them.
 * A part remembers the lowest and highest id that it was ever given. Parts fill up as posts come in, which is by time;
 * an old file imported late makes parts that overlap others, and nothing is ever moved.
 */
export type IndexShard = {
  number: number;
  least: bigint;
  most: bigint;
  /** Posts ever put in. Those taken out again leave module only when FTS5 merges. */
  rows: number;
};

/** FTS5 reads a common word's whole list in a part: 250,000 posts keep that in the milliseconds. */
export const SHARD_ROWS_MAX = 250_000;
/**
 * What the tables hold: a new tokeniser or new marks need a new number, and the index is then built again. 2: HTML
 * escapes are undone, Arabic vowel points and tatweel ignored.
 */
const INDEX_FORMAT = 2;
/** FTS5's own buffer before it writes a segment, in bytes. Its default of 1 MiB makes imports merge all the time. */
const HASH_BYTES = 16 * 2 ** 20;

/** Segments of a level before FTS5 merges them. Its default of 4 costs imports a third more, and searches gain nothing. */
const SEGMENTS_MERGED = 8;

/** The file holds an index that this version does not read. */
export class IndexFormatError extends Error {}

/**
 * Makes the tables that are missing. Throws `IndexFormatError` when another version's index is in the file: the
 * caller decides whether to `dropIndex` and put every post again.
 */
export function prepareIndex(db: DatabaseSync): void {
  db.exec(`
    CREATE TABLE IF NOT EXISTS search_format (number INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS search_parts (
      number INTEGER PRIMARY KEY, least INTEGER NOT NULL, most INTEGER NOT NULL, rows INTEGER NOT NULL
    );`);
  const stored = db.prepare('SELECT number FROM search_format').get()?.number;
  if (stored === undefined) db.prepare('INSERT INTO search_format VALUES (?)').run(INDEX_FORMAT);
  else if (stored !== INDEX_FORMAT) {
    throw new IndexFormatError(
      `the search index has format ${stored}, this Parley writes ${INDEX_FORMAT}: it must be built again`,
    );
  }
}

/** Takes the whole index out of the file, so that `prepareIndex` begins anew. */
export function dropIndex(db: DatabaseSync): void {
  for (const { number } of listShards(db)) db.exec(`DROP TABLE ${tableName(number)}`);
  db.exec('DROP TABLE IF EXISTS search_parts; DROP TABLE IF EXISTS search_format');
}

export function createShard(db: DatabaseSync, part: IndexShard): void {
  const table = tableName(part.number);
  db.exec(
    `CREATE VIRTUAL TABLE ${table} USING fts5(words, marks, content='', contentless_delete=1, tokenize='ascii')`,
  );
  db.exec(
    `INSERT INTO ${table}(${table}, rank) VALUES ('hashsize', ${HASH_BYTES}), ('automerge', ${SEGMENTS_MERGED})`,
  );
  saveShard(db, part);
}

export function saveShard(db: DatabaseSync, { number, least, most, rows }: IndexShard): void {
  db.prepare('INSERT OR REPLACE INTO search_parts VALUES (?, ?, ?, ?)').run(number, least, most, rows);
}

/** All parts, newest ids first. None in a file without an index. */
export function listShards(db: DatabaseSync): IndexShard[] {
  const exists = db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'search_parts'").get();
  if (!exists) return [];
  return db.prepare(LIST).all().map(readShard);
}

export const LIST =
  'SELECT number, CAST(least AS TEXT) AS least, CAST(most AS TEXT) AS most, rows FROM search_parts ORDER BY search_parts.most DESC';

export function readShard(row: Record<string, unknown>): IndexShard {
  return {
    number: Number(row.number),
    least: BigInt(String(row.least)),
    most: BigInt(String(row.most)),
    rows: Number(row.rows),
  };
}

/** A number of ours, never a user's text: safe in SQL. */
export function tableName(number: number): string {
  return `search_${number}`;
}

/** Parts that overlap, together; groups do not overlap each other and come newest first. */
export function groupShards(parts: readonly IndexShard[]): IndexShard[][] {
  const groups: IndexShard[][] = [];
  let least = 0n;
  for (const part of parts) {
    const group = groups.at(-1);
    if (group && part.most >= least) {
      group.push(part);
      if (part.least < least) least = part.least;
    } else {
      groups.push([part]);
      least = part.least;
    }
  }
  return groups;
}
