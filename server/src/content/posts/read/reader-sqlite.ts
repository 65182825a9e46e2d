import { DatabaseSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import { ID_MAX, isCanonicalId } from '#kernel';
import type { Person } from '../model/person.ts';
import type { Media, Place, Poll, Post } from '../model/post.ts';
import type { OpenPostReader, PostReader, TouchedIds } from '../model/store.ts';
import { decodePerson, decodePost, foldUsername } from '../store/codec.ts';
import { prepareAll, prepareRow } from '../store/prepared-sql.ts';
import { KIND, prepareReader, STATE, UNLISTED } from '../store/sqlite-schema.ts';
import { eventReaderOf } from './event-reader.ts';
import { relationReaderOf } from './relation-reader.ts';

/** What a decoded post costs beside its text: 100,000 of 247 bytes took 889 bytes of heap each. */
const OBJECT_BYTES = 640;
/** Share of the cache that persons get. */
const PEOPLE_SHARE = 0.2;

/**
 * Opens `posts.db` for reading. Every statement is its own short read transaction, so readers never hold back the
 * log's checkpoint. Costs a connection; one for each thread.
 * @param path of a file that `createPostStore` has prepared.
 * @param options.cacheBytes how much of the decoded posts and persons to keep; 0 keeps none and needs no `forget`.
 */
export function openPostReader(path: string, options: { cacheBytes?: number } = {}): OpenPostReader {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    prepareReader(db);
    const cache = options.cacheBytes ? createCache(options.cacheBytes) : undefined;
    return { ...readerOf(db, cache), ...relationReaderOf(db), ...eventReaderOf(db), close: () => db.close() };
  } catch (error) {
    db.close();
    throw error;
  }
}

type Cache = { posts: LRUCache<string, Post>; people: LRUCache<string, Person> };

function createCache(bytes: number): Cache {
  const people = Math.ceil(bytes * PEOPLE_SHARE);
  return {
    posts: new LRUCache({ maxSize: bytes - people }),
    people: new LRUCache({ maxSize: people }),
  };
}

/** The reader over any connection; on the writer's own it sees what is not committed yet. */
export function readerOf(
  db: DatabaseSync,
  cache?: Cache,
): PostReader & { forget(touched: TouchedIds): void } {
  const postRow = prepareRow<[author: string, state: number, doc: string | null]>(
    db,
    'SELECT CAST(author AS TEXT), state, doc FROM posts WHERE id = ?',
  );
  const versions = prepareAll<[id: string]>(
    db,
    `SELECT CAST(v.id AS TEXT) FROM edits e JOIN edits v ON v.first = e.first WHERE e.id = ? ORDER BY v.id`,
  );
  const personRow = prepareRow<[doc: string | null]>(db, 'SELECT doc FROM people WHERE id = ?');
  const personByName = prepareRow<[doc: string | null]>(db, 'SELECT doc FROM people WHERE username = ?');
  const anyDying = prepareRow<[number]>(db, "SELECT 1 FROM chores WHERE kind = 'delete-author' LIMIT 1");
  const dying = prepareRow<[number]>(db, "SELECT 1 FROM chores WHERE kind = 'delete-author' AND subject = ?");

  function post(id: string, checkAuthor: boolean): Post | 'deleted' | undefined {
    if (!isCanonicalId(id)) return undefined;
    const row = postRow(id);
    if (!row) return undefined;
    const [author, state, doc] = row;
    if (doc === null || (checkAuthor && dying(author))) return 'deleted';
    const found = decodePost(
      id,
      author,
      doc,
      state & STATE.edited ? versions(id).map(([version]) => version) : [id],
    );
    cache?.posts.set(id, found, { size: OBJECT_BYTES + Buffer.byteLength(doc) });
    return found;
  }

  function person(id: string): Person | undefined {
    const kept = cache?.people.get(id);
    if (kept) return kept;
    const doc = isCanonicalId(id) ? personRow(id)?.[0] : undefined;
    if (!doc) return undefined;
    const found = decodePerson(doc);
    cache?.people.set(id, found, { size: OBJECT_BYTES + Buffer.byteLength(doc) });
    return found;
  }

  const timeline = timelineOf(db);
  const between = prepareAll<[id: string]>(
    db,
    `SELECT CAST(id AS TEXT) FROM posts WHERE id > ? AND id < ? AND doc IS NOT NULL ORDER BY posts.id LIMIT ?`,
  );
  return {
    posts(ids) {
      let checkAuthor: boolean | undefined;
      return ids.map((id) => {
        const kept = cache?.posts.get(id);
        if (kept) return kept;
        checkAuthor ??= anyDying() !== undefined;
        return post(id, checkAuthor);
      });
    },
    authorOf(postId) {
      const author = isCanonicalId(postId) ? postRow(postId)?.[0] : undefined;
      return author === '0' ? undefined : author;
    },
    people: (ids) => ids.map(person),
    peopleByUsername: (usernames) =>
      usernames.map((username) => {
        const doc = personByName(foldUsername(username))?.[0];
        return doc ? decodePerson(doc) : undefined;
      }),
    timeline: (authorId, page) =>
      isCanonicalId(authorId) && !dying(authorId) ? timeline(authorId, page) : [],
    newestPostId: (authorId) =>
      isCanonicalId(authorId) && !dying(authorId) ? timeline(authorId, { limit: 1 })[0] : undefined,
    between: ({ afterId, beforeId, limit }) => between(afterId, beforeId, limit).map(([id]) => id),
    media: things<Media>(db, 'media'),
    polls: things<Poll>(db, 'polls'),
    places: things<Place>(db, 'places'),
    size: sizeOf(db),
    forget(touched) {
      if (!cache) return;
      for (const id of touched.posts) cache.posts.delete(id);
      for (const id of touched.people) cache.people.delete(id);
      // A deleted person's posts are taken away in bounded batches, which may be done before this one is heard of.
      const gone = new Set(touched.people.filter((id) => personRow(id)?.[0] === null));
      if (gone.size === 0) return;
      for (const [id, { authorId }] of [...cache.posts.entries()])
        if (gone.has(authorId)) cache.posts.delete(id);
    },
  };
}

function timelineOf(db: DatabaseSync): PostReader['timeline'] {
  const page = prepareAll<[id: string]>(
    db,
    `SELECT CAST(id AS TEXT) FROM posts WHERE author = ? AND id < ? AND id > ? AND state & ${UNLISTED} = 0 AND kind & ? = 0
     ORDER BY id DESC LIMIT ?`,
  );
  return (authorId, { beforeId = ID_MAX, afterId = -1n, limit, exclude = [] }) => {
    const kinds =
      (exclude.includes('replies') ? KIND.reply : 0) | (exclude.includes('retweets') ? KIND.repost : 0);
    return page(authorId, beforeId, afterId, kinds, limit).map(([id]) => id);
  };
}

function things<Thing>(db: DatabaseSync, table: 'media' | 'polls' | 'places') {
  const row = prepareRow<[doc: string]>(db, `SELECT doc FROM ${table} WHERE key = ?`);
  return (keys: readonly string[]): (Thing | undefined)[] =>
    keys.map((key) => {
      const doc = row(key)?.[0];
      return doc === undefined ? undefined : (JSON.parse(doc) as Thing);
    });
}

function sizeOf(db: DatabaseSync): PostReader['size'] {
  const counter = prepareRow<[value: number]>(db, 'SELECT value FROM counters WHERE name = ?');
  return () => ({ posts: counter('posts')?.[0] ?? 0, people: counter('people')?.[0] ?? 0 });
}
