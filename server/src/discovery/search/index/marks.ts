import { type FoldMode, fold, foldWhole } from './tokenise.ts';

/**
 * Marks are the tokens by which everything but words is found: they live in a column of their own, so no text can
 * forge one. The first letters say what a mark is; two kinds never begin alike. Posts are marked (document.ts) and
 * queries are translated (requirement.ts) by these functions alone.
 */
export const mark = {
  /** On every post. */
  any: 'a',
  /** A flag by its position in FLAGS, so that its name needs no escape. */
  flag: (flag: string): string => `i${foldWhole(flag, 'search')}`,
  from: (id: string): string => `f${id}`,
  to: (id: string): string => `t${id}`,
  retweetsOf: (id: string): string => `o${id}`,
  conversation: (id: string): string => `c${id}`,
  inReplyTo: (id: string): string => `rp${id}`,
  retweetOf: (id: string): string => `rt${id}`,
  quoteOf: (id: string): string => `rq${id}`,
  hashtag: (tag: string, mode: FoldMode): string => `h${foldWhole(tag, mode)}`,
  cashtag: (tag: string): string => `s${foldWhole(tag, 'search')}`,
  mention: (username: string): string => `m${foldWhole(username, 'search')}`,
  language: (lang: string): string => `l${foldWhole(languageOf(lang), 'search')}`,
  entity: (name: string, mode: FoldMode): string => `e${foldWhole(fold(name, mode), mode)}`,
  context: (domain: string, entity: string): string => `xp${digits(domain)}x${digits(entity)}`,
  contextDomain: (domain: string): string => `xd${digits(domain)}`,
  contextEntity: (entity: string): string => `xe${digits(entity)}`,
  country: (code: string): string => `pc${foldWhole(code, 'search')}`,
  placeId: (id: string): string => `pi${foldWhole(id, 'search')}`,
  cell: (name: string): string => `g${name}`,
  metric: (field: Metric, least: number): string => `k${METRIC_LETTER[field]}${least}`,
  refusesAiTraining: 'na',
  refusesRedistribution: 'nr',
} as const;

/** A run of marks, one a word: `url:` and `place:` look for a part of it. `''` when there is no word. */
export function urlWords(url: string, mode: FoldMode): string {
  return prefixed('u', fold(url, mode));
}
export function placeWords(name: string, mode: FoldMode): string {
  return prefixed('pw', fold(name, mode));
}

/** Stands between two runs; no query contains it, so no phrase reaches across. */
export const RUN_END = 'z';

export type Metric = 'min_likes' | 'min_replies' | 'min_reposts';
const METRIC_LETTER: Record<Metric, string> = { min_likes: 'l', min_replies: 'p', min_reposts: 'r' };
/** A post has the mark of each step that it reaches. People ask in these steps, and then no post need be read. */
export const METRIC_STEPS: readonly number[] = Array.from(
  { length: 24 },
  (_, index) => [1, 2, 5][index % 3]! * 10 ** Math.floor(index / 3),
);

/** Codes that ISO 639 renamed, as X writes them: both find the same posts. */
const LANGUAGE_AS_X_WRITES: Record<string, string> = { id: 'in', he: 'iw', yi: 'ji', jw: 'jv' };

function languageOf(lang: string): string {
  const lower = lang.toLowerCase();
  return LANGUAGE_AS_X_WRITES[lower] ?? lower;
}

function digits(text: string): string {
  return foldWhole(text, 'search');
}

function prefixed(prefix: string, words: string): string {
  return words === '' ? '' : prefix + words.replaceAll(' ', ` ${prefix}`);
}
