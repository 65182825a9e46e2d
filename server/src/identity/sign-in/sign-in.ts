import { randomInt } from 'node:crypto';
import { type Clock, networkOf, Problem, type Vault } from '#kernel';
import type { PersonDatabase } from '../person-database.ts';
import type { PersonWorld } from '../person-port.ts';
import { sameText, secretHash } from '../secret.ts';
import type { Passwords } from './password.ts';
import type { Session, Sessions } from './session.ts';
import { createThrottle, type Throttle } from './throttle.ts';

const QUARTER_MS = 900_000;
/** Wrong passwords for one account in a quarter of an hour, from browsers that it never signed in with: by address, in all. */
const STRANGER_TRIES = 10;
const STRANGERS_TRIES = 100;
/** Its own browsers count apart, so that nobody can shut a person out by guessing (OWASP's device cookies). */
const DEVICE_TRIES = 10;
/** Wrong passwords from one address: an office behind one address has more than one person. */
const ADDRESS_TRIES = 50;
/** How long the password that an operator hands over can be used, once. */
const ONE_TIME_MS = 72 * 3_600_000;
/** Without those that look alike: 31 letters and digits, so 16 of them are 79 bits. */
const ONE_TIME_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const USERNAME_LENGTH_MAX = 100;
const DEVICE_NAME = 'device cookie';

export type SignedIn = {
  session: Session;
  /** A mark for this browser, sealed: whoever has it is counted apart from strangers who guess. */
  device: string;
  /** True after a one-time password: the person should choose one now. */
  mustChoose: boolean;
};
type Row = { password: string | null; once_hash: string | null; once_ends_at: number | null };

type Parts = {
  database: PersonDatabase;
  vault: Vault;
  clock: Clock;
  world: Pick<PersonWorld, 'personByUsername'>;
  passwords: Passwords;
  sessions: Sessions;
};

export type SignIn = ReturnType<typeof createSignIn>;

/** Passwords of persons on Parley's own network, who have no e-mail here: an operator hands over the first one. */
export function createSignIn({ database, vault, clock, world, passwords, sessions }: Parts) {
  const { db, change } = database;
  const find = db.prepare('SELECT password, once_hash, once_ends_at FROM credentials WHERE person_id = ?');
  const putOnce =
    db.prepare(`INSERT INTO credentials (person_id, once_hash, once_ends_at, changed_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (person_id) DO UPDATE SET password = NULL, once_hash = excluded.once_hash,
    once_ends_at = excluded.once_ends_at, changed_at = excluded.changed_at`);
  const useOnce = db.prepare(
    'UPDATE credentials SET once_hash = NULL, once_ends_at = NULL WHERE person_id = ? AND once_hash = ?',
  );
  const putPassword = db.prepare(`INSERT INTO credentials (person_id, password, changed_at) VALUES (?, ?, ?)
    ON CONFLICT (person_id) DO UPDATE SET password = excluded.password, once_hash = NULL, once_ends_at = NULL,
    changed_at = excluded.changed_at`);
  const byStranger = createThrottle(STRANGER_TRIES, QUARTER_MS);
  const byStrangers = createThrottle(STRANGERS_TRIES, QUARTER_MS);
  const byDevice = createThrottle(DEVICE_TRIES, QUARTER_MS);
  const byAddress = createThrottle(ADDRESS_TRIES, QUARTER_MS);

  /** True for a mark that this account's own sign-in left in a browser. */
  function knowsDevice(device: string | undefined, personId: string | undefined): boolean {
    if (!device || personId === undefined || device.length > 512) return false;
    try {
      return Buffer.from(vault.open(DEVICE_NAME, Buffer.from(device, 'base64url'))).toString() === personId;
    } catch {
      // Not a mark of ours, or one from before the master key was changed: a stranger's browser.
      return false;
    }
  }

  /** True if this was the one-time password, which is used up by it. */
  function takeOnce(personId: string, row: Row, password: string, now: number): boolean {
    if (row.once_hash === null || now >= (row.once_ends_at ?? 0)) return false;
    const given = secretHash(password.trim().toLowerCase().replaceAll('-', '').slice(0, 64)) ?? '';
    return sameText(given, row.once_hash) && change(() => useOnce.run(personId, given).changes) > 0;
  }

  function enter(personId: string, address: string, mustChoose: boolean, now: number): SignedIn {
    byAddress.giveBack(address);
    const device = Buffer.from(vault.seal(DEVICE_NAME, Buffer.from(personId))).toString('base64url');
    return { session: sessions.begin(personId, now), device, mustChoose };
  }

  return {
    /**
     * @param username as typed; @param device the mark of an earlier sign-in, if the browser has one.
     * @returns `wrong` for whatever is wrong, without saying what; seconds to wait after too many tries.
     */
    async signIn(
      given: { username: string; password: string; device?: string },
      from: { remote: string; now: number },
    ): Promise<SignedIn | 'wrong' | { retryAfterSeconds: number }> {
      const { now } = from;
      const name = given.username.trim().replace(/^@/, '').slice(0, USERNAME_LENGTH_MAX);
      const person = name === '' ? undefined : world.personByUsername(name);
      const address = networkOf(from.remote);
      const waitAddress = byAddress.take(address, now);
      if (waitAddress > 0) return { retryAfterSeconds: waitAddress };
      const row = person && (find.get(person.id) as Row | undefined);
      // 79 random bits need no throttle of their own, so no guessing keeps out whom the operator lets in again.
      if (row && takeOnce(person.id, row, given.password, now)) return enter(person.id, address, true, now);

      // By name, so that names that are nobody's behave alike.
      const isKnown = knowsDevice(given.device, person?.id);
      const keys: [Throttle, string][] = isKnown
        ? [[byDevice, `${person?.id} ${markOf(given.device)}`]]
        : [
            [byStranger, `${name.toLowerCase()} ${address}`],
            [byStrangers, name.toLowerCase()],
          ];
      for (const [throttle, key] of keys) {
        // In order: who is refused by the first takes nothing of what all strangers share.
        const wait = throttle.take(key, now);
        if (wait > 0) return { retryAfterSeconds: wait };
      }
      // A browser that the account knows does not queue with strangers who guess.
      const account = isKnown ? `own ${person?.id}` : `name ${name.toLowerCase()}`;
      const owner = { account, address, isKnown };
      const matches = await passwords.matches(given.password, row?.password ?? undefined, owner);
      if (!person || !matches) return 'wrong';
      // While the hash was made the operator may have reset it.
      if ((find.get(person.id) as Row | undefined)?.password !== row?.password) return 'wrong';
      for (const [throttle, key] of keys) throttle.forgive(key);
      return enter(person.id, address, false, now);
    },

    /** A password that works once within three days; the old one and all sessions end. Shown once. */
    giveOneTimePassword(personId: string): { password: string; endsAt: number } {
      const letters = Array.from(
        { length: 16 },
        () => ONE_TIME_LETTERS[randomInt(ONE_TIME_LETTERS.length)],
      ).join('');
      const now = clock.now();
      change(() => putOnce.run(personId, secretHash(letters)!, now + ONE_TIME_MS, now));
      sessions.endAll(personId);
      return { password: letters.replace(/(.{4})(?=.)/g, '$1-'), endsAt: now + ONE_TIME_MS };
    },

    hasPassword(personId: string): boolean {
      return ((find.get(personId) as Row | undefined)?.password ?? null) !== null;
    },

    /**
     * Sets the password and ends every other session. One who has a password has to give it.
     * @throws Problem `body-invalid` for what cannot be one, `client-forbidden` when the old one is wrong.
     */
    async choosePassword(
      session: Session,
      given: { old?: string; next: string },
      from: { remote: string; now: number },
    ): Promise<void> {
      const { personId, token } = session;
      const before = (find.get(personId) as Row | undefined)?.password ?? undefined;
      const owner = { account: `own ${personId}`, address: networkOf(from.remote), isKnown: true };
      if (before !== undefined) {
        const wait = byDevice.take(personId, from.now);
        if (wait > 0) throw tooMany(wait);
        if (!(await passwords.matches(given.old ?? '', before, owner))) {
          throw new Problem('client-forbidden', { detail: 'That is not your password.' });
        }
        byDevice.forgive(personId);
      }
      const hashed = await passwords.hash(given.next, owner);
      if (!sessions.find(token, from.now)) throw new Problem('unauthorized');
      change(() => putPassword.run(personId, hashed, from.now));
      sessions.endAll(personId, token);
    },
  };
}

/** One name for a mark however it is written: base64 has more ways than one, and each would count anew. */
function markOf(device = ''): string {
  return secretHash(Buffer.from(device, 'base64url').toString('base64url')) ?? '';
}

function tooMany(seconds: number): Problem {
  const detail = `Too many tries. Wait ${Math.ceil(seconds / 60)} minutes.`;
  return new Problem('rate-limited', { detail }, { headers: { 'retry-after': String(seconds) } });
}
