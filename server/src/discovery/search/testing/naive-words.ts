/** The naive reference's tokeniser: string functions and one regular expression, nothing of the module's. */

function simple(text: string): string {
  const plain: Record<string, string> = { ø: 'o', ł: 'l', æ: 'ae' };
  return [...text.normalize('NFKC').replace(/[ـً-ْٰ]/g, '')]
    .map((character) => {
      const lower = character.toLowerCase();
      if (/^[йїў]$/.test(lower)) return lower;
      const base = /\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic}/u.test(lower)
        ? lower.normalize('NFD').replace(/\p{Mn}/gu, '')
        : lower;
      return plain[base] ?? base.replace('ß', 'ss').replace('ς', 'σ');
    })
    .join('');
}

export function tokensOf(text: string): string[] {
  return (
    simple(text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'))
      .replace(/[\u200d\ufe0f]/gu, '')
      .match(
        /\p{Regional_Indicator}{2}|[\p{Extended_Pictographic}\p{Emoji_Modifier}]|[\p{sc=Han}\p{sc=Katakana}\p{sc=Hiragana}\p{sc=Hangul}\p{sc=Thai}]\p{M}*|(?:(?![\p{sc=Han}\p{sc=Katakana}\p{sc=Hiragana}\p{sc=Hangul}\p{sc=Thai}])[\p{L}\p{N}]\p{M}*)+/gu,
      ) ?? []
  );
}

export function hasRun(text: string, run: string): boolean {
  const tokens = tokensOf(text);
  const wanted = tokensOf(run);
  return tokens.some((_, at) => wanted.every((token, index) => tokens[at + index] === token));
}

export function same(a: string, b: string): boolean {
  return simple(a) === simple(b);
}
