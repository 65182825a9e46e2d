import { HASH_BYTES } from './hash.ts';
import { fromBase64, NOTE_CHARACTERS_MAX, NoteError } from './note.ts';

/** Receipts: tlog-proof files (c2sp.org/tlog-proof@v1) with the entry's bytes in `extra`. */
const HEADER = 'c2sp.org/tlog-proof@v1';
/** A path in a tree of 2^63 leaves. */
const PROOF_HASHES_MAX = 63;

export type Receipt = {
  index: number;
  /** Siblings from the leaf up. */
  hashes: Buffer[];
  /** The entry's bytes; not authenticated by itself: its leaf hash is what the proof is about. */
  extra: Buffer | undefined;
  /** The signed checkpoint, verbatim. */
  checkpoint: string;
};

export function formatReceipt({ index, hashes, extra, checkpoint }: Receipt): string {
  const lines = [HEADER];
  if (extra !== undefined) lines.push(`extra ${extra.toString('base64')}`);
  lines.push(`index ${index}`, ...hashes.map((hash) => hash.toString('base64')));
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** @throws NoteError unless the text is exactly what `formatReceipt` writes for some receipt. */
export function parseReceipt(text: string): Receipt {
  if (text.length > NOTE_CHARACTERS_MAX) throw new NoteError('the receipt is too long');
  const split = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(0, split)).split('\n');
  if (lines.shift() !== HEADER) throw new NoteError(`a receipt begins with ${HEADER}`);
  let extra: Buffer | undefined;
  if (lines[0]?.startsWith('extra ')) {
    extra = fromBase64(lines.shift()!.slice('extra '.length));
    if (extra === undefined) throw new NoteError('the extra line is not base64');
  }
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? '');
  if (!index || !Number.isSafeInteger(Number(index[1]))) throw new NoteError('the index line is missing');
  if (lines.length > PROOF_HASHES_MAX) throw new NoteError('the proof is longer than any tree is high');
  const hashes = lines.map((line) => {
    const hash = fromBase64(line);
    if (hash?.length !== HASH_BYTES) throw new NoteError('a line of the proof is not a hash');
    return hash;
  });
  return { index: Number(index[1]), hashes, extra, checkpoint: text.slice(split + 2) };
}
