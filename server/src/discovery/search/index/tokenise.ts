import { ARABIC_POINTS, unescapeText } from '#posts';

/**
 * The one tokeniser: posts and queries, index and predicate all go through it. X's rules: text splits at
 * punctuation, symbols and separators; case does not matter; an emoji is a token. Scripts that are written without
 * spaces (and Hangul, whose particles cling to the word) give one token a character, so that a word inside a
 * sentence is found as a phrase.
 *
 * X's HTML escapes (`&amp;`) are undone first. Compatibility forms are equal (NFKC), and Arabic vowel points and tatweel do
 * not count. `search` also ignores accents of Latin, Greek and Cyrillic letters, and of
 * those alone: in Hindi or Thai the marks are the word. `stream` keeps every accent.
 */
export type FoldMode = 'search' | 'stream';

/** Longer words are cut here on both sides; SQLite would cut them at 32 KiB on one side only. UTF-16 units. */
const TOKEN_LENGTH_MAX = 256;

const ASCII_ONLY = /^[\x00-\x7f]*$/;
const PLAIN_WORD = new RegExp(`^[a-z0-9]{1,${TOKEN_LENGTH_MAX}}$`);
const SPACE = 0x20;
/** For each ASCII character the letter or digit that it is in a token; 0 for those that separate. */
const ASCII_FOLDED = Uint8Array.from({ length: 0x80 }, (_, code) => {
  const folded = String.fromCharCode(code).toLowerCase();
  return /[a-z0-9]/.test(folded) ? folded.charCodeAt(0) : 0;
});
/** Holds every post's text; longer ones get a buffer of their own. */
const scratch = Buffer.allocUnsafeSlow(32 * 1024);

/** The tokens of a text with one space between them; `''` when there are none. */
export function fold(text: string, mode: FoldMode): string {
  const plain = unescapeText(text);
  return foldAscii(plain) ?? foldUnicode(plain.normalize('NFKC'), mode);
}

/** Half the price of a regular expression, for nine posts of ten. @returns undefined at the first other character. */
function foldAscii(text: string): string | undefined {
  const out = text.length <= scratch.length ? scratch : Buffer.allocUnsafe(text.length);
  let end = 0;
  let tokenLength = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return undefined;
    const folded = ASCII_FOLDED[code]!;
    if (folded === 0) tokenLength = 0;
    else {
      if (tokenLength === 0 && end > 0) out[end++] = SPACE;
      if (tokenLength < TOKEN_LENGTH_MAX) out[end++] = folded;
      tokenLength += 1;
    }
  }
  return out.toString('latin1', 0, end);
}

/** The same as a list. */
export function tokenise(text: string, mode: FoldMode): string[] {
  const words = fold(text, mode);
  return words === '' ? [] : words.split(' ');
}

/**
 * A name or tag as one token that is never split: `#foo_bar`, `@foo_bar`. ASCII characters at which SQLite's
 * tokeniser would split move into the private-use area.
 */
export function foldWhole(value: string, mode: FoldMode): string {
  let folded = value.toLowerCase();
  if (PLAIN_WORD.test(folded)) return folded;
  if (!ASCII_ONLY.test(value)) {
    folded = '';
    for (const character of value.toWellFormed().normalize('NFKC').replace(ARABIC_POINTS, '')) {
      folded += foldCharacter(character.codePointAt(0)!, mode);
    }
    folded = mode === 'search' ? dropMarks(folded) : folded;
  }
  return folded
    .slice(0, TOKEN_LENGTH_MAX)
    .toWellFormed()
    .replace(/[\x00-\x2f\x3a-\x60\x7b-\x7f]/g, (character) =>
      String.fromCharCode(0xe000 + character.charCodeAt(0)),
    );
}

/** True if a keyword may begin with this code point: a letter, a digit or an emoji. */
export function beginsWord(codePoint: number): boolean {
  if (codePoint === TATWEEL) return true;
  const kind = kindOf(codePoint) & KIND_MASK;
  return kind !== SEPARATOR && kind !== IGNORED && kind !== MARK;
}

const SEPARATOR = 1;
const WORD = 2;
const SINGLE = 3;
const MARK = 4;
/** Joiners, variation selectors, Arabic vowel points and tatweel: neither split nor count. */
const IGNORED = 5;
const EMOJI = 6;
/** Half of a flag: two in a row are one token. */
const FLAG_HALF = 7;
const KIND_MASK = 7;
/** Letters that lose their accents in search: Latin, Greek, Cyrillic. */
const LOSES_ACCENTS = 8;

/** Kind of each code point, found when it is first met; 0 is not yet known. */
const kinds = new Uint8Array(0x110000);

function kindOf(codePoint: number): number {
  return kinds[codePoint] || learnKind(codePoint);
}

const ZERO_WIDTH_SPACE = 0x200b;
/** A letter to Unicode, though it stands for no sound. */
const TATWEEL = 0x640;
const FORMAT = /^[\p{Cf}\p{Variation_Selector}]$/u;
const FLAG = /^\p{Regional_Indicator}$/u;
const PICTURE = /^[\p{Extended_Pictographic}\p{Emoji_Modifier}]$/u;
const ANY_MARK = /^\p{M}$/u;
const ANY_DIGIT = /^\p{Nd}$/u;
const LETTER_OR_NUMBER = /^[\p{L}\p{N}]$/u;
/** U+30FC and U+FF70 lengthen a kana vowel and belong to no script. */
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc\uff70]$/u;
const ACCENTED_SCRIPT = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]$/u;

function learnKind(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  let kind = SEPARATOR;
  if (codePoint === ZERO_WIDTH_SPACE) kind = SEPARATOR;
  else if (FORMAT.test(character) || isArabicPoint(character)) kind = IGNORED;
  else if (FLAG.test(character)) kind = FLAG_HALF;
  else if (PICTURE.test(character)) kind = EMOJI;
  else if (ANY_MARK.test(character)) kind = MARK;
  else if (LETTER_OR_NUMBER.test(character)) {
    kind = UNSPACED.test(character) && !ANY_DIGIT.test(character) ? SINGLE : WORD;
  }
  if (ACCENTED_SCRIPT.test(character)) kind |= LOSES_ACCENTS;
  kinds[codePoint] = kind;
  return kind;
}

function isArabicPoint(character: string): boolean {
  return character.search(ARABIC_POINTS) === 0;
}

/** Letters whose stroke or joint Unicode does not count as an accent, in plain Latin. */
const PLAIN_LATIN: Record<string, string> = {
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ħ: 'h',
  ŧ: 't',
  ð: 'd',
  þ: 'th',
  ı: 'i',
};
/** Cyrillic letters of their own, not accented ones: й, ў, ї. */
const CYRILLIC_LETTERS = /^(?:[иу]\u0306|і\u0308)$/;
const MARKS = /\p{M}/gu;

const foldedForSearch = new Map<number, string>();
const foldedForStream = new Map<number, string>();

/** A character of NFKC text, lower case and, for search, without its accents. May be several characters. */
function foldCharacter(codePoint: number, mode: FoldMode): string {
  const cache = mode === 'search' ? foldedForSearch : foldedForStream;
  const known = cache.get(codePoint);
  if (known !== undefined) return known;
  const character = String.fromCodePoint(codePoint);
  let folded = character.toLowerCase().replace('ß', 'ss').replace('ς', 'σ');
  if (mode === 'search' && kindOf(codePoint) & LOSES_ACCENTS) {
    const decomposed = folded.normalize('NFD');
    if (!CYRILLIC_LETTERS.test(decomposed)) folded = decomposed.replace(MARKS, '');
    folded = PLAIN_LATIN[folded] ?? folded;
  }
  cache.set(codePoint, folded);
  return folded;
}

const MARKS_AFTER_ACCENTED = /([\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])\p{M}+/gu;

function dropMarks(folded: string): string {
  return folded.replace(MARKS_AFTER_ACCENTED, '$1').normalize('NFC');
}

/** @param text in NFKC. */
function foldUnicode(text: string, mode: FoldMode): string {
  const out: string[] = [];
  let token = '';
  /** What the token under way is made of; SEPARATOR when there is none. */
  let open = SEPARATOR;
  let dropsMarks = false;
  const close = (): void => {
    if (open === SEPARATOR) return;
    out.push(token.length > TOKEN_LENGTH_MAX ? token.slice(0, TOKEN_LENGTH_MAX).toWellFormed() : token);
    open = SEPARATOR;
    token = '';
  };
  for (let at = 0; at < text.length; at += 1) {
    const codePoint = text.codePointAt(at)!;
    if (codePoint > 0xffff) at += 1;
    const kindAndScript = kindOf(codePoint);
    const kind = kindAndScript & KIND_MASK;
    if (kind === WORD) {
      if (open !== WORD) close();
      open = WORD;
      token += foldCharacter(codePoint, mode);
      dropsMarks = mode === 'search' && (kindAndScript & LOSES_ACCENTS) !== 0;
    } else if (kind === MARK) {
      if ((open === WORD && !dropsMarks) || open === SINGLE) token += String.fromCodePoint(codePoint);
    } else if (kind === FLAG_HALF && open === FLAG_HALF) {
      token += String.fromCodePoint(codePoint);
      close();
    } else if (kind !== IGNORED) {
      close();
      if (kind === SEPARATOR) continue;
      open = kind;
      token = foldCharacter(codePoint, mode);
      dropsMarks = false;
    }
  }
  close();
  return out.join(' ');
}
