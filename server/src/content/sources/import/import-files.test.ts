import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { compareIds, idTime, makeId, Problem, testClock } from '#kernel';
import type { PostWriter } from '#posts';
import { type Ground, NOW, testGround } from '../testing/source-cases.ts';
import { type ImportProgress, importFiles } from './import-files.ts';

const clock = testClock(NOW);
const id = (msAgo: number, low = 0) => makeId(NOW - msAgo, low);
const iso = (ms: number) => new Date(ms).toISOString();

function post(msAgo: number, more: object = {}): Record<string, unknown> {
  return {
    id: id(msAgo),
    text: `post of ${msAgo} ms ago #tag`,
    author_id: '77',
    created_at: iso(NOW - msAgo),
    ...more,
  };
}

function write(ground: Ground, name: string, content: string | Uint8Array): string {
  const path = join(ground.folder, name);
  writeFileSync(path, content);
  return path;
}

const lines = (records: unknown[]) => records.map((record) => JSON.stringify(record)).join('\n');
const run = (ground: Ground, files: string[], more: object = {}) =>
  importFiles(files, { writer: ground.writer, folder: ground.folder, clock, ...more });

test('persons and posts of several files are there afterwards, and importing again changes nothing', async (t) => {
  const ground = testGround(t);
  const people = write(
    ground,
    'people.jsonl',
    lines([{ id: '77', username: 'ana', name: 'Ana', public_metrics: { followers_count: 5 } }]),
  );
  const parent = post(5_000);
  const reply = post(4_000, {
    referenced_tweets: [{ type: 'replied_to', id: parent.id }],
    public_metrics: { like_count: 3 },
    lang: 'in',
  });
  const posts = write(ground, 'posts.jsonl.gz', gzipSync(lines([parent, reply])));
  const first = await run(ground, [people, posts]);
  assert.deepEqual([first.created, first.posts, first.people, first.rejected], [3, 2, 1, 0]);
  assert.deepEqual(
    first.files.map((file) => file.format),
    ['json-lines', 'json-lines'],
  );
  const [stored] = ground.reader.posts([String(reply.id)]);
  assert.ok(stored && stored !== 'deleted');
  assert.equal(stored.conversationId, parent.id);
  assert.equal(stored.metrics.likes, 3);
  assert.equal(stored.lang, 'in');
  assert.deepEqual(
    stored.entities.hashtags?.map((one) => one.tag),
    ['tag'],
  );
  assert.equal(ground.reader.peopleByUsername(['ANA'])[0]?.metrics.followers, 5);
  const second = await run(ground, [people, posts]);
  assert.deepEqual([second.created, second.updated, second.unchanged, second.rejected], [0, 0, 3, 0]);
});

test('the same posts come out of lines, pages, documents and lists, plain, gzip or zstd, whatever the name', async (t) => {
  const posts = Array.from({ length: 5 }, (_, index) => post(1_000 * (index + 1)));
  const users = [{ id: '77', username: 'ana', name: 'Ana' }];
  const page = {
    data: posts.slice(0, 4),
    includes: { users, tweets: posts.slice(4) },
    meta: { result_count: 4 },
  };
  const forms: Record<string, string> = {
    lines: lines([...posts, ...users]),
    'list on one line': JSON.stringify([...posts, ...users]),
    'list over lines': JSON.stringify([...posts, ...users], null, 2),
    'list, one item a line': `[\n${[...posts, ...users].map((one) => JSON.stringify(one)).join(',\n')}\n]`,
    'page on one line': `${JSON.stringify(page)}\n`,
    'page over lines': JSON.stringify(page, null, '\t'),
    'pages, one a line': lines([{ data: posts.slice(0, 2), includes: { users } }, { data: posts.slice(2) }]),
    'objects over lines': [...posts, ...users].map((one) => JSON.stringify(one, null, 1)).join('\n'),
    'stream of single posts': lines([
      ...posts.map((data) => ({ data, includes: { users }, matching_rules: [] })),
      ...users,
    ]),
    'with a byte order mark and CRLF': `\ufeff${lines([...posts, ...users]).replaceAll('\n', '\r\n')}`,
  };
  const files = Object.entries(forms).map(([form, content]) => ({
    form,
    name: 'x.txt',
    content: Buffer.from(content),
  }));
  const whole = forms.lines!;
  files.push({ form: 'gzip', name: 'x.json', content: gzipSync(whole) });
  files.push({ form: 'zstd', name: 'x.gz', content: zstdCompressSync(whole) });
  for (const { form, name, content } of files) {
    const ground = testGround(t);
    const result = await run(ground, [write(ground, name, content)]);
    assert.equal(result.files[0]?.error, undefined, form);
    assert.deepEqual(ground.reader.size(), { posts: 5, people: 1 }, form);
    assert.equal(result.rejected, 0, form);
  }
});

test('both dialects of X API v2 say the same', async (t) => {
  const classic = {
    ...post(3_000, {
      edit_history_tweet_ids: [id(3_000)],
      referenced_tweets: [{ type: 'quoted', id: id(9_000) }],
    }),
    note_tweet: { text: 'long' },
  };
  const { edit_history_tweet_ids, referenced_tweets, note_tweet, ...rest } = classic as Record<
    string,
    unknown
  >;
  const renamed = {
    ...rest,
    edit_history_post_ids: edit_history_tweet_ids,
    referenced_posts: referenced_tweets,
    note_post: note_tweet,
  };
  const ground = testGround(t);
  const first = await run(ground, [write(ground, 'a.jsonl', lines([classic]))]);
  const second = await run(ground, [write(ground, 'b.jsonl', lines([renamed]))]);
  assert.deepEqual([first.created, second.unchanged], [1, 1]);
});

test('each kind of bad line is listed with its number and reason, and every good line is taken', async (t) => {
  const bad: [line: string, reason: RegExp][] = [
    ['{"id":', /not JSON/],
    ['"just text"', /no JSON object/],
    ['{"hello":1}', /no post, person or list/],
    [JSON.stringify(post(1, { text: undefined })), /no post, person or list/],
    [JSON.stringify(post(1, { text: 5 })), /text is 5: it must be a string/],
    [JSON.stringify(post(1, { author_id: undefined })), /author_id is missing/],
    [JSON.stringify(post(1, { id: 'abc' })), /id is abc/],
    ['{"id":1790000000000000001,"text":"x","author_id":"7"}', /lost digits/],
    [JSON.stringify(post(1, { id: '99999999999999999999' })), /id is 9{20}/],
    [JSON.stringify(post(1, { created_at: '2019-01-01T00:00:00.000Z' })), /must be a snowflake of its time/],
    [JSON.stringify(post(1, { id: '12345' })), /from before November 2010/],
    [JSON.stringify(post(1, { id: '12345', created_at: undefined })), /carries no time/],
    [JSON.stringify(post(1, { created_at: 'yesterday' })), /created_at is yesterday/],
    [JSON.stringify(post(-3 * 86_400_000)), /in the future/],
    [JSON.stringify(post(1, { public_metrics: { like_count: -1 } })), /like_count is -1/],
    [JSON.stringify(post(1, { referenced_tweets: [{ type: 'liked', id: '1' }] })), /referenced_tweets.type/],
    [JSON.stringify(post(1, { text: 'x'.repeat(30_000) })), /text has 30000 characters/],
    [JSON.stringify({ id: '5', username: 'not a name' }), /username is not a name/],
    [JSON.stringify(post(1, { filler: 'y'.repeat(1_100_000) })), /longer than 1048576 bytes/],
    ['\u0000\u0001', /not JSON/],
    [JSON.stringify({ data: [post(2), { id: '1' }] }), /data\[1\]: this is no post/],
    [JSON.stringify({ op: 'explode', id: '1' }), /op is explode: one of/],
  ];
  const ground = testGround(t);
  const content = Buffer.concat([
    ...bad.flatMap(([line], index) => [Buffer.from(`${JSON.stringify(post(100_000 + index))}\n${line}\n`)]),
    Buffer.from('{"id":"1","text":"\xff\xfe","author_id":"1"}\n', 'latin1'),
  ]);
  const path = write(ground, 'mixed.jsonl', content);
  const result = await run(ground, [path]);
  assert.equal(result.files[0]?.rejectedFile, `${path}.rejected.jsonl`);
  const list = readFileSync(`${path}.rejected.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const [index, [, reason]] of bad.entries()) {
    assert.equal(list[index].line, 2 * index + 2, `${reason}`);
    assert.match(list[index].reason, reason);
    assert.ok((list[index].text ?? '').length <= 2_000);
  }
  assert.match(list.at(-1).reason, /not valid UTF-8/);
  assert.equal(result.rejected, bad.length + 1);
  assert.equal(result.posts, bad.length + 1, 'every good line, and the good post of the page');
});

test('what the store refuses is listed too, and the list of an earlier run is gone once all is well', async (t) => {
  const ground = testGround(t);
  const path = write(ground, 'a.jsonl', lines([post(9), post(9, { author_id: '78' })]));
  const first = await run(ground, [path]);
  assert.deepEqual([first.created, first.rejected], [1, 1]);
  assert.match(readFileSync(`${path}.rejected.jsonl`, 'utf8'), /"line":2,"reason":"this id belongs/);
  writeFileSync(path, lines([post(9)]));
  const second = await run(ground, [path]);
  assert.deepEqual([second.unchanged, second.rejected, second.files[0]?.rejectedFile], [1, 0, undefined]);
  assert.equal(existsSync(`${path}.rejected.jsonl`), false);
});

test('a post that was deleted since stays deleted and is no fault of the file', async (t) => {
  const ground = testGround(t);
  const path = write(ground, 'a.jsonl', lines([post(9)]));
  await run(ground, [path]);
  await ground.writer.apply([{ kind: 'delete-post', id: id(9), at: NOW }]);
  const again = await run(ground, [path]);
  assert.deepEqual([again.unchanged, again.rejected], [1, 0]);
  assert.deepEqual(ground.reader.posts([id(9)]), ['deleted']);
});

test('a thin object never wipes a fuller one, in either order', async (t) => {
  const full = post(5_000, {
    lang: 'de',
    public_metrics: { like_count: 9 },
    source: 'App',
    possibly_sensitive: true,
  });
  const thin = { id: full.id, text: full.text, author_id: '77' };
  for (const order of [
    [full, thin],
    [thin, full],
  ]) {
    const ground = testGround(t);
    await run(ground, [write(ground, 'a.jsonl', lines(order))]);
    const [stored] = ground.reader.posts([String(full.id)]);
    assert.ok(stored && stored !== 'deleted');
    assert.deepEqual(
      [stored.lang, stored.metrics.likes, stored.source, stored.sensitive],
      ['de', 9, 'App', true],
    );
  }
});

test('a file that cannot be read says why, keeps what came before, and the next file is read', async (t) => {
  const good = lines(Array.from({ length: 400 }, (_, index) => post(1_000 + index)));
  const whole = gzipSync(good);
  const cases: [name: string, content: Uint8Array | string, error: RegExp, posts: number | 'some'][] = [
    ['empty.jsonl', '', /the file is empty/, 0],
    ['blank.jsonl', ' \n\n', /only white space/, 0],
    ['cut.jsonl.gz', whole.subarray(0, whole.length - 20), /cut off/, 'some'],
    ['cut.jsonl.zst', zstdCompressSync(good).subarray(0, -20), /cut off/, 0],
    [
      'damaged.gz',
      Buffer.concat([whole.subarray(0, 1_000), Buffer.alloc(500, 7), whole.subarray(1_500)]),
      /damaged/,
      0,
    ],
    ['picture.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /binary/, 0],
    ['posts.zip', Buffer.from('504b0304140000000800', 'hex'), /damaged zip archive; unpack it/, 0],
    ['posts.xml', '<?xml version="1.0"?><posts/>', /HTML or XML/, 0],
    ['utf16.jsonl', Buffer.from('\ufeff{"id":"1"}', 'utf16le'), /UTF-16/, 0],
    ['likes.js', 'window.YTD.like.part0 = [ { "like" : {} } ]', /holds like, not posts/, 0],
    [
      'cut.json',
      JSON.stringify(JSON.parse(`[${good.replaceAll('\n', ',')}]`), null, 1).slice(0, -200),
      /ends in the middle/,
      0,
    ],
    ['bad.jsonl', '{"x":1}\n'.repeat(5_000), /first 1000 records are all bad/, 0],
    ['few.jsonl', '{"x":1}\n[]\n3', /none of its 2 records could be taken/, 0],
  ];
  const ground = testGround(t);
  mkdirSync(join(ground.folder, 'folder.jsonl'));
  const after = write(ground, 'after.jsonl', lines([post(1)]));
  const files = cases.map(([name, content]) => write(ground, name, content));
  const result = await run(ground, [
    ...files,
    join(ground.folder, 'missing.jsonl'),
    join(ground.folder, 'folder.jsonl'),
    '/dev/null',
    after,
  ]);
  for (const [index, [name, , error, posts]] of cases.entries()) {
    const file = result.files[index];
    assert.match(file?.error ?? '', error, name);
    if (posts === 'some') assert.ok(file!.posts > 0 && file!.posts <= 400, `${name} brought ${file?.posts}`);
    else assert.equal(file?.posts, posts, name);
  }
  const rest = result.files.slice(cases.length).map((file) => file.error);
  assert.deepEqual(rest, [
    'there is no such file',
    'it is a directory; name the files in it',
    'it is a device or a pipe; name a file',
    undefined,
  ]);
});

test('progress tells of all files together and ends at all bytes', async (t) => {
  const ground = testGround(t);
  const files = ['a', 'b'].map((name) =>
    write(ground, `${name}.jsonl`, lines(Array.from({ length: 1_500 }, (_, index) => post(1_000 + index)))),
  );
  const seen: ImportProgress[] = [];
  await run(ground, files, { onProgress: (progress: ImportProgress) => seen.push(progress) });
  assert.ok(seen.length >= 1);
  assert.ok(seen.every((one) => one.bytesDone <= one.bytesTotal && one.bytesTotal > 0));
});

test('a stop ends the import, says so, and a repeat brings the rest', async (t) => {
  const ground = testGround(t);
  const total = 30_000;
  const path = write(
    ground,
    'a.jsonl',
    lines(Array.from({ length: total }, (_, index) => post(1_000 + index))),
  );
  const stop = new AbortController();
  const slow = {
    ...ground,
    writer: {
      ...ground.writer,
      apply: async (changes: never) => {
        stop.abort();
        return ground.writer.apply(changes);
      },
    },
  };
  const stopped = await run(slow as Ground, [path], { signal: stop.signal });
  assert.equal(stopped.stopped, true);
  assert.ok(stopped.posts < total);
  const rest = await run(ground, [path]);
  assert.equal(rest.created + rest.unchanged, total);
  assert.equal(ground.reader.size().posts, total);
});

test('a writer that fails ends the import with its error, and nothing is swallowed', async (t) => {
  const ground = testGround(t);
  const path = write(ground, 'a.jsonl', lines([post(1)]));
  const writer = { ...ground.writer, apply: async () => Promise.reject(new Error('disk full')) };
  await assert.rejects(importFiles([path], { writer, folder: ground.folder, clock }), /disk full/);
});

test('a writer with too much waiting is asked again, and batches keep their order', async (t) => {
  const ground = testGround(t);
  const total = 5_000;
  const path = write(
    ground,
    'a.jsonl',
    lines(Array.from({ length: total }, (_, index) => post(total - index))),
  );
  let refusals = 2;
  const order: string[] = [];
  const writer: PostWriter = {
    ...ground.writer,
    apply: (changes) => {
      if (refusals-- > 0) return Promise.reject(new Problem('overloaded'));
      for (const change of changes) if (change.kind === 'post') order.push(change.post.id);
      return ground.writer.apply(changes);
    },
  };
  const result = await importFiles([path], { writer, folder: ground.folder, clock });
  assert.equal(result.created, total);
  assert.deepEqual(order, order.toSorted(compareIds));
});

test('shifted posts keep their order and distances, their ids keep their times, and the distance stays', async (t) => {
  const ground = testGround(t);
  const old = 400 * 86_400_000;
  const parent = post(old + 60_000, { id: id(old + 60_000, 5) });
  const reply = post(old, {
    conversation_id: parent.id,
    referenced_tweets: [
      { type: 'replied_to', id: parent.id },
      { type: 'quoted', id: '20' },
    ],
    edit_history_tweet_ids: [id(old)],
  });
  const person = { id: '900000000000000001', username: 'ana', pinned_tweet_id: parent.id };
  const path = write(ground, 'a.jsonl', lines([person, parent, reply]));
  const first = await run(ground, [path], { shiftToNow: true });
  const moved = ground.reader.timeline('77', { limit: 10 });
  assert.equal(moved.length, 2);
  const [newest, oldest] = moved as [string, string];
  assert.ok(
    idTime(newest) < NOW && idTime(newest) >= NOW - 1_001,
    'the newest lies in the second before now',
  );
  assert.equal(idTime(newest) - idTime(oldest), 60_000);
  assert.equal(BigInt(oldest) & 0x3fffffn, 5n, 'the low bits stay');
  const [stored] = ground.reader.posts([newest]);
  assert.ok(stored && stored !== 'deleted');
  assert.equal(stored.createdAt, idTime(newest));
  assert.deepEqual(stored.references, [
    { type: 'replied_to', id: oldest },
    { type: 'quoted', id: '20' },
  ]);
  assert.deepEqual([stored.conversationId, stored.editHistory], [oldest, [newest]]);
  assert.equal(ground.reader.people(['900000000000000001'])[0]?.pinnedPostId, oldest);
  const later = testClock(NOW + 86_400_000);
  const again = await run(ground, [path], { shiftToNow: true, clock: later });
  assert.deepEqual([again.unchanged, again.created, again.shiftMs], [3, 0, first.shiftMs]);
  const next = write(ground, 'b.jsonl', lines([post(old - 5_000)]));
  await run(ground, [next], { shiftToNow: true, clock: later });
  assert.equal(idTime(ground.reader.timeline('77', { limit: 1 })[0]!) - idTime(newest), 5_000);
});

test('a folder that was moved in time takes no file that was not, and no post into the future', async (t) => {
  const ground = testGround(t);
  const old = 400 * 86_400_000;
  const first = write(ground, 'a.jsonl', lines([post(old)]));
  await run(ground, [first], { shiftToNow: true });
  await assert.rejects(run(ground, [first]), /moved in time by --shift-to-now/);
  assert.equal(ground.reader.size().posts, 1);
  const newer = write(ground, 'b.jsonl', lines([post(old - 3 * 86_400_000), post(old + 1_000)]));
  const result = await run(ground, [newer], { shiftToNow: true });
  assert.deepEqual([result.created, result.rejected], [1, 1]);
});
