import { randomBytes, scrypt } from 'node:crypto';
import { Problem } from '#kernel';
import { createPasswordQueue, type HashOwner } from '../password-queue.ts';
import { sameText } from '../secret.ts';

/**
 * OWASP's scrypt setting for 32 MiB: N = 2^15, r = 8, p = 3; about a fifth of a second on one core, on the thread pool.
 * Stored with each hash, so that a later version can ask for more.
 */
export const SCRYPT_COST: Cost = { log2N: 15, r: 8, p: 3 };
type Cost = { log2N: number; r: number; p: number };

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** NIST SP 800-63B: length is what counts; no rules about kinds of characters. */
export const PASSWORD_LENGTH_MIN = 10;
export const PASSWORD_LENGTH_MAX = 200;

/** Passwords as they are stored: `scrypt$15$8$3$salt$hash`, base64url. */
export type Passwords = {
  /** @throws Problem `body-invalid` for what cannot be a password, `overloaded`. */
  hash(password: string, owner: HashOwner): Promise<string>;
  /** Takes as long for nobody's password (`undefined`) as for somebody's. @throws Problem `overloaded`. */
  matches(password: string, stored: string | undefined, owner: HashOwner): Promise<boolean>;
};

export function createPasswords(cost: Cost = SCRYPT_COST): Passwords {
  const queue = createPasswordQueue();

  function derive(password: string, salt: Buffer, { log2N, r, p }: Cost, owner: HashOwner): Promise<string> {
    const options = { N: 2 ** log2N, r, p, maxmem: 256 * 2 ** log2N * r };
    return queue.run(
      owner,
      () =>
        new Promise<string>((resolve, reject) => {
          scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
            error ? reject(error) : resolve(key.toString('base64url')),
          );
        }),
    );
  }

  return {
    async hash(password, owner) {
      const { length } = [...password];
      if (length < PASSWORD_LENGTH_MIN || password.length > PASSWORD_LENGTH_MAX || !password.isWellFormed()) {
        const detail = `A password has ${PASSWORD_LENGTH_MIN} to ${PASSWORD_LENGTH_MAX} characters.`;
        throw new Problem('body-invalid', { detail });
      }
      const salt = randomBytes(SALT_BYTES);
      const { log2N, r, p } = cost;
      return `scrypt$${log2N}$${r}$${p}$${salt.toString('base64url')}$${await derive(password, salt, cost, owner)}`;
    },
    async matches(password, stored, owner) {
      const [, log2N, r, p, salt = '', expected = ''] = (stored ?? '').split('$');
      const known = stored === undefined ? cost : { log2N: Number(log2N), r: Number(r), p: Number(p) };
      const bytes = stored === undefined ? randomBytes(SALT_BYTES) : Buffer.from(salt, 'base64url');
      const found = await derive(password.slice(0, PASSWORD_LENGTH_MAX + 1), bytes, known, owner);
      return sameText(found, expected) && stored !== undefined;
    },
  };
}
