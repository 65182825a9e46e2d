import type { Query, Term } from './ast.ts';

/** What the parser noted of a node. `complaint` is what is wrong with a clause, without its position. */
export type Facts = {
  at: number;
  needsClause?: boolean;
  negation?: 'always' | 'never';
  complaint?: string;
};

/** X's stop words: alone they would match too much. */
const STOP_WORDS = new Set(
  'a an and at but by com from http https if in is it its me my or rt the this to too via we www you'.split(
    ' ',
  ),
);

/** Recorded; `sample` may only stand where every alternative is inside parentheses. */
const SAMPLE_WITH_OR =
  "The sample operator cannot be used with an OR. To use the sample operator with an OR in the rule, the ORed clauses must be grouped together with parenthesis.  For example, to get 10% of activites that have term1 or term2, the rule should be (excluding the single quotes) '(term1 OR term2) sample:10'";
const AMBIGUOUS_AND =
  'Ambiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text';

type Complaint = { message: string; at: number };

/**
 * What X refuses in a query whose grammar is right: first what is wrong with the whole (a part that would match
 * nearly everything), then the clauses, last one first, as X lists them.
 */
export function check(query: Query, facts: ReadonlyMap<Query, Facts>): string[] {
  const whole: Complaint[] = [];
  findLoose(query, facts, whole);
  const clauses: Complaint[] = [];
  checkClauses(query, facts, { negated: false, beside: undefined }, clauses);
  clauses.sort((a, b) => b.at - a.at);
  return [...whole, ...clauses].map(({ message, at }) => `${message} (at position ${at})`);
}

/** True if the part limits what it matches by a stand-alone clause of its own. */
function isAnchored(query: Query, facts: ReadonlyMap<Query, Facts>): boolean {
  if (query.kind === 'and') return query.of.some((child) => isAnchored(child, facts));
  if (query.kind === 'or') return query.of.every((child) => isAnchored(child, facts));
  return query.kind !== 'not' && !isStopWord(query) && !facts.get(query)?.needsClause;
}

function isStopWord(term: Term): boolean {
  return term.kind === 'keyword' && STOP_WORDS.has(term.text.toLowerCase());
}

function findLoose(query: Query, facts: ReadonlyMap<Query, Facts>, into: Complaint[]): void {
  if (isAnchored(query, facts)) return;
  if (query.kind === 'or') {
    for (const child of query.of) findLoose(child, facts, into);
    return;
  }
  const at = facts.get(query)?.at ?? 1;
  const positive = positiveTerms(query);
  const general = positive.find((term) => facts.get(term)?.needsClause);
  if (general) {
    const message = 'is/has/lang cannot be used as a standalone operator';
    into.push({ message, at: facts.get(general)?.at ?? at });
    return;
  }
  if (positive.length === 0) into.push({ message: 'Rules must contain a non-negation term', at });
  into.push({ message: 'Rules must contain at least one positive, non-stopword clause', at });
}

function positiveTerms(query: Query): Term[] {
  if (query.kind === 'not') return [];
  return query.kind === 'and' || query.kind === 'or' ? query.of.flatMap(positiveTerms) : [query];
}

function checkClauses(
  query: Query,
  facts: ReadonlyMap<Query, Facts>,
  where: { negated: boolean; beside: 'or' | undefined },
  into: Complaint[],
): void {
  if (query.kind === 'and' || query.kind === 'or') {
    // An AND inside an OR is still beside the OR: `a OR b sample:5`.
    const beside = query.kind === 'or' ? 'or' : where.beside;
    for (const child of query.of) checkClauses(child, facts, { ...where, beside }, into);
    return;
  }
  if (query.kind === 'not') {
    checkClauses(query.of, facts, { ...where, negated: !where.negated }, into);
    return;
  }
  const { at, complaint, negation } = facts.get(query)!;
  const say = (message: string): void => void into.push({ message, at });
  if (complaint) say(complaint);
  if (query.kind === 'keyword' && query.text.toLowerCase() === 'and') say(AMBIGUOUS_AND);
  if (negation === 'always' && !where.negated)
    say('The is:nullcast operator must be negated: use -is:nullcast');
  if (negation === 'never' && where.negated) say('The sample operator cannot be negated');
  if (query.kind === 'number' && query.field === 'sample' && where.beside === 'or') say(SAMPLE_WITH_OR);
}
