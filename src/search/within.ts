/**
 * The rule of `"a b"~N`: the words lie no more than N apart, or N − 2 when their order is reversed. In general (Lucene's
 * sloppy phrase, which X's rule is): choose a place for each word, take from each place the word's own position in the
 * phrase, and the differences span at most N.
 *
 * @param tokens of the text. @param phrase the words looked for.
 */
export function isWithin(tokens: readonly string[], phrase: readonly string[], most: number): boolean {
  const shifts: { shift: number; word: number; at: number }[] = [];
  for (const [word, token] of phrase.entries()) {
    for (const [at, other] of tokens.entries())
      if (other === token) shifts.push({ shift: at - word, word, at });
  }
  shifts.sort((a, b) => a.shift - b.shift);
  for (let first = 0; first < shifts.length; first += 1) {
    const window = shifts.slice(first).filter(({ shift }) => shift - shifts[first]!.shift <= most);
    if (fits(window, phrase.length)) return true;
  }
  return false;
}

/** True if each word of the phrase can have a place of its own: a matching in the sense of graphs (Kuhn's algorithm). */
function fits(places: readonly { word: number; at: number }[], words: number): boolean {
  const taken = new Map<number, number>();
  const give = (word: number, tried: Set<number>): boolean => {
    for (const { word: owner, at } of places) {
      if (owner !== word || tried.has(at)) continue;
      tried.add(at);
      const holder = taken.get(at);
      if (holder === undefined || give(holder, tried)) {
        taken.set(at, word);
        return true;
      }
    }
    return false;
  };
  for (let word = 0; word < words; word += 1) if (!give(word, new Set())) return false;
  return true;
}
