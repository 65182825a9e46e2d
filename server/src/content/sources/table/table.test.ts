import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { idTime, makeId, Problem, testClock } from '#kernel';
import type { Post } from '#posts';
import { costOf } from '#test/cost';
import { importFiles } from '../import/import-files.ts';
import { type Ground, NOW, testFile, testGround } from '../testing/source-cases.ts';
import { TABLE_FIELDS } from './columns.ts';
import { FLOAT_FILE, SNAPPY_FILE, ZSTD_FILE } from './testing/parquet-samples.ts';

const clock = testClock(NOW);
const id = (msAgo: number) => makeId(NOW - msAgo, 9);
const run = (ground: Ground, files: string[], more: object = {}) =>
  importFiles(files, { writer: ground.writer, folder: ground.folder, clock, ...more });

function postOf(ground: Ground, postId: string): Post {
  const [post] = ground.reader.posts([postId]);
  assert.ok(post && post !== 'deleted', `no post ${postId}`);
  return post;
}

/** The stored post whose text begins so. */
function byText(ground: Ground, authorId: string, text: string): Post {
  const found = ground.reader
    .timeline(authorId, { limit: 100 })
    .map((one) => postOf(ground, one))
    .find((post) => post.text.startsWith(text));
  assert.ok(found, `no post "${text}"`);
  return found;
}

test('a CSV file with usual names needs no map: quotes, line breaks, commas and emoji stay as they are', async (t) => {
  const ground = testGround(t);
  const csv = `\ufeffTweet ID,Date,User ID,Text,Likes,Lang\r\n${id(60_000)},2024-05-01T11:59:00Z,77,"a ""quoted"" line,\r\nwith a break 😀 #tag",5,en\r\n${id(50_000)},2024-05-01 11:59:10,77,plain "inside" text,,\r\n`;
  const result = await run(ground, [testFile(ground, 'posts.txt', csv)]);
  assert.deepEqual([result.created, result.rejected, result.files[0]?.format], [2, 0, 'csv']);
  const post = postOf(ground, id(60_000));
  assert.equal(post.text, 'a "quoted" line,\r\nwith a break 😀 #tag');
  assert.deepEqual([post.metrics.likes, post.lang, post.entities.hashtags?.[0]?.tag], [5, 'en', 'tag']);
  assert.equal(postOf(ground, id(50_000)).text, 'plain "inside" text');
  const again = await run(ground, [testFile(ground, 'posts.txt.gz', gzipSync(csv))]);
  assert.deepEqual([again.unchanged, again.created], [2, 0]);
});

test('a map says which column is what, and an unknown field or column is told at once', async (t) => {
  const ground = testGround(t);
  const path = testFile(ground, 'a.csv', `nr;who;said;at\n${id(9_000)};77;hello;1714564791\n`);
  const map = { id: 'nr', author_id: 'who', text: 'said', created_at: 'at' };
  assert.equal((await run(ground, [path], { columnMap: map })).created, 1);
  assert.equal(postOf(ground, id(9_000)).text, 'hello');
  const missing = await run(ground, [path], { columnMap: { ...map, text: 'words' } });
  assert.match(missing.files[0]?.error ?? '', /names the column words, but the table has nr, who, said, at/);
  const none = await run(ground, [path]);
  assert.match(none.files[0]?.error ?? '', /no column of the table is known to hold the text/);
  await assert.rejects(
    run(ground, [path], { columnMap: { texxt: 'said' } }),
    (error) => error instanceof Problem && /texxt/.test(error.message),
  );
});

test('ids that were floating-point numbers are refused with the reason, in every form they take', async (t) => {
  const ground = testGround(t);
  const csv = `id,text,author_id\n1.78e18,x,1\n1.7856E+18,x,1\n1785600000000000000.0,x,1\n${id(5)},x,1.2345e+17\n12.5,x,1\n`;
  const path = testFile(ground, 'a.csv', csv);
  const result = await run(ground, [path]);
  assert.deepEqual([result.posts, result.rejected], [0, 5]);
  const reasons = readFileSync(`${path}.rejected.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    reasons.map((one) => one.line),
    [2, 3, 4, 5, 6],
  );
  for (const { reason } of reasons.slice(0, 4)) assert.match(reason, /lost digits; export ids as text/);
  const parquet = await run(ground, [testFile(ground, 'f.parquet', Buffer.from(FLOAT_FILE, 'base64'))]);
  assert.deepEqual([parquet.posts, parquet.rejected], [0, 6]);
  assert.match(readFileSync(`${ground.folder}/f.parquet.rejected.jsonl`, 'utf8'), /lost digits/);
});

test("a table's own ids get minted ones that stay: replies find their posts, even those further down", async (t) => {
  const ground = testGround(t);
  const csv =
    'id,created_at,username,text,in_reply_to_id\n7,2022-03-01 10:00:00,@ana,first,\n8,2022-03-01 10:05:00,bo b,answer,7\n9,2022-02-01,ana,early,10\n10,2022-03-05,ana,late,\n';
  const path = testFile(ground, 'own.csv', csv);
  const first = await run(ground, [path]);
  assert.deepEqual([first.posts, first.rejected], [4, 0]);
  const [ana, bob] = ground.reader.peopleByUsername(['ana', 'bo_b']);
  assert.ok(ana && bob);
  assert.equal(bob.name, 'bo b');
  const parent = byText(ground, ana.id, 'first');
  assert.equal(parent.createdAt, Date.UTC(2022, 2, 1, 10));
  assert.equal(idTime(parent.id), parent.createdAt);
  assert.deepEqual(byText(ground, bob.id, 'answer').references, [{ type: 'replied_to', id: parent.id }]);
  assert.deepEqual(byText(ground, ana.id, 'early').references, [
    { type: 'replied_to', id: byText(ground, ana.id, 'late').id },
  ]);
  const again = await run(ground, [path]);
  assert.deepEqual([again.created, again.updated, again.rejected], [0, 0, 0]);
});

test('rows without any id get one from what they say, so that the same row is the same post', async (t) => {
  const ground = testGround(t);
  const path = testFile(
    ground,
    'a.tsv',
    'date\tuser\ttext\n2023-01-01\tana\thello\n2023-01-01\tana\thello\n2023-01-01\tana\tworld\nyesterday\tana\tx\n2023-01-02\t\tx\n2023-01-02\tana\t\n',
  );
  const result = await run(ground, [path]);
  assert.deepEqual([ground.reader.size().posts, result.rejected], [2, 3]);
  assert.equal((await run(ground, [path])).created, 0);
});

test('a bad row costs itself: broken UTF-8, a quote that is never closed, a field too long', async (t) => {
  const ground = testGround(t);
  const good = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${id(from + index)},77,good`).join('\n');
  const content = [
    'id,author_id,text',
    good(1_000, 2),
    `${id(8)},77,caf\xe9`,
    `${id(7)},77,also good \xc3\xa9`,
    `${id(6)},77,"never closed`,
    good(10_000, 60_000),
    `${id(5)},77,"${'x'.repeat(3_000_000)}"`,
    good(2_000, 3),
  ].join('\n');
  const path = testFile(ground, 'a.csv', Buffer.from(content, 'latin1'));
  const result = await run(ground, [path]);
  assert.deepEqual([result.posts, result.rejected, result.files[0]?.error], [60_006, 3, undefined]);
  assert.equal(postOf(ground, id(7)).text, 'also good é');
  const list = readFileSync(`${path}.rejected.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    list.map((one) => [one.line, one.reason.replace(/\d+/, 'N')]),
    [
      [4, 'the row is not valid UTF-N'],
      [6, 'the row is longer than N bytes or goes on to the end; is a quote not closed?'],
      [60_007, 'the row is longer than N bytes or goes on to the end; is a quote not closed?'],
    ],
  );
});

test('an unclosed quote in the last rows costs one line, in the first row the file', async (t) => {
  const ground = testGround(t);
  const last = testFile(
    ground,
    'last.csv',
    `id,author_id,text\n${id(9)},77,good\n${id(8)},77,"open\n${id(7)},77,found\n${id(6)},77,too`,
  );
  const result = await run(ground, [last]);
  assert.deepEqual([result.posts, result.rejected], [3, 1]);
  assert.deepEqual(ground.reader.timeline('77', { limit: 9 }), [id(6), id(7), id(9)]);
  const first = await run(ground, [
    testFile(ground, 'first.csv', `"id,author_id,text\n${`${id(9)},77,good\n`.repeat(60_000)}`),
  ]);
  assert.match(first.files[0]?.error ?? '', /first row is longer/);
  const many = `id,author_id,text\n${`1,7,"a""\n`.repeat(100_000)}`;
  const cost = await costOf(() => run(ground, [testFile(ground, 'many.csv', many)]));
  assert.ok(cost < 5_000, `${cost} units`);
});

test('Parquet written by Arrow is read with exact int64 ids, times, nulls and row groups, in any compression', async (t) => {
  for (const file of [SNAPPY_FILE, ZSTD_FILE]) {
    const ground = testGround(t);
    const path = testFile(ground, 'posts.bin', Buffer.from(file, 'base64'));
    const result = await run(ground, [path]);
    assert.deepEqual(
      [result.files[0]?.format, result.files[0]?.error, result.posts, result.rejected],
      ['parquet', undefined, 6, 0],
    );
    const ids = ground.reader.timeline('77', { limit: 10 });
    assert.deepEqual(
      ids,
      [1, 2, 3, 4, 5, 6].map((back) => makeId(NOW - 60_000 * back, 7 - back)),
    );
    const third = postOf(ground, ids[2]!);
    assert.deepEqual(
      [third.text, third.metrics.likes, third.createdAt],
      ['row 3 #tag ü😀', 9, NOW - 3 * 60_000],
    );
    assert.deepEqual(third.references, [{ type: 'replied_to', id: ids[3] }]);
    assert.equal((await run(ground, [path])).unchanged, 6);
  }
});

test('a Parquet file with any byte flipped or cut off ends in an error or rejected rows, never in a crash', async (t) => {
  const ground = testGround(t);
  const whole = Buffer.from(SNAPPY_FILE, 'base64');
  const files = Array.from({ length: 120 }, (_, turn) => {
    const bytes = Buffer.from(whole);
    const at = 4 + ((turn * 7_919) % (whole.length - 4));
    bytes[at] = bytes[at]! ^ (1 << (turn % 8));
    return testFile(ground, `flip-${turn}.parquet`, turn % 6 === 0 ? bytes.subarray(0, at) : bytes);
  });
  files.push(testFile(ground, 'zipped.parquet', gzipSync(whole)));
  const result = await run(ground, files);
  for (const file of result.files)
    assert.ok(file.error || file.posts + file.rejected <= 12, `${file.file}: ${JSON.stringify(file)}`);
  assert.ok(result.files.filter((file) => file.error).length > 30);
  for (const { error = '' } of result.files) {
    assert.doesNotMatch(
      error,
      /undefined|not a function|Cannot|BigInt|typed array|DataView|field_|thrift|instance of|NaN/,
    );
    if (error.includes('damaged'))
      assert.match(error, /its footer|row group \d+ of \d+, column "\w+", (cannot be read|holds a page|is )/);
  }
  assert.match(result.files.at(-1)?.error ?? '', /expand it first/);
});

test('a Parquet page that would expand beyond all proportion is refused before it is expanded, by its place', async (t) => {
  const ground = testGround(t);
  const bytes = Buffer.from(ZSTD_FILE, 'base64');
  // The first page's header: its size, a zigzag varint of one byte, becomes one of five, two hundred million. Its data gives up four
  // bytes for it (compressed size 39 becomes 35), so that everything else stays where the footer says.
  const data = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd]));
  const page = Buffer.concat([
    bytes.subarray(0, 7),
    Buffer.from([0x80, 0x88, 0xde, 0xbe, 0x01, 0x15, 0x46]),
    bytes.subarray(10, data + 35),
    bytes.subarray(data + 39),
  ]);
  const result = await run(ground, [testFile(ground, 'bomb.parquet', page)]);
  assert.match(
    result.files[0]?.error ?? '',
    /row group 1 of 2, column "tweet_id", claims to hold 2\d{8} bytes in a page of \d+: .*bomb/,
  );
});

test('a table of persons is taken, too', async (t) => {
  const ground = testGround(t);
  const result = await run(ground, [
    testFile(ground, 'p.csv', 'id,screen_name,name,followers,verified\n77,ana,Ana B,12,True\n'),
  ]);
  assert.deepEqual([result.people, result.rejected], [1, 0]);
  const [ana] = ground.reader.people(['77']);
  assert.deepEqual([ana?.username, ana?.metrics.followers, ana?.verified], ['ana', 12, true]);
  const other = await run(ground, [
    testFile(
      ground,
      'q.csv',
      'User Id,Handle,Created at,Protected\n78,bo,2019-03-01T10:00:00Z,yes\n79,,2019-03-01,\n',
    ),
  ]);
  assert.deepEqual([other.people, other.rejected, other.files[0]?.error], [1, 1, undefined]);
  const [bo] = ground.reader.people(['78']);
  assert.deepEqual([bo?.username, bo?.createdAt, bo?.protected], ['bo', Date.UTC(2019, 2, 1, 10), true]);
});

test("a post's row without a text is refused, and makes nobody of the post's id", async (t) => {
  const ground = testGround(t);
  const path = testFile(
    ground,
    'gap.csv',
    `id,author_id,username,text\n${id(9_000)},77,ana,hello\n${id(8_000)},77,ana,\n`,
  );
  const result = await run(ground, [path]);
  assert.deepEqual([result.posts, result.people, result.rejected], [1, 1, 1]);
  assert.match(readFileSync(`${path}.rejected.jsonl`, 'utf8'), /the text is empty/);
  assert.equal(ground.reader.peopleByUsername(['ana'])[0]?.id, '77');
  assert.deepEqual(ground.reader.people([id(8_000)]), [undefined]);
});

test('the guide names every field that --map takes', () => {
  const guide = readFileSync(
    new URL('../../../../../docs/guides/taking-in-posts.md', import.meta.url),
    'utf8',
  );
  for (const field of Object.keys(TABLE_FIELDS)) assert.ok(guide.includes(`\`${field}\``), field);
});
