import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import type { Person, Post } from '../index.ts';
import { aPerson, aPost } from '../testing/world.ts';
import { decodePerson, decodePost, encodePerson, encodePost } from './codec.ts';

const id = fc.bigInt(1n, (1n << 63n) - 1n).map(String);
const count = fc.nat();
const text = fc.string({ unit: 'binary', maxLength: 40 });
const span = { start: fc.nat(300), end: fc.nat(300) };
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });

const post: fc.Arbitrary<Post> = fc
  .record({
    id,
    authorId: id,
    createdAt: fc.nat(4e12),
    text,
    lang: fc.constantFrom('en', 'und'),
    conversationId: id,
    inReplyToPersonId: optional(id),
    references: fc.array(fc.record({ type: fc.constantFrom('replied_to', 'quoted', 'retweeted'), id }), {
      maxLength: 3,
    }),
    source: optional(text),
    sensitive: fc.boolean(),
    replySettings: optional(fc.constantFrom('everyone', 'following')),
    metrics: fc.record({
      reposts: count,
      replies: count,
      likes: count,
      quotes: count,
      bookmarks: count,
      impressions: count,
    }),
    entities: fc.record(
      { hashtags: fc.array(fc.record({ ...span, tag: text }), { minLength: 1 }) },
      { requiredKeys: [] },
    ),
    geo: optional(fc.record({ placeId: text })),
    mediaKeys: optional(fc.array(text)),
    pollIds: optional(fc.array(id)),
    longText: optional(fc.record({ text })),
    displayTextRange: optional(fc.constant<[number, number]>([0, 5])),
    cardUri: optional(text),
    communityId: optional(id),
    withheld: optional(fc.record({ copyright: fc.boolean(), countryCodes: fc.array(text) })),
    nullcast: optional(fc.constant(true)),
  })
  .map((fields) => ({ ...fields, editHistory: [fields.id] }) as Post);

/** As JSON knows it: no keys with undefined. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test('a post comes back as it went in, and encodes to the same text again', () => {
  fc.assert(
    fc.property(post, (one) => {
      const doc = encodePost(one);
      const back = decodePost(one.id, one.authorId, doc, one.editHistory);
      assert.deepEqual(plain(back), plain(one));
      assert.equal(encodePost(back), doc);
    }),
    { numRuns: runs(500) },
  );
});

test('every field of a post and of a person is kept', () => {
  // A field that is added to a type and forgotten here would be lost in silence: these name them all.
  const whole: Required<Post> = {
    ...aPost('1'),
    inReplyToPersonId: '2',
    source: 's',
    replySettings: 'everyone',
    contextAnnotations: [{ domain: { id: '1', name: 'd' }, entity: { id: '2', name: 'e' } }],
    geo: { placeId: 'p', coordinates: [1, 2] },
    mediaKeys: ['3_1'],
    pollIds: ['1'],
    longText: { text: 't', entities: {} },
    displayTextRange: [0, 1],
    cardUri: 'c',
    communityId: '5',
    withheld: { copyright: true, countryCodes: ['DE'], scope: 'tweet' },
    nullcast: true,
  };
  assert.deepEqual(decodePost('1', '101', encodePost(whole), ['1']), whole);
  const person: Required<Person> = {
    ...aPerson('101'),
    createdAt: 1,
    location: 'l',
    url: 'u',
    profileImageUrl: 'i',
    profileBannerUrl: 'b',
    entities: { description: {} },
    pinnedPostId: '1',
    mostRecentPostId: '2',
    withheld: { countryCodes: ['DE'] },
    affiliation: { badgeUrl: 'b' },
    parody: true,
  };
  assert.deepEqual(decodePerson(encodePerson(person)), person);
});
