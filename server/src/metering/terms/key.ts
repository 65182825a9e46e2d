import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Key } from './port.ts';

/** 256 random bits: nothing to guess, so a plain SHA-256 protects what is stored (no slow hash needed). */
const SECRET_BYTES = 32;
const CONSUMER_KEY_BYTES = 13;
const KEY_ID_BYTES = 8;
/** Longer texts are no token of ours and are not worth hashing. */
const TOKEN_LENGTH_MAX = 512;

/** A key with what proves it. The secret itself is sealed; the bearer is derived from it and only hashed. */
export type StoredKey = Key & {
  secretHash: string;
  secretSealed: Uint8Array;
  /** Counts invalidations: each gives the key another bearer. */
  bearerGeneration: number;
  /** Null after an invalidation, until the next bearer is asked for. */
  bearerHash: string | null;
};

/** A public id that tells by its first word whether calls with the key are billed. */
export function newKeyId(sandbox: boolean): string {
  return `${sandbox ? 'sandbox' : 'key'}-${randomBytes(KEY_ID_BYTES).toString('hex')}`;
}

/** True for the id of a sandbox key. Journal records carry key ids, so this holds at replay and in an audit too. */
export function isSandboxKey(keyId: string): boolean {
  return keyId.startsWith('sandbox-');
}

/** Letters and digits only, as X's: no text that a command line would take for a flag. */
export function newConsumerKey(): string {
  return randomBytes(CONSUMER_KEY_BYTES).toString('hex');
}

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('hex');
}

/** What is stored of a token, and looked up: the SHA-256 in base64url; undefined for what cannot be one. */
export function tokenHash(token: string): string | undefined {
  if (token === '' || token.length > TOKEN_LENGTH_MAX) return undefined;
  return hash('sha256', token, 'base64url');
}

/**
 * A key's bearer: HMAC-SHA-256 of the key's id and generation under its secret. So that, as with X, the same
 * consumer key and secret get the same bearer each time, and nothing but its hash needs to be kept.
 */
export function deriveBearer(secret: string, keyId: string, generation: number): string {
  const mac = createHmac('sha256', secret).update(`bearer\n${keyId}\n${generation}`).digest('base64url');
  return `parley_${isSandboxKey(keyId) ? 'sandbox_' : ''}${mac}`;
}

/** Compares in constant time. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** True while the key may be used: not revoked, not past the end that a rotation set. */
export function isInForce(key: Key, now: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || now < key.expiresAt);
}
