import { hash } from 'node:crypto';
import type { Clients, OAuthClient } from '../client.ts';
import { type Grants, scopesOf, type TokenPair } from '../grant.ts';
import type { PersonDatabase } from '../person-database.ts';
import type { PersonWorld } from '../person-port.ts';
import { SCOPES, type Scope } from '../person-port.ts';
import { newSecret, sameText, secretHash } from '../secret.ts';

/** RFC 6749 asks for at most ten minutes; a browser brings a code back in a second, a person who copies it in a minute. */
const CODE_SECONDS = 120;
/** Unused codes of one person and app; more are asked for by no person. */
const CODES_EACH_MAX = 20;
/** As X's. */
const STATE_LENGTH_MAX = 500;
/** RFC 7636, 4.1 and 4.2: 43 to 128 unreserved characters. tweepy makes verifiers of 171, and X takes them. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,256}$/;

/** A request for a person's consent whose every part was checked. */
export type Asking = {
  client: OAuthClient;
  redirectUri: string;
  scopes: readonly Scope[];
  state?: string;
  challenge: string;
  method: 'S256' | 'plain';
  /** The address under which this server answers, as its metadata name it. */
  issuer: string;
};

/** Where the person is sent with a refusal: only ever an address that the app registered. */
export type AskingFault = { fault: string; redirect?: string };

const DENIED = { error: 'access_denied', error_description: 'the person said no' };

/** An answer of the token endpoint. */
export type TokenAnswer = { status: number; body: Record<string, unknown>; headers?: Record<string, string> };

type CodeRow = {
  app_id: string;
  person_id: string;
  redirect_uri: string;
  scopes: string;
  challenge: string;
  method: 'S256' | 'plain';
  expires_at: number;
  grant_id: string | null;
};

type Parts = {
  database: PersonDatabase;
  clients: Clients;
  grants: Grants;
  world: Pick<PersonWorld, 'isAppInForce' | 'personById'>;
};

export type OAuth2 = ReturnType<typeof createOAuth2>;

/** OAuth 2.0's authorization code with PKCE (RFC 6749, 4.1; RFC 7636), refresh and revocation (RFC 7009). */
export function createOAuth2({ database, clients, grants, world }: Parts) {
  const { db, change } = database;
  const add =
    db.prepare(`INSERT INTO codes (hash, app_id, person_id, redirect_uri, scopes, challenge, method, expires_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const find = db.prepare('SELECT * FROM codes WHERE hash = ?');
  const use = db.prepare('UPDATE codes SET grant_id = ? WHERE hash = ?');
  const dropOld = db.prepare('DELETE FROM codes WHERE expires_at <= ? AND grant_id IS NULL');
  const surplus =
    db.prepare(`DELETE FROM codes WHERE hash IN (SELECT hash FROM codes WHERE app_id = ? AND person_id = ?
    AND grant_id IS NULL ORDER BY expires_at DESC, hash LIMIT -1 OFFSET ${CODES_EACH_MAX})`);

  return {
    /**
     * Reads what `GET /i/oauth2/authorize` was asked.
     * @param issuer who answers, in every answer that goes back to the app (RFC 9207): it sees when another server sent it.
     */
    ask(parameters: URLSearchParams, issuer: string, now: number): Asking | AskingFault {
      const once = (name: string) => {
        const values = parameters.getAll(name);
        return values.length === 1 ? values[0]! : undefined;
      };
      const client = clients.byClientId(once('client_id') ?? '');
      if (!client || !world.isAppInForce(client.appId, now))
        return { fault: 'There is no app with this client_id.' };
      const redirectUri = once('redirect_uri');
      if (redirectUri === undefined || !client.redirects.includes(redirectUri)) {
        return { fault: 'The redirect_uri is not one that the app registered, to the letter.' };
      }
      const state = once('state');
      const refuse = (error: string, description: string): AskingFault => ({
        fault: description,
        redirect: withParameters(redirectUri, { error, error_description: description, state, iss: issuer }),
      });
      // RFC 6749, 3.1: which of two was meant cannot be known.
      const twice = doubled(parameters);
      if (twice !== undefined) return refuse('invalid_request', `${twice.slice(0, 40)} was given twice`);
      if (state !== undefined && state.length > STATE_LENGTH_MAX) {
        return { fault: `The state has more than ${STATE_LENGTH_MAX} characters.` };
      }
      if (once('response_type') !== 'code')
        return refuse('unsupported_response_type', 'response_type has to be code');
      const words = (once('scope') ?? '').split(' ').filter((word) => word !== '');
      if (words.length === 0) return refuse('invalid_scope', 'scope names no right');
      const unknown = words.find((word) => !SCOPES.includes(word as Scope));
      if (unknown !== undefined) return refuse('invalid_scope', 'scope names a right that does not exist');
      // twitter-api-v2 writes s256.
      const word = once('code_challenge_method') ?? 'plain';
      const method = word === 's256' ? 'S256' : word;
      const challenge = once('code_challenge') ?? '';
      if (method !== 'S256' && method !== 'plain') {
        return refuse('invalid_request', 'code_challenge_method has to be S256 or plain');
      }
      if (!VERIFIER.test(challenge))
        return refuse('invalid_request', 'code_challenge is missing or has another form');
      return { client, redirectUri, scopes: scopesOf(words.join(' ')), state, challenge, method, issuer };
    },

    /** The person said yes: where the browser goes, with a code. */
    allow(asking: Asking, personId: string, now: number): string {
      const { client, redirectUri, scopes, state, challenge, method, issuer } = asking;
      const code = newSecret();
      change(() => {
        dropOld.run(now);
        const end = now + CODE_SECONDS * 1_000;
        const rights = scopes.join(' ');
        add.run(secretHash(code)!, client.appId, personId, redirectUri, rights, challenge, method, end);
        surplus.run(client.appId, personId);
      });
      return withParameters(redirectUri, { state, code, iss: issuer });
    },

    /** The person said no. */
    deny: ({ redirectUri, state, issuer: iss }: Asking): string =>
      withParameters(redirectUri, { ...DENIED, state, iss }),

    /** `POST /2/oauth2/token` with `authorization_code` or `refresh_token`. */
    token(
      form: URLSearchParams,
      basic: { key: string; secret: string } | undefined,
      now: number,
    ): TokenAnswer {
      const client = clientOf(clients, form, basic);
      if (!client || !world.isAppInForce(client.appId, now)) return invalidClient(basic !== undefined);
      const twice = doubled(form);
      if (twice !== undefined)
        return refusal('invalid_request', `The parameter ${twice.slice(0, 40)} was given twice.`);
      return form.get('grant_type') === 'refresh_token'
        ? refresh(client, form, now)
        : redeem(client, form, now);
    },

    /** `POST /2/oauth2/revoke`. What is no token, or another app's, is answered alike: it does not work (RFC 7009, 2.2). */
    revoke(
      form: URLSearchParams,
      basic: { key: string; secret: string } | undefined,
      now: number,
    ): TokenAnswer {
      const client = clientOf(clients, form, basic);
      if (!client) return invalidClient(basic !== undefined);
      const token = form.get('token');
      if (token === null) return refusal('invalid_request', 'The parameter token is missing.');
      grants.revokeToken(token, client.appId, now);
      return { status: 200, body: { revoked: true } };
    },
  };

  function redeem(client: OAuthClient, form: URLSearchParams, now: number): TokenAnswer {
    const code = form.get('code');
    const verifier = form.get('code_verifier');
    const redirectUri = form.get('redirect_uri');
    for (const [name, value] of Object.entries({
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    })) {
      if (value === null) return refusal('invalid_request', `The parameter ${name} is missing.`);
    }
    return change(() => {
      const hashed = secretHash(code!);
      const row = hashed === undefined ? undefined : (find.get(hashed) as CodeRow | undefined);
      if (!row || row.app_id !== client.appId) return invalidCode();
      // RFC 6749, 10.5: a code that comes twice was stolen, so what it gave ends.
      if (row.grant_id !== null) {
        grants.revokeGrant(row.grant_id);
        return invalidCode();
      }
      if (now >= row.expires_at || row.redirect_uri !== redirectUri || !proves(verifier!, row))
        return invalidCode();
      if (!world.personById(row.person_id)) return invalidCode();
      const scopes = scopesOf(row.scopes);
      const { grantId, ...pair } = grants.giveOAuth2(
        { appId: row.app_id, personId: row.person_id, scopes },
        now,
      );
      use.run(grantId, hashed!);
      return given(pair);
    });
  }

  function refresh(client: OAuthClient, form: URLSearchParams, now: number): TokenAnswer {
    const token = form.get('refresh_token');
    if (token === null) return refusal('invalid_request', 'The parameter refresh_token is missing.');
    const words = form
      .get('scope')
      ?.split(' ')
      .filter((word) => word !== '');
    if (words?.some((word) => !SCOPES.includes(word as Scope))) return invalidScope();
    const scopes = words && words.length > 0 ? scopesOf(words.join(' ')) : undefined;
    const pair = grants.refresh(
      token,
      client.appId,
      scopes,
      now,
      (personId) => world.personById(personId) !== undefined,
    );
    if (pair === 'unknown')
      return refusal('invalid_grant', 'The refresh token is not known, was used or was revoked.');
    return pair === 'scope' ? invalidScope() : given(pair);
  }
}

/** The first name that is there twice; in one pass, for `getAll` of each name takes a second for a long address. */
function doubled(parameters: URLSearchParams): string | undefined {
  const seen = new Set<string>();
  for (const name of parameters.keys()) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/**
 * Who asks: a confidential client by its secret, in `Authorization: Basic` or in the body, a public one by its id. RFC 6749,
 * 2.3 has one way at a time; twitter-api-v2 sends both, which then have to say the same.
 */
function clientOf(
  clients: Clients,
  form: URLSearchParams,
  basic: { key: string; secret: string } | undefined,
): OAuthClient | undefined {
  const id = form.get('client_id');
  const secret = form.get('client_secret');
  if (!basic) return clients.authenticate(id ?? '', secret ?? undefined);
  if ((id ?? basic.key) !== basic.key || (secret ?? basic.secret) !== basic.secret) return undefined;
  return clients.authenticate(basic.key, basic.secret);
}

/** RFC 7636, 4.6. */
function proves(verifier: string, { challenge, method }: Pick<CodeRow, 'challenge' | 'method'>): boolean {
  if (!VERIFIER.test(verifier)) return false;
  return sameText(method === 'S256' ? hash('sha256', verifier, 'base64url') : verifier, challenge);
}

/** The registered address with parameters after those that it has; its own text stays to the letter. */
export function withParameters(address: string, parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&');
  const joint = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&';
  return `${address}${joint}${text}`;
}

function given(pair: TokenPair): TokenAnswer {
  return {
    status: 200,
    body: {
      token_type: 'bearer',
      expires_in: pair.expiresInSeconds,
      access_token: pair.accessToken,
      scope: pair.scopes.join(' '),
      ...(pair.refreshToken !== undefined && { refresh_token: pair.refreshToken }),
    },
  };
}

function refusal(error: string, description: string): TokenAnswer {
  return { status: 400, body: { error, error_description: description } };
}

/** One answer for every reason: a thief learns nothing. */
function invalidCode(): TokenAnswer {
  return refusal(
    'invalid_grant',
    'The code is not known, has ended, or was asked for with another redirect_uri or verifier.',
  );
}

function invalidScope(): TokenAnswer {
  return refusal('invalid_scope', 'A refresh can ask for no more than the person allowed.');
}

function invalidClient(byHeader: boolean): TokenAnswer {
  return {
    status: 401,
    body: { error: 'invalid_client', error_description: 'Unknown client, or its secret does not match.' },
    headers: byHeader ? { 'www-authenticate': 'Basic' } : undefined,
  };
}
