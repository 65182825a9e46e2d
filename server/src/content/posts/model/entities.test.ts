import assert from 'node:assert/strict';
import { test } from 'node:test';
import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import tlds from 'tlds' with { type: 'json' };
import twitterText from 'twitter-text';
import { runs } from '#test/runs';
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

/** What the library finds, with the three differences that entities.ts names. */
function byLibraryHere(text: string): Flat {
  let offset = 0;
  return text.split(/(?<=[A-Za-z0-9])(?=https?:\/\/)/i).flatMap((piece): Flat => {
    const before = offset;
    offset += [...piece].length;
    return byLibrary(piece).flatMap(([start, end, what]): Flat => {
      const written = [...piece].slice(start, end).join('');
      if (/^[@＠]/.test(written)) {
        const name = /^[A-Za-z0-9_]*/.exec([...piece].slice(start + 1).join(''))![0];
        return name.length > 64 ? [] : [[before + start, before + start + 1 + name.length, name]];
      }
      const isLink = !/^(?:[#＃$]|https?:)/i.test(written);
      const level = /^[^/?#:]*\.([^/?#:.]+)/.exec(what)?.[1] ?? '';
      if (isLink && !tlds.includes(domainToUnicode(level))) return [];
      return [[before + start, before + end, what]];
    });
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
    'boots.off',
    'up.got',
    'xn--p1ai',
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
      assert.deepEqual(flat(extractEntities(one)), byLibraryHere(one));
    }),
    { numRuns: runs(4_000) },
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
      assert.deepEqual(flat(extractEntities(one)), byLibraryHere(one));
    }),
    { numRuns: runs(500) },
  );
});

test('finds the same in any text at all', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (one) => {
      assert.deepEqual(flat(extractEntities(one)), byLibraryHere(one));
    }),
    { numRuns: runs(1_000) },
  );
});

test('a link that is glued to a word is one, and what only looks like a link is none', () => {
  const found = (text: string) => {
    const { urls = [], hashtags = [], mentions = [] } = extractEntities(text);
    return [
      ...urls.map(({ url }) => url),
      ...hashtags.map(({ tag }) => `#${tag}`),
      ...mentions.map((one) => `@${one.username}`),
    ];
  };
  assert.deepEqual(found('wordhttps://t.co/a1 and'), ['https://t.co/a1']);
  assert.deepEqual(found('👋1HTTP://example.com/a.'), ['HTTP://example.com/a']);
  assert.deepEqual(found('https://t.co/ahttps://t.co/b'), ['https://t.co/a', 'https://t.co/b']);
  assert.deepEqual(found('#taghttps://t.co/b @anahttp://t.co/c'), [
    'https://t.co/b',
    'http://t.co/c',
    '#tag',
    '@ana',
  ]);
  assert.deepEqual(found('https://web.archive.org/web/1/https://example.com/'), [
    'https://web.archive.org/web/1/https://example.com/',
  ]);
  assert.deepEqual(found('put your boots on.then take it.off and shut up.got it.duck'), ['up.got']);
  assert.deepEqual(found('xn--d1abbgf6aiiy.xn--p1ai https://a.duck'), [
    'xn--d1abbgf6aiiy.xn--p1ai',
    'https://a.duck',
  ]);
});

test('a name may be as long as other networks make them', () => {
  const name = 'ana_social_example_of_a_network';
  assert.deepEqual(extractEntities(`😀 @${name}, hi`).mentions, [
    { start: 2, end: 3 + name.length, username: name },
  ]);
  assert.equal(extractEntities(`@${'a'.repeat(64)}`).mentions?.[0]?.username.length, 64);
  assert.deepEqual(extractEntities(`@${'a'.repeat(65)}`), {});
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
