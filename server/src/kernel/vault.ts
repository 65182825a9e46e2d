import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Seals secrets that must be recovered (signing keys, OAuth 1.0a secrets) under a key from outside the data folder. */
export type Vault = {
  /** @param name what the secret is; opening under another name fails, so sealed values cannot be swapped. */
  seal(name: string, secret: Uint8Array): Uint8Array;
  /** Throws when the key is another one, or the bytes or the name were changed. */
  open(name: string, sealed: Uint8Array): Uint8Array;
};

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM (NIST SP 800-38D); sealed = nonce ‖ tag ‖ ciphertext. @param masterKey 32 bytes. */
export function createVault(masterKey: Uint8Array): Vault {
  if (masterKey.length !== 32) throw new TypeError('a master key is 32 bytes');
  return {
    seal(name, secret) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(name));
      const text = Buffer.concat([cipher.update(secret), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), text]);
    },
    open(name, sealed) {
      const bytes = Buffer.from(sealed);
      // Without the length Node 24 would take a tag cut to 4 bytes, which can be guessed.
      const decipher = createDecipheriv('aes-256-gcm', masterKey, bytes.subarray(0, NONCE_BYTES), {
        authTagLength: TAG_BYTES,
      })
        .setAAD(Buffer.from(name))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
      try {
        return Buffer.concat([text, decipher.final()]);
      } catch (cause) {
        throw new Error(
          `the ${name} was sealed under another master key, or changed: check --master-key-file, PARLEY_MASTER_KEY_FILE and PARLEY_MASTER_KEY.`,
          { cause },
        );
      }
    },
  };
}
