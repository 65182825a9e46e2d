import { openTimedCheckpoint } from '../format/checkpoint.ts';
import type { Entry } from '../format/entry.ts';
import { decodeEntry } from '../format/entry.ts';
import { leafHash } from '../format/hash.ts';
import { NoteError, parseVerifierKey } from '../format/note.ts';
import { rootFromProof } from '../format/proof.ts';
import { parseReceipt } from '../format/receipt.ts';

export type VerifiedReceipt = { origin: string; size: number; index: number; entry: Entry };

/**
 * Verifies a receipt offline: the log's key signed a tree that holds this entry at this index.
 * @param vkey the log's verifier key, from where you trust it. @throws NoteError or CborError that says what fails
 */
export function verifyReceipt(text: string, vkey: string): VerifiedReceipt {
  const receipt = parseReceipt(text);
  const { origin, size, root } = openTimedCheckpoint(receipt.checkpoint, parseVerifierKey(vkey));
  if (receipt.extra === undefined) throw new NoteError('the receipt does not carry its entry');
  const proven = rootFromProof(leafHash(receipt.extra), receipt.index, size, receipt.hashes);
  if (!proven?.equals(root)) throw new NoteError('the proof does not lead from the entry to the signed root');
  const entry = decodeEntry(receipt.extra);
  if (entry.index !== receipt.index) {
    throw new NoteError(`the entry says it is number ${entry.index}, its place is ${receipt.index}`);
  }
  return { origin, size, index: receipt.index, entry };
}
