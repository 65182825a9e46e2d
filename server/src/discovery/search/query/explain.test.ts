import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryOf } from '../testing/world.ts';
import { explain } from './explain.ts';

const personIds = (who: string): string[] => (who === 'alice' ? ['7'] : []);

function candidatesOf(text: string, audience = {}): string | undefined {
  return explain(queryOf(text), audience, personIds).candidates;
}

/** Queries and what FTS5 is asked: every run quoted and bound to its column, NOT only beside something positive. */
const PLANS: [query: string, expression: string | undefined][] = [
  ['coffee', 'words : "coffee"'],
  ['Coca-Cola', 'words : "coca cola"'],
  ['coffee lang:en', '(words : "coffee" AND marks : "len")'],
  ['coffee -tea -from:alice', '(words : "coffee" NOT (words : "tea" OR marks : "f7"))'],
  ['coffee tea -milk', '((words : "coffee" AND words : "tea") NOT words : "milk")'],
  [
    'coffee OR tea OR (milk sugar)',
    '(words : "coffee" OR words : "tea" OR (words : "milk" AND words : "sugar"))',
  ],
  ['coffee -(tea milk)', '(words : "coffee" NOT (words : "tea" AND words : "milk"))'],
  ['coffee (tea OR -milk)', '(words : "coffee" NOT (words : "milk" NOT words : "tea"))'],
  ['coffee coffee COFFEE', 'words : "coffee"'],
  ['from:nobody', undefined],
  ['coffee from:nobody', undefined],
  ['coffee OR from:nobody', 'words : "coffee"'],
  ['coffee -from:nobody', 'words : "coffee"'],
  ['coffee list:1', undefined],
  ['coffee min_likes:0', 'words : "coffee"'],
];

test('queries are flattened for FTS5', () => {
  for (const [query, expression] of PLANS) assert.equal(candidatesOf(query), expression, query);
});

test("an audience's refusals are taken away, from nothing too", () => {
  assert.equal(candidatesOf('coffee', { aiTraining: true }), '(words : "coffee" NOT marks : "na")');
  assert.equal(
    candidatesOf('coffee -tea', { aiTraining: true, redistribution: true }),
    '(words : "coffee" NOT (words : "tea" OR marks : "na" OR marks : "nr"))',
  );
  assert.equal(candidatesOf('from:nobody', { aiTraining: true }), undefined);
});

test('where tokens cannot decide, sure matches are told from those that must be read', () => {
  assert.deepEqual(explain(queryOf('coffee min_likes:100'), {}, personIds), {
    candidates: '(words : "coffee" AND marks : "kl100")',
    exact: true,
    sure: '(words : "coffee" AND marks : "kl100")',
    open: undefined,
  });
  const plan = explain(queryOf('coffee min_likes:37'), {}, personIds);
  assert.equal(plan.exact, false);
  assert.equal(plan.candidates, '(words : "coffee" AND marks : "kl20")');
  assert.equal(plan.sure, '(words : "coffee" AND marks : "kl50")');
  assert.equal(
    plan.open,
    '((words : "coffee" AND marks : "kl20") NOT (words : "coffee" AND marks : "kl50"))',
  );
  const negated = explain(queryOf('coffee -min_likes:37'), {}, personIds);
  assert.equal(negated.candidates, '(words : "coffee" NOT marks : "kl50")');
  assert.equal(negated.sure, '(words : "coffee" NOT marks : "kl20")');
});
