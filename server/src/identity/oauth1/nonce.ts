import { hash } from 'node:crypto';
import { type Migrations, openDatabase, transact } from '#kernel';

/** X takes a signature's time within five minutes of its own clock, in either direction. */
export const TIMESTAMP_WINDOW_SECONDS = 300;
/** Some 100 bytes each. With more, the oldest are dropped and their times refused: nothing is ever taken twice. */
const NONCES_MAX = 1_000_000;
/** Old ones are cleared away once in so many that are taken. */
const CLEAR_EVERY = 1_000;

/**
 * Which signatures were seen (RFC 5849, 3.3). Times outside the window are refused; within it each nonce counts once for a
 * client, token and time. It survives the process; a power cut can lose the last moments, which the window then bounds.
 */
export type NonceBook = {
  take(
    used: { consumerKey: string; token: string; timestamp: number; nonce: string },
    nowSeconds: number,
  ): 'taken' | 'seen' | 'out-of-time';
  close(): void;
};

const MIGRATIONS: Migrations = [
  `
  CREATE TABLE IF NOT EXISTS nonces (time INTEGER, hash BLOB, PRIMARY KEY (time, hash)) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS floor (one INTEGER PRIMARY KEY CHECK (one = 1), time INTEGER NOT NULL);
  `,
];

/**
 * A file of its own, because its commits need no sync of the disk: one every request would cost more than the request.
 * @param file a path, or `:memory:`.
 */
export function openNonceBook(file: string, noncesMax = NONCES_MAX): NonceBook {
  const db = openDatabase(file, {
    settings: 'PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL',
    migrations: MIGRATIONS,
  });
  const insert = db.prepare('INSERT OR IGNORE INTO nonces (time, hash) VALUES (?, ?)');
  const clearUpTo = db.prepare('DELETE FROM nonces WHERE time <= ?');
  const nth = db.prepare('SELECT time FROM nonces ORDER BY time, hash LIMIT 1 OFFSET ?');
  const raise = db.prepare(
    'INSERT INTO floor (one, time) VALUES (1, ?) ON CONFLICT DO UPDATE SET time = excluded.time',
  );
  let { size } = db.prepare('SELECT count(*) AS size FROM nonces').get() as { size: number };
  // Times up to here were cleared away: what was seen then is not known any more, so nothing of then is taken.
  let { floor } = db.prepare('SELECT coalesce(max(time), 0) AS floor FROM floor').get() as { floor: number };
  let untilClear = CLEAR_EVERY;

  function clear(upTo: number): void {
    if (upTo <= floor) return;
    const { changes } = transact(db, () => {
      raise.run(upTo);
      return clearUpTo.run(upTo);
    });
    size -= Number(changes);
    floor = upTo;
  }

  return {
    take({ consumerKey, token, timestamp, nonce }, nowSeconds) {
      if (Math.abs(nowSeconds - timestamp) > TIMESTAMP_WINDOW_SECONDS || timestamp <= floor)
        return 'out-of-time';
      const digest = hash('sha256', JSON.stringify([consumerKey, token, nonce]), 'buffer').subarray(0, 16);
      if (insert.run(timestamp, digest).changes === 0) return 'seen';
      size += 1;
      untilClear -= 1;
      if (untilClear > 0) return 'taken';
      untilClear = CLEAR_EVERY;
      clear(nowSeconds - TIMESTAMP_WINDOW_SECONDS - 1);
      if (size > noncesMax) {
        const { time } = nth.get(size >> 1) as { time: number };
        clear(Math.min(time, nowSeconds));
      }
      return 'taken';
    },
    close: () => db.close(),
  };
}
