import type { DatabaseSync } from 'node:sqlite';
import { prepareAll, prepareRow, prepareRun } from './prepared-sql.ts';
import { RELATION } from './sqlite-schema.ts';

/** The writer's statements over relations, lists, events, names and scrubs; see rows.ts. */
export function prepareRelationRows(db: DatabaseSync) {
  return { ...relationRows(db), ...listRows(db), ...eventRows(db), ...nameRows(db), ...scrubRows(db) };
}

/**
 * A relation as the file holds it; `kind` is a number of RELATION, negative once it ended (`at` is then when), `listed` 1
 * where it is in `metrics.listed`.
 */
export type RelationRow = [place: number, kind: number, subject: string, object: string, listed: number];

function relationRows(db: DatabaseSync) {
  const columns = 'place, kind, CAST(subject AS TEXT), CAST(object AS TEXT), listed';
  const of = (end: 'subject' | 'object', ...kinds: (keyof typeof RELATION)[]) => {
    const numbers = kinds.flatMap((kind) => [RELATION[kind], -RELATION[kind]]).join();
    return prepareAll<RelationRow>(
      db,
      `SELECT ${columns} FROM relations WHERE kind IN (${numbers}) AND ${end} = ? LIMIT ?`,
    );
  };
  return {
    /** (kind, subject, object) */
    relation: prepareRow<RelationRow>(
      db,
      `SELECT ${columns} FROM relations WHERE kind = ? AND subject = ? AND object = ?`,
    ),
    /** (place, kind, subject, object, at, listed) */
    putRelation: prepareRun(
      db,
      'INSERT INTO relations (place, kind, subject, object, at, listed) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    /** (listed, place) */
    setListed: prepareRun(db, 'UPDATE relations SET listed = ? WHERE place = ?'),
    /** (list, after place, limit) */
    membersAfter: prepareAll<RelationRow>(
      db,
      `SELECT ${columns} FROM relations WHERE kind = ${RELATION['list-member']} AND subject = ? AND place > ?
       ORDER BY place LIMIT ?`,
    ),
    /** (kind, subject, object) When it ended, if it did and was not begun again. */
    ended: prepareRow<[place: number, at: number]>(
      db,
      'SELECT place, at FROM relations WHERE kind = -?1 AND subject = ?2 AND object = ?3',
    ),
    /** (at, place) */
    endRelation: prepareRun(
      db,
      'UPDATE relations SET kind = -abs(kind), at = max(?1, iif(kind < 0, at, 0)), listed = 0 WHERE place = ?2',
    ),
    dropRelation: prepareRun(db, 'DELETE FROM relations WHERE place = ?'),
    /** Each (id, limit): what goes with a post, a person or a list, by the end that it is at; what ended, too. */
    towardsPost: of('object', 'like', 'bookmark'),
    byPerson: of('subject', 'like', 'bookmark', 'follow', 'mute', 'block', 'list-follow', 'list-pin'),
    towardsPerson: of('object', 'follow', 'mute', 'block', 'list-member'),
    byList: of('subject', 'list-member'),
    towardsList: of('object', 'list-follow', 'list-pin'),
  };
}

/** One row of `lists`; `doc` is null in a tombstone. */
export type ListRow = { ownerId: string; members: number; followers: number; doc: string | null };

function listRows(db: DatabaseSync) {
  const select = prepareRow<[owner: string, members: number, followers: number, doc: string | null]>(
    db,
    'SELECT CAST(owner AS TEXT), members, followers, doc FROM lists WHERE id = ?',
  );
  return {
    list(id: string): ListRow | undefined {
      const row = select(id);
      return row && { ownerId: row[0], members: row[1], followers: row[2], doc: row[3] };
    },
    /** (id, owner, doc) */
    putList: prepareRun(
      db,
      `INSERT INTO lists (id, owner, members, followers, doc) VALUES (?1, ?2, 0, 0, ?3)
       ON CONFLICT (id) DO UPDATE SET doc = ?3`,
    ),
    /** (id, owner, deleted_at) */
    putListTombstone: prepareRun(
      db,
      `INSERT INTO lists (id, owner, members, followers, deleted_at) VALUES (?1, ?2, 0, 0, ?3)
       ON CONFLICT (id) DO UPDATE SET members = 0, followers = 0, doc = NULL, deleted_at = ?3`,
    ),
    /** (members, followers, id) */
    setListCounts: prepareRun(db, 'UPDATE lists SET members = ?, followers = ? WHERE id = ?'),
    /** (owner, limit) */
    listsOf: prepareAll<[id: string]>(
      db,
      'SELECT CAST(id AS TEXT) FROM lists WHERE owner = ? AND doc IS NOT NULL LIMIT ?',
    ),
    listCount: prepareRow<[count: number]>(
      db,
      'SELECT count(*) FROM lists WHERE owner = ? AND doc IS NOT NULL',
    ),
  };
}

function eventRows(db: DatabaseSync) {
  return {
    /** (seq, at, kind, doc) */
    putEvent: prepareRun(db, 'INSERT INTO events (seq, at, kind, doc) VALUES (?, ?, ?, ?)'),
    /** (person, kind, at) */
    putSince: prepareRun(db, 'INSERT OR REPLACE INTO since (person, kind, at) VALUES (?, ?, ?)'),
    oldestEvent: prepareRow<[at: number]>(db, 'SELECT at FROM events ORDER BY seq LIMIT 1'),
    newestEvent: prepareRow<[at: number]>(db, 'SELECT at FROM events ORDER BY seq DESC LIMIT 1'),
    /** (limit, at) The oldest ones from before a moment: times never go back, so nothing else is looked at. */
    eventsBefore: prepareAll<[seq: number]>(
      db,
      'SELECT seq FROM (SELECT seq, at FROM events ORDER BY seq LIMIT ?) WHERE at < ?',
    ),
    dropEvent: prepareRun(db, 'DELETE FROM events WHERE seq = ?'),
  };
}

function nameRows(db: DatabaseSync) {
  return {
    /** (rank, word, person) */
    putWord: prepareRun(db, 'INSERT OR IGNORE INTO people_words (rank, word, person) VALUES (?, ?, ?)'),
    /** (rank, word, person) */
    dropWord: prepareRun(db, 'DELETE FROM people_words WHERE rank = ? AND word = ? AND person = ?'),
    /** (after id, limit) */
    peopleAfter: prepareAll<[id: string, ownsName: number, doc: string]>(
      db,
      `SELECT CAST(id AS TEXT), username IS NOT NULL, doc FROM people
       WHERE id > ? AND doc IS NOT NULL ORDER BY people.id LIMIT ?`,
    ),
  };
}

function scrubRows(db: DatabaseSync) {
  return {
    scrubs: prepareAll<[person: string, upTo: string]>(
      db,
      'SELECT CAST(person AS TEXT), CAST(up_to AS TEXT) FROM geo_scrubs',
    ),
    /** (person, up_to) */
    putScrub: prepareRun(db, 'INSERT OR REPLACE INTO geo_scrubs (person, up_to) VALUES (?, ?)'),
  };
}
