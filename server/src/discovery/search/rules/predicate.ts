import { type IndexContext, type Person, type Post, unescapeText } from '#posts';
import { type Document, documentOf, TEXT_END } from '../index/document.ts';
import { type FoldMode, fold } from '../index/tokenise.ts';
import type { Query, RangeField, Term } from '../query/ast.ts';
import { isInside } from '../query/geo.ts';
import { type Lists, type PersonIds, requirementOf } from '../query/requirement.ts';
import { isWithin } from './within.ts';

/** What a decision about a post needs beside the post. The last three are for streams. */
export type MatchContext = IndexContext & {
  author?: Person;
  /** The post that it quotes; streams match its text too. */
  quoted?: Post;
  /** The post that it reposts, whose text the repost cuts off. */
  reposted?: Post;
  /** Whom it answers and whom it reposts, if they are known: the rule index finds `to:name` by them. */
  repliedTo?: Person;
  repostedAuthor?: Person;
};

export type Predicate = (post: Post, context: MatchContext) => boolean;

export type CompileOptions = {
  mode: FoldMode;
  /** Asked at each match, so that a name that changes hands is followed; keep the answers if it is dear. */
  personIds: PersonIds;
  /** Nobody is on any list unless given. */
  lists?: Lists;
};

export type MatchSubject = { post: Post; context: MatchContext; document: Document };
export type Test = (subject: MatchSubject) => boolean;

/** The query as a function of one post. In `search` it agrees with the index to the last post. */
export function compile(query: Query, options: CompileOptions): Predicate {
  const test = compileNode(query, options);
  return (post, context) => test({ post, context, document: documentFor(post, context, options.mode) });
}

/** A post's document outlives one rule, for a stream asks a thousand rules about it. */
const documents = { search: new WeakMap<MatchContext, Kept>(), stream: new WeakMap<MatchContext, Kept>() };
type Kept = { post: Post; document: Document };

function documentFor(post: Post, context: MatchContext, mode: FoldMode): Document {
  const kept = documents[mode].get(context);
  if (kept?.post === post) return kept.document;
  const document = documentWith(post, context, mode);
  documents[mode].set(context, { post, document });
  return document;
}

function documentWith(post: Post, context: MatchContext, mode: FoldMode): Document {
  const { words, marks } = documentOf(post, context, mode, [context.reposted, context.quoted]);
  return { words: ` ${words} `, marks: ` ${marks} ` };
}

/** A post with its tokens as stream rules see them: made once, then held against many rules. */
export function streamSubject(post: Post, context: MatchContext): MatchSubject {
  return { post, context, document: documentWith(post, context, 'stream') };
}

/** A stream rule as a test of subjects. */
export function compileRule(query: Query, personIds: PersonIds): Test {
  return compileNode(query, { mode: 'stream', personIds });
}

function compileNode(query: Query, options: CompileOptions): Test {
  if (query.kind === 'not') {
    const test = compileNode(query.of, options);
    return (subject) => !test(subject);
  }
  if (query.kind === 'and' || query.kind === 'or') {
    const tests = query.of.map((child) => compileNode(child, options));
    // Plain loops: streams run this a hundred thousand times a second and more.
    const decides = query.kind === 'or';
    return (subject) => {
      for (const test of tests) if (test(subject) === decides) return decides;
      return !decides;
    };
  }
  return compileTerm(query, options);
}

function compileTerm(term: Term, options: CompileOptions): Test {
  if (term.kind === 'person' && term.relation !== 'from_affiliate_of') {
    const idOf = PERSON_OF[term.relation];
    return (subject) => {
      const id = idOf(subject);
      return id !== undefined && options.personIds(term.who).includes(id);
    };
  }
  if (term.kind === 'text' && term.field === 'list') {
    return ({ post }) => options.lists?.isOn(term.value, post.authorId) ?? false;
  }
  const { any, surely } = requirementOf(term, options.mode, options.personIds);
  if (surely === undefined) {
    if (any === 'every post') return () => true;
    const needles = any.map(({ column, run }) => ({ column, needle: ` ${run} ` }));
    if (needles.length === 1) {
      const { column, needle } = needles[0]!;
      return ({ document }) => document[column].includes(needle);
    }
    return ({ document }) => needles.some(({ column, needle }) => document[column].includes(needle));
  }
  return compileOpenTerm(term, options);
}

/** The same ids that the marks are made of: comparing them is a tenth of looking for a mark. */
const PERSON_OF = {
  from: ({ post }: MatchSubject) => post.authorId,
  to: ({ post }: MatchSubject) => post.inReplyToPersonId,
  retweets_of: ({ context }: MatchSubject) => context.repostedAuthorId,
} as const;

/** What tokens cannot decide. */
function compileOpenTerm(term: Term, { mode, personIds }: CompileOptions): Test {
  switch (term.kind) {
    case 'phrase': {
      const phrase = fold(term.text, mode).split(' ');
      const within = term.within ?? 0;
      return ({ document }) =>
        document.words.split(TEXT_END).some((text) => isWithin(text.split(' '), phrase, within));
    }
    case 'number': {
      const { field, least } = term;
      if (field === 'sample') return ({ post }) => isSampled(post.id, least);
      const metric = METRIC[field];
      return ({ post }) => post.metrics[metric] >= least;
    }
    case 'range': {
      const { field, least, most = Number.POSITIVE_INFINITY } = term;
      return ({ context }) => {
        const count = context.author?.metrics[FIGURE[field]];
        return count !== undefined && count >= least && count <= most;
      };
    }
    case 'person':
      return ({ context }) => {
        const affiliates = context.author?.affiliation?.personIds ?? [];
        return affiliates.length > 0 && personIds(term.who).some((id) => affiliates.includes(id));
      };
    case 'radius':
    case 'box':
      return ({ post, context }) => isInside(term, post, context.place);
    case 'text':
      return compileOpenText(term, mode);
    default:
      return () => false;
  }
}

const METRIC = { min_likes: 'likes', min_replies: 'replies', min_reposts: 'reposts' } as const;
const FIGURE = {
  followers_count: 'followers',
  tweets_count: 'posts',
  following_count: 'following',
  listed_count: 'listed',
} as const satisfies Record<RangeField, keyof Person['metrics']>;

function compileOpenText({ field, value }: Term & { kind: 'text' }, mode: FoldMode): Test {
  const needle = ` ${fold(value, mode)} `;
  const says = (text: string | undefined): boolean =>
    text !== undefined && ` ${fold(text, mode)} `.includes(needle);
  const exact = (text: string): string => unescapeText(text).toLowerCase();
  const wanted = exact(value);
  const includes = (text: string | undefined): boolean => text !== undefined && exact(text).includes(wanted);
  switch (field) {
    case 'bio':
      return ({ context }) => says(context.author?.description);
    case 'bio_name':
      return ({ context }) => says(context.author?.name);
    case 'bio_location':
      return ({ context }) => says(context.author?.location);
    case 'url_title':
      return ({ post }) => urlsOf(post).some(({ title }) => says(title));
    case 'url_description':
      return ({ post }) => urlsOf(post).some(({ description }) => says(description));
    case 'url_contains':
      return ({ post }) =>
        urlsOf(post).some(({ url, expandedUrl, unwoundUrl }) =>
          [url, expandedUrl, unwoundUrl].some(includes),
        );
    case 'source':
      return ({ post }) => post.source !== undefined && exact(post.source) === wanted;
    default:
      return () => false;
  }
}

function urlsOf({ entities, longText }: Post) {
  return [...(entities.urls ?? []), ...(longText?.entities?.urls ?? [])];
}

/** The same posts for everybody and for every run: the sample is a property of the id. */
function isSampled(id: string, percent: number): boolean {
  // The last bits of an id count up; a multiplication spreads them (Knuth's multiplicative hash, 64 bits).
  const mixed = BigInt.asUintN(64, BigInt(id) * 0x9e3779b97f4a7c15n) >> 32n;
  return Number(mixed % 100n) < percent;
}
