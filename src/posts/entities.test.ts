import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import twitterText from 'twitter-text';
import { describeUrl, ENTITIES_MAX, extractEntities, LINKS_READ_MAX, RUN_LENGTH_MAX } from './entities.ts';
import type { Entities } from './post.ts';

type Flat = [start: number, end: number, what: string][];

function flat(entities: Entities): Flat {
  const list: Flat = [];
  for (const { start, end, tag } of [...(entities.hashtags ?? []), ...(entities.cashtags ?? [])])
    list.push([start, end, tag]);
  for (const { start, end, username } of entities.mentions ?? []) list.push([start, end, username]);
  for (const { start, end, url } of entities.urls ?? []) list.push([start, end, url]);
  return list.sort((a, b) => a[0] - b[0]);
}

/** The oracle: X's own library over the whole text, its UTF-16 positions turned into code points by counting. */
function byLibrary(text: string): Flat {
  const point = (unit: number) => [...text.slice(0, unit)].length;
  return twitterText
    .extractEntitiesWithIndices(text)
    .filter((one) => !('listSlug' in one && one.listSlug))
    .map((one) => {
      const what =
        'url' in one
          ? one.url
          : 'hashtag' in one
            ? one.hashtag
            : 'cashtag' in one
              ? one.cashtag
              : one.screenName;
      return [point(one.indices[0]), point(one.indices[1]), what];
    });
}

const PIECES = [
  ...[
    '#',
    '＃',
    '@',
    '＠',
    '$',
    '.',
    '/',
    ':',
    '-',
    '_',
    '&',
    '?',
    '=',
    '!',
    '(',
    ')',
    '~',
    ';',
    '~',
    'RT',
    'rt:',
  ],
  ...[
    ' ',
    '  ',
    '\n',
    '\t',
    '\r\n',
    '\u3000',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '\u200d',
    '\u202a',
    '\ufe0f',
    '\ufe0e',
    '\u20e3',
  ],
  ...[
    'a',
    'Z',
    '7',
    'é',
    'ß',
    'ñ',
    'я',
    '日本',
    'か',
    '한',
    'ก',
    'हि',
    'ال',
    '\u0301',
    '𝒳',
    '😀',
    '👩‍👩‍👧',
    '\ud800',
    '\udc00',
    '・',
  ],
  ...[
    'com',
    'co.uk',
    'example.com',
    'http://',
    'https://',
    'HTTP://',
    't.co/abc',
    'www.',
    'xn--',
    '.jp',
    '.みんな',
    '日本.com',
  ],
  ...[
    'AAPL',
    'BRK.B',
    'user_name',
    'list-name',
    'hashtag',
    '100',
    'a-a-a',
    'path/(x)',
    '%20',
    '#frag',
    '?q=1&b=2',
  ],
];

test('finds what twitter-text finds in the whole text, with positions in code points', () => {
  const text = fc
    .array(fc.constantFrom(...PIECES), { maxLength: 30, size: 'max' })
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (one) => {
      assert.deepEqual(flat(extractEntities(one)), byLibrary(one));
    }),
    { numRuns: 4_000 },
  );
});

test('finds the same when the text is so long that it is read word by word', () => {
  const text = fc
    .array(fc.constantFrom(...PIECES), { maxLength: 30, size: 'max' })
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const filler = ' word'.repeat(RUN_LENGTH_MAX / 5);
      const one = `${before}${filler} ${after}`;
      assert.deepEqual(flat(extractEntities(one)), byLibrary(one));
    }),
    { numRuns: 500 },
  );
});

test('finds the same in any text at all', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (one) => {
      assert.deepEqual(flat(extractEntities(one)), byLibrary(one));
    }),
    { numRuns: 1_000 },
  );
});

test('every position points at the entity in the text', () => {
  const text =
    '👋 @Ana_1, #日本 and $BRK.B: 👩‍👩‍👧 https://www.example.com/a/very/long/path?x=1 RT:@bob @team/list #𝒳yz';
  const points = [...text];
  const slice = ({ start, end }: { start: number; end: number }) => points.slice(start, end).join('');
  const { hashtags, cashtags, mentions, urls } = extractEntities(text);
  assert.deepEqual(hashtags?.map(slice), ['#日本', '#𝒳yz']);
  assert.deepEqual(cashtags?.map(slice), ['$BRK.B']);
  assert.deepEqual(mentions?.map(slice), ['@Ana_1', '@bob']);
  assert.deepEqual(urls?.map(slice), ['https://www.example.com/a/very/long/path?x=1']);
});

test('kinds that are not there are left out, and plain text has none', () => {
  assert.deepEqual(extractEntities('Just words. And more... 3.50 and e.g.'), {});
  assert.deepEqual(Object.keys(extractEntities('#one')), ['hashtags']);
});

test('an entity that a cut could have halved is left out, the others stay', () => {
  const filler = 'か'.repeat(RUN_LENGTH_MAX - 4);
  assert.deepEqual(flat(extractEntities(`${filler}#abcdefg`)), []);
  assert.deepEqual(flat(extractEntities(`#b。${filler}`)), [[0, 2, 'b']]);
  const longUrl = `http://example.com/${'a'.repeat(RUN_LENGTH_MAX)}`;
  assert.deepEqual(flat(extractEntities(`${longUrl} #c`)), [[longUrl.length + 1, longUrl.length + 3, 'c']]);
  const pair = `${'か'.repeat(RUN_LENGTH_MAX - 1)}😀 #d`;
  assert.equal(flat(extractEntities(pair))[0]?.[2], 'd');
});

test('only so much of a text is searched for links, and only so many entities are kept', () => {
  const word = `${'a'.repeat(59)}.com `;
  const links = extractEntities(word.repeat(300)).urls?.length ?? 0;
  assert.ok(Math.abs(links - LINKS_READ_MAX / word.length) <= 1, `${links} links`);
  assert.equal(extractEntities('#a '.repeat(5_000)).hashtags?.length, ENTITIES_MAX);
});

test('links are shown as X shows them', () => {
  // From the responses printed in X's public API documentation.
  const shown: [string, string][] = [
    [
      'https://developer.twitter.com/en/docs/twitter-api/early-access',
      'developer.twitter.com/en/docs/twitte…',
    ],
    [
      'https://blog.twitter.com/developer/en_us/topics/tools/2020/introducing',
      'blog.twitter.com/developer/en_u…',
    ],
    ['https://www.youtube.com/watch?v=Uz8MMZ3jPeA', 'youtube.com/watch?v=Uz8MMZ…'],
    ['http://twitter.com/', 'twitter.com'],
    ['https://t.co', 't.co'],
    ['example.com/abc', 'example.com/abc'],
  ];
  for (const [url, displayUrl] of shown) assert.equal(describeUrl(url).displayUrl, displayUrl);
  assert.equal(describeUrl('example.com/abc').expandedUrl, 'http://example.com/abc');
  assert.equal(describeUrl('HTTPS://Example.com').expandedUrl, 'HTTPS://Example.com');
});
