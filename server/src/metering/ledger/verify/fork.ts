import { openTimedCheckpoint } from '../format/checkpoint.ts';
import { fromBase64, NoteError, parseVerifierKey } from '../format/note.ts';
import { rootsFromPrefixProof } from '../format/prefix.ts';
import { compareReceipts } from './compare.ts';
import { FRAUD_FORMAT, verifyFraudProof } from './fraud.ts';

/**
 * A fork proof: two things that one log's key signed and that cannot both be of one append-only log. Kept as JSON;
 * anyone with the log's verifier key can check it, offline. Its kinds:
 *
 *   fork       checkpoints of m ≤ n entries, and the hashes by which the larger tree shows its own first m
 *   roll-back  a checkpoint, and one of fewer entries that the log cosigned at a later time
 *   receipts   two receipts that show different heads for one range of entries, or entries that cannot follow each other
 */
export const FORK_FORMAT = 'parley-fraud-proof/2';

export type ForkProof = {
  format: typeof FORK_FORMAT;
  origin: string;
  /** What is wrong, in words; a verifier finds it itself. */
  claim: string;
} & (
  | { kind: 'fork'; checkpoints: [string, string]; hashes: string[] }
  | { kind: 'roll-back'; checkpoints: [string, string] }
  | { kind: 'receipts'; receipts: [string, string] }
);

/** What a proof of any kind proves. `index`: the entry, or the size of the smaller tree. */
export type Proven = {
  origin: string;
  kind: 'contradiction' | ForkProof['kind'];
  index: number;
  claim: string;
};

/** Checks a proof of any format. @throws NoteError if it proves nothing */
export function verifyProof(proof: unknown, vkey: string): Proven {
  const { format } = (proof ?? {}) as { format?: unknown };
  if (format === FRAUD_FORMAT) return { kind: 'contradiction', ...verifyFraudProof(proof as never, vkey) };
  if (format !== FORK_FORMAT) throw new NoteError(`the format is neither ${FRAUD_FORMAT} nor ${FORK_FORMAT}`);
  return verifyForkProof(proof as ForkProof, vkey);
}

/** @throws NoteError if it proves nothing: a signature that does not hold, or statements that agree */
function verifyForkProof(proof: ForkProof, vkey: string): Proven {
  const { kind } = proof;
  if (kind === 'receipts') {
    const [a, b] = pairOf(proof.receipts);
    const { found } = compareReceipts(a, b, vkey);
    if (found === undefined) throw new NoteError('the receipts do not contradict each other');
    return { origin: parseVerifierKey(vkey).name, kind, ...found };
  }
  if (kind !== 'fork' && kind !== 'roll-back') throw new NoteError('the kind of the proof is unknown');
  const [first, second] = pairOf(proof.checkpoints);
  const claim =
    kind === 'fork'
      ? forkClaim(first, second, hashesOf(proof.hashes), vkey)
      : rollBackClaim(first, second, vkey);
  if (claim === undefined) throw new NoteError('the checkpoints do not contradict each other');
  const verifier = parseVerifierKey(vkey);
  const sizes = [first, second].map((note) => openTimedCheckpoint(note, verifier).size);
  return { origin: verifier.name, kind, index: Math.min(...sizes), claim };
}

/**
 * Why the smaller of two trees is not the beginning of the larger; undefined if it is.
 * @throws NoteError if the hashes do not lead to the larger tree's root, so that nothing is shown
 */
export function forkClaim(
  smaller: string,
  larger: string,
  hashes: readonly Buffer[],
  vkey: string,
): string | undefined {
  const verifier = parseVerifierKey(vkey);
  const [a, b] = [openTimedCheckpoint(smaller, verifier), openTimedCheckpoint(larger, verifier)];
  if (a.size > b.size) throw new NoteError('the smaller checkpoint goes first');
  if (a.size === b.size) {
    return a.root.equals(b.root) ? undefined : `two different trees of ${a.size} entries are signed`;
  }
  const roots = rootsFromPrefixProof(a.size, b.size, hashes);
  if (roots === undefined || (a.size > 0 && !roots.whole.equals(b.root))) {
    throw new NoteError('the hashes do not lead to the root of the larger tree');
  }
  if (roots.prefix.equals(a.root)) return undefined;
  return `the tree of ${a.size} entries that was signed is not the beginning of the signed tree of ${b.size}`;
}

/** Why the second checkpoint cannot come after the first; undefined if it is not smaller, or not later. */
export function rollBackClaim(larger: string, smaller: string, vkey: string): string | undefined {
  const verifier = parseVerifierKey(vkey);
  const [before, after] = [openTimedCheckpoint(larger, verifier), openTimedCheckpoint(smaller, verifier)];
  if (after.size >= before.size) return undefined;
  if (before.seconds === undefined || after.seconds === undefined || after.seconds <= before.seconds) {
    return undefined;
  }
  return `the log had ${before.size} entries at ${timeOf(before.seconds)}, and ${after.size} at ${timeOf(after.seconds)}`;
}

/** A time as text; one that no calendar holds stays a number. */
export function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `second ${seconds}` : date.toISOString().replace('.000Z', 'Z');
}

/** A file that somebody hands over is anything until looked at. */
function pairOf(texts: unknown): [string, string] {
  const isPair = Array.isArray(texts) && texts.length === 2 && texts.every((one) => typeof one === 'string');
  if (!isPair) throw new NoteError('a fork proof has two checkpoints or two receipts');
  return texts as [string, string];
}

function hashesOf(texts: unknown): Buffer[] {
  const hashes = Array.isArray(texts)
    ? texts.map((one) => (typeof one === 'string' ? fromBase64(one) : undefined))
    : [undefined];
  if (hashes.some((hash) => hash?.length !== 32)) throw new NoteError('a hash of the proof is not base64');
  return hashes as Buffer[];
}
