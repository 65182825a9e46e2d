import type { DatabaseSync } from 'node:sqlite';
import { type Migrations, migrate, schemaVersion } from '#kernel';
import type { NetworkEventKind } from '../model/event.ts';
import type { RelationKind } from '../model/relation.ts';

/**
 * Tables of `posts.db`. Each item brings the file from the version before it (its index) to the next; items that
 * were released are never edited. `user_version` says how many have run.
 */
export const MIGRATIONS: Migrations = [
  `
  -- A post, or the tombstone of one: then doc is NULL and deleted_at is set.
  CREATE TABLE posts (
    id INTEGER PRIMARY KEY,
    author INTEGER NOT NULL,    -- 0 in the tombstone of a post that was never here
    kind INTEGER NOT NULL,      -- bits of KIND: never changes what it means
    state INTEGER NOT NULL,     -- bits of STATE
    indexed INTEGER NOT NULL,   -- 0: not in the search index; else IN_INDEX and the markers that it was put in with
    repost_of INTEGER,
    deleted_at INTEGER,         -- Unix ms
    doc TEXT                    -- codec.ts
  );
  -- Timelines come from this index alone.
  CREATE INDEX posts_by_author ON posts (author, id, kind, state);
  CREATE INDEX posts_by_reposted ON posts (repost_of, id) WHERE repost_of IS NOT NULL;
  -- Versions of posts that were edited: first is the chain's oldest id. A version may be known before it is here.
  CREATE TABLE edits (id INTEGER PRIMARY KEY, first INTEGER NOT NULL, author INTEGER NOT NULL);
  CREATE INDEX edits_by_chain ON edits (first, id);
  -- A person, or the tombstone of one. username is folded, and NULL once somebody newer took it.
  CREATE TABLE people (id INTEGER PRIMARY KEY, username TEXT UNIQUE, deleted_at INTEGER, doc TEXT);
  CREATE TABLE media (key TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE polls (key TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE places (key TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID;
  -- Which posts show a medium, poll or place ('media:', 'poll:', 'place:' and its key).
  CREATE TABLE uses (thing TEXT NOT NULL, post INTEGER NOT NULL, PRIMARY KEY (thing, post)) WITHOUT ROWID;
  -- Work over many posts that goes on in bounded batches: see chores.ts. cursor is the last post done.
  CREATE TABLE chores (kind TEXT NOT NULL, subject TEXT NOT NULL, cursor INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (kind, subject)) WITHOUT ROWID;
  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO counters VALUES ('posts', 0), ('people', 0);
  `,
  `
  -- What one holds towards another: RELATION says what kind. place is given once, in the order of arrival.
  CREATE TABLE relations (
    place INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    object INTEGER NOT NULL,
    at INTEGER NOT NULL         -- Unix ms
  );
  CREATE UNIQUE INDEX relations_between ON relations (kind, subject, object);
  -- Every index ends with the rowid, so these two are in the order of places.
  CREATE INDEX relations_from ON relations (kind, subject);
  CREATE INDEX relations_to ON relations (kind, object);
  -- A list of persons, or the tombstone of one: then doc is NULL. Its counts are those of its relations.
  CREATE TABLE lists (id INTEGER PRIMARY KEY, owner INTEGER NOT NULL, members INTEGER NOT NULL,
    followers INTEGER NOT NULL, deleted_at INTEGER, doc TEXT);
  CREATE INDEX lists_by_owner ON lists (owner, id) WHERE doc IS NOT NULL;
  -- Whose repost of what: a person's own repost is found without looking through all of either.
  CREATE INDEX posts_by_reposter ON posts (author, repost_of) WHERE repost_of IS NOT NULL;
  -- Up to which post a person had their places taken away; what older files say of them stays away.
  CREATE TABLE geo_scrubs (person INTEGER PRIMARY KEY, up_to INTEGER NOT NULL);
  -- What licensees must follow: seq without gaps in the order of commits, times that never go back (event-rows.ts).
  CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, doc TEXT NOT NULL);
  CREATE INDEX events_by_kind ON events (kind);
  -- Words of persons' names, most followed first: rank is the negative logarithm of their followers (names.ts).
  CREATE TABLE people_words (rank INTEGER NOT NULL, word TEXT NOT NULL, person INTEGER NOT NULL,
    PRIMARY KEY (rank, word, person)) WITHOUT ROWID;
  INSERT INTO counters VALUES ('place', 0), ('event', 0);
  INSERT INTO chores SELECT 'names', '', -1, 0 WHERE EXISTS (SELECT 1 FROM people);
  `,
  `
  -- Since when a person's posts, or their places, may not be shown: the latest event of each such kind (numbers of
  -- EVENT_KINDS), kept beyond the events' week.
  CREATE TABLE since (person INTEGER NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (person, kind)) WITHOUT ROWID;
  INSERT OR REPLACE INTO since SELECT CAST(doc ->> 'personId' AS INTEGER), kind, at FROM events
    WHERE kind IN (6, 7, 9, 11) ORDER BY seq;
  `,
  `
  -- 1 where a list's member has it in \`metrics.listed\`: private lists are nobody's business. The chores mend counts
  -- that were moved for private lists before.
  ALTER TABLE relations ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
  UPDATE relations SET listed = 1 WHERE kind = 6;
  INSERT OR IGNORE INTO chores SELECT 'list-privacy', CAST(id AS TEXT), -1, 0 FROM lists
    WHERE doc IS NOT NULL AND json_extract(doc, '$[2]') = 1;
  `,
  `
  -- Names are noted again: their words no longer hold HTML escapes, Arabic vowel points and tatweel (names.ts).
  DELETE FROM people_words;
  INSERT OR REPLACE INTO chores SELECT 'names', '', -1, 0 WHERE EXISTS (SELECT 1 FROM people);
  `,
];

/** Bits of `posts.kind`. */
export const KIND = { reply: 1, repost: 2, quote: 4 } as const;
/** Bits of `posts.state`. */
export const STATE = {
  deleted: 1,
  withheld: 2,
  /** A newer version of the same post exists. */
  superseded: 4,
  /** Promoted only: in no timeline. */
  nullcast: 8,
  /** Belongs to an edit chain: its history is in `edits`. */
  edited: 16,
  /** A reply that was hidden by who began the conversation; in all versions of a chain alike. */
  hidden: 32,
} as const;
/** Numbers of relations in the file, negative of one that ended. Never changed; a new one gets the next. */
export const RELATION: Record<RelationKind, number> = {
  like: 1,
  bookmark: 2,
  follow: 3,
  mute: 4,
  block: 5,
  'list-member': 6,
  'list-follow': 7,
  'list-pin': 8,
};
/** Kinds of events as the file numbers them: by their place here. New ones go to the end. */
export const EVENT_KINDS = [
  'post-created',
  'post-deleted',
  'post-edited',
  'post-withheld',
  'post-dropped',
  'post-undropped',
  'geo-scrubbed',
  'person-deleted',
  'person-undeleted',
  'person-protected',
  'person-unprotected',
  'person-suspended',
  'person-unsuspended',
  'person-withheld',
  'person-modified',
  'related',
  'unrelated',
] as const satisfies NetworkEventKind[];
/** What keeps a post out of its author's timeline. */
export const UNLISTED = STATE.deleted | STATE.withheld | STATE.superseded | STATE.nullcast;

/** What the file is called in refusals. */
const FILE = 'posts.db';
/** Pages that the log may hold before a commit moves them into the file. 16 MiB. */
const WAL_PAGES = 4096;
/** Bytes that the log file keeps when it starts over. */
const WAL_BYTES_KEPT = 64 * 2 ** 20;
const WRITER_CACHE_KIB = 65_536;
const READER_CACHE_KIB = 16_384;
/** How long a statement waits for another connection's lock: only checkpoints ever meet one. */
const BUSY_TIMEOUT_MS = 5_000;

/** Makes a connection the writer's, and brings the file to the newest version. @throws when a newer Parley wrote it. */
export function prepareWriter(db: DatabaseSync): void {
  // FULL: a deletion that was acknowledged holds after a power cut too. FAST: its words are overwritten in place.
  db.exec(`PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
    PRAGMA wal_autocheckpoint=${WAL_PAGES}; PRAGMA journal_size_limit=${WAL_BYTES_KEPT};
    PRAGMA cache_size=-${WRITER_CACHE_KIB}; PRAGMA secure_delete=FAST; PRAGMA temp_store=MEMORY`);
  migrate(db, FILE, MIGRATIONS);
}

/** Settings of a connection that only reads. */
export function prepareReader(db: DatabaseSync): void {
  db.exec(
    `PRAGMA busy_timeout=${BUSY_TIMEOUT_MS}; PRAGMA query_only=1; PRAGMA cache_size=-${READER_CACHE_KIB}`,
  );
  if (schemaVersion(db) !== MIGRATIONS.length) {
    throw new Error(
      `${FILE} has version ${schemaVersion(db)}, this Parley reads ${MIGRATIONS.length}: open it with a writer first`,
    );
  }
}
