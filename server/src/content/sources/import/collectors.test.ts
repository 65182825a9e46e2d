import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeId, testClock } from '#kernel';
import { type Ground, NOW, testFile, testGround } from '../testing/source-cases.ts';
import { importFiles } from './import-files.ts';

const clock = testClock(NOW);
const id = (msAgo: number) => makeId(NOW - msAgo, 9);
const run = (ground: Ground, files: string[]) =>
  importFiles(files, { writer: ground.writer, folder: ground.folder, clock });
const post = (msAgo: number, more: object = {}) => ({
  id: id(msAgo),
  text: `p${msAgo}`,
  author_id: '7',
  ...more,
});
const reasonsOf = (path: string): string[] =>
  existsSync(`${path}.rejected.jsonl`)
    ? readFileSync(`${path}.rejected.jsonl`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => `${JSON.parse(line).line}: ${JSON.parse(line).reason}`)
    : [];

test("a slip in a list or page costs one record of it, whatever the file's size and form", async (t) => {
  const filler = 'x'.repeat(3_000);
  const many = Array.from({ length: 600 }, (_, index) => post(10_000 + index, { filler }));
  for (const posts of [[post(9), post(8), post(7)], many]) {
    const texts = posts.map((one) => JSON.stringify(one));
    const listed = texts.join(',');
    const forms: [name: string, content: string, lost: number, reasons: RegExp][] = [
      ['a comma at the end', `[${listed},]`, 0, /^1: a comma stands where a record should: before the end/],
      ['two commas', `[${texts[0]},,${texts.slice(1).join(',')}]`, 0, /^1: a comma stands where a record/],
      ['over lines', `[\n${texts.join(',\n')},\n]\n`, 0, new RegExp(`^${posts.length + 2}: a comma stands`)],
      ['a record', `[${listed.replace('"author_id":"7"', '"author_id":"7",')}]`, 1, /^1: not JSON/],
      ['a page', `{"data":[${listed},],"meta":{"result_count":3}}`, 0, /^1: a comma stands/],
    ];
    for (const [name, content, lost, reasons] of forms) {
      const ground = testGround(t);
      const path = testFile(ground, 'a.json', content);
      const result = await run(ground, [path]);
      assert.deepEqual([result.posts, result.rejected], [posts.length - lost, 1], `${name}, ${posts.length}`);
      assert.equal(result.files[0]?.error, undefined);
      assert.match(reasonsOf(path).join(), reasons, name);
    }
  }
});

test('a list that breaks off in the middle keeps what came before and says so', async (t) => {
  const ground = testGround(t);
  const path = testFile(ground, 'a.json', `[${JSON.stringify(post(9))},{"id":"1`);
  const result = await run(ground, [path]);
  assert.equal(result.posts, 1);
  assert.match(reasonsOf(path).join(), /ends in the middle of what began on line 1/);
});

test("what twarc's flatten puts into a post is taken: authors, the one replied to, media, polls, place, other posts", async (t) => {
  const ground = testGround(t);
  const user = (userId: string) => ({ id: userId, username: `u${userId}`, name: `U ${userId}` });
  const original = post(90, { author_id: '8', author: user('8'), type: 'replied_to' });
  const flat = post(9, {
    author: user('7'),
    in_reply_to_user_id: '8',
    in_reply_to_user: user('8'),
    referenced_tweets: [
      { ...original, referenced_tweets: [{ ...post(99, { author_id: '6' }), type: 'quoted' }] },
    ],
    attachments: {
      media_keys: ['3_1'],
      media: [{ media_key: '3_1', type: 'photo', url: 'https://m.example/1.jpg' }],
      poll_ids: ['5'],
      poll: { id: '5', options: [{ position: 1, label: 'a', votes: 1 }], voting_status: 'closed' },
    },
    geo: { place_id: 'p1', id: 'p1', full_name: 'Town', geo: { type: 'Feature', bbox: [1, 2, 3, 4] } },
    __twarc: { url: 'https://api.example', version: '2.13.0' },
  });
  const result = await run(ground, [testFile(ground, 'flat.jsonl', `${JSON.stringify(flat)}\n`)]);
  assert.deepEqual([result.posts, result.rejected], [3, 0]);
  assert.deepEqual(
    ground.reader.people(['7', '8']).map((one) => one?.name),
    ['U 7', 'U 8'],
  );
  const [stored, parent] = ground.reader.posts([id(9), id(90)]);
  assert.ok(stored && stored !== 'deleted' && parent && parent !== 'deleted');
  assert.deepEqual(stored.references, [{ type: 'replied_to', id: id(90) }]);
  assert.deepEqual(parent.references, [{ type: 'quoted', id: id(99) }]);
  assert.equal(ground.reader.media(['3_1'])[0]?.url, 'https://m.example/1.jpg');
  assert.equal(ground.reader.places(['p1'])[0]?.fullName, 'Town');
  assert.equal(ground.reader.polls(['5'])[0]?.options.length, 1);
});

test("academictwitteR's pairs are taken: data_*.json and, of any size, users_*.json", async (t) => {
  for (const bytes of [10, 3_000]) {
    const ground = testGround(t);
    const users = Array.from({ length: 500 }, (_, index) => ({
      id: String(100 + index),
      username: `u${index}`,
      description: 'x'.repeat(bytes),
    }));
    const included = { users, tweets: [post(5)], media: [{ media_key: '3_1', type: 'photo' }] };
    const data = testFile(ground, 'data_1.json', JSON.stringify([post(9), post(8)]));
    const people = testFile(ground, 'users_1.json', JSON.stringify(included));
    const result = await run(ground, [data, people]);
    assert.deepEqual([result.posts, result.people, result.rejected], [3, 500, 0]);
  }
});
