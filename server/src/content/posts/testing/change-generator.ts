import fc from 'fast-check';
import type { Change } from '../model/change.ts';
import { ALL_ALLOWED, type Person } from '../model/person.ts';
import type { Post, PostInput } from '../model/post.ts';
import { RELATIONS, type RelationKind } from '../model/relation.ts';
import { aPerson, aPost, MINUTE_MS, NOW_MS, START_MS, WITHHELD } from './world.ts';

/** Random changes over a handful of posts, persons and lists, so that they meet. */
export const POST_IDS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];
export const PERSON_IDS = ['101', '102', '103'];
/** Of whom nobody tells. */
export const STRANGER = '109';
export const LIST_IDS = ['201', '202'];
export const NAMES = ['anna', 'Anna', 'berta', 'carla'];
export const MEDIA_KEYS = ['3_1', '3_2'];
const TEXTS = ['plain', 'to @anna', '#tag https://example.com', '😀 #tag'];

const postId = fc.constantFrom(...POST_IDS);
const personId = fc.constantFrom(...PERSON_IDS);
const rarely = <Value>(value: fc.Arbitrary<Value>, rest?: Value) =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(rest) }, { weight: 1, arbitrary: value });
const often = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 4 });
const withheld = fc.constantFrom(WITHHELD, { copyright: true, countryCodes: [] }, { countryCodes: [] });
const reference = fc.record({
  type: fc.constantFrom('replied_to', 'quoted', 'retweeted', 'retweeted'),
  id: postId,
});

const post: fc.Arbitrary<PostInput> = fc
  .record({
    id: postId,
    stranger: rarely(personId),
    minutes: fc.integer({ min: 0, max: 40 }),
    text: fc.constantFrom(...TEXTS),
    lang: fc.constantFrom('en', 'und'),
    conversationId: often(postId),
    inReplyToPersonId: rarely(personId),
    references: fc.oneof(
      { weight: 3, arbitrary: fc.constant([]) },
      { weight: 2, arbitrary: fc.array(reference, { maxLength: 2 }) },
    ),
    likes: fc.nat(3),
    entities: often(fc.constantFrom({}, { hashtags: [{ start: 0, end: 4, tag: 'abc' }] })),
    mediaKeys: often(fc.subarray(MEDIA_KEYS)),
    pollIds: often(fc.constant(['8'])),
    longText: rarely(fc.record({ text: fc.constantFrom(...TEXTS) })),
    geo: often(fc.constant({ placeId: 'p' })),
    withheld: rarely(withheld),
    nullcast: rarely(fc.constant(true)),
    chain: rarely(fc.subarray(POST_IDS, { maxLength: 3 })),
  })
  .map(({ stranger, minutes, likes, chain, ...fields }): PostInput => {
    const { editHistory: _h, conversationId: _c, entities: _e, ...base } = aPost(fields.id);
    // Mostly one author a few ids, so that edits and second upserts succeed.
    const authorId = stranger ?? PERSON_IDS[Math.floor((Number(fields.id) - 1) / 4)]!;
    const references = (fields.references as Post['references']).filter(({ id }) => id !== fields.id);
    const metrics = { ...base.metrics, likes };
    const history = chain && [...new Set([...chain, fields.id])].sort();
    return {
      ...base,
      ...(fields as Partial<Post>),
      authorId,
      references,
      metrics,
      createdAt: START_MS + minutes * MINUTE_MS,
      editHistory: history,
    };
  });

const preferences = fc.record({
  search: fc.boolean(),
  aiTraining: fc.boolean(),
  redistribution: fc.boolean(),
});
const state = fc.constantFrom('active', 'active', 'suspended', 'deactivated') as fc.Arbitrary<
  Person['state']
>;
const person: fc.Arbitrary<Person> = fc
  .record({
    id: personId,
    username: fc.constantFrom(...NAMES),
    verified: fc.boolean(),
    protected: rarely(fc.constant(true), false) as fc.Arbitrary<boolean>,
    state: rarely(state, 'active') as fc.Arbitrary<Person['state']>,
    withheld: rarely(withheld),
    preferences: fc.oneof({ weight: 3, arbitrary: fc.constant(ALL_ALLOWED) }, preferences),
  })
  .map((fields) => aPerson(fields.id, fields));

const at = START_MS;
const listId = fc.constantFrom(...LIST_IDS);
const anyone = fc.oneof({ weight: 9, arbitrary: personId }, { weight: 1, arbitrary: fc.constant(STRANGER) });
const relation = (kind: RelationKind): fc.Arbitrary<Change> =>
  fc.record({
    kind: fc.constantFrom('relate', 'relate', 'unrelate'),
    relation: fc.constant(kind),
    from: kind === 'list-member' ? listId : anyone,
    to: kind === 'like' || kind === 'bookmark' ? postId : /-(follow|pin)/.test(kind) ? listId : anyone,
    at: fc.constantFrom(START_MS, NOW_MS),
    counted: rarely(fc.constant(true)),
  }) as fc.Arbitrary<Change>;
export const relating: fc.Arbitrary<Change> = fc.oneof(
  { weight: 12, arbitrary: fc.oneof(...RELATIONS.map(relation), relation('follow'), relation('like')) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('list'),
      list: fc.record({
        id: listId,
        ownerId: fc.constantFrom('101', '101', '102'),
        name: fc.constantFrom('one', 'two'),
        description: fc.constant(''),
        private: fc.boolean(),
        createdAt: fc.constant(at),
      }),
      unsaid: rarely(fc.constant(['private'])),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete-list'), id: listId, at: fc.constant(at) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hide-reply'), id: postId, hidden: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('scrub-geo'),
      id: personId,
      upToPostId: postId,
      at: fc.constant(at),
    }),
  },
) as fc.Arbitrary<Change>;

export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 24, arbitrary: relating },
  {
    weight: 16,
    arbitrary: fc.record({
      kind: fc.constant('post'),
      post,
      unsaid: rarely(fc.subarray(['lang', 'metrics', 'entities', 'conversationId', 'mediaKeys', 'text'])),
      counts: rarely(fc.constant(true)),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('edit'), previousId: postId, post }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete-post'), id: postId, at: fc.constant(at) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('metrics'),
      id: postId,
      metrics: fc.record({ likes: fc.nat(3) }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('withhold-post'), id: postId, withheld: fc.option(withheld) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('person'),
      person,
      unsaid: rarely(
        fc.subarray(['state', 'preferences', 'verified', 'username', 'metrics.followers', 'metrics.listed']),
      ),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('person-state'), id: personId, state }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('protect'), id: personId, protected: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('withhold-person'),
      id: personId,
      withheld: fc.option(withheld),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('preferences'), id: personId, preferences }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('delete-person'), id: personId, at: fc.constant(at) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('media'),
      media: fc.record({ mediaKey: fc.constantFrom(...MEDIA_KEYS), type: fc.constantFrom('photo', 'video') }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('poll'),
      poll: fc.record({ id: fc.constant('8'), options: fc.constant([]) }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('place'),
      place: fc.record({ id: fc.constant('p'), fullName: fc.constantFrom('Here', 'There') }),
    }),
  },
) as fc.Arbitrary<Change>;
