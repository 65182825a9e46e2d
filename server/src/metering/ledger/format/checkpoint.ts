import { cosign, cosignedAt } from './cosignature.ts';
import { HASH_BYTES } from './hash.ts';
import type { NoteSigner, Verifier } from './note.ts';
import { fromBase64, NoteError, openNote, parseNote, signNote } from './note.ts';

/** Checkpoints (c2sp.org/tlog-checkpoint): a signed note of origin, tree size and root hash. */
export type Checkpoint = { origin: string; size: number; root: Buffer };

/**
 * The signed checkpoint; the key's name is the origin.
 * @param seconds Unix time; adds the log's own cosignature: at that time this was its largest tree
 */
export function signCheckpoint(size: number, root: Uint8Array, signer: NoteSigner, seconds?: number): string {
  const text = `${signer.name}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  return signNote(text, signer) + (seconds === undefined ? '' : cosign(text, signer, seconds));
}

/** Reads a checkpoint's text without its signatures. @throws NoteError */
export function parseCheckpointText(text: string): Checkpoint {
  const [origin, size, rootLine, ...rest] = text.split('\n');
  const root = rootLine === undefined ? undefined : fromBase64(rootLine);
  // Extension lines may follow, each of them non-empty; the text's last newline leaves one empty item.
  const wellFormed = rest.at(-1) === '' && rest.slice(0, -1).every((line) => line !== '');
  if (!origin || !size || !root || root.length !== HASH_BYTES || !wellFormed) {
    throw new NoteError('a checkpoint is an origin, a size and a root hash, a line each');
  }
  if (!/^(0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    throw new NoteError('the tree size is not a decimal number');
  }
  return { origin, size: Number(size), root };
}

/** Reads a checkpoint that the log itself has signed. @throws NoteError */
export function openCheckpoint(note: string, verifier: Verifier): Checkpoint {
  const checkpoint = parseCheckpointText(openNote(note, verifier));
  if (checkpoint.origin !== verifier.name) throw new NoteError(`the origin is not ${verifier.name}`);
  return checkpoint;
}

/** The same with the time of the log's own cosignature, undefined if there is none. @throws NoteError */
export function openTimedCheckpoint(
  note: string,
  verifier: Verifier,
): Checkpoint & { seconds: number | undefined } {
  return { ...openCheckpoint(note, verifier), seconds: cosignedAt(note, verifier) };
}

/** Reads a checkpoint without looking at its signatures: for one that is vouched for otherwise. @throws NoteError */
export function readCheckpoint(note: string): Checkpoint {
  return parseCheckpointText(parseNote(note).text);
}
