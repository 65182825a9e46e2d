import type { Query, Term } from './ast.ts';
import { mark } from './marks.ts';
import { requirementOf } from './requirement.ts';

/**
 * A cover of a query: keys of which every post that matches has at least one. A key is a token of the document with
 * its column's letter before it, or a name of the author. `undefined`: no such set is known, any post may match.
 */
export type Cover = { keys: string[]; cost: number };

/** How many of the last posts a key was on, or what stands for it. The lower, the rarer. */
export type CostOf = (key: string) => number;

export const wordKey = (token: string): string => `w${token}`;
export const markKey = (token: string): string => `m${token}`;
/** By name, so that a name that changes hands needs no posting anew. */
export const nameKey = (relation: 'from' | 'to' | 'retweets_of', username: string): string =>
  `${relation[0]}@${username.toLowerCase()}`;

const MARK_OF = { from: mark.from, to: mark.to, retweets_of: mark.retweetsOf } as const;

/** An AND needs all of its parts, so the rarest part is enough; an OR is covered when all of its parts are. */
export function coverOf(query: Query, costOf: CostOf): Cover | undefined {
  switch (query.kind) {
    case 'not':
      return undefined;
    case 'and': {
      let best: Cover | undefined;
      for (const child of query.of) {
        const cover = coverOf(child, costOf);
        if (cover && (!best || cover.cost < best.cost)) best = cover;
      }
      return best;
    }
    case 'or': {
      const keys = new Set<string>();
      let cost = 0;
      for (const child of query.of) {
        const cover = coverOf(child, costOf);
        if (!cover) return undefined;
        for (const key of cover.keys) keys.add(key);
        cost += cover.cost;
      }
      return { keys: [...keys], cost };
    }
    default:
      return coverOfTerm(query, costOf);
  }
}

function coverOfTerm(term: Term, costOf: CostOf): Cover | undefined {
  if (term.kind === 'person') return coverOfPerson(term, costOf);
  const { any } = requirementOf(term, 'stream', NOBODY);
  if (any === 'every post') return undefined;
  const keys = any.map(({ column, run }) => rarest(run, column === 'words' ? wordKey : markKey, costOf));
  return { keys, cost: keys.reduce((sum, key) => sum + costOf(key), 0) };
}

/** Who is meant is asked at each match: a text of digits is an id, and may be somebody's name too. */
function coverOfPerson({ relation, who }: Term & { kind: 'person' }, costOf: CostOf): Cover | undefined {
  if (relation === 'from_affiliate_of') return undefined;
  const keys = [nameKey(relation, who)];
  if (/^\d+$/.test(who)) keys.push(markKey(MARK_OF[relation](who)));
  return { keys, cost: keys.reduce((sum, key) => sum + costOf(key), 0) };
}

const NOBODY = () => [];

function rarest(run: string, keyOf: (token: string) => string, costOf: CostOf): string {
  let best = '';
  let least = Number.POSITIVE_INFINITY;
  for (const token of run.split(' ')) {
    const key = keyOf(token);
    const cost = costOf(key);
    if (cost < least) {
      least = cost;
      best = key;
    }
  }
  return best;
}
