import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Query } from './ast.ts';
import { operatorList } from './operator-list.ts';
import { parse } from './parse.ts';

const STANDALONE = 'is/has/lang cannot be used as a standalone operator';

function treeOf(text: string, mode: 'search' | 'stream'): Query {
  const parsed = parse(text, { mode, lengthMax: 4096 });
  assert.ok(parsed.ok, `${text}: ${parsed.ok ? '' : parsed.message}`);
  return parsed.query;
}
function errorsOf(text: string, mode: 'search' | 'stream' = 'search'): string[] {
  const parsed = parse(text, { mode, lengthMax: 4096 });
  assert.ok(!parsed.ok, `${text} was taken`);
  return parsed.errors;
}

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
  ['@jean-luc.p', { kind: 'mention', username: 'jean-luc.p' }],
  ['from:jean-luc.p', { kind: 'person', relation: 'from', who: 'jean-luc.p' }],
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
    'from:a/b',
    /^Invalid value 'a\/b' for operator 'from'\. It takes a username or the id of a person\. \(at position 1\)$/,
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

test('text with a colon is told to be quoted, and an operator is not', () => {
  for (const [query, advice] of [
    ['7:30', 'put it in quotes: "7:30".'],
    ['cat 16:9', 'put it in quotes: "16:9".'],
    ['re:invent', 'put it in quotes: "re:invent".'],
    ['Breaking: cats', 'put it in quotes: "Breaking:"'],
    ['note:"a b"', 'put it in quotes: "note:\\"a b\\"".'],
    ['https://example.com/a', 'use the url operator: url:"https://example.com/a".'],
  ] as const) {
    const [error = ''] = errorsOf(query);
    assert.ok(error.includes(advice), error);
    const [, quoted = ''] = /(?:quotes|operator): (.*?)\.? \(at position \d+\)$/.exec(error) ?? [];
    treeOf(quoted, 'search');
  }
  for (const query of ['from:', 'cat has:polls', 'cat sample:10', 'lang:"']) {
    assert.doesNotMatch(errorsOf(query).join(), /in quotes/, query);
  }
});

test('the operator list has every operator, with where it works and whether it stands alone', () => {
  const listed = new Map(operatorList.map((entry) => [entry.name, entry]));
  assert.equal(listed.size, operatorList.length);
  for (const [query] of [...TERMS, ...BESIDE_A_CLAUSE]) {
    const [, operator] = /^([a-z_]+:)/i.exec(query.toLowerCase()) ?? [];
    const name = operator === 'is:' || operator === 'has:' ? query.toLowerCase() : operator;
    if (name) assert.ok(listed.has(name), `${name} is not in the list`);
  }
  for (const { name, example, where, standsAlone, summary } of operatorList) {
    for (const mode of ['search', 'stream'] as const) {
      const parsed = parse(example, { mode, lengthMax: 512 });
      assert.equal(parsed.ok, where.includes(mode), `${mode} ${example}`);
    }
    const term = example.replace('coffee ', '');
    assert.ok(term.includes(name.replace(/~N$/, '~')) || !/[:~]/.test(name), `${example} shows ${name}`);
    assert.equal(parse(term, { mode: where[0]!, lengthMax: 512 }).ok, standsAlone, term);
    assert.match(summary, /^[^|\n]{5,200}$/);
  }
});

test('an error names the operator list where it is', () => {
  assert.match(errorsOf('cat filter:replies')[0]!, / available operator list at \/docs#query-operators\./);
});

/** The rows of the reference's two tables: the operators that each names, and what stands behind the colon of its mode. */
function rowsOf(table: string): { names: string[]; only?: 'search' | 'stream' }[] {
  return [...table.matchAll(/^\| (`.+?) \| (.+) \|$/gm)].map(([, names = '', meaning = '']) => ({
    names: [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replace(/^-/, '')),
    only: meaning.startsWith('streams: ') ? 'stream' : meaning.startsWith('search: ') ? 'search' : undefined,
  }));
}

test('the reference has every operator of the list in its table and mode, no other, and its examples are queries', () => {
  const reference = readFileSync(new URL('../../../../../docs/reference/query.md', import.meta.url), 'utf8');
  const listed = new Map(operatorList.map((entry) => [entry.name, entry]));
  const [, alone = '', beside = ''] = reference.split(/^## What .*$/m);
  for (const [table, standsAlone] of [
    [alone, true],
    [beside.split('\n## ')[0]!, false],
  ] as const) {
    for (const { names, only } of rowsOf(table)) {
      for (const name of names) {
        const entry = listed.get(name);
        assert.ok(entry, `${name} is not in the list`);
        assert.equal(entry.standsAlone, standsAlone, name);
        assert.deepEqual(entry.where, only ? [only] : ['search', 'stream'], name);
        listed.delete(name);
      }
    }
  }
  assert.deepEqual([...listed.keys()], [], 'operators that the reference lacks');
  const [, examples = ''] = /```\n([^`]+)```/.exec(reference) ?? [];
  assert.equal(examples.trim().split('\n').length, 3);
  for (const example of examples.trim().split('\n')) treeOf(example, 'search');
});
