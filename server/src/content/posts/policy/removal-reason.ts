import { DatabaseSync } from 'node:sqlite';
import { compareIds, FIRST_SNOWFLAKE, idTime, isCanonicalId } from '#kernel';
import { decodePerson, decodePost } from '../store/codec.ts';
import { prepareRow } from '../store/prepared-sql.ts';
import { EVENT_KINDS, prepareReader } from '../store/sqlite-schema.ts';
import { REPOST_DEPTH_MAX, removalReason } from './visibility-policy.ts';

/**
 * Why what a licensee holds of a post or a person must go, or change. Times are Unix ms and missing where nobody
 * knows them: of a person who was suspended before the network told of them.
 */
export type Removal = {
  reason: 'deleted' | 'deactivated' | 'suspended' | 'protected' | 'scrub-geo';
  at?: number;
  createdAt?: number;
};

/** Ids in, fates out, in order; `undefined` for what may stay, and for what never was here. */
export type RemovalReader = {
  posts(ids: readonly string[]): (Removal | undefined)[];
  people(ids: readonly string[]): (Removal | undefined)[];
  close(): void;
};

/** Persons' ids count up to ten digits and are snowflakes after that. */
const FIRST_PERSON_SNOWFLAKE = 1_000_000_000_000n;
/** Persons of one batch that are remembered: their posts come together. */
const REMEMBERED_MAX = 10_000;

type Known = { fate: Removal | undefined; scrub: { upTo: string; at?: number } | undefined };

/** Whose last event says since when it is so. */
const SINCE = {
  suspended: EVENT_KINDS.indexOf('person-suspended'),
  deactivated: EVENT_KINDS.indexOf('person-deleted'),
  protected: EVENT_KINDS.indexOf('person-protected'),
  'scrub-geo': EVENT_KINDS.indexOf('geo-scrubbed'),
} as const;

/**
 * Opens `posts.db` on a connection of its own for whoever asks about many ids at once. It asks what the policy asks of
 * a post, a repost and its original included, and answers why and since when.
 */
export function openRemovalReader(path: string): RemovalReader {
  const db = new DatabaseSync(path, { readOnly: true });
  prepareReader(db);
  const reader = removalReaderOf(db);
  return { ...reader, close: () => db.close() };
}

/** The same over any connection. */
export function removalReaderOf(db: DatabaseSync): Omit<RemovalReader, 'close'> {
  const postRow = prepareRow<
    [author: string, doc: string | null, deletedAt: number | null, repostOf: string | null]
  >(db, 'SELECT CAST(author AS TEXT), doc, deleted_at, CAST(repost_of AS TEXT) FROM posts WHERE id = ?');
  const personRow = prepareRow<[doc: string | null, deletedAt: number | null]>(
    db,
    'SELECT doc, deleted_at FROM people WHERE id = ?',
  );
  const sinceRow = prepareRow<[at: number]>(db, 'SELECT at FROM since WHERE person = ? AND kind = ?');
  const scrubRow = prepareRow<[upTo: string]>(
    db,
    'SELECT CAST(up_to AS TEXT) FROM geo_scrubs WHERE person = ?',
  );
  const since = (id: string, reason: keyof typeof SINCE) => sinceRow(id, SINCE[reason])?.[0];
  let remembered = new Map<string, Known>();

  function person(id: string): Known {
    const known = remembered.get(id);
    if (known) return known;
    const upTo = scrubRow(id)?.[0];
    const scrub = upTo === undefined ? undefined : { upTo, at: since(id, 'scrub-geo') };
    const found = { fate: fateOfPerson(id), scrub };
    if (remembered.size >= REMEMBERED_MAX) remembered = new Map();
    remembered.set(id, found);
    return found;
  }

  function fateOfPerson(id: string): Removal | undefined {
    const row = personRow(id);
    if (!row) return undefined;
    const [doc, deletedAt] = row;
    const born = BigInt(id) >= FIRST_PERSON_SNOWFLAKE ? idTime(id) : undefined;
    if (doc === null) return fate('deleted', deletedAt, born);
    const found = decodePerson(doc);
    const { createdAt = born } = found;
    const reason = removalReason(found);
    return reason && fate(reason, since(id, reason), createdAt);
  }

  function post(id: string, depth: number): Removal | undefined {
    const row = postRow(id);
    if (!row) return undefined;
    const [author, doc, deletedAt, repostOf] = row;
    const born = BigInt(id) >= FIRST_SNOWFLAKE ? idTime(id) : undefined;
    if (doc === null) return fate('deleted', deletedAt, born);
    const createdAt = born ?? decodePost(id, author, doc, [id]).createdAt;
    const { fate: ofAuthor, scrub } = person(author);
    if (ofAuthor) return { ...ofAuthor, createdAt };
    const ofOriginal = repostOf === null ? undefined : original(repostOf, depth, createdAt);
    if (ofOriginal) return ofOriginal;
    return scrub && compareIds(id, scrub.upTo) <= 0 ? fate('scrub-geo', scrub.at, createdAt) : undefined;
  }

  /** A repost carries the words of its original and goes with it; its place is no part of the repost. */
  function original(id: string, depth: number, createdAt: number): Removal | undefined {
    if (depth >= REPOST_DEPTH_MAX) return fate('deleted', undefined, createdAt);
    const found = post(id, depth + 1);
    return found && found.reason !== 'scrub-geo' ? { ...found, createdAt } : undefined;
  }

  function each(ids: readonly string[], read: (id: string) => Removal | undefined): (Removal | undefined)[] {
    remembered = new Map();
    return ids.map((id) => (isCanonicalId(id) ? read(id) : undefined));
  }

  return {
    posts: (ids) => each(ids, (id) => post(id, 0)),
    people: (ids) => each(ids, (id) => person(id).fate),
  };
}

function fate(reason: Removal['reason'], at: number | null | undefined, createdAt?: number): Removal {
  return { reason, ...(at != null && { at }), ...(createdAt !== undefined && { createdAt }) };
}
