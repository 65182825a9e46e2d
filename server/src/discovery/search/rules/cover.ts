import { mark } from '../index/marks.ts';
import type { Query, Term } from '../query/ast.ts';
import { requirementOf } from '../query/requirement.ts';

/** A token of one of the document's columns, or a name of somebody whom the post is by, to or from. */
export type RuleKey = { of: 'words' | 'marks' | 'names'; text: string };

/**
 * A cover of a query: keys of which every post that matches has at least one.
 */
export type Cover = { keys: RuleKey[]; cost: number };

/** How many of the last posts a key was on, or what stands for it. The lower, the rarer. */
export type CostOf = (key: RuleKey) => number;

/** By name, so that a name that changes hands needs no posting anew. */
export const nameKey = (relation: 'from' | 'to' | 'retweets_of', username: string): RuleKey => ({
  of: 'names',
  text: `${relation[0]}@${username.toLowerCase()}`,
});

const MARK_OF = { from: mark.from, to: mark.to, retweets_of: mark.retweetsOf } as const;

/** What a query's cover is chosen from, worked out once: folding text at each choice would be the dearest part of it. */
export type CoverPlan =
  /** Any of its parts will do. */
  | { kind: 'one'; of: CoverPlan[] }
  /** All of its parts are needed. */
  | { kind: 'all'; of: CoverPlan[] }
  | { kind: 'key'; key: RuleKey };

/** An AND needs all of its parts, so one part covers it; an OR is covered when all of its parts are. */
export function planOf(query: Query): CoverPlan | undefined {
  if (query.kind === 'not') return undefined;
  if (query.kind === 'and') {
    const of = query.of.map(planOf).filter((plan) => plan !== undefined);
    return of.length > 0 ? joined('one', of) : undefined;
  }
  if (query.kind === 'or') {
    const of = query.of.map(planOf);
    return of.every((plan) => plan !== undefined) ? joined('all', of) : undefined;
  }
  return planOfTerm(query);
}

/** Plans of one part are that part, and those of the same kind become one, so that a phrase's words stand beside others. */
function joined(kind: 'one' | 'all', parts: readonly CoverPlan[]): CoverPlan {
  const of = parts.flatMap((part) => (part.kind === kind ? part.of : [part]));
  return of.length === 1 ? of[0]! : { kind, of };
}

/** The rarest keys that the plan allows. */
export function coverOf(plan: CoverPlan, costOf: CostOf): Cover {
  if (plan.kind === 'key') return { keys: [plan.key], cost: costOf(plan.key) };
  if (plan.kind === 'all') {
    const keys: RuleKey[] = [];
    let cost = 0;
    for (const child of plan.of) {
      const cover = coverOf(child, costOf);
      for (const key of cover.keys) if (!keys.some((one) => isSame(one, key))) keys.push(key);
      cost += cover.cost;
    }
    return { keys, cost };
  }
  let best = coverOf(plan.of[0]!, costOf);
  for (const child of plan.of.slice(1)) {
    const cover = coverOf(child, costOf);
    if (cover.cost < best.cost) best = cover;
  }
  return best;
}

/** A key that a matching post has to have beside those of the cover: the rarest one that no other can stand for. */
export function secondKey(plan: CoverPlan, cover: Cover, costOf: CostOf): RuleKey | undefined {
  if (plan.kind !== 'one') return undefined;
  let best: RuleKey | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const child of plan.of) {
    const { keys, cost } = coverOf(child, costOf);
    const key = keys[0];
    if (keys.length !== 1 || !key || key.of === 'names' || cost >= least) continue;
    if (cover.keys.some((one) => isSame(one, key))) continue;
    best = key;
    least = cost;
  }
  return best;
}

function planOfTerm(term: Term): CoverPlan | undefined {
  if (term.kind === 'person') return planOfPerson(term);
  const { any } = requirementOf(term, 'stream', NOBODY);
  if (any === 'every post') return undefined;
  const runs = any.map(({ column, run }) =>
    joined(
      'one',
      run.split(' ').map((text) => ({ kind: 'key', key: { of: column, text } })),
    ),
  );
  return joined('all', runs);
}

/** Who is meant is asked at each match: a text of digits is an id, and may be somebody's name too. */
function planOfPerson({ relation, who }: Term & { kind: 'person' }): CoverPlan | undefined {
  if (relation === 'from_affiliate_of') return undefined;
  const of: CoverPlan[] = [{ kind: 'key', key: nameKey(relation, who) }];
  if (/^\d+$/.test(who)) of.push({ kind: 'key', key: { of: 'marks', text: MARK_OF[relation](who) } });
  return joined('all', of);
}

const NOBODY = () => [];

function isSame(a: RuleKey, b: RuleKey): boolean {
  return a.text === b.text && a.of === b.of;
}
