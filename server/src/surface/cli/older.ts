import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkpointIn, NoteError, openCheckpoint, parseVerifierKey, readCheckpoint } from '#ledger/verify';
import { CommandError, type Input, text, UsageError } from './command.ts';
import { addressSource } from './log-source.ts';

/** A checkpoint with the cosignatures of many witnesses, or a receipt. */
const FILE_BYTES_MAX = 1 << 20;

/** A text file that the person named. @throws UsageError when it cannot be read: a wrong name is no evidence */
export async function readTextFile(cwd: string, name: string): Promise<string> {
  const file = resolve(cwd, name);
  try {
    const kind = await stat(file);
    // A device would be read for ever.
    if (kind.isFile() && kind.size <= FILE_BYTES_MAX) return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`cannot read ${file}: ${(cause as Error).message}`, { cause });
  }
  throw new UsageError(`${file} is no file, or larger than any checkpoint, receipt or proof.`);
}

/**
 * The checkpoint that `--older` names, checked with the key if one is given. The token goes only to the origin of the
 * log that is verified.
 * @throws UsageError when it is no checkpoint, or not one of the key
 */
export async function readOlder(
  input: Input,
  vkey: string | undefined,
  logAddress: string | undefined,
  token: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = text(input, 'older');
  if (name === undefined) return undefined;
  const kept = /^https?:\/\//.test(name)
    ? await fetchCheckpoint(name, isSameOrigin(name, logAddress) ? token : undefined, signal)
    : await readTextFile(input.cwd, name);
  try {
    const note = checkpointIn(kept);
    if (vkey === undefined) readCheckpoint(note);
    else openCheckpoint(note, parseVerifierKey(vkey));
    return note;
  } catch (cause) {
    if (!(cause instanceof NoteError)) throw cause;
    throw new UsageError(`--older: ${cause.message}.`, { cause });
  }
}

const isSameOrigin = (a: string, b: string | undefined) =>
  b !== undefined && URL.parse(a)?.origin === URL.parse(b)?.origin;

/** @param address of a log or of its checkpoint */
async function fetchCheckpoint(
  address: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const bytes = await addressSource(address, token, signal).read('checkpoint');
  if (bytes === undefined) throw new CommandError(`${address} has no checkpoint: give the address of a log.`);
  return Buffer.from(bytes).toString('utf8');
}
