import { tokenise } from '#search';
import type { Line } from './posts.ts';

const EVERYDAY = 500;

/** The same queries on every run. */
let state = 20_261_121;
function below(most: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 4_294_967_296) * most);
}
function pick<T>(list: readonly T[]): T {
  return list[below(list.length)]!;
}

/** What people ask: words, tags, names, languages, phrases, as the posts themselves use them. */
export function everydayQueries(lines: readonly Line[]): string[] {
  const word = (): string => {
    const words = tokenise(pick(lines).text, 'search').filter((token) => token.length > 3);
    return words.length > 0 ? pick(words) : 'coffee';
  };
  const pair = (): string => {
    const words = tokenise(pick(lines).text, 'search');
    const at = below(Math.max(1, words.length - 1));
    return words.slice(at, at + 2).join(' ');
  };
  const makers: (() => string)[] = [
    word,
    () => `${word()} lang:${pick(['en', 'pt', 'in', 'es', 'hi', 'ar'])}`,
    () => `${word()} lang:en -is:retweet`,
    () => `${word()} ${word()}`,
    () => `${word()} OR ${word()} OR ${word()}`,
    () => `(${word()} OR ${word()}) -${word()} -is:reply`,
    () => `"${pair()}"`,
    () => `from:${pick(lines).author_id}`,
    () => `from:${pick(lines).author_id} -is:retweet -is:reply`,
    () => `#${/#(\w+)/.exec(pick(lines).text)?.[1] ?? 'news'}`,
    () => `@${/@(\w{1,15})/.exec(pick(lines).text)?.[1] ?? 'justinbieber'} -is:retweet`,
    () => `to:${pick(lines).author_id}`,
    () => `${word()} has:links`,
    () => `${word()} min_likes:10`,
    () => pick(['😀', '😂', '❤️', '東京', 'कांग्रेस', 'الله', 'bola', 'feliz']),
  ];
  return Array.from({ length: EVERYDAY }, (_, at) => makers[at % makers.length]!());
}

export function hostileQueries(lines: readonly Line[]): Record<string, string[]> {
  const many = (count: number, between: string, word: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => word(at)).join(between);
  /** Longer than any stop word. */
  const tokens = (): string =>
    pick(tokenise(pick(lines).text, 'search').filter((token) => token.length > 4)) ?? 'x';
  return {
    'no match': [
      'zxqvwy',
      'love zxqvwy',
      'obama merkel ronaldo',
      '"love the of is"',
      'lang:en nosuchword',
      'from:1 love',
      'min_likes:999999999',
      'list:1',
    ],
    'all negation': [
      many(60, ' ', (at) => (at === 0 ? 'love' : `-${tokens()}`)),
      'love -(lang:en OR lang:pt OR lang:in)',
      'day -love -good -happy -time -today -now -new',
      'good -has:links -has:mentions -has:hashtags -is:reply -lang:en',
    ],
    'read post by post': [
      'min_likes:37',
      'love min_likes:777',
      'lang:en day min_replies:33',
      'point_radius:[0 89.9 25mi]',
      'love min_reposts:4999',
    ],
    'common words in a phrase': [
      '"of the"',
      '"in the"',
      '"one of the"',
      '"i want to be"',
      '"the end of the"',
      '"to be or not to be"',
      '"it is what it is"',
    ],
    'very many clauses': [
      many(700, ' OR ', (at) => `q${at}`),
      many(300, ' OR ', tokens),
      many(300, ' ', (at) => (at === 0 ? 'love' : `-${tokens()}`)),
      many(120, ' ', () => 'love'),
    ],
  };
}
