import { openTimedCheckpoint } from '../format/checkpoint.ts';
import { leafHash } from '../format/hash.ts';
import { parseVerifierKey } from '../format/note.ts';
import { headsOnPath } from '../format/prefix.ts';
import { parseReceipt } from '../format/receipt.ts';
import { contradiction } from './fraud.ts';
import type { VerifiedReceipt } from './receipt.ts';
import { verifyReceipt } from './receipt.ts';

type Shown = VerifiedReceipt & {
  heads: ReturnType<typeof headsOnPath>;
  /** Unix time of the log's own cosignature. */
  seconds: number | undefined;
};

/** A receipt that holds, with everything that it shows of the tree. @throws NoteError or CborError if it does not hold */
function open(text: string, vkey: string): Shown {
  const verified = verifyReceipt(text, vkey);
  const { index, hashes, extra, checkpoint } = parseReceipt(text);
  const { size, seconds } = openTimedCheckpoint(checkpoint, parseVerifierKey(vkey));
  return { ...verified, heads: headsOnPath(leafHash(extra!), index, size, hashes), seconds };
}

export type ReceiptComparison = {
  /** Ranges of entries that both receipts show. 0: they can neither confirm nor contradict each other's trees. */
  shared: number;
  found: { index: number; claim: string } | undefined;
};

/**
 * Holds two receipts of one log against each other, offline: the heads of every range of entries that both show, the
 * running totals of neighbours, and the times at which the two trees were signed.
 * @throws NoteError or CborError if one of them does not hold by itself
 */
export function compareReceipts(a: string, b: string, vkey: string): ReceiptComparison {
  const [one, two] = [open(a, vkey), open(b, vkey)];
  const shared = [...one.heads].flatMap(([name, head]) => {
    const other = two.heads.get(name);
    return other === undefined ? [] : [{ ...head, isEqual: head.hash.equals(other.hash) }];
  });
  const differing = shared
    .filter(({ isEqual }) => !isEqual)
    .sort((x, y) => x.hi - x.lo - (y.hi - y.lo) || x.lo - y.lo);
  const found =
    (differing[0] && describe(differing[0])) ??
    neighbours(one, two) ??
    neighbours(two, one) ??
    rolledBack(one, two);
  return { shared: shared.length, found };
}

function describe({ lo, hi }: { lo: number; hi: number }): { index: number; claim: string } {
  const claim =
    hi - lo === 1
      ? `two different entries ${lo} are signed`
      : `entries ${lo} to ${hi - 1} are not the same in the two signed trees`;
  return { index: lo, claim };
}

function neighbours(before: Shown, after: Shown): ReceiptComparison['found'] {
  if (after.index !== before.index + 1) return undefined;
  const claim = contradiction(before.entry, after.entry, after.index);
  return claim === undefined ? undefined : { index: after.index, claim };
}

function rolledBack(a: Shown, b: Shown): ReceiptComparison['found'] {
  const [larger, smaller] = a.size > b.size ? [a, b] : [b, a];
  if (larger.size === smaller.size || larger.seconds === undefined || smaller.seconds === undefined)
    return undefined;
  if (smaller.seconds <= larger.seconds) return undefined;
  const claim = `the log was signed at ${larger.size} entries, and ${smaller.seconds - larger.seconds} s later at ${smaller.size}`;
  return { index: smaller.size, claim };
}
