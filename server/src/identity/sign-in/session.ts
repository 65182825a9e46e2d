import type { PersonDatabase } from '../person-database.ts';
import { newSecret, secretHash } from '../secret.ts';

const HOUR_MS = 3_600_000;
/** Whoever was away this long signs in again; whoever was not, after thirty days. */
export const SESSION_IDLE_MS = 48 * HOUR_MS;
export const SESSION_MS = 30 * 24 * HOUR_MS;
/** A session's use is written down no more often than this, for each writing is a sync of the disk. */
const SEEN_EVERY_MS = HOUR_MS;
/** Browsers of one person; a new one ends the oldest. */
const SESSIONS_EACH_MAX = 20;

export type Session = { personId: string; token: string };
type Row = { person_id: string; created_at: number; seen_at: number };

export type Sessions = ReturnType<typeof createSessions>;

/** Who is signed in, by the hash of a cookie. */
export function createSessions({ db, change }: PersonDatabase) {
  const find = db.prepare('SELECT person_id, created_at, seen_at FROM sessions WHERE hash = ?');
  const add = db.prepare('INSERT INTO sessions (hash, person_id, created_at, seen_at) VALUES (?, ?, ?, ?)');
  const seen = db.prepare('UPDATE sessions SET seen_at = ? WHERE hash = ?');
  const drop = db.prepare('DELETE FROM sessions WHERE hash = ?');
  const dropAll = db.prepare('DELETE FROM sessions WHERE person_id = ? AND hash <> ?');
  const dropOld = db.prepare('DELETE FROM sessions WHERE created_at <= ?');
  const surplus =
    db.prepare(`DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE person_id = ?
    ORDER BY created_at DESC, hash LIMIT -1 OFFSET ${SESSIONS_EACH_MAX})`);

  return {
    /** A new secret each time, whatever cookie the browser came with: none can be planted before a sign-in. */
    begin(personId: string, now: number): Session {
      const token = newSecret();
      change(() => {
        dropOld.run(now - SESSION_MS);
        add.run(secretHash(token)!, personId, now, now);
        surplus.run(personId);
      });
      return { personId, token };
    },
    find(token: string | undefined, now: number): Session | undefined {
      const hash = secretHash(token ?? '');
      const row = hash === undefined ? undefined : (find.get(hash) as Row | undefined);
      if (!row || now >= row.created_at + SESSION_MS || now >= row.seen_at + SESSION_IDLE_MS)
        return undefined;
      if (now - row.seen_at >= SEEN_EVERY_MS) change(() => seen.run(now, hash!));
      return { personId: row.person_id, token: token! };
    },
    end(token: string): void {
      change(() => drop.run(secretHash(token) ?? ''));
    },
    /** @param except the session in which the person asked for it, which stays. */
    endAll(personId: string, except?: string): void {
      change(() => dropAll.run(personId, secretHash(except ?? '') ?? ''));
    },
  };
}
