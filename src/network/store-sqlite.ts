import { DatabaseSync } from 'node:sqlite';
import { Problem } from '#kernel';

export type FollowRequest = { from: string; to: string; at: number };

/** `network.db`: what the network has to remember beside posts and relations. Each call is on disk when it returns. */
export function openNetworkStore(file: string) {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  db.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL');
  db.exec(`
    CREATE TABLE IF NOT EXISTS follow_requests (
      "to" TEXT NOT NULL, "from" TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY ("to", "from")) STRICT, WITHOUT ROWID`);
  const ask = db.prepare('INSERT OR IGNORE INTO follow_requests ("to", "from", at) VALUES (?, ?, ?)');
  const drop = db.prepare('DELETE FROM follow_requests WHERE "to" = ? AND "from" = ?');
  const list = db.prepare('SELECT "from", "to", at FROM follow_requests ORDER BY at, "from" LIMIT ?');

  const kept = <Result>(act: () => Result): Result => {
    try {
      return act();
    } catch (cause) {
      throw new Problem('storage-unavailable', {}, { cause });
    }
  };

  return {
    /** @returns false when it was asked already, or (ending) never was. */
    request({ from, to, at }: FollowRequest, begins: boolean): boolean {
      return kept(() => (begins ? ask.run(to, from, at) : drop.run(to, from)).changes > 0);
    },
    /** Oldest first. */
    requests: (limit: number) => list.all(limit) as FollowRequest[],
    close: () => db.close(),
  };
}

export type NetworkStore = ReturnType<typeof openNetworkStore>;
