import { type BodyHash, bodyHashCheck, bodyHashOf } from '../body-hash.ts';
import type { Grants } from '../grant.ts';
import type { PersonGrant, PersonWorld, SignedRequest } from '../person-port.ts';
import type { NonceBook } from './nonce.ts';
import { isSigned, type Protocol, protocolOf } from './signature.ts';

/** Why a signed request was refused; the words to a client are its route's. */
export type SignatureFault = 'malformed' | 'consumer' | 'token' | 'signature' | 'time' | 'nonce';

/** Who signed: the app, and the token's holder if the request carries a token. */
export type Signer<T> = {
  appId: string;
  keyId: string;
  protocol: Protocol;
  token: T;
  /** Of a body that is no form: its hash, which the signature covers and whoever reads the body checks. */
  bodyHash?: BodyHash;
};

export function createSignatures(parts: { nonces: NonceBook; world: Pick<PersonWorld, 'consumerOf'> }) {
  const { nonces, world } = parts;
  /**
   * Checks a signed request. The signature comes before the nonce, so that nobody fills the book without a key, and after
   * the token, so that nobody makes us read megabytes of form without one.
   * @param tokenOf what stands behind `oauth_token` (empty for none), with its secret.
   */
  return function check<T extends { secret: string; appId?: string }>(
    request: SignedRequest,
    now: number,
    tokenOf: (token: string) => T | undefined,
  ): Signer<T> | SignatureFault {
    const protocol = protocolOf(request);
    if (!protocol) return 'malformed';
    const consumer = world.consumerOf(protocol.consumerKey, now);
    if (!consumer) return 'consumer';
    const token = tokenOf(protocol.token);
    if (!token || (token.appId !== undefined && token.appId !== consumer.appId)) return 'token';
    const secrets = { consumer: consumer.secret, token: token.secret };
    if (!isSigned(request, protocol, secrets)) return 'signature';
    const digest = protocol.rest.get('oauth_body_hash');
    // A form is in the signature itself; the extension forbids a hash beside it.
    if (digest !== undefined && request.form !== undefined) return 'signature';
    const bodyHash = digest === undefined ? undefined : bodyHashOf(digest, protocol.method);
    if (bodyHash && request.body && !isBody(bodyHash, request.body)) return 'signature';
    const taken = nonces.take(protocol, Math.floor(now / 1_000));
    if (taken !== 'taken') return taken === 'seen' ? 'nonce' : 'time';
    return { appId: consumer.appId, keyId: consumer.keyId, protocol, token, bodyHash };
  };
}

function isBody(expected: BodyHash, body: Uint8Array): boolean {
  const check = bodyHashCheck(expected);
  check.update(body);
  return check.problem() === undefined;
}

export type CheckSignature = ReturnType<typeof createSignatures>;

/** The person's grant behind a signature; undefined when anything is wrong with it. */
export function grantBySignature(
  check: CheckSignature,
  grants: Grants,
  request: SignedRequest,
  now: number,
): PersonGrant | undefined {
  const signer = check(request, now, (token) => grants.byOAuth1Token(token, now));
  if (typeof signer === 'string') return undefined;
  const { secret: _, ...grant } = signer.token;
  return { ...grant, keyId: signer.keyId, ...(signer.bodyHash && { bodyHash: signer.bodyHash }) };
}
