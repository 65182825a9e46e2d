import { openTimedCheckpoint } from '../format/checkpoint.ts';
import { NoteError, parseVerifierKey } from '../format/note.ts';
import { prefixProof } from '../format/prefix.ts';
import { parseReceipt } from '../format/receipt.ts';
import type { ForkProof } from './fork.ts';
import { FORK_FORMAT, forkClaim, rollBackClaim, timeOf } from './fork.ts';
import type { LogSource } from './source.ts';
import { readTile } from './source.ts';

export type OlderReport = {
  /** Entries of the older checkpoint. */
  size: number;
  /**
   * `prefix`: its tree is the beginning of this one. `fork`: it is not. `rolled-back`: the log has fewer entries than
   * were signed. `unknown`: the log's files do not show it.
   */
  verdict: 'prefix' | 'fork' | 'rolled-back' | 'unknown';
  /** What is wrong; undefined for a prefix. */
  what: string | undefined;
  /** There when what was signed is enough to convince others. */
  proof?: ForkProof;
};

/** The checkpoint of a file that somebody kept: a checkpoint, or a receipt with one in it. @throws NoteError */
export function checkpointIn(text: string): string {
  return text.startsWith('c2sp.org/tlog-proof@') ? parseReceipt(text).checkpoint : text;
}

/**
 * Holds a log against a checkpoint that was kept from earlier.
 * @param note the log's checkpoint now. @param older signed by the same key, else NoteError
 */
export async function compareWithOlder(
  source: LogSource,
  note: string,
  older: string,
  vkey: string,
): Promise<OlderReport> {
  const verifier = parseVerifierKey(vkey);
  const [then, now] = [openTimedCheckpoint(older, verifier), openTimedCheckpoint(note, verifier)];
  const { origin } = now;
  const { size } = then;
  if (size > now.size) {
    const claim = rollBackClaim(older, note, vkey);
    const signed = then.seconds === undefined ? '' : ` at ${timeOf(then.seconds)}`;
    const what = claim ?? `the log was signed at ${size} entries${signed}, and has ${now.size}`;
    if (claim === undefined) return { size, verdict: 'rolled-back', what };
    const proof: ForkProof = {
      format: FORK_FORMAT,
      origin,
      claim,
      kind: 'roll-back',
      checkpoints: [older, note],
    };
    return { size, verdict: 'rolled-back', what, proof };
  }
  const tile = async (level: number, n: number, width: number) =>
    (await readTile(source, level, n, width))?.bytes;
  const hashes = size === 0 || size === now.size ? [] : await prefixProof(tile, size, now.size);
  if (hashes === undefined) {
    return { size, verdict: 'unknown', what: `tiles are missing that show the first ${size} entries` };
  }
  try {
    const claim = forkClaim(older, note, hashes, vkey);
    if (claim === undefined) return { size, verdict: 'prefix', what: undefined };
    const texts = hashes.map((hash) => hash.toString('base64'));
    const proof: ForkProof = {
      ...{ format: FORK_FORMAT, origin, claim, kind: 'fork' },
      ...{ checkpoints: [older, note], hashes: texts },
    };
    return { size, verdict: 'fork', what: claim, proof };
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    return { size, verdict: 'unknown', what: error.message };
  }
}
