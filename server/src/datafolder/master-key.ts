import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder } from './folder.ts';

const KEY_BYTES = 32;

/**
 * The key under which secrets in data folders are sealed. It lies outside every data folder, so that a copied
 * folder alone gives nothing away: from the environment, or from a file that is made with the folder.
 * @param given base64 of 32 bytes (PARLEY_MASTER_KEY), if set.
 * @param file path of the key file otherwise (mode 0600).
 * @param sealed path of a folder whose secrets are sealed already: another key than theirs is of no use to it.
 * @throws Error that names the file when it is missing and needed, cannot be made, or holds no key.
 */
export function masterKey(given: string | undefined, file: string, sealed?: string): Uint8Array {
  if (given !== undefined) return decode(given, 'PARLEY_MASTER_KEY');
  if (!existsSync(file)) {
    if (sealed !== undefined) {
      throw new Error(
        `there is no master key at ${file}, and the secrets of ${sealed} are sealed under one. Put that key there, or name its place with --master-key-file, PARLEY_MASTER_KEY_FILE or PARLEY_MASTER_KEY.`,
      );
    }
    try {
      makeFolder(dirname(file));
      // 'wx' fails when another process made it meanwhile; then theirs is read below.
      writeFileSync(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`, {
        mode: 0o600,
        flag: 'wx',
        flush: true,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new Error(
          `cannot keep the master key at ${file}: ${(error as Error).message}. Set PARLEY_MASTER_KEY_FILE to a place that can be written, or PARLEY_MASTER_KEY to 32 random bytes in base64.`,
          { cause: error },
        );
      }
    }
  }
  return decode(readKey(file).trim(), file);
}

function readKey(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`the master key ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

function decode(text: string, where: string): Uint8Array {
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES)
    throw new Error(`${where} does not hold a master key: ${KEY_BYTES} bytes in base64 are needed.`);
  return key;
}
