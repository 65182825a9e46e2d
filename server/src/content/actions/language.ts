/** Scripts in which practically only one language is posted, with X's code for it. */
const SCRIPTS: readonly [script: RegExp, lang: string][] = [
  [/[\p{sc=Hiragana}\p{sc=Katakana}]/gu, 'ja'],
  [/\p{sc=Hangul}/gu, 'ko'],
  [/\p{sc=Han}/gu, 'zh'],
  [/\p{sc=Thai}/gu, 'th'],
  [/\p{sc=Hebrew}/gu, 'iw'],
  [/\p{sc=Greek}/gu, 'el'],
  [/\p{sc=Armenian}/gu, 'hy'],
  [/\p{sc=Georgian}/gu, 'ka'],
  [/\p{sc=Bengali}/gu, 'bn'],
  [/\p{sc=Gurmukhi}/gu, 'pa'],
  [/\p{sc=Gujarati}/gu, 'gu'],
  [/\p{sc=Oriya}/gu, 'or'],
  [/\p{sc=Tamil}/gu, 'ta'],
  [/\p{sc=Telugu}/gu, 'te'],
  [/\p{sc=Kannada}/gu, 'kn'],
  [/\p{sc=Malayalam}/gu, 'ml'],
  [/\p{sc=Sinhala}/gu, 'si'],
  [/\p{sc=Lao}/gu, 'lo'],
  [/\p{sc=Khmer}/gu, 'km'],
  [/\p{sc=Myanmar}/gu, 'my'],
  [/\p{sc=Ethiopic}/gu, 'am'],
  [/\p{sc=Thaana}/gu, 'dv'],
];
/** Links, mentions and tags say nothing of the language around them. */
const MARKS = /https?:\/\/\S+|[@#$]\S+/g;
/** Of the letters: a word of another script in a sentence does not make it another language. */
const SHARE = 0.6;

/**
 * The language of a text where its script alone tells it; `zxx` for one without letters, `und` for every other: most
 * scripts are written by many languages, and a guess would be found by `lang:` as if somebody knew.
 */
export function languageOf(text: string): string {
  const words = text.replace(MARKS, ' ');
  const letters = words.match(/\p{L}/gu)?.length ?? 0;
  if (letters === 0) return 'zxx';
  const count = (script: RegExp) => words.match(script)?.length ?? 0;
  // Japanese is mostly Han with some kana between.
  const kana = count(SCRIPTS[0]![0]);
  if (kana > 0 && kana + count(SCRIPTS[2]![0]) >= letters * SHARE && kana >= letters * 0.1) return 'ja';
  return SCRIPTS.find(([script]) => count(script) >= letters * SHARE)?.[1] ?? 'und';
}
