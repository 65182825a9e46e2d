import { LRUCache } from 'lru-cache';
import type { JudgeReader, Person, Poll, Post, PostReader } from '#posts';
import type { Dialect, WordSet } from '../vocabulary.ts';
import { type LivePerson, personWriter, withLiveFields } from './person.ts';
import { postWriter } from './post.ts';

/**
 * The posts module's reader, with the JSON that was made of what it gave. JSON is kept for the very object that it
 * was made of: once the reader gives another one, because something changed, the old JSON is never used again.
 */
export type JsonCache = PostReader &
  JudgeReader &
  Omit<CachedAround, 'now'> & {
    /** The post's JSON with the fields of a set. */
    postJson(post: Post, fields: WordSet, dialect: Dialect): string;
    personJson(person: Person, fields: WordSet, dialect: Dialect, live?: LivePerson): string;
  };

/** What is between two persons beside relations, and what time it is. */
export type CachedAround = {
  now(): number;
  mayWrite(personId: string, to: string): boolean;
  isAskingToFollow(from: string, to: string): boolean;
};

type Fragment = { fields: WordSet; dialect: Dialect; json: string };
type Entry<T> = { thing: T; fragments: Fragment[] };

/** What an entry costs beside its text, estimated; the thing itself is the reader's. */
const ENTRY_BYTES = 200;
const FRAGMENT_BYTES = 64;
/** Of one thing in different field sets; more would mean that somebody walks through all combinations. */
const FRAGMENTS_MAX = 4;

/** @param cacheBytes upper bound of the JSON kept; three quarters go to posts. */
export function createJsonCache(reader: PostReader, around: CachedAround, cacheBytes: number): JsonCache {
  const posts = createCache<Post>(cacheBytes * 0.75);
  const people = createCache<Person>(cacheBytes * 0.25);
  return {
    ...reader,
    mayWrite: around.mayWrite,
    isAskingToFollow: around.isAskingToFollow,
    polls: (ids) => reader.polls(ids).map((poll) => poll && pollAt(poll, around.now())),
    postJson(post, fields, dialect) {
      const write = () => JSON.stringify(postWriter(fields, dialect)(post));
      return kept(posts, post, fields, dialect, write);
    },
    personJson(person, fields, dialect, live) {
      const write = () => JSON.stringify(personWriter(fields, dialect)(person));
      return withLiveFields(kept(people, person, fields, dialect, write), fields, dialect, live);
    },
  };
}

/** Nobody tells that a poll ended: its time does. */
function pollAt(poll: Poll, now: number): Poll {
  if (poll.endsAt === undefined || poll.endsAt > now) return poll;
  return { ...poll, votingStatus: 'closed' };
}

function createCache<T>(maxSize: number): LRUCache<string, Entry<T>> {
  return new LRUCache({
    maxSize: Math.max(1, Math.ceil(maxSize)),
    sizeCalculation: ({ fragments }) =>
      fragments.reduce((sum, { json }) => sum + FRAGMENT_BYTES + 2 * json.length, ENTRY_BYTES),
  });
}

function kept<T extends { id: string }>(
  cache: LRUCache<string, Entry<T>>,
  thing: T,
  fields: WordSet,
  dialect: Dialect,
  write: () => string,
): string {
  const entry = cache.get(thing.id);
  const fragments = entry?.thing === thing ? entry.fragments : [];
  for (const fragment of fragments) {
    if (fragment.fields === fields && fragment.dialect === dialect) return fragment.json;
  }
  const json = write();
  // Set anew, so that the cache weighs it with its new fragment.
  cache.set(thing.id, {
    thing,
    fragments: [...fragments.slice(1 - FRAGMENTS_MAX), { fields, dialect, json }],
  });
  return json;
}
