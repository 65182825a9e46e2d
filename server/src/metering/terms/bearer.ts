import type { Vault } from '#kernel';
import * as denial from './denial.ts';
import { deriveBearer, isInForce, type StoredKey, sameHash, tokenHash } from './key.ts';
import { type LicenseeAdmin, secretName } from './licensee-admin.ts';
import type { Caller, Denial, From, Terms } from './port.ts';
import type { Registry } from './registry.ts';
import type { FailureWindows } from './window.ts';

type Parts = {
  registry: Registry;
  vault: Vault;
  failures: FailureWindows;
  updateKey: LicenseeAdmin['updateKey'];
};

export type Authentication = Pick<
  Terms,
  | 'authenticate'
  | 'callerByBearer'
  | 'callerOfApp'
  | 'refuseUnknown'
  | 'endOfBearer'
  | 'issueBearer'
  | 'invalidateBearer'
  | 'consumerSecret'
  | 'consumerOf'
  | 'logOf'
>;

/**
 * Who is calling. Tokens are looked up by their SHA-256, so the time of a look-up tells nothing about other tokens.
 * A valid key is answered whatever its address did before, and one that has ended is told so; failures are counted per
 * address.
 */
export function createAuthentication({ registry, vault, failures, updateKey }: Parts): Authentication {
  function refuse({ remote, now }: From, hasEnded = false): Denial {
    const { allowed, rate } = failures.fail(remote, now);
    return allowed || hasEnded ? denial.unauthorized(rate) : denial.failuresLimited(rate, now);
  }

  function endOfBearer(bearer: string): { reason: 'revoked-key' | 'ended-key'; at: number } | undefined {
    const hashed = tokenHash(bearer);
    const key = hashed === undefined ? undefined : registry.keyByBearer(hashed);
    if (!key) return undefined;
    if (key.revokedAt !== null) return { reason: 'revoked-key', at: key.revokedAt };
    return key.expiresAt === null ? undefined : { reason: 'ended-key', at: key.expiresAt };
  }

  function callerOf(bearer: string | undefined, now: number): Caller | undefined {
    const hashed = bearer === undefined ? undefined : tokenHash(bearer);
    return hashed === undefined ? undefined : registry.callerByBearer(hashed, now);
  }

  function keyOf(consumerKey: string, consumerSecret: string, now: number): StoredKey | undefined {
    const key = registry.keyByConsumerKey(consumerKey);
    const hashed = tokenHash(consumerSecret);
    if (!key || hashed === undefined || !sameHash(hashed, key.secretHash)) return undefined;
    return isInForce(key, now) ? key : undefined;
  }

  function secretOf(key: StoredKey): string {
    return Buffer.from(vault.open(secretName(key.keyId), key.secretSealed)).toString();
  }

  return {
    authenticate: (bearer, from) => callerOf(bearer, from.now) ?? refuse(from),
    callerByBearer: callerOf,
    callerOfApp: registry.callerOfApp,
    refuseUnknown: refuse,
    endOfBearer,

    async issueBearer(consumerKey, consumerSecret, from) {
      const key = keyOf(consumerKey, consumerSecret, from.now);
      if (!key) return refuse(from);
      let bearer = deriveBearer(consumerSecret, key.keyId, key.bearerGeneration);
      if (key.bearerHash === null) {
        await updateKey(key.keyId, (current) => {
          bearer = deriveBearer(consumerSecret, current.keyId, current.bearerGeneration);
          return { ...current, bearerHash: tokenHash(bearer)! };
        });
      }
      return bearer;
    },

    async invalidateBearer(consumerKey, consumerSecret, bearer, from) {
      const key = keyOf(consumerKey, consumerSecret, from.now);
      if (!key) return refuse(from);
      const hashed = tokenHash(bearer);
      let done = false;
      await updateKey(key.keyId, (current) => {
        done = hashed !== undefined && current.bearerHash !== null && sameHash(hashed, current.bearerHash);
        if (!done) return undefined;
        return { ...current, bearerHash: null, bearerGeneration: current.bearerGeneration + 1 };
      });
      return done;
    },

    consumerSecret(consumerKey, now) {
      const key = registry.keyByConsumerKey(consumerKey);
      return key && isInForce(key, now) ? secretOf(key) : undefined;
    },

    consumerOf(consumerKey, now) {
      const key = registry.keyByConsumerKey(consumerKey);
      return key && isInForce(key, now)
        ? { appId: key.appId, keyId: key.keyId, secret: secretOf(key) }
        : undefined;
    },

    logOf(token, now) {
      const caller = callerOf(token, now);
      if (caller) return caller.log;
      const colon = token.indexOf(':');
      if (colon < 0) return undefined;
      const key = keyOf(token.slice(0, colon), token.slice(colon + 1), now);
      return key && registry.licensee(key.licenseeId, key.licenseeId).log;
    },
  };
}
