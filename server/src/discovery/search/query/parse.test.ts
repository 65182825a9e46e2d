import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import type { Query } from './ast.ts';
import { NESTING_MAX, parse, TERMS_MAX } from './parse.ts';
import { print } from './print.ts';

const PREFIX = 'There were errors processing your request: ';
const STANDALONE = 'is/has/lang cannot be used as a standalone operator';
const POSITIVE = 'Rules must contain at least one positive, non-stopword clause';
const NON_NEGATION = 'Rules must contain a non-negation term';
const AMBIGUOUS =
  'Ambiguous use of and as a keyword. Use a space to logically join two clauses, or "and" to find occurrences of and in text';

function search(text: string, lengthMax = 4096) {
  return parse(text, { mode: 'search', lengthMax });
}
function stream(text: string) {
  return parse(text, { mode: 'stream', lengthMax: 2048 });
}
function treeOf(text: string, mode: 'search' | 'stream' = 'search'): Query {
  const parsed = parse(text, { mode, lengthMax: 4096 });
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? '' : parsed.message}`);
  return parsed.query;
}
function errorsOf(text: string, mode: 'search' | 'stream' = 'search'): string[] {
  const parsed = parse(text, { mode, lengthMax: 4096 });
  assert.ok(!parsed.ok, `${text} was taken as ${parsed.ok && print(parsed.query)}`);
  return parsed.errors;
}

/** Queries and what X answered to them, as people recorded it (2016–2024). */
const RECORDED: [query: string, mode: 'search' | 'stream', errors: string[]][] = [
  [
    'horrible OR worst OR sucks OR bad OR disappointing) (place_country:US OR place_country:MX OR place_country:CA)',
    'search',
    ["missing EOF at ')' (at position 51)"],
  ],
  ['[(OpenAI OR GPT-3) (#OpenAI OR #AI)]', 'search', ["no viable alternative at input '[' (at position 1)"]],
  [
    '(humorous AND (film OR movies OR cinema OR "film industry" OR directors)) -is:retweet lang:en',
    'search',
    [`${AMBIGUOUS} (at position 11)`],
  ],
  ["(pepsi OR cola OR 'coca cola')", 'search', ["no viable alternative at character ''' (at position 19)"]],
  [
    "(artificial intelligence OR machine learning OR 'AI applications' OR 'data science') (#AI OR #ArtificialIntelligence)",
    'search',
    [
      "no viable alternative at character ''' (at position 49)",
      "no viable alternative at character ''' (at position 70)",
    ],
  ],
  [
    "Hillary Clinton and millennials have the same positions on climate change abortion rights immigration reform gay rights and college affordability Donald Trump doesn't -politifact",
    'search',
    [`${AMBIGUOUS} (at position 121)`, `${AMBIGUOUS} (at position 17)`],
  ],
  ['a', 'search', [`${POSITIVE} (at position 1)`]],
  ['--b', 'stream', [`${NON_NEGATION} (at position 1)`, `${POSITIVE} (at position 1)`]],
  ['-follow', 'stream', [`${NON_NEGATION} (at position 1)`, `${POSITIVE} (at position 1)`]],
  ['streaming AND lang:en', 'stream', [`${AMBIGUOUS} (at position 11)`]],
  ['fish AND bird', 'stream', [`${AMBIGUOUS} (at position 6)`]],
  ['((("#quotedhashtag"', 'stream', ["mismatched input 'EOF' expecting ')' (at position 20)"]],
  [
    'Pizza OR 🍕 OR "🍕" sample:100',
    'stream',
    [
      "The sample operator cannot be used with an OR. To use the sample operator with an OR in the rule, the ORed clauses must be grouped together with parenthesis.  For example, to get 10% of activites that have term1 or term2, the rule should be (excluding the single quotes) '(term1 OR term2) sample:10' (at position 21)",
    ],
  ],
];

test("X's recorded errors come word for word, in X's order and at X's positions", () => {
  for (const [query, mode, errors] of RECORDED) {
    assert.deepEqual(errorsOf(query, mode), errors, query);
    const parsed = parse(query, { mode, lengthMax: 4096 });
    assert.equal(!parsed.ok && parsed.message, PREFIX + errors.join(', '));
  }
});

test('an operator that is not there is named, after the rule that it breaks', () => {
  for (const name of ['has:polls', 'is:polls']) {
    const parsed = search(name);
    assert.ok(!parsed.ok);
    assert.ok(
      parsed.message.startsWith(
        `${PREFIX}${STANDALONE} (at position 1), Reference to invalid operator '${name}'. `,
      ),
      parsed.message,
    );
  }
  assert.match(
    errorsOf('cat filter:replies')[0]!,
    /^Reference to invalid operator 'filter'\. .* \(at position 5\)$/,
  );
});

test('an empty query is refused in its own words', () => {
  assert.deepEqual(search(''), {
    ok: false,
    message: "Invalid 'query':''. 'query' must be a non-empty string",
    errors: ["Invalid 'query':''. 'query' must be a non-empty string"],
  });
  assert.equal(search(' \n\t ').ok, false);
});

test('AND binds tighter than OR, minus tightest, and parentheses group', () => {
  const word = (text: string): Query => ({ kind: 'keyword', text });
  assert.deepEqual(treeOf('apple OR iphone ipad'), {
    kind: 'or',
    of: [word('apple'), { kind: 'and', of: [word('iphone'), word('ipad')] }],
  });
  assert.deepEqual(treeOf('(apple OR iphone) -ipad'), {
    kind: 'and',
    of: [
      { kind: 'or', of: [word('apple'), word('iphone')] },
      { kind: 'not', of: word('ipad') },
    ],
  });
  assert.deepEqual(treeOf('((x1 (x2))) OR (y1 OR (y2))'), {
    kind: 'or',
    of: [{ kind: 'and', of: [word('x1'), word('x2')] }, word('y1'), word('y2')],
  });
  assert.deepEqual(treeOf('cat -(dog OR bird)'), {
    kind: 'and',
    of: [word('cat'), { kind: 'not', of: { kind: 'or', of: [word('dog'), word('bird')] } }],
  });
  assert.deepEqual(treeOf('cat or dog'), { kind: 'and', of: [word('cat'), word('or'), word('dog')] });
  assert.deepEqual(treeOf('cat Or dog'), { kind: 'and', of: [word('cat'), word('Or'), word('dog')] });
  assert.deepEqual(treeOf('cat "and" dog'), {
    kind: 'and',
    of: [word('cat'), { kind: 'phrase', text: 'and' }, word('dog')],
  });
});

test('-is:nullcast is only ever negated', () => {
  assert.deepEqual(treeOf('cat -is:nullcast'), {
    kind: 'and',
    of: [
      { kind: 'keyword', text: 'cat' },
      { kind: 'not', of: { kind: 'flag', flag: 'is:nullcast' } },
    ],
  });
  assert.match(errorsOf('cat is:nullcast')[0]!, /must be negated.*\(at position 5\)$/);
});

test('what would match nearly everything is refused wherever it hides', () => {
  assert.deepEqual(errorsOf('has:links OR is:retweet'), [
    `${STANDALONE} (at position 1)`,
    `${STANDALONE} (at position 14)`,
  ]);
  assert.deepEqual(errorsOf('cat OR has:media'), [`${STANDALONE} (at position 8)`]);
  assert.deepEqual(errorsOf('cat OR -dog'), [
    `${NON_NEGATION} (at position 8)`,
    `${POSITIVE} (at position 8)`,
  ]);
  assert.deepEqual(errorsOf('-(cat dog) -bird'), [
    `${NON_NEGATION} (at position 1)`,
    `${POSITIVE} (at position 1)`,
  ]);
  assert.deepEqual(errorsOf('the this'), [`${POSITIVE} (at position 1)`]);
  for (const fine of ['cat (dog OR -bird)', '(has:media OR lang:en) cat', 'the cat', '"the"', 'cat --dog'])
    treeOf(fine);
});

test('length counts characters, not bytes or halves of emoji', () => {
  assert.equal(search('😀'.repeat(512), 512).ok, true);
  assert.deepEqual(search('😀'.repeat(513), 512), {
    ok: false,
    message: `${PREFIX}Query is longer than 512 characters (at position 513)`,
    errors: ['Query is longer than 512 characters (at position 513)'],
  });
});

test('nesting and the number of clauses are bounded, with a clear refusal', () => {
  const nested = (levels: number) => `${'('.repeat(levels)}cat${')'.repeat(levels)}`;
  assert.deepEqual(treeOf(nested(NESTING_MAX)), { kind: 'keyword', text: 'cat' });
  assert.match(errorsOf(nested(NESTING_MAX + 1))[0]!, /^Query is nested deeper than 100 levels/);
  assert.match(errorsOf(nested(2000))[0]!, /^Query is nested deeper/);
  assert.match(errorsOf(`cat ${'-'.repeat(3000)}dog`)[0]!, /^Query is nested deeper/);
  const words = (count: number) => Array.from({ length: count }, (_, at) => `w${at}`).join(' ');
  assert.equal(parse(words(TERMS_MAX), { mode: 'search', lengthMax: 100_000 }).ok, true);
  const many = parse(words(TERMS_MAX + 1), { mode: 'search', lengthMax: 100_000 });
  assert.match(many.ok ? '' : many.errors[0]!, /^Query has more than 1024 clauses/);
});

const PIECES = [
  'cat',
  'dog',
  '"a b"',
  '(',
  ')',
  '-',
  'OR',
  'and',
  ' ',
  '  ',
  'from:',
  'from:x',
  ':',
  '"',
  '\\',
  '[',
  ']',
  '#',
  '#t',
  '@u',
  '$c',
  '$',
  'has:',
  'has:media',
  'lang:en',
  'is:nullcast',
  'sample:5',
  '~3',
  'url:"',
  'point_radius:[1 2 3km]',
  '😀',
  '\ud83d',
  '\u0000',
  'é',
  '東',
  'min_likes:1',
  '*',
  "'",
  '\n',
  '＃',
  '\u0301',
  '\u200d',
];

test('whatever is sent, the parser answers: a query that prints back to itself, or errors with a position', () => {
  const anything = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((all) => all.join('')),
  );
  fc.assert(
    fc.property(anything, fc.constantFrom('search', 'stream'), (text, mode) => {
      const parsed = parse(text, { mode, lengthMax: 200 });
      if (parsed.ok) assert.deepEqual(parse(print(parsed.query), { mode, lengthMax: 4000 }), parsed);
      else if (text.trim() !== '') {
        assert.ok(parsed.errors.length > 0);
        for (const error of parsed.errors) {
          const [, position] = / \(at position (\d+)\)$/.exec(error) ?? [];
          assert.ok(Number(position) >= 1 && Number(position) <= Math.max(201, text.length + 1), error);
        }
      }
    }),
    { numRuns: runs(4000) },
  );
});

test('stream rules are read with their own limit', () => {
  assert.equal(stream(`cat ${'x'.repeat(2044)}`).ok, true);
  assert.equal(stream(`cat ${'x'.repeat(2045)}`).ok, false);
});
