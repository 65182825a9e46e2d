import { randomBytes } from 'node:crypto';
import type { Vault } from '#kernel';
import type { PersonDatabase } from './person-database.ts';
import { type PersonGrant, SCOPES, type Scope } from './person-port.ts';
import { newId, newSecret, secretHash } from './secret.ts';

/** X's: a person's access token works for two hours, a refresh for half a year. */
const ACCESS_TOKEN_SECONDS = 7_200;
const REFRESH_TOKEN_SECONDS = 183 * 86_400;
/** Of one person to one app by one road; a new one ends the oldest. Enough for many devices. */
const GRANTS_EACH_MAX = 50;
/** Used refresh tokens that a grant remembers, to notice that one of them comes back. */
const USED_REFRESHES_MAX = 100;
/** Ended tokens that are cleared away whenever some are given: more than are given, so that they never pile up. */
const SWEPT_EACH = 8;

export type Via = PersonGrant['via'];
/** What a person allowed an app. */
export type Grant = {
  grantId: string;
  appId: string;
  personId: string;
  via: Via;
  scopes: readonly Scope[];
  createdAt: number;
};
/** An OAuth 2.0 answer's tokens; each is shown once. */
export type TokenPair = {
  accessToken: string;
  refreshToken?: string;
  scopes: readonly Scope[];
  expiresInSeconds: number;
};
/** An OAuth 1.0a token with its secret. */
export type SignedToken = { token: string; secret: string };

type GrantRow = {
  grant_id: string;
  app_id: string;
  person_id: string;
  via: Via;
  scopes: string;
  created_at: number;
};
type TokenRow = GrantRow & {
  kind: 'access' | 'refresh' | 'oauth1';
  token_scopes: string | null;
  sealed_secret: Uint8Array | null;
  expires_at: number | null;
  used_at: number | null;
};

export type Grants = ReturnType<typeof createGrants>;

/** The scopes of a stored list; what is no scope of this version is left out. */
export function scopesOf(text: string): Scope[] {
  const words = new Set(text.split(' '));
  return SCOPES.filter((scope) => words.has(scope));
}

/** Grants with their tokens. Each public method is one transaction; look-ups are one statement by a token's hash. */
export function createGrants({ db, change }: PersonDatabase, vault: Vault) {
  const find =
    db.prepare(`SELECT g.*, t.kind, t.scopes AS token_scopes, t.sealed_secret, t.expires_at, t.used_at
    FROM tokens t JOIN grants g USING (grant_id) WHERE t.hash = ?`);
  const addGrant = db.prepare(
    'INSERT INTO grants (grant_id, app_id, person_id, via, scopes, created_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const addToken =
    db.prepare(`INSERT INTO tokens (hash, grant_id, kind, scopes, sealed_secret, created_at, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)`);
  const surplus = db.prepare(`DELETE FROM grants WHERE grant_id IN (SELECT grant_id FROM grants
    WHERE person_id = ? AND app_id = ? AND via = ? ORDER BY created_at DESC, grant_id LIMIT -1 OFFSET ${GRANTS_EACH_MAX})`);
  const use = db.prepare('UPDATE tokens SET used_at = ? WHERE hash = ?');
  const forgetUsed = db.prepare(`DELETE FROM tokens WHERE hash IN (SELECT hash FROM tokens WHERE grant_id = ?
    AND kind = 'refresh' AND used_at IS NOT NULL ORDER BY created_at DESC, hash LIMIT -1 OFFSET ${USED_REFRESHES_MAX})`);
  const dropToken = db.prepare('DELETE FROM tokens WHERE hash = ?');
  const dropGrant = db.prepare('DELETE FROM grants WHERE grant_id = ?');
  const dropOfPerson = db.prepare('DELETE FROM grants WHERE person_id = ? AND app_id = ?');
  const dropOfApp = db.prepare('DELETE FROM grants WHERE app_id = ?');
  const ended = db.prepare(
    `SELECT hash, grant_id FROM tokens WHERE expires_at <= ? ORDER BY expires_at LIMIT ${SWEPT_EACH}`,
  );
  const dropEmpty = db.prepare(
    'DELETE FROM grants WHERE grant_id = ? AND NOT EXISTS (SELECT 1 FROM tokens t WHERE t.grant_id = grants.grant_id)',
  );
  const byPerson = db.prepare('SELECT * FROM grants WHERE person_id = ? ORDER BY created_at DESC, grant_id');
  const byApp = db.prepare(
    'SELECT * FROM grants WHERE app_id = ? ORDER BY created_at DESC, grant_id LIMIT ?',
  );
  const byId = db.prepare('SELECT * FROM grants WHERE grant_id = ?');
  const inForce =
    db.prepare(`SELECT coalesce(t.scopes, g.scopes) AS scopes FROM grants g JOIN tokens t USING (grant_id)
    WHERE g.person_id = ? AND g.app_id = ? AND t.used_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?)`);
  /** Few distinct lists exist, and a request should not parse one. */
  const sets = new Map<string, ReadonlySet<Scope>>();

  function scopeSet(text: string): ReadonlySet<Scope> {
    let set = sets.get(text);
    if (!set) {
      set = new Set(scopesOf(text));
      if (sets.size < 1_000) sets.set(text, set);
    }
    return set;
  }

  function lookUp(token: string, now: number): TokenRow | undefined {
    const hash = secretHash(token);
    const row = hash === undefined ? undefined : (find.get(hash) as TokenRow | undefined);
    return row && (row.expires_at === null || now < row.expires_at) ? row : undefined;
  }

  function sweep(now: number): void {
    for (const row of ended.all(now) as { hash: string; grant_id: string }[]) {
      dropToken.run(row.hash);
      dropEmpty.run(row.grant_id);
    }
  }

  function begin(appId: string, personId: string, via: Via, scopes: readonly Scope[], now: number): string {
    sweep(now);
    const grantId = newId('grant');
    addGrant.run(grantId, appId, personId, via, scopes.join(' '), now);
    surplus.run(personId, appId, via);
    return grantId;
  }

  /** @param scopes fewer than the grant's, for a refresh that asked for fewer. */
  function givePair(grantId: string, scopes: readonly Scope[], refreshes: boolean, now: number): TokenPair {
    const accessToken = newSecret('parley_person_');
    const add = (token: string, kind: string, seconds: number) =>
      addToken.run(secretHash(token)!, grantId, kind, scopes.join(' '), null, now, now + seconds * 1_000);
    add(accessToken, 'access', ACCESS_TOKEN_SECONDS);
    const pair = { accessToken, scopes, expiresInSeconds: ACCESS_TOKEN_SECONDS };
    if (!refreshes) return pair;
    const refreshToken = newSecret('parley_refresh_');
    add(refreshToken, 'refresh', REFRESH_TOKEN_SECONDS);
    return { ...pair, refreshToken };
  }

  function personGrant(row: TokenRow): PersonGrant {
    return {
      grantId: row.grant_id,
      appId: row.app_id,
      personId: row.person_id,
      scopes: scopeSet(row.token_scopes ?? row.scopes),
      via: row.via,
    };
  }

  return {
    change,
    scopeSet,
    /** Call within `change`. The grant's id and its first tokens; a refresh token only with `offline.access`. */
    giveOAuth2(given: { appId: string; personId: string; scopes: readonly Scope[] }, now: number) {
      const grantId = begin(given.appId, given.personId, 'oauth2', given.scopes, now);
      return { grantId, ...givePair(grantId, given.scopes, given.scopes.includes('offline.access'), now) };
    },
    /** Call within `change`. The token begins with the person's id, as X's: clients read it from there. */
    giveOAuth1(given: { appId: string; personId: string; scopes: readonly Scope[] }, now: number) {
      const grantId = begin(given.appId, given.personId, 'oauth1', given.scopes, now);
      const token = `${given.personId}-${randomBytes(20).toString('hex')}`;
      const secret = newSecret();
      addToken.run(secretHash(token)!, grantId, 'oauth1', null, sealSecret(token, secret), now, null);
      return { grantId, token, secret };
    },
    byBearer(token: string, now: number): PersonGrant | undefined {
      const row = lookUp(token, now);
      return row?.kind === 'access' ? personGrant(row) : undefined;
    },
    /** What a bearer is that `byBearer` knows nothing of, or does; undefined for what was never given or is cleared away. */
    kindOfBearer(token: string, now: number): 'access' | 'expired' | 'refresh' | undefined {
      const hash = secretHash(token);
      const row = hash === undefined ? undefined : (find.get(hash) as TokenRow | undefined);
      if (!row || row.kind === 'oauth1') return undefined;
      if (row.kind === 'refresh') return 'refresh';
      return row.expires_at !== null && now >= row.expires_at ? 'expired' : 'access';
    },
    byOAuth1Token(token: string, now: number): (PersonGrant & { secret: string }) | undefined {
      const row = lookUp(token, now);
      if (row?.kind !== 'oauth1') return undefined;
      return { ...personGrant(row), secret: openSecret(token, row.sealed_secret!) };
    },
    /**
     * Another pair for a refresh token (RFC 6749, 6), which is thereby used up. One that comes back was stolen from one
     * side or the other (RFC 9700, 4.14.2): all that the grant ever gave ends.
     * @param isPerson whether the account is one that may act now; the token stays unused while it may not.
     */
    refresh(
      token: string,
      appId: string,
      scopes: readonly Scope[] | undefined,
      now: number,
      isPerson: (personId: string) => boolean,
    ): TokenPair | 'unknown' | 'scope' {
      return change(() => {
        const row = lookUp(token, now);
        if (row?.kind !== 'refresh' || row.app_id !== appId) return 'unknown';
        if (!isPerson(row.person_id)) return 'unknown';
        if (row.used_at !== null) {
          dropGrant.run(row.grant_id);
          return 'unknown';
        }
        const held = scopesOf(row.token_scopes ?? row.scopes);
        if (scopes?.some((scope) => !held.includes(scope))) return 'scope';
        sweep(now);
        use.run(now, secretHash(token)!);
        forgetUsed.run(row.grant_id);
        return givePair(row.grant_id, scopes ?? held, true, now);
      });
    },
    /** RFC 7009: a refresh token takes all that its grant gave with it, an access token only itself. */
    revokeToken(token: string, appId: string, now: number): void {
      change(() => {
        const row = lookUp(token, now);
        if (!row || row.app_id !== appId) return;
        if (row.kind === 'access') dropToken.run(secretHash(token)!);
        else dropGrant.run(row.grant_id);
        dropEmpty.run(row.grant_id);
      });
    },
    /** Within `change` or by itself. */
    revokeGrant: (grantId: string): boolean => dropGrant.run(grantId).changes > 0,
    revokeApp: (personId: string, appId: string): number => Number(dropOfPerson.run(personId, appId).changes),
    revokeAllOfApp: (appId: string): number => Number(dropOfApp.run(appId).changes),
    /** Does the app hold a token of this person, in force at this moment or to be renewed, with all these rights? */
    holds(appId: string, personId: string, scopes: readonly Scope[], now: number): boolean {
      const rows = inForce.all(personId, appId, now) as { scopes: string }[];
      return rows.some((row) => scopes.every((scope) => scopeSet(row.scopes).has(scope)));
    },
    ofPerson: (personId: string): Grant[] => (byPerson.all(personId) as GrantRow[]).map(grantOf),
    /** Newest first. */
    ofApp: (appId: string, limit: number): Grant[] => (byApp.all(appId, limit) as GrantRow[]).map(grantOf),
    byId(grantId: string): Grant | undefined {
      const row = byId.get(grantId) as GrantRow | undefined;
      return row && grantOf(row);
    },
  };

  function sealSecret(token: string, secret: string): Uint8Array {
    return vault.seal(`oauth1 token ${secretHash(token)}`, Buffer.from(secret));
  }

  function openSecret(token: string, sealed: Uint8Array): string {
    return Buffer.from(vault.open(`oauth1 token ${secretHash(token)}`, sealed)).toString();
  }
}

function grantOf(row: GrantRow): Grant {
  return {
    grantId: row.grant_id,
    appId: row.app_id,
    personId: row.person_id,
    via: row.via,
    scopes: scopesOf(row.scopes),
    createdAt: row.created_at,
  };
}
