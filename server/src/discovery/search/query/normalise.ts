import type { Query, Term } from './ast.ts';
import type { Lists, Match, PersonIds, Requirement } from './requirement.ts';
import { requirementOf } from './requirement.ts';

/**
 * What the index is asked: flat, and with a NOT only beside something positive, because FTS5's NOT takes two sides
 * and its parser gives up at deep parentheses.
 */
export type Expression =
  | Match
  | { kind: 'any'; of: Expression[] }
  | { kind: 'all'; of: Expression[]; not: Expression[] };

/** A set of posts: those of the expression (none without one), or all others. */
type Posts = { expression: Expression | undefined; complement: boolean };

/**
 * `upper` holds for every post that the query matches and `lower` for none that it does not; in `exact` they are the
 * same and no post need be read. `undefined` is no post at all.
 */
export type Bounds = { upper: Expression | undefined; lower: Expression | undefined; exact: boolean };

/**
 * Deeper alternations of AND and OR are left to the predicate. FTS5's parser takes 33 nested parentheses (in SQLite's
 * default build), and each level here costs at most two.
 */
const LEVELS_MAX = 12;

/**
 * How often a query may ask the index again, within phrases, for a word that it has asked for. FTS5 walks the word's
 * whole list each time and looks at no clock: 200 times one common word take it 3 s on 150,000 posts. Different words
 * together are never more than the index. Phrases beyond this are sought by their longest word and left to the predicate.
 */
const REPEATS_MAX = 64;

const NO_POST: Posts = { expression: undefined, complement: false };
const EVERY_POST: Posts = { expression: undefined, complement: true };

/**
 * @param everyPost the mark of every post, for a query that is bounded by nothing positive (the parser lets none
 *   through, but a query may be built by hand).
 */
export function boundsOf(query: Query, personIds: PersonIds, everyPost: Match, lists?: Lists): Bounds {
  const state = { exact: true };
  const affordable = repeatsLimited();
  const requirements = new Map<Term, Requirement>();
  const requirement = (term: Term): Requirement => {
    let found = requirements.get(term);
    if (!found) {
      found = affordable(requirementOf(term, 'search', personIds, lists));
      requirements.set(term, found);
    }
    return found;
  };

  const bound = (node: Query, side: 'upper' | 'lower', level: number): Posts => {
    if (node.kind === 'not') {
      const { expression, complement } = bound(node.of, side === 'upper' ? 'lower' : 'upper', level);
      return { expression, complement: !complement };
    }
    if (node.kind === 'and' || node.kind === 'or') {
      if (level >= LEVELS_MAX) {
        state.exact = false;
        return side === 'upper' ? EVERY_POST : NO_POST;
      }
      const children = node.of.map((child) => bound(child, side, level + 1));
      return node.kind === 'and' ? allOf(children) : anyOf(children);
    }
    const { any, surely } = requirement(node);
    if (surely === undefined) return fromRequirement(any);
    state.exact = false;
    return fromRequirement(side === 'upper' ? any : surely);
  };

  const settle = ({ expression, complement }: Posts): Expression | undefined => {
    if (!complement) return expression;
    return expression ? { kind: 'all', of: [everyPost], not: alternatives(expression) } : everyPost;
  };
  const upper = settle(bound(query, 'upper', 0));
  return { upper, lower: state.exact ? upper : settle(bound(query, 'lower', 0)), exact: state.exact };
}

/** Makes what loosens requirements once a query's phrases have repeated their words too often. */
function repeatsLimited(): (requirement: Requirement) => Requirement {
  const asked = new Set<string>();
  let repeats = 0;
  return (requirement) => {
    const { any } = requirement;
    if (any === 'every post' || !any.some(({ run }) => run.includes(' '))) return requirement;
    for (const { column, run } of any) {
      if (!run.includes(' ')) continue;
      for (const token of run.split(' ')) {
        const key = `${column} ${token}`;
        if (asked.has(key)) repeats += 1;
        else asked.add(key);
      }
    }
    if (repeats <= REPEATS_MAX) return requirement;
    return { any: any.map((one) => ({ ...one, run: longestToken(one.run) })), surely: [] };
  };
}

function longestToken(run: string): string {
  return run.split(' ').reduce((longest, token) => (token.length > longest.length ? token : longest));
}

/** Both: the posts of `upper` that are not in `lower`, where only the predicate knows. */
export function without(upper: Expression, lower: Expression): Expression {
  return both([upper], [lower]);
}

function fromRequirement(any: Requirement['any']): Posts {
  if (any === 'every post') return EVERY_POST;
  return { expression: either(any), complement: false };
}

function allOf(children: readonly Posts[]): Posts {
  const positive = children.filter(({ complement }) => !complement).map(({ expression }) => expression);
  const negative = expressionsOf(children.filter(({ complement }) => complement));
  if (positive.length === 0) return { expression: either(negative), complement: true };
  if (positive.includes(undefined)) return NO_POST;
  return { expression: both(positive as Expression[], negative), complement: false };
}

/** By De Morgan where a child is a complement: a or not b is not (b and not a). */
function anyOf(children: readonly Posts[]): Posts {
  const positive = expressionsOf(children.filter(({ complement }) => !complement));
  const negative = children.filter(({ complement }) => complement).map(({ expression }) => expression);
  if (negative.length === 0) return { expression: either(positive), complement: false };
  if (negative.includes(undefined)) return EVERY_POST;
  return { expression: both(negative as Expression[], positive), complement: true };
}

function expressionsOf(sets: readonly Posts[]): Expression[] {
  return sets.flatMap(({ expression }) => expression ?? []);
}

function alternatives(expression: Expression): Expression[] {
  return expression.kind === 'any' ? expression.of : [expression];
}

/** Each run once: saying it again would only make FTS5 read its list again. */
function distinct(expressions: readonly Expression[]): Expression[] {
  const seen = new Set<string>();
  return expressions.filter((one) => {
    if (one.kind !== 'match') return true;
    const key = `${one.column} ${one.run}`;
    return !seen.has(key) && seen.add(key);
  });
}

function either(expressions: readonly Expression[]): Expression | undefined {
  const of = distinct(expressions.flatMap(alternatives));
  return of.length > 1 ? { kind: 'any', of } : of[0];
}

function both(positive: readonly Expression[], negative: readonly Expression[]): Expression {
  const parts: Expression[] = [];
  const exclusions: Expression[] = [];
  for (const expression of positive) {
    if (expression.kind === 'all') {
      parts.push(...expression.of);
      exclusions.push(...expression.not);
    } else parts.push(expression);
  }
  const of = distinct(parts);
  const not = distinct([...exclusions, ...negative.flatMap(alternatives)]);
  return of.length === 1 && not.length === 0 ? of[0]! : { kind: 'all', of, not };
}
