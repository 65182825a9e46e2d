import { createHash } from 'node:crypto';
import { Problem } from '#kernel';
import { sameText } from './secret.ts';
import { UNAUTHORIZED_DETAILS } from './unauthorized.ts';

/** What a signed request says its body is: `oauth_body_hash`, which the signature covers. */
export type BodyHash = { algorithm: 'sha1' | 'sha256'; digest: string };

/** Base64 of 32 bytes. */
const SHA256_LENGTH = 44;

/**
 * The extension "OAuth Request Body Hash" 1.0: base64 of the hash of the whole body. SHA-1 for HMAC-SHA1; the extension does
 * not know HMAC-SHA256, for which oauthlib sends SHA-1 and others SHA-256, so its length decides there.
 */
export function bodyHashOf(digest: string, signatureMethod: string): BodyHash {
  const isLong = signatureMethod === 'HMAC-SHA256' && digest.length === SHA256_LENGTH;
  return { algorithm: isLong ? 'sha256' : 'sha1', digest };
}

/** Checks a body against what its signature says, as it comes. */
export function bodyHashCheck({ algorithm, digest }: BodyHash) {
  const hash = createHash(algorithm);
  return {
    update(bytes: Uint8Array): void {
      hash.update(bytes);
    },
    /** Once, after the last piece. The problem of another body than was signed; undefined for the one that was. */
    problem(): Problem | undefined {
      if (sameText(hash.digest('base64'), digest)) return undefined;
      const detail = UNAUTHORIZED_DETAILS['wrong-body-hash'];
      return new Problem('unauthorized', { detail, reason: 'wrong-body-hash' });
    },
  };
}

export type BodyHashCheck = ReturnType<typeof bodyHashCheck>;

/** @throws Problem `unauthorized` for another body than was signed. */
export function checkBodyHash(expected: BodyHash, body: Uint8Array): void {
  const check = bodyHashCheck(expected);
  check.update(body);
  const problem = check.problem();
  if (problem) throw problem;
}
