import type { Post } from '#posts';
import type { Query } from '../query/ast.ts';
import type { PersonIds } from '../query/requirement.ts';
import { type CoverPlan, coverOf, nameKey, planOf, type RuleKey, secondKey } from './cover.ts';
import { compileRule, type MatchContext, type MatchSubject, streamSubject, type Test } from './predicate.ts';

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
  matches: Test;
  /** `undefined`: no cover is known, so it is evaluated on every post. */
  plan: CoverPlan | undefined;
  /** Under which it stands now. */
  keys: readonly RuleKey[];
  /**
   * A word and a mark without which it does not match: asked before the rule itself, whose parts lie all over memory
   * when there are many rules.
   */
  word: string | undefined;
  mark: string | undefined;
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
  // Words and marks apart, so that a post's tokens are looked up as they are.
  const lists: Record<RuleKey['of'], Map<string, Posted<Rule>[]>> = {
    words: new Map(),
    marks: new Map(),
    names: new Map(),
  };
  const uncovered = new Set<Posted<Rule>>();
  let counts = {
    words: new Map<string, number>(),
    marks: new Map<string, number>(),
    names: new Map<string, number>(),
  };
  let samples = 0;
  let serial = 0;
  let turn = 0;
  let evaluated = 0;

  const costOf = (key: RuleKey): number => (counts[key.of].get(key.text) ?? 0) + guess(key, samples);

  function post(posted: Posted<Rule>): void {
    if (!posted.plan) uncovered.add(posted);
    else {
      const cover = coverOf(posted.plan, costOf);
      const second = secondKey(posted.plan, cover, costOf);
      posted.keys = cover.keys;
      posted.word = second?.of === 'words' ? second.text : undefined;
      posted.mark = second?.of === 'marks' ? second.text : undefined;
    }
    for (const { of, text } of posted.keys) {
      const list = lists[of].get(text);
      if (list) list.push(posted);
      else lists[of].set(text, [posted]);
    }
  }

  function unpost(posted: Posted<Rule>): void {
    uncovered.delete(posted);
    for (const { of, text } of posted.keys) {
      const list = lists[of].get(text)!;
      if (list.length === 1) lists[of].delete(text);
      else list.splice(list.indexOf(posted), 1);
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
  function learn({ words, marks, names }: Keys): void {
    const known = counts.words.size + counts.marks.size + counts.names.size;
    if (samples >= SAMPLES_MAX || known > KEYS_MAX) {
      counts = { words: halved(counts.words), marks: halved(counts.marks), names: halved(counts.names) };
      samples >>= 1;
    }
    samples += 1;
    for (const text of new Set(words)) counts.words.set(text, (counts.words.get(text) ?? 0) + 1);
    for (const text of new Set(marks)) counts.marks.set(text, (counts.marks.get(text) ?? 0) + 1);
    for (const text of names) counts.names.set(text, (counts.names.get(text) ?? 0) + 1);
    for (let i = 0; i < TURNS && i < all.length; i += 1) {
      turn = (turn + 1) % all.length;
      const posted = all[turn]!;
      if (!posted.plan) continue;
      // Moving costs too: only for a place that is clearly rarer.
      const now = posted.keys.reduce((sum, key) => sum + costOf(key), 0);
      if (coverOf(posted.plan, costOf).cost * 2 >= now) continue;
      unpost(posted);
      post(posted);
    }
  }

  return {
    add(rule, query) {
      remove(rule);
      const matches = compileRule(query, options.personIds);
      const posted = {
        rule,
        matches,
        plan: planOf(query),
        keys: [],
        word: undefined,
        mark: undefined,
        place: all.length,
        seen: 0,
      };
      all.push(posted);
      byRule.set(rule, posted);
      post(posted);
    },
    remove,
    match(post, context) {
      if (all.length === 0) return [];
      serial += 1;
      const found: Rule[] = [];
      const subject = streamSubject(post, context);
      const keys = keysOf(subject);
      const words = new Set(keys.words);
      const marks = new Set(keys.marks);
      const look = (posted: Posted<Rule>): void => {
        if (posted.seen === serial) return;
        posted.seen = serial;
        if (posted.word !== undefined && !words.has(posted.word)) return;
        if (posted.mark !== undefined && !marks.has(posted.mark)) return;
        evaluated += 1;
        if (posted.matches(subject)) found.push(posted.rule);
      };
      const lookAt = (of: RuleKey['of'], texts: readonly string[]): void => {
        const under = lists[of];
        if (under.size === 0) return;
        for (const text of texts) {
          const list = under.get(text);
          if (list) for (const posted of list) look(posted);
        }
      };
      lookAt('words', keys.words);
      lookAt('marks', keys.marks);
      lookAt('names', keys.names);
      for (const posted of uncovered) look(posted);
      if (serial % SAMPLE_EVERY === 0) learn(keys);
      return found;
    },
    size: () => all.length,
    evaluated: () => evaluated,
  };
}

type Keys = { words: string[]; marks: string[]; names: string[] };

/** Every key that the post has; some more than once. */
function keysOf({ document: { words, marks }, context }: MatchSubject): Keys {
  const names: string[] = [];
  if (context.author) names.push(nameKey('from', context.author.username).text);
  if (context.repliedTo) names.push(nameKey('to', context.repliedTo.username).text);
  if (context.repostedAuthor) names.push(nameKey('retweets_of', context.repostedAuthor.username).text);
  return { words: words.split(' '), marks: marks.split(' '), names };
}

function halved(counts: Map<string, number>): Map<string, number> {
  return new Map([...counts].filter(([, count]) => count > 1).map(([text, count]) => [text, count >> 1]));
}

/**
 * What a key costs before it was ever seen, in posts out of those counted: flags and languages are on a part of all
 * posts, short words on more than long ones.
 */
function guess({ of, text }: RuleKey, samples: number): number {
  const unseen = 1;
  if (samples > SAMPLES_MAX / 16) return unseen;
  if (of === 'marks') return 'ailkg'.includes(text[0] ?? '') ? 400 : unseen;
  if (of === 'words') return text.length <= 1 ? 60 : text.length <= 3 ? 20 : text.length <= 5 ? 4 : unseen;
  return unseen;
}
