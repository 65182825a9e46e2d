import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import type { Vault } from '#kernel';
import type { FilePort } from './file.ts';
import { replaceFile } from './file.ts';
import { formatVerifierKey, isKeyName, parseVerifierKey, rawPublicKey } from './format/note.ts';
import type { LogIdentity } from './port.ts';
import { LedgerDamage } from './segment.ts';

/** One Ed25519 key a log. The private half is sealed by the vault, whose key lies outside the data folder. */
const VERSION = 1;
const FILE = 'key.json';
/** Names of what lies beside the logs, in the folder and under `/ledger/`. */
const RESERVED = new Set(['checkpoint', 'tile', 'journal', 'snapshots', 'heads']);

export type LogKey = LogIdentity & {
  /** PKCS #8, DER. Only in memory. */
  privateKey: Uint8Array;
};

/** Lower-case letters, digits and hyphens, 1 to 63, not the name of something else in the folder. */
export function isLogName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,62}$/.test(name) && !RESERVED.has(name);
}

const secretName = (origin: string) => `ledger/${origin}`;

/** Makes a log's key and stores it durably. */
export async function createKey(
  files: FilePort,
  dir: string,
  vault: Vault,
  operatorOrigin: string,
  log: string,
): Promise<LogKey> {
  const origin = `${operatorOrigin}/${log}`;
  if (!isLogName(log)) throw new RangeError('a log is named by lower-case letters, digits and hyphens');
  if (!isKeyName(origin)) throw new RangeError(`${origin} cannot be an origin: no spaces, no plus`);
  const pair = generateKeyPairSync('ed25519');
  const privateKey = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const vkey = formatVerifierKey(origin, rawPublicKey(pair.publicKey));
  const sealed = Buffer.from(vault.seal(secretName(origin), privateKey)).toString('base64');
  await files.makeFolder(join(dir, log));
  const check = checkOf(origin, vkey, sealed);
  const text = JSON.stringify({ version: VERSION, log, origin, vkey, sealed, check }, null, 2);
  await replaceFile(files, join(dir, log, FILE), Buffer.from(`${text}\n`));
  await files.sync(dir);
  return { log, origin, vkey, privateKey };
}

export type KeyFile = LogIdentity & { sealed: string };

/** The names of the logs that have a key file. */
export async function listKeyFiles(files: FilePort, dir: string): Promise<string[]> {
  const names = (await files.list(dir)).filter(isLogName);
  const sizes = await Promise.all(names.map((log) => files.size(join(dir, log, FILE))));
  return names.filter((_, at) => sizes[at] !== undefined);
}

/** One log's public identity, without its private key. @throws LedgerDamage if the file does not read */
export async function readKeyFile(files: FilePort, dir: string, log: string): Promise<KeyFile> {
  const path = join(dir, log, FILE);
  const text = (await files.read(path))?.toString('utf8') ?? '';
  try {
    const { version, log: name, origin, vkey, sealed, check } = JSON.parse(text) as Record<string, unknown>;
    const whole =
      version === VERSION && name === log && typeof vkey === 'string' && typeof sealed === 'string';
    if (whole && parseVerifierKey(vkey).name === origin && check === checkOf(origin, vkey, sealed)) {
      return { log, origin, vkey, sealed };
    }
  } catch {
    // Neither JSON nor a verifier key: told below, like every other damage.
  }
  throw new LedgerDamage(
    `The key file of log ${log} is damaged`,
    path,
    undefined,
    'Restore it from a backup',
  );
}

/** Tells a rotten sealed key without the master key: who verifies a folder need not have it. */
function checkOf(origin: string, vkey: string, sealed: string): string {
  return createHash('sha256').update(`${origin}\n${vkey}\n${sealed}`).digest('hex').slice(0, 16);
}

/** The logs with their private keys. @throws LedgerDamage if one does not open, or is not the one its file names. */
export async function readKeys(files: FilePort, dir: string, vault: Vault): Promise<LogKey[]> {
  const keys: LogKey[] = [];
  for (const log of await listKeyFiles(files, dir)) {
    const { origin, vkey, sealed } = await readKeyFile(files, dir, log);
    const privateKey = openKey(vault, origin, sealed);
    if (privateKey === undefined || formatVerifierKey(origin, publicHalf(privateKey)) !== vkey) {
      const what = `The private key of log ${log} does not open`;
      const advice =
        'Start with the master key that this folder was made with, or restore the file from a backup';
      throw new LedgerDamage(what, join(dir, log, FILE), undefined, advice);
    }
    keys.push({ log, origin, vkey, privateKey });
  }
  return keys;
}

function openKey(vault: Vault, origin: string, sealed: string): Uint8Array | undefined {
  try {
    return vault.open(secretName(origin), Buffer.from(sealed, 'base64'));
  } catch {
    return undefined; // The vault says no more than that it is another key or another text.
  }
}

const publicHalf = (privateKey: Uint8Array) =>
  rawPublicKey(
    createPublicKey(createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })),
  );
