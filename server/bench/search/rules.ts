import { makeId } from '#kernel';
import { defaultPerson, defaultPost, extractEntities, type Person, type Post } from '#posts';
import { type MatchContext, tokenise } from '#search';
import type { Line } from './posts.ts';

/** The same rules on every run. */
let state = 20_261_121;
function below(most: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 4_294_967_296) * most);
}
function pick<T>(list: readonly T[]): T {
  return list[below(list.length)]!;
}

/** Made-up posts whose words are as uneven as real ones (Zipf), for machines without the sample data. */
export function wordLines(count: number): Line[] {
  const word = () => `word${Math.floor(20_000 ** (below(1_000_000) / 1_000_000))}`;
  return Array.from({ length: count }, (_, at) => ({
    id: String(at + 1),
    text: `${Array.from({ length: 4 + below(14) }, word).join(' ')}${at % 5 === 0 ? ` #tag${below(500)}` : ''}`,
    author_id: String(1_000 + below(3_000)),
    lang: pick(['en', 'en', 'pt', 'es', 'in']),
    public_metrics: { retweet_count: 0, reply_count: 0, like_count: 0, quote_count: 0 },
  }));
}

/** What firms track: brand words, names, tags, phrases, ORs of them, with languages and flags beside. */
export function rulesFor(lines: readonly Line[], count: number): string[] {
  const word = (): string => {
    const words = tokenise(pick(lines).text, 'stream').filter((token) => token.length > 3);
    return words.length > 0 ? pick(words) : 'coffee';
  };
  // A brand is a word that few posts have: any of the posts' distinct words is as likely.
  const distinct = [...new Set(lines.flatMap(({ text }) => tokenise(text, 'stream')))].filter(
    (token) => token.length > 3,
  );
  const brand = (): string => pick(distinct);
  const pair = (): string => {
    const words = tokenise(pick(lines).text, 'stream');
    const at = below(Math.max(1, words.length - 1));
    return words.slice(at, at + 2).join(' ') || 'flat white';
  };
  const makers: (() => string)[] = [
    brand,
    () => `${brand()} lang:${pick(['en', 'pt', 'in', 'es'])} -is:retweet`,
    () => `${brand()} ${word()} -is:retweet`,
    () => `(${brand()} OR ${brand()} OR #${brand()}) lang:en`,
    () => `"${pair()}" -is:reply`,
    () => `from:${pick(lines).author_id}`,
    () => `(from:${pick(lines).author_id} OR from:${pick(lines).author_id}) has:links`,
    () => `#${brand()} -${word()}`,
    () => `@${brand()} OR to:${pick(lines).author_id}`,
    () => `(${brand()} ${word()}) OR (${brand()} ${word()} lang:en)`,
  ];
  return Array.from({ length: count }, (_, at) => makers[at % makers.length]!());
}

/** Posts with what stream rules look at beside them. */
export function streamPosts(lines: readonly Line[], count: number): { post: Post; context: MatchContext }[] {
  const now = Date.UTC(2026, 10, 21);
  return Array.from({ length: count }, (_, at) => {
    const line = lines[at % lines.length]!;
    const id = makeId(now + at, at);
    const post: Post = {
      ...defaultPost({ id, authorId: line.author_id, createdAt: now + at }),
      text: line.text,
      lang: line.lang,
      references: line.referenced_tweets ?? [],
      entities: extractEntities(line.text),
      ...(line.in_reply_to_user_id !== undefined && { inReplyToPersonId: line.in_reply_to_user_id }),
    };
    return { post, context: { ...CONTEXT, author: authorOf(line.author_id) } };
  });
}

const CONTEXT: MatchContext = {
  authorVerified: false,
  refusesAiTraining: false,
  refusesRedistribution: false,
  media: { images: false, videos: false },
};

function authorOf(id: string): Person {
  return {
    ...defaultPerson(id),
    username: `person${id}`,
    name: 'A Person',
    metrics: { followers: 1, following: 2, posts: 3, listed: 0 },
  };
}
