import { mark } from '../index/marks.ts';
import type { SearchAudience } from '../port.ts';
import type { Query } from './ast.ts';
import { boundsOf, type Expression, without } from './normalise.ts';
import type { Lists, Match, PersonIds } from './requirement.ts';

/** How a query is answered from the index: FTS5 expressions, `undefined` where no post can match. */
export type IndexPlan = {
  /** Finds every post that matches and, unless `exact`, others. */
  candidates: string | undefined;
  exact: boolean;
  /** For counts: posts that are sure to match, and those that the predicate must decide. */
  sure: string | undefined;
  open: string | undefined;
};

const EVERY_POST: Match = { kind: 'match', column: 'marks', run: mark.any };

/** @param audience whose authors' refusals are left out. */
export function explain(
  query: Query,
  audience: SearchAudience,
  personIds: PersonIds,
  lists?: Lists,
): IndexPlan {
  const { upper, lower, exact } = boundsOf(query, personIds, EVERY_POST, lists);
  const refusals: Expression[] = [];
  if (audience.aiTraining) refusals.push({ kind: 'match', column: 'marks', run: mark.refusesAiTraining });
  if (audience.redistribution)
    refusals.push({ kind: 'match', column: 'marks', run: mark.refusesRedistribution });
  const allowed = (expression: Expression | undefined): string | undefined =>
    expression && toFts(refusals.reduce(without, expression));
  const open = exact || !upper ? undefined : lower ? without(upper, lower) : upper;
  return { candidates: allowed(upper), exact, sure: allowed(lower), open: allowed(open) };
}

/** Every run is quoted and bound to its column: nothing in it is syntax. */
function toFts(expression: Expression): string {
  if (expression.kind === 'match') return `${expression.column} : "${expression.run.replaceAll('"', '""')}"`;
  if (expression.kind === 'any') return `(${expression.of.map(toFts).join(' OR ')})`;
  const positive = expression.of.map(toFts).join(' AND ');
  if (expression.not.length === 0) return `(${positive})`;
  const negative = expression.not.map(toFts).join(' OR ');
  return `(${group(positive, expression.of)} NOT ${group(negative, expression.not)})`;
}

function group(text: string, parts: readonly Expression[]): string {
  return parts.length > 1 ? `(${text})` : text;
}
