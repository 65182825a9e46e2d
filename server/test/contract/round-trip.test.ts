import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importFiles } from '#sources';
import { apiWorld, EVERYTHING, idAgo, type Json } from './api.ts';

const iso = (seconds: number) =>
  new Date(Date.parse('2026-11-21T10:00:00.000Z') - seconds * 1000).toISOString();

/** A page in the public document's shapes, with every field that there is data for. */
const photo = {
  media_key: '3_1234',
  type: 'photo',
  url: 'https://img.example/p.jpg',
  alt_text: 'A cup on a table',
  width: 1200,
  height: 800,
};
const video = {
  media_key: '7_99',
  type: 'video',
  preview_image_url: 'https://img.example/v.jpg',
  duration_ms: 15_000,
  width: 640,
  height: 360,
  public_metrics: { view_count: 77 },
  variants: [{ bit_rate: 632_000, content_type: 'video/mp4', url: 'https://video.example/v.mp4' }],
};
const poll = {
  id: '1199',
  options: [
    { position: 1, label: 'Tea', votes: 4 },
    { position: 2, label: 'Coffee', votes: 9 },
  ],
  duration_minutes: 1440,
  end_datetime: '2026-11-22T10:00:00.000Z',
  voting_status: 'open',
};
const place = {
  id: '01a9a39529b27f36',
  full_name: 'Manhattan, NY',
  name: 'Manhattan',
  country: 'United States',
  country_code: 'US',
  place_type: 'city',
  geo: { type: 'Feature', bbox: [-74.026675, 40.683935, -73.910408, 40.877483], properties: {} },
};
const alice = {
  id: '101',
  name: 'Alice Example',
  username: 'alice_x',
  created_at: '2013-12-14T04:35:55.000Z',
  description: 'Writes about #tea at https://t.co/a',
  entities: {
    url: {
      urls: [
        {
          start: 0,
          end: 14,
          url: 'https://t.co/u',
          expanded_url: 'https://alice.example',
          display_url: 'alice.example',
        },
      ],
    },
    description: {
      hashtags: [{ start: 13, end: 17, tag: 'tea' }],
      urls: [
        {
          start: 21,
          end: 35,
          url: 'https://t.co/a',
          expanded_url: 'https://a.example',
          display_url: 'a.example',
        },
      ],
    },
  },
  location: '127.0.0.1',
  url: 'https://t.co/u',
  profile_image_url: 'https://img.example/alice.jpg',
  protected: false,
  public_metrics: {
    followers_count: 513_868,
    following_count: 2_018,
    tweet_count: 3_961,
    listed_count: 1_672,
  },
  pinned_tweet_id: idAgo(7_200),
  verified: true,
  verified_type: 'business',
};
const bob = {
  id: '102',
  name: 'Bob',
  username: 'bob',
  description: '',
  protected: false,
  public_metrics: { followers_count: 0, following_count: 0, tweet_count: 1, listed_count: 0 },
  verified: false,
  verified_type: 'none',
};
const original = {
  id: idAgo(7_200),
  text: 'Tea or coffee? #tea $TEA @bob https://t.co/x',
  edit_history_tweet_ids: [idAgo(7_200)],
  author_id: '101',
  created_at: iso(7_200),
  conversation_id: idAgo(7_200),
  attachments: { media_keys: ['3_1234', '7_99'], poll_ids: ['1199'] },
  entities: {
    annotations: [{ start: 0, end: 2, probability: 0.93, type: 'Product', normalized_text: 'Tea' }],
    cashtags: [{ start: 20, end: 24, tag: 'TEA' }],
    hashtags: [{ start: 15, end: 19, tag: 'tea' }],
    mentions: [{ start: 25, end: 29, username: 'bob', id: '102' }],
    urls: [
      {
        start: 30,
        end: 44,
        url: 'https://t.co/x',
        expanded_url: 'https://news.example/tea',
        display_url: 'news.example/tea',
        images: [{ url: 'https://img.example/n.jpg', width: 1024, height: 512 }],
        status: 200,
        title: 'Tea news',
        description: 'All about tea',
        unwound_url: 'https://news.example/tea?full',
      },
    ],
  },
  context_annotations: [
    {
      domain: { id: '45', name: 'Brand Vertical', description: 'Industries' },
      entity: { id: '781974596148793345', name: 'Drinks' },
    },
  ],
  geo: {
    place_id: '01a9a39529b27f36',
    coordinates: { type: 'Point', coordinates: [-73.99960455, 40.74168819] },
  },
  lang: 'en',
  possibly_sensitive: false,
  public_metrics: {
    retweet_count: 8,
    reply_count: 2,
    like_count: 40,
    quote_count: 1,
    bookmark_count: 3,
    impression_count: 900,
  },
  reply_settings: 'everyone',
  source: 'Web',
};
const reply = {
  id: idAgo(3_600),
  text: '@alice_x both, of course, and here is why I think so',
  edit_history_tweet_ids: [idAgo(3_600)],
  author_id: '102',
  created_at: iso(3_600),
  conversation_id: idAgo(7_200),
  in_reply_to_user_id: '101',
  referenced_tweets: [{ type: 'replied_to', id: idAgo(7_200) }],
  entities: { mentions: [{ start: 0, end: 8, username: 'alice_x', id: '101' }] },
  note_tweet: {
    text: '@alice_x both, of course, and here is why I think so, at length',
    entities: { mentions: [{ start: 0, end: 8, username: 'alice_x', id: '101' }] },
  },
  lang: 'en',
  possibly_sensitive: true,
  public_metrics: {
    retweet_count: 0,
    reply_count: 0,
    like_count: 1,
    quote_count: 0,
    bookmark_count: 0,
    impression_count: 10,
  },
  reply_settings: 'mentionedUsers',
  source: 'Phone',
};

test("a page of X's own objects comes out as it went in, every field of it", async (t) => {
  const api = await apiWorld(t);
  const file = join(api.world.dir, 'page.jsonl');
  const page = {
    data: [original, reply],
    includes: { users: [alice, bob], media: [photo, video], polls: [poll], places: [place] },
  };
  writeFileSync(file, `${JSON.stringify(page)}\n`);
  const result = await importFiles([file], {
    writer: api.world.writer,
    folder: api.world.dir,
    clock: api.world.clock,
  });
  assert.equal(result.rejected, 0, JSON.stringify(result));
  const app = await api.app();
  const { json } = await api.get(app, `/2/tweets?ids=${original.id},${reply.id}&${EVERYTHING}`);
  const without = ({ edit_controls, ...post }: Json) => {
    assert.equal(edit_controls.is_edit_eligible, true);
    return post;
  };
  assert.deepEqual(json.data.map(without), [original, reply]);
  assert.equal(json.data[0].edit_controls.editable_until, iso(7_200 - 1_800));
  assert.deepEqual(json.includes.media, [photo, video]);
  assert.deepEqual(json.includes.polls, [poll]);
  assert.deepEqual(json.includes.places, [place]);
  const byId = (id: string) => json.includes.users.find((one: Json) => one.id === id);
  const { most_recent_tweet_id, ...shown } = byId('101');
  assert.equal(most_recent_tweet_id, original.id);
  assert.deepEqual(shown, alice);
  const { most_recent_tweet_id: newest, ...other } = byId('102');
  assert.equal(newest, reply.id);
  assert.deepEqual(other, bob);
  assert.deepEqual(json.includes.tweets.map(without), [original]);
  assert.equal(json.errors, undefined);
});
