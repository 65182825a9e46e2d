import { createHash } from 'node:crypto';
import { type Migrations, makeId, openDatabase } from '#kernel';

/**
 * Ids for posts that come from elsewhere: a snowflake of the time of creation, whose low 22 bits are a hash of the
 * post's address there. The same address always gets the same id, so importing twice changes nothing; two addresses
 * that would get one id are told apart by probing, and `sources.db` remembers who got what.
 */
export type SourceIdMint = {
  /** @param uri names the post for good, such as the address of a Mastodon post. @param createdAt Unix ms. */
  postId(uri: string, createdAt: number): string;
  /** The id that was given to an address; undefined for one that was never seen. */
  find(uri: string): string | undefined;
  /** Puts what was given out on disk: called before the posts that carry these ids are handed on. */
  commit(): void;
  close(): void;
};

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS minted (
    uri TEXT PRIMARY KEY, id INTEGER NOT NULL UNIQUE, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

const LOW_BITS = 22;
const LOW_MASK = (1 << LOW_BITS) - 1;

function openMint(path: string): SourceIdMint {
  const db = openDatabase(path, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL',
    migrations: MIGRATIONS,
  });
  const byUri = db.prepare('SELECT id FROM minted WHERE uri = ?');
  byUri.setReadBigInts(true);
  const byId = db.prepare('SELECT 1 FROM minted WHERE id = ?');
  const insert = db.prepare('INSERT INTO minted (uri, id, created_at) VALUES (?, ?, ?)');
  insert.setReadBigInts(true);
  const find = (uri: string) => {
    const row = byUri.get(uri);
    return row ? String(row.id) : undefined;
  };
  return {
    find,
    postId(uri, createdAt) {
      const known = find(uri);
      if (known !== undefined) return known;
      if (!db.isTransaction) db.exec('BEGIN IMMEDIATE');
      let low = createHash('sha256').update(uri).digest().readUInt32BE(0) & LOW_MASK;
      let id = makeId(createdAt, low);
      while (byId.get(BigInt(id))) {
        low = (low + 1) & LOW_MASK;
        id = makeId(createdAt, low);
      }
      insert.run(uri, BigInt(id), createdAt);
      return id;
    },
    commit() {
      if (db.isTransaction) db.exec('COMMIT');
    },
    close() {
      if (db.isTransaction) db.exec('COMMIT');
      db.close();
    },
  };
}

/** A mint whose file is opened by the first who needs it: most imports bring their own ids. */
export function openMintLater(path: string): SourceIdMint {
  let mint: SourceIdMint | undefined;
  const opened = () => {
    mint ??= openMint(path);
    return mint;
  };
  return {
    postId: (uri, createdAt) => opened().postId(uri, createdAt),
    find: (uri) => opened().find(uri),
    commit: () => mint?.commit(),
    close: () => mint?.close(),
  };
}

/** Stands for a post of which only the address is known: 62 bits of its hash, above every id that carries a time of today. */
export function mintUnseenId(uri: string): string {
  return mintPersonId(`post ${uri}`);
}

/** A person's id from their address elsewhere: 62 bits of its hash, for persons' ids carry no time. */
export function mintPersonId(uri: string): string {
  const id = createHash('sha256').update(uri).digest().readBigUInt64BE(0) >> 2n;
  return (id | (1n << 61n)).toString();
}
