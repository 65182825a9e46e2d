/**
 * The rule of `"a b"~N`: the words lie no more than N apart, or N − 2 when their order is reversed. In general (Lucene's
 * sloppy phrase, which X's rule is): choose a place for each word, take from each place the word's own position in the
 * phrase, and the differences span at most N. No two words take the same place.
 *
 * So there is a shift `s` such that word `w` lies between `s + w` and `s + w + N`. Only shifts that leave a place for the
 * rarest word are tried, and for each the words take the first free place in turn: their ranges begin and end in the same
 * order, so that is the best they can do. Work is at most tokens × words × (N + 1)², words said a thousand times included.
 *
 * @param tokens of the text. @param phrase the words looked for.
 */
export function isWithin(tokens: readonly string[], phrase: readonly string[], most: number): boolean {
  const kinds = new Map<string, number>();
  for (const word of phrase) if (!kinds.has(word)) kinds.set(word, kinds.size);
  const words = phrase.map((word) => kinds.get(word)!);
  const counts = new Uint32Array(kinds.size);
  const text = Int32Array.from(tokens, (token) => {
    const kind = kinds.get(token) ?? -1;
    if (kind >= 0) counts[kind]! += 1;
    return kind;
  });
  const needed = new Uint32Array(kinds.size);
  for (const kind of words) needed[kind]! += 1;
  if (needed.some((count, kind) => count > counts[kind]!)) return false;
  const rarest = words.reduce((least, kind, at) => (counts[kind]! < counts[words[least]!]! ? at : least), 0);

  const taken = new Int32Array(kinds.size);
  const fits = (shift: number): boolean => {
    taken.fill(-1);
    for (const [at, kind] of words.entries()) {
      let place = Math.max(shift + at, taken[kind]! + 1);
      const end = Math.min(shift + at + most, text.length - 1);
      while (place <= end && text[place] !== kind) place += 1;
      if (place > end) return false;
      taken[kind] = place;
    }
    return true;
  };
  let next = -Infinity;
  for (
    let place = text.indexOf(words[rarest]!);
    place >= 0;
    place = text.indexOf(words[rarest]!, place + 1)
  ) {
    const last = place - rarest;
    for (let shift = Math.max(next, last - most); shift <= last; shift += 1) if (fits(shift)) return true;
    next = last + 1;
  }
  return false;
}
