import { randomInt } from 'node:crypto';
import type { Vault } from '#kernel';
import { type Clients, OAUTH1_ACCESS, type OAuth1Access, scopesOfAccess } from '../client.ts';
import type { Grants } from '../grant.ts';
import { withParameters } from '../oauth2/oauth2.ts';
import type { PersonDatabase } from '../person-database.ts';
import type { PersonCard, PersonWorld, Scope, SignedRequest } from '../person-port.ts';
import { newSecret, sameText, secretHash } from '../secret.ts';
import { decodeForm } from './signature.ts';
import type { CheckSignature, SignatureFault } from './signed-request.ts';

/** Long enough to sign in and read. */
const REQUEST_TOKEN_SECONDS = 900;
/** Of one app; a new one ends the oldest. An app that asks more often has no persons behind it. */
const EACH_MAX = 1_000;
/** A PIN has 10^7 values; whoever types it wrong so often starts again. */
const PIN_TRIES_MAX = 5;
const PIN_DIGITS = 7;
/** The callback of a client that has no address (RFC 5849, 2.1): the person carries a PIN. */
const OUT_OF_BAND = 'oob';

/** A request token that a person is asked about. */
export type AskingToken = { token: string; appId: string; callback: string; scopes: readonly Scope[] };
/** Where the person goes on: back to the app, or to a page that shows the PIN. */
export type Allowed = { redirect: string } | { pin: string };
/** What an app is answered: a form to read, or X's older error body. */
export type OAuth1Answer =
  | { form: Record<string, string> }
  | { status: number; code: number; message: string };

type Row = {
  hash: string;
  app_id: string;
  callback: string;
  access: OAuth1Access;
  sealed_secret: Uint8Array;
  person_id: string | null;
  verifier_hash: string | null;
  tries: number;
  expires_at: number;
};

type Parts = {
  database: PersonDatabase;
  vault: Vault;
  clients: Clients;
  grants: Grants;
  check: CheckSignature;
  world: Pick<PersonWorld, 'personById' | 'isAppInForce'>;
};

export type OAuth1 = ReturnType<typeof createOAuth1>;

/** OAuth 1.0a's three legs (RFC 5849, 2) with X's answers. */
export function createOAuth1({ database, vault, clients, grants, check, world }: Parts) {
  const { db, change } = database;
  const add =
    db.prepare(`INSERT INTO request_tokens (hash, app_id, callback, access, sealed_secret, tries, expires_at)
    VALUES (?, ?, ?, ?, ?, 0, ?)`);
  const find = db.prepare('SELECT * FROM request_tokens WHERE hash = ?');
  const allowIt = db.prepare(`UPDATE request_tokens SET person_id = ?, verifier_hash = ?
    WHERE hash = ? AND person_id IS NULL`);
  const miss = db.prepare('UPDATE request_tokens SET tries = tries + 1 WHERE hash = ?');
  const drop = db.prepare('DELETE FROM request_tokens WHERE hash = ?');
  const dropOld = db.prepare('DELETE FROM request_tokens WHERE app_id = ? AND expires_at <= ?');
  const surplus =
    db.prepare(`DELETE FROM request_tokens WHERE hash IN (SELECT hash FROM request_tokens WHERE app_id = ?
    ORDER BY expires_at DESC, hash LIMIT -1 OFFSET ${EACH_MAX})`);

  function lookUp(token: string, now: number): Row | undefined {
    const hash = secretHash(token);
    const row = hash === undefined ? undefined : (find.get(hash) as Row | undefined);
    return row && now < row.expires_at && row.tries < PIN_TRIES_MAX ? row : undefined;
  }

  return {
    /** `POST /oauth/request_token`. The callback is `oob` or one that the app registered, to the letter. */
    requestToken(request: SignedRequest, now: number): OAuth1Answer {
      const signer = check(request, now, (token) => (token === '' ? { secret: '' } : undefined));
      if (typeof signer === 'string') return faulty(signer);
      const client = clients.byApp(signer.appId);
      const callback = parameterOf(request, signer.protocol.rest, 'oauth_callback');
      if (callback === undefined) return { status: 400, code: 214, message: 'oauth_callback is missing.' };
      if (callback !== OUT_OF_BAND && !client?.callbacks.includes(callback)) return CALLBACK_UNKNOWN;
      if (!client) return CALLBACK_UNKNOWN;
      const asked = accessOf(parameterOf(request, signer.protocol.rest, 'x_auth_access_type'));
      const access = asked === undefined ? client.oauth1Access : lesser(asked, client.oauth1Access);
      const token = newSecret();
      const secret = newSecret();
      const hash = secretHash(token)!;
      change(() => {
        dropOld.run(client.appId, now);
        const sealed = vault.seal(sealName(hash), Buffer.from(secret));
        add.run(hash, client.appId, callback, access, sealed, now + REQUEST_TOKEN_SECONDS * 1_000);
        surplus.run(client.appId);
      });
      return { form: { oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: 'true' } };
    },

    /** What the person is asked; undefined for a token that is not waiting for an answer. */
    ask(token: string, now: number): AskingToken | undefined {
      const row = lookUp(token, now);
      if (!row || row.person_id !== null || !world.isAppInForce(row.app_id, now)) return undefined;
      return { token, appId: row.app_id, callback: row.callback, scopes: scopesOfAccess(row.access) };
    },

    /** The person said yes. Undefined if somebody answered before. */
    allow({ token, callback }: AskingToken, personId: string): Allowed | undefined {
      const isByHand = callback === OUT_OF_BAND;
      const pin = String(randomInt(10 ** PIN_DIGITS)).padStart(PIN_DIGITS, '0');
      const verifier = isByHand ? pin : newSecret();
      const hash = secretHash(token)!;
      const isFirst = change(() => allowIt.run(personId, secretHash(verifier)!, hash).changes > 0);
      if (!isFirst) return undefined;
      return isByHand
        ? { pin }
        : { redirect: withParameters(callback, { oauth_token: token, oauth_verifier: verifier }) };
    },

    /** The person said no: the token ends. Where the browser goes; undefined for a client without an address. */
    deny({ token, callback }: AskingToken): string | undefined {
      change(() => drop.run(secretHash(token)!));
      return callback === OUT_OF_BAND ? undefined : withParameters(callback, { denied: token });
    },

    /** `POST /oauth/access_token`. */
    accessToken(request: SignedRequest, now: number): OAuth1Answer {
      const signer = check(request, now, (token) => {
        const row = lookUp(token, now);
        return row && { secret: openSecret(row), appId: row.app_id, row };
      });
      if (typeof signer === 'string') return faulty(signer);
      const verifier = secretHash(parameterOf(request, signer.protocol.rest, 'oauth_verifier') ?? '');
      return change((): OAuth1Answer => {
        const row = lookUp(signer.protocol.token, now);
        const person = row?.person_id == null ? undefined : world.personById(row.person_id);
        if (!row) return faulty('token');
        if (!person || !sameText(verifier ?? '', row.verifier_hash ?? '-')) {
          miss.run(row.hash);
          return VERIFIER_WRONG;
        }
        drop.run(row.hash);
        return { form: give(row, person, now) };
      });
    },

    /** `POST /oauth/invalidate_token` and `/1.1/oauth/invalidate_token.json`: the token that signed ends. */
    invalidateToken(request: SignedRequest, now: number): OAuth1Answer {
      const signer = check(request, now, (token) => grants.byOAuth1Token(token, now));
      if (typeof signer === 'string') return faulty(signer);
      grants.revokeGrant(signer.token.grantId);
      return { form: { access_token: signer.protocol.token } };
    },
  };

  function give(row: Row, person: PersonCard, now: number): Record<string, string> {
    const scopes = scopesOfAccess(row.access);
    const { token, secret } = grants.giveOAuth1({ appId: row.app_id, personId: person.id, scopes }, now);
    return {
      oauth_token: token,
      oauth_token_secret: secret,
      user_id: person.id,
      screen_name: person.username,
    };
  }

  function openSecret(row: Row): string {
    return Buffer.from(vault.open(sealName(row.hash), row.sealed_secret)).toString();
  }
}

function sealName(hash: string): string {
  return `oauth1 request token ${hash}`;
}

/** A parameter of the header, the query or the form; undefined when it is given twice. All of them are signed. */
function parameterOf(
  request: SignedRequest,
  header: ReadonlyMap<string, string>,
  name: string,
): string | undefined {
  const query = request.url.split('?')[1] ?? '';
  const values = [...(decodeForm(query) ?? []), ...(decodeForm(request.form ?? '') ?? [])]
    .filter(([key]) => key === name)
    .map(([, value]) => value);
  const own = header.get(name);
  if (own !== undefined) values.push(own);
  return values.length === 1 ? values[0] : undefined;
}

/** X's two words for what an app can ask less of. */
function accessOf(word: string | undefined): OAuth1Access | undefined {
  return word === 'read' ? 'read' : word === 'write' ? 'read-write' : undefined;
}

function lesser(a: OAuth1Access, b: OAuth1Access): OAuth1Access {
  return OAUTH1_ACCESS[Math.min(OAUTH1_ACCESS.indexOf(a), OAUTH1_ACCESS.indexOf(b))]!;
}

const CALLBACK_UNKNOWN = {
  status: 403,
  code: 415,
  message:
    'Callback URL not approved for this client application. Approved callback URLs can be adjusted in your application settings',
};
const VERIFIER_WRONG = {
  status: 401,
  code: 32,
  message: 'Error processing your OAuth request: Invalid oauth_verifier parameter',
};

const FAULTS: Readonly<Record<SignatureFault, { status: number; code: number; message: string }>> = {
  malformed: { status: 400, code: 215, message: 'Bad Authentication data.' },
  consumer: { status: 401, code: 32, message: 'Could not authenticate you.' },
  token: { status: 401, code: 89, message: 'Invalid or expired token.' },
  signature: { status: 401, code: 32, message: 'Could not authenticate you.' },
  time: { status: 401, code: 135, message: 'Timestamp out of bounds.' },
  nonce: { status: 401, code: 32, message: 'Could not authenticate you.' },
};

function faulty(fault: SignatureFault): OAuth1Answer {
  return FAULTS[fault];
}
