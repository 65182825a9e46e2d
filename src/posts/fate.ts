import { DatabaseSync } from 'node:sqlite';
import { FIRST_SNOWFLAKE, idTime } from '#kernel';
import { decodePerson, decodePost } from './codec.ts';
import type { Person } from './index.ts';
import { isCanonicalId } from './reader-sqlite.ts';
import { REPOST_DEPTH_MAX } from './rules.ts';
import { prepareReader } from './sqlite-schema.ts';
import { one } from './statement.ts';

/**
 * Why what a licensee holds of a post or a person must go, or change. Times are Unix ms and missing where nobody
 * knows them: from before the network told of a person's state with its time.
 */
export type Fate = {
  reason: 'deleted' | 'deactivated' | 'suspended' | 'protected' | 'scrub-geo';
  at?: number;
  createdAt?: number;
};

/** Ids in, fates out, in order; `undefined` for what may stay, and for what never was here. */
export type FateReader = {
  posts(ids: readonly string[]): (Fate | undefined)[];
  people(ids: readonly string[]): (Fate | undefined)[];
  close(): void;
};

/** Persons' ids count up to ten digits and are snowflakes after that. */
const FIRST_PERSON_SNOWFLAKE = 1_000_000_000_000n;
/** Persons of one batch that are remembered: their posts come together. */
const REMEMBERED_MAX = 10_000;

type Standing = { state: Person['state']; protected: boolean } | 'deleted' | undefined;
type Known = { fate: Fate | undefined; standing: Standing };

/**
 * Opens `posts.db` on a connection of its own for whoever asks about many ids at once. It asks what `rules.ts` asks of
 * a post, a repost and its original included, and answers why and since when.
 */
export function openFateReader(path: string): FateReader {
  const db = new DatabaseSync(path, { readOnly: true });
  prepareReader(db);
  const reader = fatesOf(db);
  return { ...reader, close: () => db.close() };
}

/** The same over any connection. */
export function fatesOf(db: DatabaseSync): Omit<FateReader, 'close'> {
  const postRow = one<
    [author: string, doc: string | null, deletedAt: number | null, repostOf: string | null]
  >(db, 'SELECT CAST(author AS TEXT), doc, deleted_at, CAST(repost_of AS TEXT) FROM posts WHERE id = ?');
  const personRow = one<[doc: string | null, deletedAt: number | null]>(
    db,
    'SELECT doc, deleted_at FROM people WHERE id = ?',
  );
  let remembered = new Map<string, Known>();

  function person(id: string): Known {
    const known = remembered.get(id);
    if (known) return known;
    const found = readPerson(id);
    if (remembered.size >= REMEMBERED_MAX) remembered = new Map();
    remembered.set(id, found);
    return found;
  }

  function readPerson(id: string): Known {
    const row = personRow(id);
    if (!row) return { fate: undefined, standing: undefined };
    const [doc, deletedAt] = row;
    const born = BigInt(id) >= FIRST_PERSON_SNOWFLAKE ? idTime(id) : undefined;
    if (doc === null) return { fate: fate('deleted', deletedAt, born), standing: 'deleted' };
    const { state, protected: isProtected, createdAt = born } = decodePerson(doc);
    const reason = state !== 'active' ? state : isProtected ? 'protected' : undefined;
    return {
      fate: reason === undefined ? undefined : fate(reason, undefined, createdAt),
      standing: { state, protected: isProtected },
    };
  }

  function post(id: string, depth: number): Fate | undefined {
    const row = postRow(id);
    if (!row) return undefined;
    const [author, doc, deletedAt, repostOf] = row;
    const born = BigInt(id) >= FIRST_SNOWFLAKE ? idTime(id) : undefined;
    if (doc === null) return fate('deleted', deletedAt, born);
    const createdAt = born ?? decodePost(id, author, doc, [id]).createdAt;
    const ofAuthor = person(author).fate;
    if (ofAuthor) return { ...ofAuthor, createdAt };
    if (repostOf === null) return undefined;
    // A repost carries the words of its original: it goes with it.
    if (depth >= REPOST_DEPTH_MAX) return fate('deleted', undefined, createdAt);
    const ofOriginal = post(repostOf, depth + 1);
    return ofOriginal && { ...ofOriginal, createdAt };
  }

  function each(ids: readonly string[], read: (id: string) => Fate | undefined): (Fate | undefined)[] {
    remembered = new Map();
    return ids.map((id) => (isCanonicalId(id) ? read(id) : undefined));
  }

  return {
    posts: (ids) => each(ids, (id) => post(id, 0)),
    people: (ids) => each(ids, (id) => person(id).fate),
  };
}

function fate(reason: Fate['reason'], at: number | null | undefined, createdAt?: number): Fate {
  return { reason, ...(at != null && { at }), ...(createdAt !== undefined && { createdAt }) };
}
