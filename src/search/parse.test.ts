import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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

/** Every operator of the language with what it is read as. `|` after the query names the modes that refuse it. */
const TERMS: [query: string, term: Query, only?: 'search' | 'stream'][] = [
  ['coffee', { kind: 'keyword', text: 'coffee' }],
  ['GPT-3', { kind: 'keyword', text: 'GPT-3' }],
  ["doesn't", { kind: 'keyword', text: "doesn't" }],
  ['猫', { kind: 'keyword', text: '猫' }],
  ['समाचार', { kind: 'keyword', text: 'समाचार' }],
  ['عربي', { kind: 'keyword', text: 'عربي' }],
  ['😃', { kind: 'keyword', text: '😃' }],
  ['👨‍👩‍👧', { kind: 'keyword', text: '👨‍👩‍👧' }],
  ['"Twitter API"', { kind: 'phrase', text: 'Twitter API' }],
  ['"say \\"hi\\" \\\\"', { kind: 'phrase', text: 'say "hi" \\' }],
  ['"social media"~5', { kind: 'phrase', text: 'social media', within: 5 }, 'stream'],
  ['#thankunext', { kind: 'hashtag', tag: 'thankunext' }],
  ['#日本語', { kind: 'hashtag', tag: '日本語' }],
  ['＃tag', { kind: 'hashtag', tag: 'tag' }],
  ['@XDevelopers', { kind: 'mention', username: 'XDevelopers' }],
  ['$twtr', { kind: 'cashtag', tag: 'twtr' }],
  ['from:XDevelopers', { kind: 'person', relation: 'from', who: 'XDevelopers' }],
  ['from:2244994945', { kind: 'person', relation: 'from', who: '2244994945' }],
  ['TO:@api', { kind: 'person', relation: 'to', who: 'api' }],
  ['retweets_of:api', { kind: 'person', relation: 'retweets_of', who: 'api' }],
  ['from_affiliate_of:api', { kind: 'person', relation: 'from_affiliate_of', who: 'api' }, 'stream'],
  [
    'url:"https://developer.x.com/a?b=(c)"',
    { kind: 'text', field: 'url', value: 'https://developer.x.com/a?b=(c)' },
  ],
  ['url:https://t.co/abc', { kind: 'text', field: 'url', value: 'https://t.co/abc' }],
  ['context:10.799022225751871488', { kind: 'text', field: 'context', value: '10.799022225751871488' }],
  ['context:47.*', { kind: 'text', field: 'context', value: '47.*' }],
  ['context:*.799022225751871488', { kind: 'text', field: 'context', value: '*.799022225751871488' }],
  ['entity:"Michael Jordan"', { kind: 'text', field: 'entity', value: 'Michael Jordan' }],
  [
    'conversation_id:1334987486343299072',
    { kind: 'post', relation: 'conversation_id', id: '1334987486343299072' },
  ],
  ['in_reply_to_tweet_id:15', { kind: 'post', relation: 'in_reply_to_tweet_id', id: '15' }],
  ['in_reply_to_status_id:15', { kind: 'post', relation: 'in_reply_to_tweet_id', id: '15' }],
  ['retweets_of_tweet_id:15', { kind: 'post', relation: 'retweets_of_tweet_id', id: '15' }],
  ['quotes_of_tweet_id:15', { kind: 'post', relation: 'quotes_of_tweet_id', id: '15' }, 'search'],
  ['place:"new york city"', { kind: 'text', field: 'place', value: 'new york city' }],
  ['place:fd70c22040963ac7', { kind: 'text', field: 'place', value: 'fd70c22040963ac7' }],
  ['place_country:gb', { kind: 'text', field: 'place_country', value: 'GB' }],
  [
    'point_radius:[2.355128 48.861118 16km]',
    { kind: 'radius', longitude: 2.355128, latitude: 48.861118, radius: 16, unit: 'km' },
  ],
  [
    'point_radius:[-105.27346517 40.01924738 10.0mi]',
    { kind: 'radius', longitude: -105.273465, latitude: 40.019247, radius: 10, unit: 'mi' },
  ],
  [
    'bounding_box:[-105.301758 39.964069 -105.178505 40.09455]',
    { kind: 'box', west: -105.301758, south: 39.964069, east: -105.178505, north: 40.09455 },
  ],
  ['list:123', { kind: 'text', field: 'list', value: '123' }, 'search'],
  ['min_likes:100', { kind: 'number', field: 'min_likes', least: 100 }, 'search'],
  ['min_replies:0', { kind: 'number', field: 'min_replies', least: 0 }, 'search'],
  ['min_reposts:7', { kind: 'number', field: 'min_reposts', least: 7 }, 'search'],
  ['bio:"plays golf"', { kind: 'text', field: 'bio', value: 'plays golf' }, 'stream'],
  ['bio_name:phd', { kind: 'text', field: 'bio_name', value: 'phd' }, 'stream'],
  ['bio_location:"big apple"', { kind: 'text', field: 'bio_location', value: 'big apple' }, 'stream'],
  ['url_title:snow', { kind: 'text', field: 'url_title', value: 'snow' }, 'stream'],
  ['url_description:weather', { kind: 'text', field: 'url_description', value: 'weather' }, 'stream'],
  ['url_contains:photos', { kind: 'text', field: 'url_contains', value: 'photos' }, 'stream'],
  ['source:"Twitter for iPhone"', { kind: 'text', field: 'source', value: 'Twitter for iPhone' }, 'stream'],
  ['followers_count:500', { kind: 'range', field: 'followers_count', least: 500 }, 'stream'],
  ['tweets_count:1000..10000', { kind: 'range', field: 'tweets_count', least: 1000, most: 10_000 }, 'stream'],
  ['following_count:5..5', { kind: 'range', field: 'following_count', least: 5, most: 5 }, 'stream'],
  ['listed_count:10', { kind: 'range', field: 'listed_count', least: 10 }, 'stream'],
];
const BESIDE_A_CLAUSE: [query: string, term: Query, only?: 'search' | 'stream'][] = [
  ...(
    [
      'is:retweet',
      'is:reply',
      'is:quote',
      'is:verified',
      'has:hashtags',
      'has:cashtags',
      'has:links',
      'has:mentions',
      'has:media',
      'has:images',
      'has:videos',
      'has:geo',
    ] as const
  ).map((flag): [string, Query] => [flag, { kind: 'flag', flag }]),
  ['has:video_link', { kind: 'flag', flag: 'has:videos' }],
  ['HAS:Links', { kind: 'flag', flag: 'has:links' }],
  ['lang:en', { kind: 'text', field: 'lang', value: 'en' }],
  ['lang:zh-TW', { kind: 'text', field: 'lang', value: 'zh-TW' }],
  ['sample:10', { kind: 'number', field: 'sample', least: 10 }, 'stream'],
];

test('every operator is read, stands alone or not, and works only where X has it', () => {
  for (const [query, term, only] of [...TERMS, ...BESIDE_A_CLAUSE]) {
    const alone = TERMS.some(([one]) => one === query);
    for (const mode of ['search', 'stream'] as const) {
      const refused = only !== undefined && only !== mode;
      const beside = `kitten ${query}`;
      if (refused)
        assert.match(errorsOf(beside, mode)[0]!, /^Reference to invalid operator '/, `${mode} ${query}`);
      else {
        assert.deepEqual(treeOf(beside, mode), {
          kind: 'and',
          of: [{ kind: 'keyword', text: 'kitten' }, term],
        });
        if (alone) assert.deepEqual(treeOf(query, mode), term);
        else assert.deepEqual(errorsOf(query, mode), [`${STANDALONE} (at position 1)`], query);
        const negated = parse(`kitten -${query}`, { mode, lengthMax: 4096 });
        assert.equal(negated.ok, !query.startsWith('sample'), `-${query}`);
      }
    }
  }
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

/** A query, what is wrong with it, and where. None of it is on record: the words are ours, the style X's. */
const REFUSED: [query: string, pattern: RegExp][] = [
  ['cat OR', /^no viable alternative at input 'EOF' \(at position 7\)$/],
  ['OR cat', /^no viable alternative at input 'OR' \(at position 1\)$/],
  ['cat OR OR dog', /^no viable alternative at input 'OR' \(at position 8\)$/],
  ['()', /^no viable alternative at input '\)' \(at position 2\)$/],
  ['cat (dog', /^mismatched input 'EOF' expecting '\)' \(at position 9\)$/],
  ['cat - dog', /^no viable alternative at input '-' \(at position 5\)$/],
  ['cat -', /^no viable alternative at input '-' \(at position 5\)$/],
  ['"cat', /^mismatched character 'EOF' expecting '"' \(at position 5\)$/],
  ['from:', /^no viable alternative at input 'from:' \(at position 1\)$/],
  ['from: cat', /^no viable alternative at input 'from:' \(at position 1\)$/],
  [
    'from:a.b',
    /^Invalid value 'a\.b' for operator 'from'\. It takes a username or the id of a person\. \(at position 1\)$/,
  ],
  ['#', /^no viable alternative at character '#' \(at position 1\)$/],
  ['#foo-bar', /^no viable alternative at character '-' \(at position 5\)$/],
  ['$5', /^no viable alternative at character '\$' \(at position 1\)$/],
  ['cat*', /^no viable alternative at character '\*' \(at position 4\)$/],
  ['"!!!"', /^Invalid phrase "!!!"\./],
  ['cat ""', /^Invalid phrase ""\./],
  ['"a b"~3', /^Reference to invalid operator '~'/],
  ['conversation_id:abc', /^Invalid value 'abc' for operator 'conversation_id'/],
  ['context:*.*', /^Invalid value/],
  ['cat lang:english', /^Invalid value 'english' for operator 'lang'/],
  ['place_country:USA', /^Invalid value 'USA'/],
  ['min_likes:-1', /^Invalid value '-1'/],
  ['point_radius:[2.3 48.8 26mi]', /^Invalid value/],
  ['point_radius:[2.3 48.8 41km]', /^Invalid value/],
  ['point_radius:[2.3 98.8 1km]', /^Invalid value/],
  ['point_radius:[2.3 48.8]', /^Invalid value/],
  ['bounding_box:[2 48 1 49]', /^Invalid value/],
  ['bounding_box:[-71.199636,42.230046,-70.979909,42.398619]', /^Invalid value/],
  ['bounding_box:[1 2 3 4', /^mismatched character 'EOF' expecting ']'/],
  ['constructor:x', /^Reference to invalid operator 'constructor'/],
  ['__proto__:x', /^no viable alternative at character '_'/],
  ['cat \u0000', /^no viable alternative at character '\u0000' \(at position 5\)$/],
  ['cat \ud800', /^no viable alternative at character '\ud800' \(at position 5\)$/],
  ['\u0301', /^no viable alternative at character/],
];

test('what cannot be read is refused with its position', () => {
  for (const [query, pattern] of REFUSED) assert.match(errorsOf(query)[0]!, pattern, JSON.stringify(query));
  assert.match(errorsOf('"a b"~7', 'stream')[0]!, /^Invalid value '7' for operator '~'/);
  assert.match(errorsOf('cat sample:0', 'stream')[0]!, /^Invalid value '0' for operator 'sample'/);
  assert.match(errorsOf('followers_count:9..1', 'stream')[0]!, /^Invalid value/);
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
    { numRuns: 4000 },
  );
});

test('stream rules are read with their own limit', () => {
  assert.equal(stream(`cat ${'x'.repeat(2044)}`).ok, true);
  assert.equal(stream(`cat ${'x'.repeat(2045)}`).ok, false);
});
