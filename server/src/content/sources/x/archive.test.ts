import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeId, testClock } from '#kernel';
import { importFiles } from '../import/import-files.ts';
import { type Ground, NOW, testFile, testGround } from '../testing/source-cases.ts';

const clock = testClock(NOW);
const run = (ground: Ground, file: string) =>
  importFiles([file], { writer: ground.writer, folder: ground.folder, clock });
const id = (msAgo: number) => makeId(NOW - msAgo, 2);

/** The shapes of an archive of 2024, with strings where v1.1 has numbers. */
const tweets = [
  {
    tweet: {
      edit_info: {
        initial: {
          editTweetIds: [id(10_000)],
          editableUntil: '2024-05-01T13:00:00.000Z',
          editsRemaining: '5',
          isEditEligible: true,
        },
      },
      retweeted: false,
      source: '<a href="http://twitter.com/download/android" rel="nofollow">Twitter for Android</a>',
      entities: {
        hashtags: [{ text: 'kopi', indices: ['6', '11'] }],
        symbols: [],
        user_mentions: [{ name: 'Bo', screen_name: 'bo', indices: ['0', '3'], id_str: '12', id: '12' }],
        urls: [],
        media: [
          {
            expanded_url: 'e',
            indices: ['12', '35'],
            url: 'https://t.co/x',
            media_url: 'http://p/x.jpg',
            id_str: '555',
            id: '555',
            media_url_https: 'https://p/x.jpg',
            sizes: { large: { w: '10', h: '20', resize: 'fit' } },
            type: 'photo',
            display_url: 'd',
          },
        ],
      },
      display_text_range: ['0', '11'],
      favorite_count: '3',
      in_reply_to_status_id_str: id(20_000),
      id_str: id(10_000),
      in_reply_to_user_id: '12',
      truncated: false,
      retweet_count: '1',
      id: id(10_000),
      in_reply_to_status_id: id(20_000),
      possibly_sensitive: false,
      created_at: 'Wed May 01 11:59:50 +0000 2024',
      favorited: false,
      full_text: '@bo ok #kopi https://t.co/x',
      lang: 'in',
      in_reply_to_screen_name: 'bo',
      in_reply_to_user_id_str: '12',
    },
  },
  {
    tweet: {
      id_str: '1234567',
      full_text: 'before snowflakes',
      created_at: 'Tue Nov 13 08:00:00 +0000 2007',
      favorite_count: '0',
      retweet_count: '0',
      lang: 'en',
      entities: { hashtags: [], symbols: [], user_mentions: [], urls: [] },
    },
  },
  {
    tweet: {
      id_str: id(1_000),
      full_text: 'wrong day',
      created_at: 'Wed May 01 11:59:50 +0000 2019',
      entities: {},
    },
  },
];

test('tweets.js takes its author from account.js and profile.js beside it, and nothing private from them', async (t) => {
  const ground = testGround(t);
  testFile(
    ground,
    'account.js',
    'window.YTD.account.part0 = [ { "account" : { "email" : "secret@example.com", "createdVia" : "web", "username" : "ana", "accountId" : "4242", "createdAt" : "2009-03-05T10:00:00.000Z", "accountDisplayName" : "Ana" } } ]',
  );
  testFile(
    ground,
    'profile.js',
    'window.YTD.profile.part0 = [ { "profile" : { "description" : { "bio" : "hello", "website" : "https://t.co/w", "location" : "Solo" }, "avatarMediaUrl" : "https://p/a.jpg" } } ]',
  );
  const path = testFile(
    ground,
    'tweets.js',
    `window.YTD.tweets.part0 = ${JSON.stringify(tweets, null, 2)};\n`,
  );
  const result = await run(ground, path);
  assert.deepEqual(
    [result.files[0]?.format, result.files[0]?.error, result.posts, result.people, result.rejected],
    ['x-archive', undefined, 2, 1, 1],
  );
  const [ana] = ground.reader.people(['4242']);
  assert.deepEqual(
    [ana?.username, ana?.name, ana?.description, ana?.location, ana?.createdAt],
    ['ana', 'Ana', 'hello', 'Solo', Date.UTC(2009, 2, 5, 10)],
  );
  assert.equal(JSON.stringify(ana).includes('secret'), false);
  const [post, old] = ground.reader.posts([id(10_000), '1234567']);
  assert.ok(post && post !== 'deleted' && old && old !== 'deleted');
  assert.deepEqual(
    [post.authorId, post.lang, post.metrics.likes, post.source, post.createdAt],
    ['4242', 'in', 3, 'Twitter for Android', NOW - 10_000],
  );
  assert.deepEqual(post.references, [{ type: 'replied_to', id: id(20_000) }]);
  assert.deepEqual(post.entities.hashtags, [{ start: 6, end: 11, tag: 'kopi' }]);
  assert.deepEqual(post.entities.mentions, [{ start: 0, end: 3, username: 'bo', id: '12' }]);
  assert.deepEqual([post.mediaKeys, ground.reader.media(['3_555'])[0]?.height], [['3_555'], 20]);
  assert.equal(old.createdAt, Date.UTC(2007, 10, 13, 8));
  assert.equal((await run(ground, path)).unchanged, 4);
});

test('without account.js nothing is guessed: the error says what to put beside it', async (t) => {
  const ground = testGround(t);
  const result = await run(
    ground,
    testFile(ground, 'tweets.js', `window.YTD.tweets.part0 = ${JSON.stringify(tweets)}`),
  );
  assert.match(result.files[0]?.error ?? '', /put account\.js of the archive beside it/);
  testFile(ground, 'account.js', 'module.exports = 1');
  const broken = await run(ground, `${ground.folder}/tweets.js`);
  assert.match(broken.files[0]?.error ?? '', /account\.js beside it is not a file of an X archive/);
});

test('an archive deletes, alters and claims nothing of others, whatever its lines say', async (t) => {
  const ground = testGround(t);
  const account = { account: { username: 'ana', accountId: '4242' } };
  testFile(ground, 'account.js', `window.YTD.account.part0 = [${JSON.stringify(account)}]`);
  const mine = { id: id(1), text: 'hers', author_id: '7' };
  const here = testFile(ground, 'here.ndjson', `${JSON.stringify(mine)}\n{"id":"7","username":"bo"}\n`);
  assert.equal((await run(ground, here)).rejected, 0);
  const before = ground.reader.posts([id(1)]);
  const v1 = (user: object) => ({
    tweet: { id_str: id(3), full_text: 'x', created_at: 'Wed May 01 11:59:59 +0000 2024', user },
  });
  const hostile = [
    { op: 'delete', id: id(1) },
    { op: 'delete', id: id(2) },
    { op: 'delete-person', id: '7' },
    { op: 'unprotect', id: '7' },
    { ...mine, text: 'forged' },
    { id: '7', username: 'forged' },
    v1({ id_str: '7', screen_name: 'forged' }),
    v1({ id_str: '7' }),
    { data: [{ ...mine, text: 'forged' }] },
  ];
  const own = v1({ id_str: '4242', screen_name: 'ana' });
  const list = JSON.stringify([own, ...hostile], null, 1);
  const result = await run(ground, testFile(ground, 'tweets.js', `window.YTD.tweets.part0 = ${list}`));
  assert.deepEqual([result.posts, result.deleted, result.rejected], [1, 0, hostile.length]);
  assert.deepEqual(ground.reader.posts([id(1), id(2)]), [...before, undefined]);
  assert.equal(ground.reader.people(['7'])[0]?.username, 'bo');
  const rejected = readFileSync(`${ground.folder}/tweets.js.rejected.jsonl`, 'utf8');
  assert.equal(rejected.match(/says nothing of others/g)?.length, hostile.length);
});

test("an archive's other files are told from posts", async (t) => {
  const ground = testGround(t);
  const result = await run(ground, testFile(ground, 'like.js', 'window.YTD.like.part0 = [ ]'));
  assert.match(result.files[0]?.error ?? '', /holds like, not posts/);
});
