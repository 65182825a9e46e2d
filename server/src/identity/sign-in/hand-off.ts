import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import { type Clock, isId, Problem, type Vault } from '#kernel';
import type { PersonDatabase } from '../person-database.ts';
import { sameText, secretHash } from '../secret.ts';

/** A platform signs the moment at which it sends the browser back; five minutes is more than a redirect takes. */
const LIFE_SECONDS_MAX = 300;
/** How far two machines' clocks may be apart. */
const TOLERANCE_SECONDS = 30;
const TOKEN_LENGTH_MAX = 8_192;
const ID_LENGTH_MAX = 256;
/** RFC 7518, 3.2: a shared secret has at least as many bits as the hash. */
const SECRET_BYTES_MIN = 32;
const RSA_BITS_MIN = 2_048;
const KEY_NAME = 'hand-off key';

/** How persons sign in when Parley stands before a platform. The key itself is shown to nobody. */
export type HandOffSettings = {
  /** The platform's page, which sends the browser back with a signed token. */
  url: string;
  /** The address under which persons see this Parley: who the token has to be for. */
  origin: string;
  /** Who has to have signed it, if that is checked. */
  issuer: string | null;
  algorithm: string;
};

type Row = HandOffSettings & { sealed_key: Uint8Array };

/** Sign-in by a platform's word: a JWT (RFC 7519, checked as RFC 8725 says) that names the person, works once and soon ends. */
export function createHandOff({
  database,
  vault,
  clock,
}: {
  database: PersonDatabase;
  vault: Vault;
  clock: Clock;
}) {
  const { db, change } = database;
  const find = db.prepare('SELECT url, origin, issuer, algorithm, sealed_key FROM hand_off');
  const put =
    db.prepare(`INSERT OR REPLACE INTO hand_off (one, url, origin, issuer, algorithm, sealed_key, changed_at)
    VALUES (1, ?, ?, ?, ?, ?, ?)`);
  const clear = db.prepare('DELETE FROM hand_off');
  const use = db.prepare('INSERT OR IGNORE INTO hand_off_used (jti_hash, ends_at) VALUES (?, ?)');
  const dropOld = db.prepare('DELETE FROM hand_off_used WHERE ends_at <= ?');
  let current = load();

  function load(): { settings: HandOffSettings; key: KeyObject } | undefined {
    const row = find.get() as Row | undefined;
    if (!row) return undefined;
    const { url, origin, issuer, algorithm } = row;
    const text = Buffer.from(vault.open(KEY_NAME, row.sealed_key)).toString();
    return { settings: { url, origin, issuer, algorithm }, key: readKey(text).key };
  }

  return {
    settings: (): HandOffSettings | undefined => current?.settings,

    /** @param given `key`: PEM or JWK of a public key, or a shared secret. @throws Problem `body-invalid` with what is wrong. */
    set(given: { url: string; origin: string; issuer?: string; key: string }): HandOffSettings {
      const { algorithm } = readKey(given.key);
      const settings = {
        url: checkedAddress(given.url),
        origin: checkedOrigin(given.origin),
        issuer: given.issuer ?? null,
        algorithm,
      };
      const sealed = vault.seal(KEY_NAME, Buffer.from(given.key));
      change(() => put.run(settings.url, settings.origin, settings.issuer, algorithm, sealed, clock.now()));
      current = load();
      return settings;
    },

    clear(): void {
      change(() => clear.run());
      current = undefined;
    },

    /**
     * The person whom a token names. It has to be signed with the key by its one algorithm, for this origin, end within five
     * minutes, carry the nonce of this browser and an id that never came before.
     * @returns undefined for anything else.
     */
    async personOf(token: string, nonce: string): Promise<string | undefined> {
      if (!current || token.length > TOKEN_LENGTH_MAX) return undefined;
      const { settings, key } = current;
      const now = clock.now();
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [settings.algorithm],
          audience: settings.origin,
          ...(settings.issuer !== null && { issuer: settings.issuer }),
          requiredClaims: ['sub', 'exp', 'jti', 'nonce'],
          clockTolerance: TOLERANCE_SECONDS,
          currentDate: new Date(now),
        });
        const { sub = '', exp = 0, jti = '', nonce: theirs } = payload;
        if (exp * 1_000 - now > (LIFE_SECONDS_MAX + TOLERANCE_SECONDS) * 1_000) return undefined;
        if (typeof theirs !== 'string' || !sameText(theirs, nonce) || !isId(sub)) return undefined;
        if (typeof jti !== 'string' || jti === '' || jti.length > ID_LENGTH_MAX) return undefined;
        const isFirst = change(() => {
          dropOld.run(now);
          return use.run(secretHash(jti)!, (exp + TOLERANCE_SECONDS) * 1_000).changes > 0;
        });
        return isFirst ? sub : undefined;
      } catch (error) {
        // What is wrong with a stranger's token is not for the log, nor for the stranger.
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}

/** A key and the one algorithm that it is used with, so that no token can choose another (RFC 8725, 3.1). */
function readKey(text: string): { key: KeyObject; algorithm: string } {
  const trimmed = text.trim();
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(trimmed))
    throw refused('This is a private key. Give the public one.');
  const isPem = trimmed.startsWith('-----BEGIN');
  if (!isPem && !trimmed.startsWith('{')) {
    const secret = Buffer.from(trimmed);
    if (secret.length < SECRET_BYTES_MIN)
      throw refused(`A shared secret has at least ${SECRET_BYTES_MIN} characters.`);
    return { key: createSecretKey(secret), algorithm: 'HS256' };
  }
  let key: KeyObject;
  try {
    const jwk = isPem ? undefined : JSON.parse(trimmed);
    if (jwk !== undefined && 'd' in jwk) throw refused('This is a private key. Give the public one.');
    key = isPem ? createPublicKey(trimmed) : createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw refused('The key is neither a PEM nor a JWK of a public key, nor a shared secret.');
  }
  return { key, algorithm: algorithmOf(key) };
}

function algorithmOf(key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'rsa') {
    if ((details?.modulusLength ?? 0) < RSA_BITS_MIN)
      throw refused(`An RSA key has at least ${RSA_BITS_MIN} bits.`);
    return 'RS256';
  }
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (type === 'ec' && details?.namedCurve === 'secp384r1') return 'ES384';
  throw refused('The key is none of Ed25519, RSA, P-256 and P-384.');
}

function checkedAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = url?.protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  const isHost = /^[a-z0-9._:[\]-]+$/i.test(url?.hostname ?? '');
  if (
    !url ||
    !(url.protocol === 'https:' || isLocal) ||
    !isHost ||
    url.hash !== '' ||
    url.username !== '' ||
    text.length > 2_000
  ) {
    throw refused('The platform’s sign-in page is an https address without a fragment.');
  }
  return url.href;
}

function checkedOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== text.replace(/\/$/, '')) {
    throw refused(
      'The origin is scheme and host under which persons see this server, such as https://data.example.com.',
    );
  }
  return url.origin;
}

function refused(detail: string): Problem {
  return new Problem('body-invalid', { detail });
}
