import type { WriteContext } from '../write/write-context.ts';
import type { Person } from './person.ts';
import { ARABIC_POINTS, unescapeText } from './plain-text.ts';

/**
 * The words by which persons are found. A row is a word under the rank of who bears it, so that reading them in order
 * gives the most followed first, and stops early. The rank is a logarithm: it changes a few times in the life of an
 * account, not with every follower; within one rank the reader sorts by the exact counts.
 */

/** Words of one person that are found; a longer name is a text. */
const WORDS_MAX = 10;
/** Letters of a word that count. */
const WORD_LENGTH_MAX = 50;
/** No account has 2^40 followers. */
const LOGARITHM_MAX = 40;

/** Highest first when sorted: 0 for the most followed of all, `RANKS - 1` for who has nobody. */
function rankOf(followers: number): number {
  return LOGARITHM_MAX - Math.min(LOGARITHM_MAX, Math.floor(Math.log2(followers + 1)));
}

export const RANKS = LOGARITHM_MAX + 1;

/**
 * Words as they are compared: NFKC, lower case, without X's HTML escapes, without the diacritics of Latin, Greek and
 * Cyrillic (which are the combining marks U+0300 to U+036F; other scripts' marks are letters) and without Arabic vowel
 * points and tatweel. `_` belongs to a word, as in usernames. A change here needs a migration that notes all names again.
 */
export function foldWords(text: string): string[] {
  const plain = unescapeText(text)
    .normalize('NFKC')
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(ARABIC_POINTS, '');
  const words = plain.normalize('NFC').match(/[\p{L}\p{N}\p{M}_]+/gu) ?? [];
  return words.map((word) => word.slice(0, WORD_LENGTH_MAX).toWellFormed());
}

/** @param ownsName false for somebody whose username another took since: nobody is found by it but them. */
export function wordsOf({ username, name }: Pick<Person, 'username' | 'name'>, ownsName: boolean): string[] {
  if (username === '') return [];
  return [...new Set([...(ownsName ? foldWords(username) : []), ...foldWords(name)])].slice(0, WORDS_MAX);
}

/** How somebody is to be found. */
export type Findable = { person: Person; ownsName: boolean };

/** Brings the words of one person from what they were to what they are; `undefined` where there is nobody. */
export function noteNames(tx: WriteContext, before: Findable | undefined, after: Findable | undefined): void {
  if (before && after && sameNames(before, after)) return;
  const had = rowsOf(before);
  const has = rowsOf(after);
  for (const [key, row] of had) if (!has.has(key)) tx.rows.dropWord(...row);
  for (const [key, row] of has) if (!had.has(key)) tx.rows.putWord(...row);
}

function sameNames(before: Findable, after: Findable): boolean {
  return (
    before.ownsName === after.ownsName &&
    before.person.username === after.person.username &&
    before.person.name === after.person.name &&
    rankOf(before.person.metrics.followers) === rankOf(after.person.metrics.followers)
  );
}

type WordRow = [rank: number, word: string, person: string];

function rowsOf(one: Findable | undefined): Map<string, WordRow> {
  if (!one) return new Map();
  const rank = rankOf(one.person.metrics.followers);
  const words = wordsOf(one.person, one.ownsName);
  return new Map(words.map((word) => [`${rank} ${word}`, [rank, word, one.person.id]]));
}
