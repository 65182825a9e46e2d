/**
 * What matching and searching see of a text, where it differs from the text that is stored and served: the index, stream
 * rules and the search for persons use these two, positions and lengths of entities do not.
 */

/** The characters that X escapes in texts, names and bios, and no others. */
const ESCAPED: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>' };
const ESCAPE = /&(?:amp|lt|gt);/g;

/** Undoes X's HTML escapes, once: `&amp;lt;` is the text `&lt;`. */
export function unescapeText(text: string): string {
  return text.includes('&') ? text.replace(ESCAPE, (written) => ESCAPED[written]!) : text;
}

/**
 * Arabic vowel points (harakat: Unicode's canonical combining classes 27 to 35) and the tatweel, which only stretches a
 * word. Most texts leave them out, so a word with them and without them is the same word.
 */
export const ARABIC_POINTS = /[\u0618-\u061a\u0640\u064b-\u0652\u0670\u08f0-\u08f2]/g;
