import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeId, testClock } from '#kernel';
import type { Post } from '#posts';
import { importFiles } from '../import/import-files.ts';
import { type Ground, NOW, testFile, testGround } from '../testing/source-cases.ts';
import { csvRows } from './csv.ts';
import { STRUCTURES_FILE } from './testing/parquet-samples.ts';

const clock = testClock(NOW);
const id = (msAgo: number) => makeId(NOW - msAgo, 9);
const run = (ground: Ground, path: string) =>
  importFiles([path], { writer: ground.writer, folder: ground.folder, clock });

async function imported(t: Parameters<typeof testGround>[0], name: string, content: string | Buffer) {
  const ground = testGround(t);
  const path = testFile(ground, name, content);
  const result = await run(ground, path);
  const list = `${path}.rejected.jsonl`;
  const rejected: { line: number; reason: string }[] = existsSync(list)
    ? readFileSync(list, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
  const postOf = (msAgo: number): Post => {
    const [post] = ground.reader.posts([id(msAgo)]);
    assert.ok(post && post !== 'deleted', `no post of ${msAgo} ms ago`);
    return post;
  };
  return { ground, result, rejected, postOf, file: result.files[0]! };
}

test('a row of another width than the first is rejected with its line, and delimiters at its end are none', async (t) => {
  const { result, rejected, postOf } = await imported(
    t,
    'a.csv',
    `id,username,text\n${id(9)},ana,comma, unquoted, text\n${id(8)},ana\n${id(7)},ana,"comma, quoted"\n${id(6)},ana,ends,,\n`,
  );
  assert.deepEqual([result.posts, result.rejected], [2, 2]);
  assert.deepEqual(
    rejected.map(({ line, reason }) => [line, reason.slice(0, 47)]),
    [
      [2, 'the row has 5 cells and the first row 3: a cell'],
      [3, 'the row has 2 cells and the first row 3: a cell'],
    ],
  );
  assert.equal(postOf(7).text, 'comma, quoted');
  assert.equal(postOf(6).text, 'ends');
});

test('quotes that are escaped by backslashes are read so, and backslashes of the usual dialect stay', async (t) => {
  const escaped = await imported(
    t,
    'a.csv',
    `id,username,text\n${id(9)},ana,"he said \\"hi, you\\" there"\n${id(8)},ana,"line one\nline two"\n${id(7)},ana,"a \\\\ b"\n`,
  );
  assert.deepEqual([escaped.result.posts, escaped.result.rejected], [3, 0]);
  assert.deepEqual(
    [9, 8, 7].map((msAgo) => escaped.postOf(msAgo).text),
    ['he said "hi, you" there', 'line one\nline two', 'a \\ b'],
  );
  const usual = await imported(
    t,
    'b.csv',
    `id,username,text\n${id(9)},ana,"C:\\dir\\"\n${id(8)},ana,"a ""b\\"", c"\n`,
  );
  assert.deepEqual([usual.postOf(9).text, usual.postOf(8).text], ['C:\\dir\\', 'a "b\\", c']);
});

test("Excel's sep= line names the delimiter and is no row", async (t) => {
  for (const [first, delimiter] of [
    ['sep=;', ';'],
    ['\ufeffSEP=,', ','],
    ['"sep=|"', '|'],
  ] as const) {
    const header = ['id', 'username', 'text, or what'].join(delimiter);
    const rows = [9, 8].map((msAgo) => [id(msAgo), 'ana', `"a;b,c|d ${msAgo}"`].join(delimiter));
    const content = [first, header.replace('text, or what', 'text'), ...rows, '1'].join('\r\n');
    const { result, rejected, postOf } = await imported(t, 'a.csv', content);
    assert.deepEqual([result.posts, result.rejected], [2, 1], first);
    assert.equal(postOf(9).text, 'a;b,c|d 9');
    assert.equal(rejected[0]?.line, 5);
  }
});

test('a quote that is not closed names its line and costs that line alone, though a later one closes it', async (t) => {
  const { result, rejected } = await imported(
    t,
    'a.csv',
    [
      'id,username,text',
      `${id(9)},ana,good`,
      '',
      `${id(8)},ana,"open`,
      `${id(7)},ana,good`,
      `${id(6)},ana,"quoted"`,
      `${id(5)},ana,"two`,
      `lines, "inside" too"`,
      `${id(4)},ana,"open again`,
      `${id(3)},ana,"quoted, too"`,
      `${id(2)},ana,last`,
      '',
    ].join('\n'),
  );
  assert.deepEqual(
    rejected.map(({ line, reason }) => [line, /is a quote not closed\?$/.test(reason)]),
    [
      [4, true],
      [9, true],
    ],
  );
  assert.equal(result.posts, 6);
});

test('a NUL byte costs its row wherever it stands, and a binary file is still none', async (t) => {
  for (const rows of [1, 40_000]) {
    const good = Array.from({ length: rows }, (_, index) => `${id(1_000 + index)},ana,good`).join('\n');
    const content = `id,username,text\n${id(9)},ana,raw \0 byte\n${good}\n${id(8)},ana,\0\n`;
    const { result, rejected } = await imported(t, 'a.csv', content);
    assert.deepEqual([result.posts, result.files[0]?.error], [rows, undefined]);
    assert.deepEqual(
      rejected.map(({ line, reason }) => [line, reason]),
      [
        [2, 'the row holds a NUL byte'],
        [rows + 3, 'the row holds a NUL byte'],
      ],
    );
  }
  const lines = await imported(
    t,
    'a.jsonl',
    `{"id":"${id(9)}","text":"a\0b","author_id":"7"}\n{"id":"${id(8)}","text":"c","author_id":"7"}\n`,
  );
  assert.deepEqual([lines.result.posts, lines.rejected[0]?.line], [1, 1]);
  const utf16 = await imported(t, 'b.csv', Buffer.from(`id,username,text\n${id(9)},ana,good\n`, 'utf16le'));
  assert.match(utf16.file.error ?? '', /binary/);
});

test('languages are tags, English names or nothing, and a space does not matter', async (t) => {
  const langs = [
    ' en',
    'English',
    'pt_BR',
    'Indonesian',
    'portuguese',
    'LANGUAGE UNDEFINED',
    'xyzzy',
    'und',
    'qme',
    '',
  ];
  const rows = langs.map((lang, index) => `${id(100 + index)},ana,text,${lang}`);
  const { result, postOf } = await imported(t, 'a.csv', ['id,username,text,language', ...rows].join('\n'));
  assert.equal(result.rejected, 0);
  assert.deepEqual(
    langs.map((_, index) => postOf(100 + index).lang),
    ['en', 'en', 'pt-BR', 'in', 'pt', 'und', 'und', 'und', 'qme', 'und'],
  );
});

test("columns as X's own objects are flattened are known, and those that no field takes are named", async (t) => {
  const header =
    'id,conversation_id,referenced_tweets.replied_to.id,referenced_tweets.retweeted.id,referenced_tweets.quoted.id,author_id,created_at,text,lang,public_metrics.impression_count,public_metrics.reply_count,public_metrics.retweet_count,public_metrics.quote_count,public_metrics.like_count,reply_settings,edit_history_tweet_ids,author.id,author.username,author.name,author.created_at,author.public_metrics.followers_count,author.public_metrics.following_count,author.public_metrics.tweet_count,author.public_metrics.listed_count,author.verified,geo.place_id,__twarc.version';
  const at = (msAgo: number) => new Date(NOW - msAgo).toISOString();
  const row = (msAgo: number, refs: string) =>
    `${id(msAgo)},${id(9)},${refs},70021,${at(msAgo)},flat,en,55,1,2,3,44,following,"[""${id(msAgo)}""]",70021,twc_a,Name A,2010-01-01T00:00:00.000Z,120,30,999,7,True,p1,2.13.0`;
  const content = [
    header,
    row(9, ',,'),
    row(8, `${id(9)},,`),
    row(7, `,${id(9)},`),
    row(6, `,,${id(9)}`),
  ].join('\r\n');
  const { result, postOf, ground, file } = await imported(t, 'a.csv', content);
  assert.deepEqual([result.posts, result.rejected], [4, 0]);
  const { metrics, replySettings, geo, conversationId } = postOf(8);
  assert.deepEqual(metrics, { reposts: 2, replies: 1, likes: 44, quotes: 3, bookmarks: 0, impressions: 55 });
  assert.deepEqual([replySettings, geo, conversationId], ['following', { placeId: 'p1' }, id(9)]);
  assert.deepEqual(
    [8, 7, 6].map((msAgo) => postOf(msAgo).references),
    ['replied_to', 'retweeted', 'quoted'].map((type) => [{ type, id: id(9) }]),
  );
  const [author] = ground.reader.people(['70021']);
  assert.deepEqual(author?.metrics, { followers: 120, following: 30, posts: 999, listed: 7 });
  assert.deepEqual(
    [author?.username, author?.name, author?.createdAt, author?.verified],
    ['twc_a', 'Name A', Date.UTC(2010, 0, 1), true],
  );
  assert.deepEqual(file.leftOut, ['author.id', '__twarc.version']);
});

test("X's objects in Parquet need no flattening: members of structures are columns", async (t) => {
  const { result, postOf, ground, file } = await imported(
    t,
    'a.parquet',
    Buffer.from(STRUCTURES_FILE, 'base64'),
  );
  assert.deepEqual([result.posts, result.rejected, file.error], [2, 0, undefined]);
  assert.deepEqual([postOf(9).metrics.likes, postOf(9).metrics.reposts, postOf(8).metrics.likes], [44, 3, 5]);
  const [author] = ground.reader.people(['7']);
  assert.deepEqual([author?.username, author?.metrics.followers, author?.metrics.posts], ['twc', 120, 9]);
  assert.deepEqual(file.leftOut, ['entities']);
});

test('prose that was named as a table is told to be text', async (t) => {
  const prose = [
    '# Posts\n\nThese are posts, collected in 2020.\n\n- one\n- two, three\n',
    'This folder holds, among others, the text of posts; see below for the author and date.\nMore words here.\nAnd here, too.\nEnd.\n',
    'hello world\n',
  ];
  for (const content of prose) {
    const { file, result } = await imported(t, 'README.md', content);
    assert.match(file.error ?? '', /^the file is text and no table/, content);
    assert.equal(result.posts, 0);
  }
  const table = await imported(t, 'odd.csv', 'a,b,c\n1,2,3\n4,5,6\n');
  assert.match(table.file.error ?? '', /no column of the table is known to hold the text/);
});

test('a first row of millions of columns is refused while it is read', async () => {
  const chunkBytes = 64 << 10;
  const chunks = 80;
  for (const [name, begins] of [
    ['empty', ''],
    ['with a line break in a cell', '"id\nof it",'],
    ['after empty lines', '\n\nid,text'],
  ] as const) {
    let taken = 0;
    async function* file() {
      yield Buffer.from(begins);
      for (; taken < chunks; taken += 1) yield Buffer.alloc(chunkBytes, ',');
      yield Buffer.from('\nrow\n');
    }
    const head = Buffer.from(begins + ','.repeat(1_000));
    const reading = csvRows(file(), head, {}, () => assert.fail('no table'));
    await assert.rejects(reading.next(), /more than 16384 columns/, name);
    assert.ok(taken <= 1, `${name}: ${taken} of ${chunks} chunks were read`);
  }
});

test('a table of as many columns as the widest spreadsheet is read, and one more is refused', async (t) => {
  const wide = (columns: number) => {
    const more = Array.from({ length: columns - 3 }, (_, index) => `c${index}`);
    return `id,username,text,${more.join()}\n${id(9)},ana,hi${','.repeat(columns - 3)}\n${id(8)},ana,ho${','.repeat(columns - 3)}\n`;
  };
  const whole = await imported(t, 'wide.csv', wide(16_384));
  assert.deepEqual([whole.result.posts, whole.result.rejected, whole.file.error], [2, 0, undefined]);
  const wider = await imported(t, 'wider.csv', wide(16_385));
  assert.match(wider.file.error ?? '', /more than 16384 columns/);
  assert.equal(wider.result.posts, 0);
});
