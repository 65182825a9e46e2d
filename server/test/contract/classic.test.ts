import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeId } from '#kernel';
import type { Change, Person, Post } from '#posts';
import { runs } from '#test/runs';
import type { NewsPost } from '#webhooks';
import { takeV1Post } from '../../src/content/sources/x/v1.ts';
import { accountActivity } from '../../src/surface/x/webhook/activity.ts';
import { WORLD_START as WORLD_START_MS } from '../world.ts';
import { type Json, person, post } from './api.ts';

const count = fc.nat(1_000_000);
const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .filter((text) => text.isWellFormed() && text.trim() !== '');
const name = fc.stringMatching(/^[A-Za-z0-9_]{1,15}$/);
const span = fc
  .tuple(fc.nat(50), fc.integer({ min: 1, max: 20 }))
  .map(([start, length]) => ({ start, end: start + length }));
const idOf = fc.nat(1_000_000).map((ago) => makeId(WORLD_START_MS - ago * 1_000, ago));
const personId = fc.nat(1_000_000_000).map((id) => String(id + 1));

const author = fc
  .record({
    id: personId,
    username: name,
    name: word,
    description: fc.oneof(fc.constant(''), word),
    protected: fc.boolean(),
    location: fc.option(word, { nil: undefined }),
    createdAt: fc.integer({ min: 1_150_000_000, max: 1_700_000_000 }).map((seconds) => seconds * 1_000),
    metrics: fc
      .tuple(count, count, count, count)
      .map(([followers, following, posts, listed]) => ({ followers, following, posts, listed })),
  })
  .map(({ id, ...fields }) => person(id, fields).person);

/** @param since seconds by which it is at least older than the world: two posts never have one id. */
const written = (references: Post['references'], since: number) =>
  fc
    .record({
      ago: fc.nat(1_000_000),
      author,
      text: word,
      lang: fc.constantFrom('en', 'ja', 'und'),
      sensitive: fc.boolean(),
      source: fc.option(fc.constant('Parley Web'), { nil: undefined }),
      metrics: fc.record({ reposts: count, replies: count, likes: count, quotes: count }),
      hashtags: fc.array(fc.record({ at: span, tag: name }), { maxLength: 2 }),
      mentions: fc.array(fc.record({ at: span, username: name, id: personId }), { maxLength: 2 }),
      answered: fc.option(fc.tuple(idOf, personId), { nil: undefined }),
    })
    .map(({ ago: more, author, hashtags, mentions, answered: reply, metrics, ...fields }): NewsPost => {
      const ago = since + more;
      // What repeats another post answers none.
      const answered = references.some(({ type }) => type === 'retweeted') ? undefined : reply;
      const id = makeId(WORLD_START_MS - ago * 1_000, 0);
      const entities = {
        ...(hashtags.length > 0 ? { hashtags: hashtags.map(({ at, tag }) => ({ ...at, tag })) } : {}),
        ...(mentions.length > 0 ? { mentions: mentions.map(({ at, ...one }) => ({ ...at, ...one })) } : {}),
      };
      const { post: made } = post(ago, {
        ...fields,
        id,
        authorId: author.id,
        entities,
        references: [...references, ...(answered ? [{ type: 'replied_to' as const, id: answered[0] }] : [])],
        metrics: { ...metrics, bookmarks: 0, impressions: 0 },
      });
      if (answered) made.inReplyToPersonId = answered[1];
      return { post: made, author, named: new Map() };
    });

/** Who wrote both is one person, not two with one id. */
const ofOnePerson = (original: NewsPost, made: NewsPost): NewsPost =>
  original.author?.id === made.author?.id ? { ...original, author: made.author } : original;

const news = written([], 2_000_000).chain((original) =>
  fc.constantFrom('quoted' as const, 'retweeted' as const, undefined).chain((type) =>
    written(type ? [{ type, id: original.post.id }] : [], 0).map((made) => ({
      ...made,
      named: type ? new Map([[original.post.id, ofOnePerson(original, made)]]) : new Map<string, NewsPost>(),
    })),
  ),
);

/** What a reader of X's older form, written for imports by others, makes of a delivery. */
function readBack(event: Json): { posts: Map<string, Post>; people: Map<string, Person> } {
  const changes: Change[] = [];
  takeV1Post(event, { now: WORLD_START_MS, entitiesOf: () => ({}) }, (change) => changes.push(change));
  const posts = new Map<string, Post>();
  const people = new Map<string, Person>();
  for (const change of changes) {
    if (change.kind === 'post') posts.set(change.post.id, change.post as Post);
    if (change.kind === 'person') people.set(change.person.id, change.person);
  }
  return { posts, people };
}

test('a reader of X’s older form finds in a delivery what was posted, by whom, and what it carries', () => {
  fc.assert(
    fc.property(news, (given) => {
      const text = accountActivity.body({ kind: 'post', news: given, hasBlocked: false }, '1', () => true);
      const { posts, people } = readBack(JSON.parse(text).tweet_create_events[0]);
      const all = [given, ...given.named.values()];
      assert.equal(posts.size, new Set(all.map(({ post: { id } }) => id)).size);
      for (const { post: sent, author: by } of all.reverse()) {
        const found = posts.get(sent.id)!;
        for (const key of [
          'authorId',
          'text',
          'lang',
          'createdAt',
          'sensitive',
          'inReplyToPersonId',
        ] as const)
          assert.deepEqual(found[key], sent[key], `${key} in ${text}`);
        const { reposts, replies, likes, quotes } = found.metrics;
        const { bookmarks: _b, impressions: _i, ...counts } = sent.metrics;
        assert.deepEqual({ reposts, replies, likes, quotes }, counts);
        const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
        assert.deepEqual(found.references.toSorted(byId), sent.references.toSorted(byId));
        assert.deepEqual(found.entities, sent.entities);
        const told = people.get(by!.id)!;
        assert.equal(told.id, by!.id);
      }
      const told = people.get(given.author!.id)!;
      for (const key of [
        'username',
        'name',
        'description',
        'protected',
        'location',
        'createdAt',
        'metrics',
      ] as const)
        assert.deepEqual(told[key], given.author![key], key);
    }),
    { numRuns: runs(150) },
  );
});

test('what was not recorded as delivered is named by its id alone', () => {
  const quoted = { ...post(50, { id: '1000', authorId: '7' }), author: person('7').person };
  const given: NewsPost = {
    post: post(5, { id: '1001', references: [{ type: 'quoted', id: '1000' }] }).post,
    author: person('101').person,
    named: new Map([['1000', { post: quoted.post, author: quoted.author, named: new Map() }]]),
  };
  const may = (_kind: string, id: string) => id === '1001';
  const text = accountActivity.body({ kind: 'post', news: given, hasBlocked: false }, '1', may);
  const [event] = JSON.parse(text).tweet_create_events;
  assert.deepEqual(event.user, { id: 101, id_str: '101' });
  assert.deepEqual([event.quoted_status, event.quoted_status_id_str], [undefined, '1000']);
  assert.equal(text.includes('post 50'), false);
});
