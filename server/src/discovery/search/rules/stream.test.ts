import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPerson, defaultPost, type Person, type Post } from '#posts';
import { parse } from '../query/parse.ts';
import { compile, type MatchContext } from './predicate.ts';

const AUTHOR: Person = {
  ...defaultPerson('7'),
  username: 'alice',
  name: 'Dr Alice PhD',
  description: 'Plays golf. Née à Paris',
  location: 'The Big Apple',
  verified: true,
  verifiedType: 'blue',
  metrics: { followers: 1500, following: 40, posts: 12, listed: 3 },
  affiliation: { personIds: ['99'] },
};

function aPost(text: string, fields: Partial<Post> = {}): Post {
  return {
    ...defaultPost({ id: '1983498713847234560', authorId: AUTHOR.id, createdAt: 0 }),
    text,
    lang: 'en',
    ...fields,
  };
}

function contextWith(fields: Partial<MatchContext> = {}): MatchContext {
  return {
    author: AUTHOR,
    authorVerified: true,
    refusesAiTraining: false,
    refusesRedistribution: false,
    media: { images: false, videos: false },
    ...fields,
  };
}

const NAMES: Record<string, string> = { alice: '7', brand: '99' };
const personIds = (who: string): string[] => (NAMES[who.toLowerCase()] ? [NAMES[who.toLowerCase()]!] : [who]);

function matches(
  rule: string,
  post: Post,
  context = contextWith(),
  mode: 'search' | 'stream' = 'stream',
): boolean {
  const parsed = parse(rule, { mode, lengthMax: 2048 });
  assert.ok(parsed.ok, `${rule}: ${parsed.ok ? '' : parsed.message}`);
  return compile(parsed.query, { mode, personIds })(post, context);
}

test('streams take accents exactly, searches ignore them', () => {
  const post = aPost('Diacrítica en el café', {
    entities: { hashtags: [{ start: 0, end: 1, tag: 'Diacrítica' }] },
  });
  for (const [rule, stream] of [
    ['diacrítica', true],
    ['diacritica', false],
    ['DIACRÍTICA', true],
    ['"el café"', true],
    ['"el cafe"', false],
    ['#diacrítica', true],
    ['#diacritica', false],
  ] as const) {
    assert.equal(matches(rule, post), stream, rule);
    assert.equal(matches(rule, post, contextWith(), 'search'), true, rule);
  }
});

test("X's HTML escapes are what they stand for, in every text that a rule asks about", () => {
  const post = aPost('Q&amp;A about AT&amp;T, 5 &gt; 3 ampcase', {
    entities: {
      urls: [
        {
          start: 0,
          end: 1,
          url: 'https://t.co/a',
          expandedUrl: 'https://a.example/?q=1&amp;p=2',
          title: 'Fish &amp; Chips',
          description: 'a &lt; b',
        },
      ],
    },
    source: 'A&amp;B',
  });
  const author = { ...AUTHOR, name: 'Tom &amp; Jerry', description: 'R&amp;D', location: 'B&amp;B' };
  const context = contextWith({ author, quoted: aPost('S&amp;P falls', { id: '5' }) });
  const found = ['"Q&A"', 'AT&T', '"Q&amp;A"', 'ampcase', '"S&P falls"', '"q a"~1'];
  const ofAuthor = ['bio_name:"Tom & Jerry"', 'bio:R&D', 'bio_location:"b b"'];
  const ofLink = ['url_title:"fish chips"', 'url_description:"a b"', 'url_contains:"1&p"', 'url:"q 1 p 2"'];
  for (const rule of [...found, ...ofAuthor, ...ofLink, 'source:A&B'])
    assert.ok(matches(rule, post, context), rule);
  for (const word of ['amp', 'gt', 'lt', 'bio_name:amp', 'bio:amp', 'url_title:amp', 'url:amp']) {
    assert.equal(matches(word, post, context), false, word);
    if (!word.includes(':')) assert.equal(matches(word, post, context, 'search'), false, word);
  }
});

test('Arabic vowel points and tatweel do not matter, in posts and rules alike', () => {
  const post = aPost('السَّلامُ عليكم يا محمـــد', {
    entities: { hashtags: [{ start: 0, end: 1, tag: 'العربيّة' }] },
  });
  for (const rule of [
    'السلام',
    'السَلام',
    'محمد',
    'مُحَمَّد',
    'ـمحمد',
    '"السلام عليكم"',
    '#العربية',
    '#العـربيّة',
  ]) {
    assert.ok(matches(rule, post), rule);
    assert.ok(matches(rule, post, contextWith(), 'search'), rule);
  }
  assert.equal(matches('سلم', post), false);
  for (const mode of ['search', 'stream'] as const) {
    const parsed = parse('ـــ', { mode, lengthMax: 2048 });
    assert.match(parsed.ok ? '' : parsed.errors[0]!, /^Invalid keyword ـــ\./);
  }
});

test("streams also look into the quoted post's text, searches do not, and no phrase spans the two", () => {
  const post = aPost('look at this', { references: [{ type: 'quoted', id: '5' }] });
  const context = contextWith({ quoted: aPost('snow in July', { id: '5', authorId: '8' }) });
  assert.equal(matches('snow', post, context), true);
  assert.equal(matches('snow', post, context, 'search'), false);
  assert.equal(matches('look snow', post, context), true);
  assert.equal(matches('"this snow"', post, context), false);
  assert.equal(matches('"look snow"~6', post, context), false);
  assert.equal(matches('"snow July"~2', post, context), true);
});

test('streams match reposts by their words, cut off or not; searches find them by everything else', () => {
  const original = aPost('a long story about coffee beans', { id: '5', authorId: '8' });
  const repost = aPost('RT @bob: a long story…', {
    references: [{ type: 'retweeted', id: '5' }],
    entities: { mentions: [{ start: 3, end: 7, username: 'bob' }] },
  });
  const context = contextWith({ reposted: original, repostedAuthorId: '8' });
  for (const rule of ['story', 'coffee', '"coffee beans"', '@bob', 'rt']) {
    if (rule !== 'rt') assert.equal(matches(rule, repost, context), true, rule);
    if (rule !== 'rt') assert.equal(matches(rule, repost, context, 'search'), false, rule);
  }
  assert.equal(matches('from:alice is:retweet', repost, context, 'search'), true);
  assert.equal(matches('retweets_of:8', repost, context, 'search'), true);
  assert.equal(matches('retweets_of_tweet_id:5', repost, context, 'search'), true);
  assert.equal(matches('from:alice -coffee', repost, context, 'search'), true);
  assert.equal(matches('from:alice -coffee', repost, context), false);
});

/** X's rule: no more than N words between them, or N − 2 when their order is reversed. */
const PROXIMITY: [rule: string, text: string, expected: boolean][] = [
  ['"happy birthday"~3', 'happy birthday', true],
  ['"happy birthday"~3', 'happy 1 2 3 birthday', true],
  ['"happy birthday"~3', 'happy 1 2 3 4 birthday', false],
  ['"happy birthday"~3', 'birthday 1 happy', true],
  ['"happy birthday"~3', 'birthday 1 2 happy', false],
  ['"happy birthday"~1', 'birthday happy', false],
  ['"happy birthday"~2', 'birthday happy', true],
  ['"a1 b1 c1"~2', 'a1 x b1 x c1', true],
  ['"a1 b1 c1"~1', 'a1 x b1 x c1', false],
  ['"a1 b1 c1"~6', 'c1 b1 a1', true],
  ['"dog dog"~5', 'one dog', false],
  ['"dog dog"~5', 'dog eat dog', true],
  ['"dog"~2', 'a dog', true],
  ['"happy birthday"~6', 'happy', false],
];

test('words near each other are found by the rule of N and N − 2', () => {
  for (const [rule, text, expected] of PROXIMITY)
    assert.equal(matches(rule, aPost(text)), expected, `${rule} in ${text}`);
});

test('what the author says of themselves and how many follow them are asked for in streams', () => {
  const post = aPost('hello', { source: 'Twitter for iPhone' });
  for (const [rule, expected] of [
    ['bio:golf', true],
    ['bio:"plays golf"', true],
    ['bio:"golf plays"', false],
    ['bio:née', true],
    ['bio:nee', false],
    ['bio_name:phd', true],
    ['bio_location:"big apple"', true],
    ['bio_location:golf', false],
    ['followers_count:1500', true],
    ['followers_count:1501', false],
    ['followers_count:100..1500', true],
    ['following_count:41..100', false],
    ['tweets_count:12..12', true],
    ['listed_count:4', false],
    ['source:"twitter for iphone"', true],
    ['source:twitter', false],
    ['from_affiliate_of:brand', true],
    ['from_affiliate_of:alice', false],
    ['from:ALICE', true],
    ['from:7', true],
    ['from:nobody', false],
  ] as const) {
    assert.equal(matches(rule, post), expected, rule);
  }
  const anonymous = contextWith();
  delete anonymous.author;
  assert.equal(matches('followers_count:0', post, anonymous), false, 'an unknown author has no figures');
  assert.equal(matches('bio:golf', post, anonymous), false);
});

test('addresses are asked for by title, description and any part, in streams', () => {
  const url = {
    start: 0,
    end: 1,
    url: 'https://t.co/x',
    expandedUrl: 'https://example.com/Photos/12',
    unwoundUrl: 'https://example.org/final',
    title: 'Heavy snow',
    description: 'The weather today',
  };
  const post = aPost('look', { entities: { urls: [url] } });
  for (const [rule, expected] of [
    ['url_title:snow', true],
    ['url_title:"heavy snow"', true],
    ['url_title:weather', false],
    ['url_description:weather', true],
    ['url_contains:photos', true],
    ['url_contains:"com/pho"', true],
    ['url_contains:final', true],
    ['url_contains:snow', false],
    ['url:"https://example.com"', true],
    ['url:example', true],
    ['url:exam', false],
    ['url:"example photos"', false],
  ] as const) {
    assert.equal(matches(rule, post), expected, rule);
  }
});

test('a sample is the same for everybody, grows with its percentage, and is about as large as it says', () => {
  const rule = (percent: number) => `from:7 sample:${percent}`;
  let inTen = 0;
  for (let at = 0; at < 5000; at += 1) {
    // Ids as a busy network gives them out: milliseconds apart, the low bits nearly constant.
    const post = aPost('x', { id: String((1_700_000_000_000n + BigInt(at)) << 22n) });
    const context = contextWith();
    const isIn = matches(rule(10), post, context);
    if (isIn) inTen += 1;
    if (isIn) assert.ok(matches(rule(50), post, context));
    assert.ok(matches(rule(100), post, context));
  }
  assert.ok(Math.abs(inTen - 500) < 100, `${inTen} of 5000`);
});
