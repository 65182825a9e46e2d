import { beginsWord } from '../index/tokenise.ts';

/** Positions are 1-based and in UTF-16 units, as in X's recorded messages. */
export type Token =
  | { type: '(' | ')' | 'or' | '-' | 'bracket' | 'end'; text: string; at: number }
  | { type: 'keyword'; text: string; at: number }
  | { type: 'phrase'; value: string; within?: string; text: string; at: number }
  | { type: 'hashtag' | 'cashtag' | 'mention'; value: string; text: string; at: number }
  | { type: 'operator'; name: string; value: string; text: string; at: number; valueAt: number };

export type LexError = { message: string; at: number };

/** X tells all mistakes; beyond this many nobody reads on, and a thousand rules may have a million. */
const ERRORS_MAX = 100;
const SPACE = /\s/;
/** What ends a keyword or a value without quotes. `:` makes it an operator's name. */
const WORD_END = /[\s"()[\]:*]/;
const VALUE_END = /[\s"()]/;
const SIGILS: Record<string, 'hashtag' | 'cashtag' | 'mention'> = {
  '#': 'hashtag',
  '＃': 'hashtag',
  $: 'cashtag',
  '＄': 'cashtag',
  '@': 'mention',
  '＠': 'mention',
};
/**
 * The characters of a tag, by the rules of twitter-text: letters, marks, digits, `_` and the joiners inside words; and those
 * of a username here.
 */
const TAG_CHARACTER = {
  hashtag: /[\p{L}\p{M}\p{N}_]|[\u00b7\u05be\u05f3\u05f4\u0f0b\u0f0c\u301c\u30fb\ua67e\uff5e]|\u200c|\u200d/u,
  cashtag: /[A-Za-z0-9_.]/,
  mention: /[A-Za-z0-9_.-]/,
} as const;

/** Splits a query. Characters that begin nothing are left out and reported, all of them, as X does. */
export function lex(source: string): { tokens: Token[]; errors: LexError[] } {
  const tokens: Token[] = [];
  const errors: LexError[] = [];
  let index = 0;

  const fail = (message: string, position: number): void => {
    if (errors.length < ERRORS_MAX) errors.push({ message, at: position + 1 });
  };
  const strayCharacter = (position: number): string => {
    const character = String.fromCodePoint(source.codePointAt(position)!);
    fail(`no viable alternative at character '${character}'`, position);
    return character;
  };
  const scan = (from: number, end: RegExp): number => {
    let to = from;
    while (to < source.length && !end.test(source[to]!)) to += 1;
    return to;
  };

  /** @param open index of the opening quote. Returns the index after the closing one. */
  const readQuoted = (open: number): { value: string; end: number } => {
    let value = '';
    for (let at = open + 1; at < source.length; at += 1) {
      const character = source[at]!;
      if (character === '"') return { value, end: at + 1 };
      const escaped = character === '\\' && (source[at + 1] === '"' || source[at + 1] === '\\');
      if (escaped) at += 1;
      value += escaped ? source[at] : character;
    }
    fail(`mismatched character 'EOF' expecting '"'`, source.length);
    return { value, end: source.length };
  };

  const readPhrase = (at: number): void => {
    const { value, end } = readQuoted(at);
    const within = /^~(\d+)/.exec(source.slice(end, end + 12))?.[1];
    index = within === undefined ? end : end + 1 + within.length;
    const token: Token = { type: 'phrase', value, text: source.slice(at, index), at: at + 1 };
    tokens.push(within === undefined ? token : { ...token, within });
  };

  const readOperator = (at: number, colon: number): void => {
    const valueAt = colon + 1;
    let value: string;
    if (source[valueAt] === '"') {
      const quoted = readQuoted(valueAt);
      value = quoted.value;
      index = quoted.end;
    } else if (source[valueAt] === '[') {
      const close = source.indexOf(']', valueAt);
      if (close < 0) fail(`mismatched character 'EOF' expecting ']'`, source.length);
      index = close < 0 ? source.length : close + 1;
      value = source.slice(valueAt, index);
    } else {
      index = scan(valueAt, VALUE_END);
      value = source.slice(valueAt, index);
    }
    const name = source.slice(at, colon);
    tokens.push({
      type: 'operator',
      name,
      value,
      text: source.slice(at, index),
      at: at + 1,
      valueAt: valueAt + 1,
    });
  };

  const readTag = (at: number, type: 'hashtag' | 'cashtag' | 'mention'): void => {
    index = scan(at + 1, WORD_END);
    const value = source.slice(at + 1, index);
    const text = source.slice(at, index);
    if (value === '' || (type === 'cashtag' && !/^[A-Za-z]/.test(value))) strayCharacter(at);
    let offset = at + 1;
    for (const character of value) {
      if (!TAG_CHARACTER[type].test(character)) return void strayCharacter(offset);
      offset += character.length;
    }
    tokens.push({ type, value, text, at: at + 1 });
  };

  while (index < source.length) {
    const at = index;
    const character = source[at]!;
    if (SPACE.test(character)) index += 1;
    else if (character === '"') readPhrase(at);
    else if (character === '(' || character === ')' || character === '-') {
      tokens.push({ type: character, text: character, at: at + 1 });
      index += 1;
    } else if (character === '[' || character === ']') {
      tokens.push({ type: 'bracket', text: character, at: at + 1 });
      index += 1;
    } else if (character in SIGILS) readTag(at, SIGILS[character]!);
    else if (beginsWord(source.codePointAt(at)!)) {
      index = scan(at, WORD_END);
      const text = source.slice(at, index);
      if (source[index] === ':') readOperator(at, index);
      else tokens.push({ type: text === 'OR' ? 'or' : 'keyword', text, at: at + 1 });
    } else index += strayCharacter(at).length;
  }
  tokens.push({ type: 'end', text: 'EOF', at: source.length + 1 });
  return { tokens, errors };
}
