import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeId } from '#kernel';
import { type Change, extractEntities } from '#posts';
import { runs } from '#test/runs';
import { takeRecord } from './record.ts';
import { NOW, testGround } from './testing/source-cases.ts';
import { BadRecord } from './value.ts';

const reading = { now: NOW, entitiesOf: extractEntities };
const id = (msAgo: number) => makeId(NOW - msAgo, 3);

function take(value: unknown): { changes: Change[]; reasons: string[] } {
  const changes: Change[] = [];
  const reasons: string[] = [];
  try {
    takeRecord(
      value,
      reading,
      (change) => changes.push(change),
      (reason) => reasons.push(reason),
    );
  } catch (error) {
    if (!(error instanceof BadRecord)) throw error;
    reasons.push(error.message);
  }
  return { changes, reasons };
}

/** One object of every shape with every field that is read, all of them right. */
const media = {
  media_key: '3_1',
  type: 'photo',
  url: 'https://m.example.com/1.jpg',
  alt_text: 'a',
  width: 2,
  height: 2,
  public_metrics: { view_count: 4 },
  variants: [{ bit_rate: 8, content_type: 'video/mp4', url: 'u' }],
};
const entities = {
  hashtags: [{ start: 0, end: 2, tag: 'a' }],
  cashtags: [{ start: 0, end: 2, tag: 'B' }],
  mentions: [{ start: 0, end: 2, username: 'ana', id: '7' }],
  urls: [
    {
      start: 0,
      end: 2,
      url: 'https://t.co/a',
      expanded_url: 'https://example.com',
      display_url: 'example.com',
      title: 't',
      status: 200,
      images: [{ url: 'i', width: 1, height: 1 }],
    },
  ],
  annotations: [{ start: 0, end: 1, probability: 0.4, type: 'Place', normalized_text: 'x' }],
};
const post = {
  id: id(60_000),
  text: 'hello #a',
  author_id: '7',
  created_at: new Date(NOW - 60_000).toISOString(),
  lang: 'en',
  conversation_id: id(90_000),
  in_reply_to_user_id: '8',
  referenced_tweets: [{ type: 'replied_to', id: id(90_000) }],
  source: 'App',
  possibly_sensitive: false,
  reply_settings: 'everyone',
  public_metrics: {
    retweet_count: 1,
    reply_count: 2,
    like_count: 3,
    quote_count: 4,
    bookmark_count: 5,
    impression_count: 6,
  },
  entities,
  context_annotations: [
    { domain: { id: '47', name: 'Brand', description: 'd' }, entity: { id: '1', name: 'e' } },
  ],
  geo: { place_id: 'p1', coordinates: { type: 'Point', coordinates: [106.8, -6.2] } },
  attachments: { media_keys: ['3_1'], poll_ids: ['55'] },
  note_tweet: { text: 'longer', entities },
  display_text_range: [0, 5],
  card_uri: 'card://1',
  community_id: '12',
  edit_history_tweet_ids: [id(60_000)],
  withheld: { copyright: false, country_codes: ['DE'], scope: 'tweet' },
};
const person = {
  id: '7',
  username: 'ana',
  name: 'Ana',
  created_at: '2015-01-02T03:04:05.000Z',
  description: 'd',
  location: 'l',
  url: 'https://t.co/u',
  profile_image_url: 'https://x/p.png',
  verified: true,
  verified_type: 'blue',
  protected: false,
  public_metrics: {
    followers_count: 1,
    following_count: 2,
    tweet_count: 3,
    listed_count: 4,
    like_count: 5,
    media_count: 6,
  },
  entities: { url: { urls: entities.urls }, description: entities },
  pinned_tweet_id: id(60_000),
  withheld: { country_codes: ['FR'] },
  affiliation: { user_id: ['9'], badge_url: 'b', description: 'd', url: 'u' },
  parody: true,
  state: 'active',
  preferences: { search: true, ai_training: false, redistribution: true },
};
const poll = {
  id: '55',
  options: [{ position: 1, label: 'a', votes: 1 }],
  duration_minutes: 5,
  end_datetime: '2024-04-01T00:00:00.000Z',
  voting_status: 'closed',
};
const place = {
  id: 'p1',
  full_name: 'F, C',
  name: 'F',
  country: 'C',
  country_code: 'CC',
  place_type: 'city',
  geo: { type: 'Feature', bbox: [1, 2, 3, 4] },
  contained_within: ['p0'],
};
const page = {
  data: [post],
  includes: {
    users: [person],
    media: [media],
    polls: [poll],
    places: [place],
    tweets: [{ ...post, id: id(1), edit_history_tweet_ids: undefined, created_at: undefined }],
  },
  meta: { result_count: 1 },
};
const v1 = {
  id_str: id(5_000),
  full_text: 'old RT',
  created_at: 'Wed May 01 11:59:55 +0000 2024',
  user: {
    id_str: '9',
    screen_name: 'old',
    name: 'Old',
    followers_count: 3,
    friends_count: 1,
    statuses_count: 2,
    listed_count: 0,
    created_at: 'Wed Oct 10 20:19:24 +0000 2018',
    verified: false,
  },
  entities: {
    hashtags: [{ text: 'x', indices: [0, 2] }],
    symbols: [],
    user_mentions: [{ screen_name: 'b', id_str: '5', indices: ['0', '2'] }],
    urls: [{ url: 'u', expanded_url: 'e', display_url: 'd', indices: [0, 1] }],
  },
  extended_entities: {
    media: [
      {
        id_str: '77',
        type: 'video',
        media_url_https: 'm',
        url: 'u',
        indices: [0, 1],
        sizes: { large: { w: 1, h: 2 } },
        video_info: { duration_millis: 9, variants: [{ bitrate: 1, content_type: 'c', url: 'u' }] },
      },
    ],
  },
  favorite_count: '5',
  retweet_count: 2,
  in_reply_to_status_id_str: id(90_000),
  coordinates: { type: 'Point', coordinates: [1, 2] },
  place: {
    id: 'p2',
    full_name: 'G',
    bounding_box: {
      coordinates: [
        [
          [1, 2],
          [3, 4],
        ],
      ],
    },
  },
  retweeted_status: { id_str: id(8_000), text: 'inner', user: { id_str: '10', screen_name: 'in' } },
  lang: 'en',
  source: '<a href="https://x">Client</a>',
};
const shapes = [
  post,
  person,
  media,
  poll,
  place,
  page,
  v1,
  { op: 'edit', previous_id: '1', post },
  { op: 'preferences', id: '7', search: false },
  [post, person],
];

test('every shape with all its fields is taken whole', async (t) => {
  const ground = testGround(t);
  for (const shape of shapes.slice(0, 7)) {
    const { changes, reasons } = take(shape);
    assert.deepEqual(reasons, []);
    const outcomes = await ground.writer.apply(changes);
    assert.deepEqual(
      outcomes.filter((one) => one.status === 'refused'),
      [],
      JSON.stringify(shape).slice(0, 60),
    );
  }
  const [stored] = ground.reader.posts([post.id]);
  assert.ok(stored && stored !== 'deleted');
  assert.deepEqual(stored.entities.urls?.[0], {
    start: 0,
    end: 2,
    url: 'https://t.co/a',
    expandedUrl: 'https://example.com',
    displayUrl: 'example.com',
    title: 't',
    status: 200,
    images: [{ url: 'i', width: 1, height: 1 }],
  });
  assert.deepEqual(stored.geo, { placeId: 'p1', coordinates: [106.8, -6.2] });
  assert.deepEqual(stored.metrics, {
    reposts: 1,
    replies: 2,
    likes: 3,
    quotes: 4,
    bookmarks: 5,
    impressions: 6,
  });
  const [ana] = ground.reader.people(['7']);
  assert.deepEqual(
    [ana?.verifiedType, ana?.preferences.aiTraining, ana?.metrics.media, ana?.affiliation?.personIds],
    ['blue', false, 6, ['9']],
  );
  assert.equal(ground.reader.media(['7_77'])[0]?.variants?.[0]?.bitRate, 1);
  assert.deepEqual(ground.reader.places(['p2'])[0]?.geo?.bbox, [1, 2, 3, 4]);
  const [old] = ground.reader.posts([v1.id_str]);
  assert.ok(old && old !== 'deleted');
  assert.deepEqual([old.source, old.metrics.likes, old.references[0]?.type], ['Client', 5, 'retweeted']);
});

test('a thin v1.1 object, as collectors keep them, wipes nothing that a full one brought', async (t) => {
  const ground = testGround(t);
  const full = {
    ...v1,
    retweeted_status: undefined,
    possibly_sensitive: true,
    user: { ...v1.user, description: 'd', location: 'l', url: 'https://u', profile_banner_url: 'https://b' },
  };
  const thin = { id_str: v1.id_str, full_text: v1.full_text, user: { id_str: '9', screen_name: 'old' } };
  const read = () => [...ground.reader.posts([v1.id_str]), ...ground.reader.people(['9'])];
  await ground.writer.apply(take(full).changes);
  const before = read();
  const outcomes = await ground.writer.apply(
    take({ ...thin, in_reply_to_status_id_str: id(90_000) }).changes,
  );
  assert.deepEqual(read(), before);
  assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set(['unchanged']));
});

test('a person with some counts, none, or null for one, keeps the others that a fuller object brought', async (t) => {
  const ground = testGround(t);
  const counts = { followers_count: 1, following_count: 2, tweet_count: 3, listed_count: 4, like_count: 5 };
  const apply = (value: object) => ground.writer.apply(take(value).changes);
  const metrics = () => ground.reader.people(['7'])[0]?.metrics;
  const base = { id: '7', username: 'ana' };
  await apply({ ...base, public_metrics: { ...counts, media_count: 6 } });
  const full = { followers: 1, following: 2, posts: 3, listed: 4, likes: 5, media: 6 };
  assert.deepEqual(metrics(), full);
  for (const public_metrics of [
    { followers_count: 9, listed_count: null },
    { post_count: 3 },
    {},
    null,
    undefined,
  ])
    await apply({ ...base, ...(public_metrics !== undefined && { public_metrics }) });
  assert.deepEqual(metrics(), { ...full, followers: 9 });
  // The same of X's older form, which never tells likes and media.
  await apply({ id_str: '7', screen_name: 'ana', followers_count: 12, listed_count: null });
  assert.deepEqual(metrics(), { ...full, followers: 12 });
});

test('a flattened post brings the author and the media that its collector put into it', () => {
  const { changes, reasons } = take({
    ...post,
    author: person,
    attachments: { media_keys: ['3_1'], media: [media] },
  });
  assert.deepEqual(reasons, []);
  assert.deepEqual(
    changes.map((one) => one.kind),
    ['person', 'media', 'post'],
  );
});

test('nonsense in any field of any shape is refused with a reason, and never breaks the parser or the store', async (t) => {
  const ground = testGround(t);
  const nonsense = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(null, '', -1, 1e300, '9'.repeat(30), [[]], { __proto__: 1 }, '\ud800', [null]),
  );
  const spoiled = fc
    .tuple(fc.constantFrom(...shapes), fc.array(fc.tuple(fc.nat(), nonsense), { minLength: 1, maxLength: 3 }))
    .map(([shape, changes]) => {
      const copy = structuredClone(shape) as unknown;
      for (const [place, value] of changes) spoil(copy, place, structuredClone(value));
      return copy;
    });
  await fc.assert(
    fc.asyncProperty(spoiled, async (value) => {
      const { changes, reasons } = take(value);
      for (const reason of reasons) assert.ok(reason.length > 5 && reason.length < 400, reason);
      const outcomes = await ground.writer.apply(changes);
      assert.equal(outcomes.length, changes.length);
    }),
    { numRuns: runs(1_500) },
  );
});

/** Puts a value at the n-th place of a tree. */
function spoil(tree: unknown, place: number, value: unknown): void {
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown) => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(tree);
  const [node, key] = places[place % places.length]!;
  node[key] = value;
}

test('values nested a hundred thousand deep are refused, whatever they pretend to be', () => {
  const deep = (open: string, close: string): unknown =>
    JSON.parse(open.repeat(100_000) + close.repeat(100_000));
  const list = deep('[', ']');
  const carried = JSON.parse(`${'{"retweeted_status":'.repeat(50_000)}{}${'}'.repeat(50_000)}`) as object;
  for (const value of [
    list,
    { data: list },
    { id: list, text: 'x' },
    { ...post, entities: { urls: list } },
    { ...post, geo: list },
    { id_str: '1', text: 'x', ...carried },
  ]) {
    const { changes, reasons } = take(value);
    assert.deepEqual(
      changes.filter((one) => one.kind !== 'person'),
      [],
    );
    assert.ok(reasons.length > 0);
  }
});
