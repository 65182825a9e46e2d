import { CborError } from '../format/cbor.ts';
import type { Checkpoint } from '../format/checkpoint.ts';
import { openCheckpoint } from '../format/checkpoint.ts';
import type { Entry } from '../format/entry.ts';
import { decodeEntry, NO_TOTALS, totalsAfter, totalsDifference } from '../format/entry.ts';
import { leafHash } from '../format/hash.ts';
import { fromBase64, NoteError, parseVerifierKey } from '../format/note.ts';
import { rootFromProof } from '../format/proof.ts';

/**
 * A fraud proof: a signed checkpoint and, with their inclusion proofs, an entry and the one before it that it
 * contradicts. Kept as JSON; anyone with the log's verifier key can check it, and needs nothing else.
 */
export const FRAUD_FORMAT = 'parley-fraud-proof/1';

/** An entry at its place: its bytes and RFC 6962 audit path, base64. */
export type ProvenEntry = { index: number; entry: string; proof: string[] };

export type FraudProof = {
  format: typeof FRAUD_FORMAT;
  origin: string;
  /** What is wrong, in words; a verifier finds it itself. */
  claim: string;
  /** The signed checkpoint, verbatim. */
  checkpoint: string;
  /** The entry before, then the wrong one; the wrong one alone if it is the log's first. */
  entries: ProvenEntry[];
};

/** Why an entry cannot follow the one before it (undefined: it is the first); undefined if it can. */
export function contradiction(before: Entry | undefined, entry: Entry, index: number): string | undefined {
  if (entry.index !== index) return `the entry says it is number ${entry.index}, its place is ${index}`;
  const wrong = totalsDifference(entry.totals, totalsAfter(before?.totals ?? NO_TOTALS, entry));
  return wrong && `the running total of ${wrong}`;
}

/**
 * Checks a fraud proof and returns what it proves.
 * @throws NoteError if it proves nothing: a signature or path that does not hold, or entries that agree
 */
export function verifyFraudProof(
  proof: FraudProof,
  vkey: string,
): { origin: string; index: number; claim: string } {
  assertShape(proof);
  const checkpoint = openCheckpoint(proof.checkpoint, parseVerifierKey(vkey));
  const last = proof.entries.at(-1);
  if (last === undefined || proof.entries.length !== (last.index === 0 ? 1 : 2)) {
    throw new NoteError('a fraud proof has two entries, or the first of the log');
  }
  const bytes = proof.entries.map((entry) => provenBytes(entry, checkpoint));
  if (proof.entries.length === 2 && proof.entries[0]!.index !== last.index - 1) {
    throw new NoteError('the two entries are not next to each other');
  }
  const before = bytes.length === 2 ? decodeBefore(bytes[0]!) : undefined;
  const claim = claimOf(before, bytes.at(-1)!, last.index);
  if (claim === undefined) throw new NoteError('the entries agree: this proves no fraud');
  return { origin: checkpoint.origin, index: last.index, claim };
}

/** A file that somebody hands over is anything until looked at. */
function assertShape(proof: unknown): asserts proof is FraudProof {
  const { format, checkpoint, entries } = (proof ?? {}) as Record<string, unknown>;
  if (format !== FRAUD_FORMAT) throw new NoteError(`the format is not ${FRAUD_FORMAT}`);
  const isWhole =
    typeof checkpoint === 'string' &&
    Array.isArray(entries) &&
    entries.every((one: Partial<ProvenEntry> | null) => {
      const isProof = Array.isArray(one?.proof) && one.proof.every((hash) => typeof hash === 'string');
      return isProof && Number.isSafeInteger(one?.index) && typeof one?.entry === 'string';
    });
  if (!isWhole) throw new NoteError('a fraud proof has a checkpoint and entries with index, entry and proof');
}

function decodeBefore(bytes: Buffer): Entry {
  try {
    return decodeEntry(bytes);
  } catch (error) {
    if (!(error instanceof CborError)) throw error;
    throw new NoteError(`the entry before is itself not canonical (${error.message}): that one is the proof`);
  }
}

function claimOf(before: Entry | undefined, bytes: Buffer, index: number): string | undefined {
  try {
    return contradiction(before, decodeEntry(bytes), index);
  } catch (error) {
    if (error instanceof CborError) return `the entry is not canonical: ${error.message}`;
    throw error;
  }
}

function provenBytes({ index, entry, proof }: ProvenEntry, { size, root }: Checkpoint): Buffer {
  const bytes = fromBase64(entry);
  const hashes = proof.map(fromBase64);
  if (bytes === undefined || hashes.includes(undefined))
    throw new NoteError('an entry or its proof is not base64');
  const proven = rootFromProof(leafHash(bytes), index, size, hashes as Buffer[]);
  if (!proven?.equals(root)) throw new NoteError(`entry ${index} is not proven to be in the signed tree`);
  return bytes;
}
