import type { DatabaseSync } from 'node:sqlite';
import { compareIds } from '#kernel';
import { prepareAll, prepareRow, prepareRun } from './prepared-sql.ts';
import { prepareRelationRows } from './relation-rows.ts';

/** The writer's statements, by the table that they touch. Ids are decimal text in and out; see statement.ts. */
export type Rows = ReturnType<typeof prepareRows>;

/** One row of `posts`; `doc` is null in a tombstone. */
export type PostRow = {
  authorId: string;
  kind: number;
  state: number;
  indexed: number;
  repostedId: string | null;
  doc: string | null;
};

export function prepareRows(db: DatabaseSync) {
  return {
    ...postRows(db),
    ...editRows(db),
    ...personRows(db),
    ...thingRows(db),
    ...choreRows(db),
    ...prepareRelationRows(db),
  };
}

function postRows(db: DatabaseSync) {
  const select = prepareRow<[string, number, number, number, string | null, string | null]>(
    db,
    'SELECT CAST(author AS TEXT), kind, state, indexed, CAST(repost_of AS TEXT), doc FROM posts WHERE id = ?',
  );
  const insert = prepareRun(
    db,
    'INSERT INTO posts (id, author, kind, state, indexed, repost_of, doc) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const tombstone = prepareRun(
    db,
    `INSERT INTO posts (id, author, kind, state, indexed, deleted_at) VALUES (?1, ?2, 0, ?3, 0, ?4)
     ON CONFLICT (id) DO UPDATE SET state = ?3, indexed = 0, repost_of = NULL, doc = NULL, deleted_at = ?4`,
  );
  /** No id in the table is above this one, so what is newer need not be looked for: most of what arrives is. */
  let newest = prepareRow<[string | null]>(db, 'SELECT CAST(max(id) AS TEXT) FROM posts')()?.[0] ?? '0';
  const grow = (id: string) => {
    if (compareIds(id, newest) > 0) newest = id;
  };
  /** The same of what is reposted: a post above it has no reposts here. */
  let newestReposted =
    prepareRow<[string | null]>(
      db,
      'SELECT CAST(max(repost_of) AS TEXT) FROM posts WHERE repost_of IS NOT NULL',
    )()?.[0] ?? '0';
  const growReposted = (id: string | null) => {
    if (id !== null && compareIds(id, newestReposted) > 0) newestReposted = id;
  };
  const hasReposts = prepareRow<[number]>(db, 'SELECT 1 FROM posts WHERE repost_of = ? LIMIT 1');
  const update = prepareRun(db, 'UPDATE posts SET kind = ?, state = ?, repost_of = ?, doc = ? WHERE id = ?');
  return {
    post(id: string): PostRow | undefined {
      const row = compareIds(id, newest) > 0 ? undefined : select(id);
      if (!row) return undefined;
      const [authorId, kind, state, indexed, repostedId, doc] = row;
      return { authorId, kind, state, indexed, repostedId, doc };
    },
    insertPost(id: string, { authorId, kind, state, indexed, repostedId, doc }: PostRow): void {
      grow(id);
      growReposted(repostedId);
      insert(id, authorId, kind, state, indexed, repostedId, doc);
    },
    updatePost(id: string, row: Pick<PostRow, 'kind' | 'state' | 'repostedId' | 'doc'>): void {
      growReposted(row.repostedId);
      update(row.kind, row.state, row.repostedId, row.doc, id);
    },
    setState: prepareRun(db, 'UPDATE posts SET state = ? WHERE id = ?'),
    setIndexed: prepareRun(db, 'UPDATE posts SET indexed = ? WHERE id = ?'),
    /** (id, author, state, deleted_at): makes the tombstone, whatever was there. */
    putTombstone(id: string, authorId: string, state: number, deletedAt: number): void {
      grow(id);
      tombstone(id, authorId, state, deletedAt);
    },
    /** (author, after id, limit) */
    postsOf: prepareAll<[id: string]>(
      db,
      'SELECT CAST(id AS TEXT) FROM posts WHERE author = ? AND id > ? AND state & 1 = 0 ORDER BY id LIMIT ?',
    ),
    hasPosts: prepareRow<[number]>(db, 'SELECT 1 FROM posts WHERE author = ? AND state & 1 = 0 LIMIT 1'),
    hasReposts: (id: string) => compareIds(id, newestReposted) <= 0 && hasReposts(id) !== undefined,
    /** (anything, after id, limit) */
    allPosts: prepareAll<[id: string]>(
      db,
      'SELECT CAST(id AS TEXT) FROM posts WHERE ?1 IS NOT NULL AND id > ?2 AND doc IS NOT NULL ORDER BY id LIMIT ?3',
    ),
    /** (reposted id, after id, limit) */
    repostsOf: prepareAll<[id: string]>(
      db,
      'SELECT CAST(id AS TEXT) FROM posts WHERE repost_of = ? AND id > ? ORDER BY id LIMIT ?',
    ),
  };
}

function editRows(db: DatabaseSync) {
  return {
    anyEdit: prepareRow<[number]>(db, 'SELECT 1 FROM edits LIMIT 1'),
    /** Ids of the chain that holds this version, oldest first, each with its author. */
    chain: prepareAll<[id: string, authorId: string]>(
      db,
      `SELECT CAST(v.id AS TEXT), CAST(v.author AS TEXT) FROM edits e JOIN edits v ON v.first = e.first
       WHERE e.id = ? ORDER BY v.id`,
    ),
    /** (id, first, author) */
    putEdit: prepareRun(db, 'INSERT OR REPLACE INTO edits (id, first, author) VALUES (?, ?, ?)'),
    dropEdit: prepareRun(db, 'DELETE FROM edits WHERE id = ?'),
  };
}

function personRows(db: DatabaseSync) {
  return {
    person: prepareRow<[doc: string | null]>(db, 'SELECT doc FROM people WHERE id = ?'),
    usernameHolder: prepareRow<[id: string]>(db, 'SELECT CAST(id AS TEXT) FROM people WHERE username = ?'),
    releaseUsername: prepareRun(db, 'UPDATE people SET username = NULL WHERE username = ?'),
    /** (id, folded username, doc) */
    putPerson: prepareRun(
      db,
      `INSERT INTO people (id, username, doc) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET username = ?2, doc = ?3`,
    ),
    /** (id, deleted_at) */
    putPersonTombstone: prepareRun(
      db,
      `INSERT INTO people (id, deleted_at) VALUES (?1, ?2)
       ON CONFLICT (id) DO UPDATE SET username = NULL, doc = NULL, deleted_at = ?2`,
    ),
    /** Is the name that this person has still theirs? */
    ownUsername: prepareRow<[username: string | null]>(db, 'SELECT username FROM people WHERE id = ?'),
  };
}

function thingRows(db: DatabaseSync) {
  const table = (name: 'media' | 'polls' | 'places') => ({
    get: prepareRow<[doc: string]>(db, `SELECT doc FROM ${name} WHERE key = ?`),
    put: prepareRun(
      db,
      `INSERT INTO ${name} (key, doc) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET doc = ?2`,
    ),
    drop: prepareRun(db, `DELETE FROM ${name} WHERE key = ?`),
  });
  return {
    media: table('media'),
    polls: table('polls'),
    places: table('places'),
    addUse: prepareRun(db, 'INSERT OR IGNORE INTO uses (thing, post) VALUES (?, ?)'),
    dropUse: prepareRun(db, 'DELETE FROM uses WHERE thing = ? AND post = ?'),
    hasUses: prepareRow<[number]>(db, 'SELECT 1 FROM uses WHERE thing = ? LIMIT 1'),
    /** (thing, after id, limit) */
    usesOf: prepareAll<[id: string]>(
      db,
      'SELECT CAST(post AS TEXT) FROM uses WHERE thing = ? AND post > ? ORDER BY post LIMIT ?',
    ),
  };
}

function choreRows(db: DatabaseSync) {
  return {
    /** (kind, subject, at): starts over when it is there already. */
    addChore: prepareRun(
      db,
      `INSERT INTO chores (kind, subject, cursor, at) VALUES (?1, ?2, -1, ?3)
       ON CONFLICT (kind, subject) DO UPDATE SET cursor = -1`,
    ),
    chores: prepareAll<[kind: string, subject: string, cursor: string, at: number]>(
      db,
      'SELECT kind, subject, CAST(cursor AS TEXT), at FROM chores LIMIT ?',
    ),
    /** (cursor, kind, subject) */
    moveChore: prepareRun(db, 'UPDATE chores SET cursor = ? WHERE kind = ? AND subject = ?'),
    dropChore: prepareRun(db, 'DELETE FROM chores WHERE kind = ? AND subject = ?'),
    counter: prepareRow<[value: number]>(db, 'SELECT value FROM counters WHERE name = ?'),
    setCounter: prepareRun(db, 'UPDATE counters SET value = ?2 WHERE name = ?1'),
  };
}
