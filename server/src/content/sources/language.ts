/**
 * Languages of posts. Sources write BCP 47 tags, X's own (`und`, `qme`, `zxx`), or the English name of a language; what is
 * none of these says nothing of the language.
 */

/** A language of two or three letters, perhaps with a script, region or variant. */
const TAG = /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$/;
const TAG_LENGTH_MAX = 16;
/** Codes that ISO 639 renamed, as X writes them. */
const AS_X_WRITES: Record<string, string> = { id: 'in', he: 'iw', yi: 'ji' };
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

let codes: ReadonlyMap<string, string> | undefined;

/** A tag as posts carry it: `en`, `pt-BR`; `Indonesian` is `in`; `und` for what is no language. */
export function language(given: string | undefined): string {
  const text = given?.trim() ?? '';
  if (TAG.test(text) && text.length <= TAG_LENGTH_MAX) return text.replaceAll('_', '-');
  if (text.length < 4) return 'und';
  codes ??= codesByName();
  return codes.get(text.toLowerCase()) ?? 'und';
}

/** English names by CLDR, as this Node knows them: some 600, found by asking for every code. */
function codesByName(): Map<string, string> {
  const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
  const found = new Map<string, string>();
  const note = (code: string): void => {
    const name = names.of(code)?.toLowerCase();
    // The two-letter codes come first, and a name keeps its first.
    if (name && !found.has(name)) found.set(name, AS_X_WRITES[code] ?? code);
  };
  const twoLetters = [...LETTERS].flatMap((first) => [...LETTERS].map((second) => first + second));
  for (const code of twoLetters) note(code);
  for (const code of twoLetters) for (const third of LETTERS) note(code + third);
  return found;
}
