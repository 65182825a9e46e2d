import type { DatabaseSync } from 'node:sqlite';
import { ID_MAX, isCanonicalId } from '#kernel';
import type { IdPage, PostList, Related, RelatedPage, RelationReader } from '../model/relation.ts';
import { prepareAll, prepareRow } from '../store/prepared-sql.ts';
import { KIND, RELATION, STATE, UNLISTED } from '../store/sqlite-schema.ts';
import type { ListDoc } from '../write/list-doc.ts';
import { searchPeopleOf } from './people-search.ts';
import { timelinesOf } from './timelines.ts';

/** The reading side of relations over any connection; see RelationReader. */
export function relationReaderOf(db: DatabaseSync): RelationReader {
  return {
    ...relations(db),
    ...lists(db),
    ...reposts(db),
    ...timelinesOf(db),
    searchPeople: searchPeopleOf(db),
  };
}

/** Posts that a page of reposted posts looks through: as far back as X's own timelines go. */
const REPOSTED_LOOKED_THROUGH_MAX = 3_200;

function relations(db: DatabaseSync): Pick<RelationReader, 'related' | 'isRelated' | 'relatedAmong'> {
  const between = prepareRow<[place: number]>(
    db,
    'SELECT place FROM relations WHERE kind = ? AND subject = ? AND object = ?',
  );
  const page = (end: 'subject' | 'object', other: 'object' | 'subject', order: 'ASC' | 'DESC') =>
    prepareAll<[id: string, at: number, place: number]>(
      db,
      `SELECT CAST(${other} AS TEXT), at, place FROM relations
       WHERE kind = ? AND ${end} = ? AND place > ? AND place < ? ORDER BY place ${order} LIMIT ?`,
    );
  const from = { ASC: page('subject', 'object', 'ASC'), DESC: page('subject', 'object', 'DESC') };
  const to = { ASC: page('object', 'subject', 'ASC'), DESC: page('object', 'subject', 'DESC') };
  const isRelated: RelationReader['isRelated'] = (kind, subject, object) =>
    isCanonicalId(subject) && isCanonicalId(object) && between(RELATION[kind], subject, object) !== undefined;
  return {
    isRelated,
    relatedAmong: (kind, subject, objects) =>
      new Set(objects.filter((object) => isRelated(kind, subject, object))),
    related(kind, end, { before, after, limit }: RelatedPage): Related[] {
      const id = 'from' in end ? end.from : end.to;
      if (!isCanonicalId(id)) return [];
      const backwards = before === undefined && after !== undefined;
      const read = ('from' in end ? from : to)[backwards ? 'ASC' : 'DESC'];
      const rows = read(RELATION[kind], id, after ?? -1n, before ?? ID_MAX, limit);
      if (backwards) rows.reverse();
      return rows.map(([other, at, place]) => ({ id: other, at, place: BigInt(place) }));
    },
  };
}

type ListRow = [id: string, owner: string, members: number, followers: number, doc: string];

/** A list goes with its owner, from the moment of their deletion. */
function lists(db: DatabaseSync): Pick<RelationReader, 'lists' | 'listsOwned'> {
  const columns = 'CAST(id AS TEXT), CAST(owner AS TEXT), members, followers, doc';
  const stands = `doc IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM people WHERE people.id = lists.owner AND people.deleted_at IS NOT NULL)`;
  const list = prepareRow<ListRow>(db, `SELECT ${columns} FROM lists WHERE id = ? AND ${stands}`);
  const owned = idPages<ListRow>(
    db,
    (bounds) => `SELECT ${columns} FROM lists WHERE owner = ? AND ${stands} ${bounds}`,
  );
  return {
    lists: (ids) =>
      ids.map((id) => {
        const row = isCanonicalId(id) ? list(id) : undefined;
        return row && decodeList(row);
      }),
    listsOwned: (ownerId, page) => owned(ownerId, page).map(decodeList),
  };
}

function decodeList([id, ownerId, members, followers, doc]: ListRow): PostList {
  const [name, description, isPrivate, createdAt] = JSON.parse(doc) as ListDoc;
  return { id, ownerId, name, description, private: isPrivate === 1, createdAt, members, followers };
}

type Reposts = Pick<RelationReader, 'repostsOf' | 'repostBy' | 'repostedPostsOf' | 'isHidden'>;

function reposts(db: DatabaseSync): Reposts {
  const dying = prepareRow<[number]>(db, "SELECT 1 FROM chores WHERE kind = 'delete-author' AND subject = ?");
  const repostsOf = idPages<[id: string]>(
    db,
    (bounds) =>
      `SELECT CAST(id AS TEXT) FROM posts WHERE repost_of = ? AND state & ${UNLISTED} = 0 AND NOT EXISTS
       (SELECT 1 FROM chores WHERE chores.kind = 'delete-author' AND subject = CAST(author AS TEXT)) ${bounds}`,
  );
  const repostBy = prepareAll<[id: string]>(
    db,
    `SELECT CAST(id AS TEXT) FROM posts WHERE author = ? AND repost_of = ? AND state & ${UNLISTED} = 0
     ORDER BY id DESC LIMIT 1`,
  );
  const isReposted = prepareRow<[number]>(
    db,
    `SELECT 1 FROM posts WHERE repost_of = ? AND author <> ? AND state & ${UNLISTED} = 0 LIMIT 1`,
  );
  const ownPosts = idPages<[id: string]>(
    db,
    (bounds) =>
      `SELECT CAST(id AS TEXT) FROM posts
       WHERE author = ? AND state & ${UNLISTED} = 0 AND kind & ${KIND.repost} = 0 ${bounds}`,
  );
  const state = prepareRow<[number]>(db, 'SELECT state FROM posts WHERE id = ?');
  return {
    repostsOf: (postId, page) => repostsOf(postId, page).map(([id]) => id),
    repostBy: (personId, postId) =>
      isCanonicalId(personId) && isCanonicalId(postId) && !dying(personId)
        ? repostBy(personId, postId)[0]?.[0]
        : undefined,
    repostedPostsOf(authorId, page) {
      if (dying(authorId)) return [];
      const found = ownPosts(authorId, { ...page, limit: REPOSTED_LOOKED_THROUGH_MAX })
        .map(([id]) => id)
        .filter((id) => isReposted(id, authorId));
      const backwards = page.beforeId === undefined && page.afterId !== undefined;
      return backwards ? found.slice(-page.limit) : found.slice(0, page.limit);
    },
    isHidden: (postId) => isCanonicalId(postId) && ((state(postId)?.[0] ?? 0) & STATE.hidden) !== 0,
  };
}

/**
 * Pages by id as `IdPage` says. @param select takes one id and ends where the bounds follow; its first column is the id.
 */
function idPages<Row extends [id: string, ...rest: unknown[]]>(
  db: DatabaseSync,
  select: (bounds: string) => string,
): (of: string, page: IdPage) => Row[] {
  const forwards = prepareAll<Row>(db, select('AND id > ? AND id < ? ORDER BY id DESC LIMIT ?'));
  const backwards = prepareAll<Row>(db, select('AND id > ? AND id < ? ORDER BY id LIMIT ?'));
  return (of, { beforeId, afterId, limit }) => {
    if (!isCanonicalId(of)) return [];
    if (beforeId === undefined && afterId !== undefined)
      return backwards(of, afterId, ID_MAX, limit).reverse();
    return forwards(of, afterId ?? -1n, beforeId ?? ID_MAX, limit);
  };
}
