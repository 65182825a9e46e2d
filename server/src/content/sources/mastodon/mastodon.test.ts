import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { idTime, testClock } from '#kernel';
import { costOf } from '#test/cost';
import { importFiles } from '../import/import-files.ts';
import { type Ground, NOW, testFile, testGround } from '../testing/source-cases.ts';
import { textOfHtml } from './html.ts';

const clock = testClock(NOW);
const run = (ground: Ground, file: string) =>
  importFiles([file], { writer: ground.writer, folder: ground.folder, clock });
const PUBLIC = 'https://www.w3.org/ns/activitystreams#Public';
const ME = 'https://social.example/users/ana';

function create(number: number, more: object = {}, at = '2023-06-01T10:00:00Z') {
  const id = `${ME}/statuses/${number}`;
  const object = {
    id,
    type: 'Note',
    published: at,
    attributedTo: ME,
    to: [PUBLIC],
    cc: [`${ME}/followers`],
    sensitive: false,
    content: `<p>post ${number}</p>`,
    contentMap: { id: `<p>post ${number}</p>` },
    attachment: [],
    tag: [],
    ...more,
  };
  return {
    id: `${id}/activity`,
    type: 'Create',
    actor: ME,
    published: at,
    to: object.to,
    cc: object.cc,
    object,
  };
}

const outbox = (orderedItems: object[]) =>
  JSON.stringify({
    '@context': 'https://www.w3.org/ns/activitystreams',
    id: 'outbox.json',
    type: 'OrderedCollection',
    totalItems: orderedItems.length,
    orderedItems,
  });

const items = [
  create(
    3,
    {
      inReplyTo: `${ME}/statuses/1`,
      content:
        '<p><span class="h-card"><a href="https://other.example/@bo" class="u-url mention">@<span>bo</span></a></span> see <a href="https://example.com/long"><span class="invisible">https://</span><span class="ellipsis">example.com/lo</span><span class="invisible">ng</span></a> <a href="https://social.example/tags/kopi" class="mention hashtag">#<span>Kopi</span></a> &lt;3 &amp; more</p>',
      tag: [
        { type: 'Mention', href: 'https://other.example/users/bo', name: '@bo@other.example' },
        { type: 'Hashtag', href: 'x', name: '#kopi' },
      ],
    },
    '2023-06-01T11:00:00Z',
  ),
  create(1, {
    summary: 'a warning',
    sensitive: true,
    attachment: [
      { type: 'Document', mediaType: 'image/jpeg', url: '/media/1.jpg', name: 'a cat', width: 4, height: 3 },
    ],
  }),
  {
    id: `${ME}/statuses/4/activity`,
    type: 'Announce',
    actor: ME,
    published: '2023-06-02T10:00:00Z',
    to: [PUBLIC],
    object: `${ME}/statuses/1`,
  },
  {
    id: `${ME}/statuses/5/activity`,
    type: 'Announce',
    actor: ME,
    published: '2023-06-02T11:00:00Z',
    to: [PUBLIC],
    object: 'https://other.example/users/bo/statuses/9',
  },
  create(6, { to: [`${ME}/followers`], cc: [] }),
  { id: 'x', type: 'Like', actor: ME, object: 'y' },
];

test('an outbox gives posts with minted ids, replies, reposts, languages, warnings and alt texts; importing twice changes nothing', async (t) => {
  for (const [name, content] of [
    ['outbox.json', outbox(items)],
    ['pretty.json', JSON.stringify(JSON.parse(outbox(items)), null, 2)],
  ] as const) {
    const ground = testGround(t);
    const path = testFile(ground, name, content);
    const result = await run(ground, path);
    assert.deepEqual(
      [result.files[0]?.format, result.files[0]?.error, result.posts, result.people, result.rejected],
      ['mastodon', undefined, 4, 1, 2],
    );
    const [ana] = ground.reader.peopleByUsername(['ana_social_example']);
    assert.ok(ana);
    const posts = ground.reader.posts(ground.reader.timeline(ana.id, { limit: 10 }));
    const [foreign, repost, reply, first] = posts;
    assert.ok(
      first &&
        first !== 'deleted' &&
        reply &&
        reply !== 'deleted' &&
        repost &&
        repost !== 'deleted' &&
        foreign &&
        foreign !== 'deleted',
    );
    assert.equal(first.text, 'a warning\n\npost 1');
    assert.deepEqual([first.sensitive, first.lang, first.createdAt], [true, 'in', Date.UTC(2023, 5, 1, 10)]);
    for (const post of [first, reply, repost, foreign]) assert.equal(idTime(post.id), post.createdAt);
    assert.equal(ground.reader.media(first.mediaKeys ?? [])[0]?.altText, 'a cat');
    assert.equal(reply.text, '@bo see https://example.com/long #Kopi <3 & more');
    assert.deepEqual(reply.references, [{ type: 'replied_to', id: first.id }]);
    assert.deepEqual(
      reply.entities.mentions?.map((one) => one.username),
      ['bo_other_example'],
    );
    assert.deepEqual(
      reply.entities.hashtags?.map((one) => one.tag),
      ['Kopi'],
    );
    assert.equal(reply.entities.urls?.[0]?.expandedUrl, 'https://example.com/long');
    assert.deepEqual(repost.references, [{ type: 'retweeted', id: first.id }]);
    assert.equal(foreign.text, 'RT https://other.example/users/bo/statuses/9');
    assert.deepEqual(
      foreign.references.map(({ type }) => type),
      ['retweeted'],
    );
    assert.deepEqual(ground.reader.posts([foreign.references[0]!.id]), [undefined]);
    const again = await run(ground, path);
    assert.deepEqual([again.created, again.updated, again.unchanged], [0, 0, 6]);
  }
});

test('a boost has the time of the boost and is a repost, whether the post is here, comes later or never', async (t) => {
  const ground = testGround(t);
  const theirs = { id: 'https://o.example/notes/1', published: '2019-06-04T07:51:33Z' };
  const boost = (number: number, object: unknown, at: string) => ({
    id: `${ME}/statuses/${number}/activity`,
    type: 'Announce',
    actor: ME,
    published: at,
    to: [PUBLIC],
    object,
  });
  const carried = {
    ...theirs,
    type: 'Note',
    attributedTo: 'https://o.example/users/bo',
    to: [PUBLIC],
    content: 'x',
  };
  const path = testFile(
    ground,
    'outbox.json',
    outbox([
      boost(1, carried, '2023-02-05T10:00:00Z'),
      boost(
        2,
        { ...carried, id: 'https://o.example/notes/2', published: '2999-01-01T00:00:00Z' },
        '2023-02-06T10:00:00Z',
      ),
      boost(3, 'https://o.example/notes/3', '2023-02-07T10:00:00Z'),
    ]),
  );
  const result = await run(ground, path);
  assert.deepEqual([result.posts, result.rejected], [3, 0]);
  const [ana] = ground.reader.peopleByUsername(['ana_social_example']);
  const boosts = ground.reader.posts(ground.reader.timeline(ana!.id, { limit: 9 })).reverse();
  const times = ['2023-02-05', '2023-02-06', '2023-02-07'].map((day) => Date.parse(`${day}T10:00:00Z`));
  for (const [index, one] of boosts.entries()) {
    assert.ok(one && one !== 'deleted');
    assert.deepEqual([one.createdAt, idTime(one.id)], [times[index], times[index]]);
    assert.equal(one.references[0]?.type, 'retweeted');
  }
  // The boosted post comes: the boost of known time points at it already.
  const later = {
    id: `${theirs.id}/activity`,
    type: 'Create',
    actor: 'https://o.example/users/bo',
    to: [PUBLIC],
  };
  await run(ground, testFile(ground, 'bo.json', outbox([{ ...later, object: carried }])));
  const [first] = boosts;
  assert.ok(first && first !== 'deleted');
  const [original] = ground.reader.posts([first.references[0]!.id]);
  assert.ok(original && original !== 'deleted');
  assert.equal(original.createdAt, Date.parse(theirs.published));
  const again = await run(ground, path);
  assert.deepEqual([again.created, again.updated], [0, 0]);
});

test('actor.json beside the outbox tells of the author, and a wish not to be found is kept', async (t) => {
  const ground = testGround(t);
  testFile(
    ground,
    'actor.json',
    JSON.stringify({
      id: ME,
      type: 'Person',
      preferredUsername: 'ana',
      name: 'Ana A.',
      summary: '<p>tea &amp; <b>bikes</b></p>',
      url: 'https://social.example/@ana',
      published: '2020-01-01T00:00:00Z',
      indexable: false,
    }),
  );
  await run(ground, testFile(ground, 'outbox.json', outbox(items)));
  const [ana] = ground.reader.peopleByUsername(['ana_social_example']);
  assert.deepEqual([ana?.name, ana?.description, ana?.preferences.search], ['Ana A.', 'tea & bikes', false]);
});

test('two posts of one moment and one hash are told apart, and each keeps its id', async (t) => {
  const ground = testGround(t);
  const many = Array.from({ length: 3_000 }, (_, number) => create(number + 100));
  const result = await run(ground, testFile(ground, 'o.json', outbox(many)));
  assert.equal(result.created, 3_001);
  assert.equal(ground.reader.size().posts, 3_000);
});

test('HTML becomes the text that a reader sees, and no markup survives', () => {
  const cases: [string, string][] = [
    ['<p>one<br>two<br />three</p><p>four</p>', 'one\ntwo\nthree\n\nfour'],
    ['a &lt;script&gt; is text', 'a <script> is text'],
    ['<script>alert(1)</script>hi<style>p{}</style>', 'hi'],
    ['<img src=x onerror="alert(\'>\')">after', 'after'],
    ['1 < 2 && 3 > 2', '1 < 2 && 3 > 2'],
    ['<!-- <p>no</p> -->yes', 'yes'],
    ['&#x1F600;&#128512;&nbsp;&hellip;&unknown;&#0;&#xD800;', '😀😀\u00a0…&unknown;\ufffd\ufffd'],
    ['<ul><li>a</li><li>b</li></ul>', 'a\nb'],
    ['<a href="unclosed', ''],
    ['<script>never closed', ''],
  ];
  for (const [html, text] of cases) assert.equal(textOfHtml(html), text, html);
});

test('escaped text comes back as it was, whatever it holds', () => {
  const escaped = (text: string) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '"', ';', '😀', 'amp', 'script', '/', '#x41') }),
      (text) => {
        assert.equal(textOfHtml(`<p>${escaped(text)}</p>`), text.trim());
      },
    ),
  );
});

test('hostile HTML is read in time that grows with its length only', async () => {
  const cost = await costOf(() => {
    for (const piece of ['<script></script>', '<a "', '<', '<p>', '&#', '<!--', '</', "<a '"])
      textOfHtml(piece.repeat(200_000 / piece.length));
  });
  assert.ok(cost < 2_000, `${cost} units`);
});
