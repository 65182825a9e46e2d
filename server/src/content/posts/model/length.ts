import { loadTwitterText } from './twitter-text.ts';

/** X's own limit for long posts (`note_tweet`), in UTF-16 code units. */
export const TEXT_LENGTH_MAX = 25_000;
/** Weighted by `twitter-text`'s v3 rules: most scripts count 1, CJK and emoji 2, a link 23. */
const WEIGHTED_LENGTH_MAX = 280;
/** No character weighs more than this, so a text of half the limit always fits. */
const WEIGHT_MAX = 2;
/** Weighing looks for links with the regular expressions of which entities.ts warns: only this much is weighed. */
const WEIGHED_LENGTH_MAX = 2_048;

/** True if the text fits into a post that is not a long one. Longer ones are `Post.longText`. */
export function fitsPost(text: string): boolean {
  if (text.length * WEIGHT_MAX <= WEIGHTED_LENGTH_MAX && text.length > 0) return true;
  // A link weighs 23 however long it is, but nothing fits that is longer than a text full of the longest links.
  if (text.length > WEIGHED_LENGTH_MAX) return false;
  return weightedLength(text) <= WEIGHTED_LENGTH_MAX;
}

/** The weight of a text by `twitter-text`'s v3 configuration. @param text at most 2,048 code units are weighed. */
export function weightedLength(text: string): number {
  return loadTwitterText().parseTweet(text.slice(0, WEIGHED_LENGTH_MAX)).weightedLength;
}

/**
 * What a person writes becomes a post's texts: short as it is, or cut with an ellipsis beside the full one.
 * `undefined` for what no post can hold: nothing but white space, or more than 25,000 characters.
 */
export function composeText(written: string): { text: string; longText?: { text: string } } | undefined {
  const text = written.toWellFormed().trim();
  if (text === '' || text.length > TEXT_LENGTH_MAX) return undefined;
  return fitsPost(text) ? { text } : { text: shorten(text), longText: { text } };
}

/** The longest beginning that fits with an ellipsis, cut between graphemes, at a space if one is near. */
function shorten(text: string): string {
  const graphemes = [...new Intl.Segmenter().segment(text.slice(0, WEIGHED_LENGTH_MAX))].map(
    ({ segment }) => segment,
  );
  let low = 0;
  let high = graphemes.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (weightedLength(`${graphemes.slice(0, middle).join('')}…`) <= WEIGHTED_LENGTH_MAX) low = middle;
    else high = middle - 1;
  }
  const longest = graphemes.slice(0, low).join('');
  const space = longest.search(/\s\S*$/);
  return `${(space > longest.length / 2 ? longest.slice(0, space) : longest).trimEnd()}…`;
}
