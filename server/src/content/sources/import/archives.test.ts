import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { makeId, testClock } from '#kernel';
import { type Ground, NOW, testFile, testGround } from '../testing/source-cases.ts';
import { importFiles } from './import-files.ts';

const clock = testClock(NOW);
const id = (msAgo: number) => makeId(NOW - msAgo, 9);
const run = (ground: Ground, path: string) =>
  importFiles([path], { writer: ground.writer, folder: ground.folder, clock });
const assigned = (name: string, list: unknown) =>
  `window.YTD.${name}.part0 = ${JSON.stringify(list, null, 2)}`;

const LONG = `${'All of it & more, word by word. '.repeat(20)}The end.`;
const SHORT = `${LONG.slice(0, 270).replaceAll('&', '&amp;').trimEnd()}… https://t.co/abc123`;
const v1 = (msAgo: number, text: string, more: object = {}) => ({
  tweet: {
    id_str: id(msAgo),
    full_text: text,
    created_at: new Date(NOW - msAgo).toISOString(),
    entities: {},
    ...more,
  },
});
const at = (msAgo: number) => new Date(NOW - msAgo).toISOString();

/** The files of an archive of 2024, by their names in it. */
const FILES: Record<string, string> = {
  'data/account.js': assigned('account', [
    { account: { username: 'ana', accountId: '4242', email: 'a@b.c' } },
  ]),
  'data/tweets.js': assigned('tweets', [
    v1(90_000, SHORT),
    v1(80_000, 'short & whole'),
    v1(70_000, 'regretted'),
  ]),
  'data/tweets-part1.js': assigned('tweets', [v1(60_000, 'of the second part')]),
  'data/note-tweet.js': assigned('note_tweet', [
    { noteTweet: { noteTweetId: '99', createdAt: at(90_500), core: { text: LONG, urls: [], mentions: [] } } },
    { noteTweet: { noteTweetId: '98', createdAt: at(9_000_000), core: { text: `${LONG} Other.` } } },
  ]),
  'data/deleted-tweets.js': assigned('deleted_tweets', [
    v1(70_000, 'regretted', { deleted_at: at(1_000) }),
    v1(50_000, 'never was here', { deleted_at: at(1_000) }),
  ]),
  'data/like.js': assigned('like', [{ like: { tweetId: '1' } }]),
};

/** Archives of 2012 to 2018. */
const MONTHS: Record<string, string> = {
  'data/js/user_details.js': `var user_details =  ${JSON.stringify({ screen_name: 'ana', id: '4242', full_name: 'Ana A', bio: 'hi', created_at: '2009-03-05 10:00:00 +0000' })}`,
  'data/js/tweets/2024_05.js': `Grailbird.data.tweets_2024_05 = \n ${JSON.stringify([
    {
      source: '<a href="x">Web</a>',
      entities: { user_mentions: [], media: [], hashtags: [], urls: [] },
      geo: {},
      id_str: id(5_000),
      text: 'RT @bo: theirs',
      id: 5,
      created_at: '2024-05-01 11:59:55 +0000',
      user: { name: 'Ana A', screen_name: 'ana', protected: false, id_str: '4242', verified: false },
      retweeted_status: {
        id_str: id(6_000),
        text: 'theirs',
        created_at: '2024-05-01 11:59:54 +0000',
        entities: {},
        user: { name: 'Bo', screen_name: 'bo', id_str: '12' },
      },
    },
  ])}`,
  'data/js/tweets/2024_04.js': `Grailbird.data.tweets_2024_04 = \n ${JSON.stringify([
    {
      id_str: makeId(Date.UTC(2024, 3, 9, 8), 1),
      text: 'in April',
      created_at: '2024-04-09 08:00:00 +0000',
      user: { name: 'Ana A', screen_name: 'ana', id_str: '4242' },
    },
  ])}`,
};

/** A zip file by PKWARE's APPNOTE 4.3: local headers, then the central directory and its end. */
function zipOf(files: Record<string, string>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = Buffer.from(content);
    const packed = deflateRawSync(data);
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(0x800, 2);
    header.writeUInt16LE(8, 4);
    header.writeUInt32LE(crc32(data), 10);
    header.writeUInt32LE(packed.length, 14);
    header.writeUInt32LE(data.length, 18);
    header.writeUInt16LE(Buffer.byteLength(name), 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    local.push(Buffer.from('504b0304', 'hex'), header, Buffer.from(name), packed);
    central.push(Buffer.from('504b01021400', 'hex'), header, rest, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, directory, end]);
}

function unpack(ground: Ground, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(ground.folder, name, '..'), { recursive: true });
    testFile(ground, name, content);
  }
}

function textOf(ground: Ground, msAgo: number): string | undefined {
  const [post] = ground.reader.posts([id(msAgo)]);
  return post === 'deleted' ? 'deleted' : (post?.longText?.text ?? post?.text);
}

function assertWhole(ground: Ground): void {
  assert.deepEqual(
    [90_000, 80_000, 70_000, 60_000, 50_000].map((msAgo) => textOf(ground, msAgo)),
    [LONG, 'short & whole', 'deleted', 'of the second part', undefined],
  );
  const [post] = ground.reader.posts([id(90_000)]);
  assert.ok(post && post !== 'deleted');
  assert.equal(post.text, SHORT, 'what X shows of it stays');
  assert.equal(ground.reader.people(['4242'])[0]?.username, 'ana');
}

test("today's X archive is read as it was downloaded: parts, long posts, and what its owner deleted", async (t) => {
  const ground = testGround(t);
  const temporary = process.env.TMPDIR;
  process.env.TMPDIR = ground.folder;
  const result = await run(ground, testFile(ground, 'twitter.zip', zipOf(FILES)));
  if (temporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = temporary;
  assert.deepEqual([result.files[0]?.format, result.files[0]?.error, result.rejected], ['zip', undefined, 0]);
  assert.deepEqual([result.posts, result.deleted], [4, 1]);
  assertWhole(ground);
  const left = readdirSync(ground.folder).filter((name) => name.startsWith('parley-zip-'));
  assert.deepEqual(left, [], 'nothing of it stays on the disk');
});

test('the same files one by one say the same, in any order', async (t) => {
  const names = ['data/note-tweet.js', 'data/tweets-part1.js', 'data/tweets.js', 'data/deleted-tweets.js'];
  for (const order of [names, names.with(2, 'data/note-tweet.js')]) {
    const ground = testGround(t);
    unpack(ground, FILES);
    for (const name of order) {
      const result = await run(ground, join(ground.folder, name));
      assert.deepEqual([result.files[0]?.error, result.rejected], [undefined, 0], name);
    }
    assertWhole(ground);
  }
});

test("the texts of long posts alone say what is missing, and another's post is not deleted", async (t) => {
  const ground = testGround(t);
  unpack(ground, { 'note-tweet.js': FILES['data/note-tweet.js'] ?? '' });
  const alone = await run(ground, join(ground.folder, 'note-tweet.js'));
  assert.match(alone.files[0]?.error ?? '', /put tweets\.js of the archive beside it/);
  const theirs = testFile(
    ground,
    'a.jsonl',
    JSON.stringify({ id: id(70_000), text: 'theirs', author_id: '7' }),
  );
  await run(ground, theirs);
  unpack(ground, FILES);
  const result = await run(ground, join(ground.folder, 'data/deleted-tweets.js'));
  assert.deepEqual([result.deleted, result.rejected], [0, 1]);
  assert.equal(textOf(ground, 70_000), 'theirs');
});

test('archives of 2012 to 2018 are read, whole or by the month, and bring nothing of others', async (t) => {
  for (const form of ['zip', 'files', 'months alone']) {
    const ground = testGround(t);
    const { 'data/js/user_details.js': _details, ...months } = MONTHS;
    if (form === 'zip') await run(ground, testFile(ground, 'a.zip', zipOf(MONTHS)));
    else {
      unpack(ground, form === 'files' ? MONTHS : months);
      for (const name of Object.keys(months)) {
        const result = await run(ground, join(ground.folder, name));
        assert.deepEqual([result.files[0]?.error, result.rejected], [undefined, 0], form);
      }
    }
    assert.equal(ground.reader.size().posts, 2, form);
    assert.deepEqual(ground.reader.posts([id(6_000)]), [undefined]);
    const [repost] = ground.reader.posts([id(5_000)]);
    assert.ok(repost && repost !== 'deleted');
    assert.deepEqual(repost.references, [{ type: 'retweeted', id: id(6_000) }]);
    const [ana] = ground.reader.people(['4242']);
    assert.deepEqual([ana?.username, ana?.name], ['ana', 'Ana A']);
    if (form !== 'months alone') assert.equal(ana?.description, 'hi');
  }
});

test('a zip without posts, one that is damaged and one that is a bomb say what they are', async (t) => {
  const ground = testGround(t);
  const whole = zipOf(FILES);
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['none.zip', zipOf({ 'a.txt': 'x' }), /zip archive without tweets\.js or outbox\.json/],
    ['cut.zip', whole.subarray(0, -30), /damaged zip archive/],
    ['bomb.zip', zipOf({ 'data/tweets.js': ' '.repeat(20_000_000) }), /holds too much/],
    ['twice.zip', zipOf({ 'a/data/tweets.js': '[]', 'b/data/tweets.js': '[]' }), /two files of one name/],
    ['up.zip', zipOf({ '../data/tweets.js': assigned('tweets', []) }), /damaged zip archive/],
  ];
  for (const [name, content, error] of cases) {
    const result = await run(ground, testFile(ground, name, content));
    assert.match(result.files[0]?.error ?? '', error, name);
  }
});
