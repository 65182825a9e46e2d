/** A word further away than a third of its letters is another word, not a typing error. */
const SHARE_MAX = 1 / 3;
/** Longer input is not compared: the table of distances grows with its square. */
const LENGTH_MAX = 200;

/**
 * The known word that a mistyped one most likely stands for, case ignored.
 * @returns undefined when none is near: at most one edit for each three letters (Damerau-Levenshtein distance).
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > LENGTH_MAX) return undefined;
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length * SHARE_MAX)) + 1;
  for (const one of known) {
    if (Math.abs(one.length - word.length) >= least) continue;
    const edits = distance(word.toLowerCase(), one.toLowerCase());
    if (edits < least) {
      best = one;
      least = edits;
    }
  }
  return best;
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function distance(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= left.length; row += 1) {
    const above = rows[row - 1]!;
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const changed = left[row - 1] === right[column - 1] ? 0 : 1;
      let edits = Math.min(above[column]! + 1, current[column - 1]! + 1, above[column - 1]! + changed);
      const isSwap = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && isSwap) edits = Math.min(edits, rows[row - 2]![column - 2]! + 1);
      current.push(edits);
    }
    rows.push(current);
  }
  return rows[left.length]![right.length]!;
}
