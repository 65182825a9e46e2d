import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits: nothing to guess, so a plain SHA-256 protects what is stored (no slow hash needed). */
const SECRET_BYTES = 32;
/** Longer texts are no secret of ours and are not worth hashing. */
const SECRET_LENGTH_MAX = 512;

/** @param prefix says what it is for, so that a leaked one is recognised; `''` for none. */
export function newSecret(prefix = ''): string {
  return `${prefix}${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

/** A public id: 64 random bits behind a word. */
export function newId(word: string): string {
  return `${word}-${randomBytes(8).toString('hex')}`;
}

/** What is stored of a secret, and looked up: SHA-256 in base64url; undefined for what cannot be one. */
export function secretHash(secret: string): string | undefined {
  if (secret === '' || secret.length > SECRET_LENGTH_MAX) return undefined;
  return hash('sha256', secret, 'base64url');
}

/** Compares in a time that tells nothing of where they differ. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
