import type { Post } from '#posts';
import type { Query } from './ast.ts';
import { coverOf, markKey, nameKey, wordKey } from './cover.ts';
import { compile, type MatchContext, type Predicate, streamDocument } from './predicate.ts';
import type { PersonIds } from './requirement.ts';

/**
 * Many rules, asked about one post at a time. Each rule is posted under the rarest keys that a matching post must
 * have (`cover.ts`), and only the rules posted under a key of the post are evaluated.
 */
export type RuleIndex<Rule> = {
  /** A rule that is there already (the same object) is replaced. The query was parsed in mode `stream`. */
  add(rule: Rule, query: Query): void;
  remove(rule: Rule): void;
  /**
   * The rules that match, in no order that means anything. The context has to hold every person that is known
   * (`streamContext` gathers it): `from:name` and the like are looked up by them.
   */
  match(post: Post, context: MatchContext): Rule[];
  size(): number;
  /** Rules evaluated so far: what the posting spares, for benchmarks and metrics. */
  evaluated(): number;
};

type Posted<Rule> = {
  rule: Rule;
  query: Query;
  matches: Predicate;
  /** `undefined`: no cover, evaluated on every post. */
  keys: string[] | undefined;
  /** Place in `all`, so that it is removed without a search. */
  place: number;
  /** The last match that looked at it: a rule may stand under several keys of one post. */
  seen: number;
};

/** One post in so many is counted for how common its keys are: enough to tell, too little to cost. */
const SAMPLE_EVERY = 8;
/** Posts counted until the counts are halved, so that what was common last week fades. */
const SAMPLES_MAX = 4_096;
/** Keys counted at most; those seen once go when it is full. */
const KEYS_MAX = 100_000;
/** Rules posted anew with each counted post: all get their turn, and no turn takes long. */
const TURNS = 8;

export function createRuleIndex<Rule>(options: { personIds: PersonIds }): RuleIndex<Rule> {
  const byRule = new Map<Rule, Posted<Rule>>();
  const all: Posted<Rule>[] = [];
  const byKey = new Map<string, Set<Posted<Rule>>>();
  const uncovered = new Set<Posted<Rule>>();
  let counts = new Map<string, number>();
  let samples = 0;
  let serial = 0;
  let turn = 0;
  let evaluated = 0;

  const costOf = (key: string): number => (counts.get(key) ?? 0) + guess(key, samples);

  function post(posted: Posted<Rule>): void {
    posted.keys = coverOf(posted.query, costOf)?.keys;
    if (!posted.keys) uncovered.add(posted);
    for (const key of posted.keys ?? []) {
      const list = byKey.get(key);
      if (list) list.add(posted);
      else byKey.set(key, new Set([posted]));
    }
  }

  function unpost(posted: Posted<Rule>): void {
    uncovered.delete(posted);
    for (const key of posted.keys ?? []) {
      const list = byKey.get(key);
      list?.delete(posted);
      if (list?.size === 0) byKey.delete(key);
    }
  }

  function remove(rule: Rule): void {
    const posted = byRule.get(rule);
    if (!posted) return;
    unpost(posted);
    byRule.delete(rule);
    const last = all.pop()!;
    if (last !== posted) {
      all[posted.place] = last;
      last.place = posted.place;
    }
  }

  /** Counts the post's keys, and lets the next few rules look for a rarer place. */
  function learn(keys: readonly string[]): void {
    if (samples >= SAMPLES_MAX || counts.size > KEYS_MAX) {
      counts = new Map([...counts].map(([key, count]) => [key, count >> 1] as const).filter(([, n]) => n > 0));
      samples >>= 1;
    }
    samples += 1;
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    for (let i = 0; i < TURNS && i < all.length; i += 1) {
      turn = (turn + 1) % all.length;
      const posted = all[turn]!;
      const cover = coverOf(posted.query, costOf);
      if (!cover || !posted.keys) continue;
      // Moving costs too: only for a place that is clearly rarer.
      const now = posted.keys.reduce((sum, key) => sum + costOf(key), 0);
      if (cover.cost * 2 >= now) continue;
      unpost(posted);
      post(posted);
    }
  }

  return {
    add(rule, query) {
      remove(rule);
      const matches = compile(query, { mode: 'stream', personIds: options.personIds });
      const posted: Posted<Rule> = { rule, query, matches, keys: undefined, place: all.length, seen: 0 };
      all.push(posted);
      byRule.set(rule, posted);
      post(posted);
    },
    remove,
    match(post, context) {
      if (all.length === 0) return [];
      serial += 1;
      const found: Rule[] = [];
      const look = (posted: Posted<Rule>): void => {
        if (posted.seen === serial) return;
        posted.seen = serial;
        evaluated += 1;
        if (posted.matches(post, context)) found.push(posted.rule);
      };
      const keys = keysOf(post, context);
      for (const key of keys) {
        const list = byKey.get(key);
        if (list) for (const posted of list) look(posted);
      }
      for (const posted of uncovered) look(posted);
      if (serial % SAMPLE_EVERY === 0) learn(keys);
      return found;
    },
    size: () => all.length,
    evaluated: () => evaluated,
  };
}

/** Every key that the post has, each once. */
function keysOf(post: Post, context: MatchContext): string[] {
  const { words, marks } = streamDocument(post, context);
  const keys = new Set<string>();
  for (const token of words.split(' ')) keys.add(wordKey(token));
  for (const token of marks.split(' ')) keys.add(markKey(token));
  if (context.author) keys.add(nameKey('from', context.author.username));
  if (context.repliedTo) keys.add(nameKey('to', context.repliedTo.username));
  if (context.repostedAuthor) keys.add(nameKey('retweets_of', context.repostedAuthor.username));
  return [...keys];
}

/**
 * What a key costs before it was ever seen, in posts out of those counted: flags and languages are on a part of all
 * posts, short words on more than long ones.
 */
function guess(key: string, samples: number): number {
  const unseen = 1;
  if (samples > SAMPLES_MAX / 16) return unseen;
  if (key.startsWith('m')) return 'ailkg'.includes(key[1] ?? '') ? 400 : unseen;
  if (key.startsWith('w')) return key.length <= 2 ? 60 : key.length <= 4 ? 20 : key.length <= 6 ? 4 : unseen;
  return unseen;
}
