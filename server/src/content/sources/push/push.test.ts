import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { makeId, testClock } from '#kernel';
import { runs } from '#test/runs';
import { OPERATIONS } from '../operation.ts';
import { type Ground, NOW, testGround } from '../testing/source-cases.ts';
import { type PushReply, push } from './push.ts';

const clock = testClock(NOW);
const id = (msAgo: number) => makeId(NOW - msAgo, 1);
const post = (msAgo: number, more: object = {}) => ({
  id: id(msAgo),
  text: `post ${msAgo}`,
  author_id: '77',
  ...more,
});

async function* chunks(text: string | Buffer, size = 1 << 16): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const send = (ground: Ground, ...lines: (object | string)[]) =>
  push(chunks(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')), {
    ...ground,
    clock,
  });

test('each line gets its reply in order, and the same again changes nothing', async (t) => {
  const ground = testGround(t);
  const body = [{ id: '77', username: 'ana' }, post(5), 'not json', post(4), { data: [post(3), post(2)] }];
  const first = await send(ground, ...body);
  assert.deepEqual(
    first.map((reply) => [reply.line, reply.status]),
    [
      [1, 'created'],
      [2, 'created'],
      [3, 'rejected'],
      [4, 'created'],
      [5, 'created'],
    ],
  );
  assert.match(first[2]?.error ?? '', /not JSON/);
  const second = await send(ground, ...body);
  assert.deepEqual(
    second.map((reply) => reply.status),
    ['unchanged', 'unchanged', 'rejected', 'unchanged', 'unchanged'],
  );
  assert.deepEqual(ground.reader.size(), { posts: 4, people: 1 });
});

test('every operation does what its name says', async (t) => {
  const ground = testGround(t);
  const made = [
    { id: '77', username: 'ana' },
    { id: '78', username: 'ben' },
    post(60_000),
    post(50_000),
    post(40_000),
  ];
  await send(ground, ...made);
  const replies = await send(
    ground,
    { op: 'edit', previous_id: id(60_000), post: post(30_000, { text: 'better' }) },
    { op: 'delete', id: id(50_000) },
    { op: 'metrics', id: id(40_000), public_metrics: { like_count: 8, retweet_count: 2 } },
    { op: 'withhold', id: id(40_000), withheld: { country_codes: ['DE'] } },
    { op: 'preferences', id: '77', ai_training: false },
    { op: 'protect', id: '77' },
    { op: 'suspend', id: '77' },
    { op: 'delete-person', id: '78' },
  );
  assert.deepEqual(
    replies.map((reply) => reply.error),
    replies.map(() => undefined),
  );
  const posts = ground.reader.posts([id(30_000), id(50_000), id(40_000)]);
  const [edited, deleted, withheld] = posts;
  assert.ok(edited && edited !== 'deleted' && withheld && withheld !== 'deleted');
  assert.deepEqual([edited.text, edited.editHistory], ['better', [id(60_000), id(30_000)]]);
  assert.equal(deleted, 'deleted');
  assert.deepEqual(
    [withheld.metrics.likes, withheld.metrics.reposts, withheld.withheld?.countryCodes],
    [8, 2, ['DE']],
  );
  const [ana, ben] = ground.reader.people(['77', '78']);
  assert.deepEqual(
    [ana?.protected, ana?.state, ana?.preferences.aiTraining, ana?.preferences.search],
    [true, 'suspended', false, true],
  );
  assert.equal(ben, undefined);
  await send(
    ground,
    { op: 'unwithhold', id: id(40_000) },
    { op: 'unprotect', id: '77' },
    { op: 'unsuspend', id: '77' },
    { op: 'deactivate', id: '77' },
  );
  assert.deepEqual(
    [ground.reader.people(['77'])[0]?.state, ground.reader.people(['77'])[0]?.protected],
    ['deactivated', false],
  );
  await send(ground, { op: 'reactivate', id: '77' });
  assert.equal(ground.reader.people(['77'])[0]?.state, 'active');
  const [lifted] = ground.reader.posts([id(40_000)]);
  assert.ok(lifted && lifted !== 'deleted' && !lifted.withheld?.countryCodes.length);
});

test('what persons hold towards each other is told, ended and told again, and counts move with it', async (t) => {
  const ground = testGround(t);
  const { reader } = ground;
  const list = { id: '5', name: 'Morning', owner_id: '78', private: true };
  await send(ground, { id: '77', username: 'ana' }, { id: '78', username: 'ben' }, post(9), post(8), list);
  const told = [
    { op: 'like', person_id: '78', post_id: id(9) },
    { op: 'like', person_id: '77', post_id: id(9), counted: true },
    { op: 'bookmark', person_id: '78', post_id: id(9) },
    { op: 'follow', person_id: '78', target_id: '77' },
    { op: 'mute', person_id: '78', target_id: '77' },
    { op: 'add-member', list_id: '5', person_id: '77' },
    { op: 'follow-list', person_id: '77', list_id: '5' },
    { op: 'pin-list', person_id: '77', list_id: '5' },
    { op: 'block', person_id: '77', target_id: '9' },
  ];
  const statuses = (replies: PushReply[]) => replies.map((reply) => reply.status);
  assert.deepEqual(statuses(await send(ground, ...told)), Array(told.length).fill('created'));
  assert.deepEqual(statuses(await send(ground, ...told)), Array(told.length).fill('unchanged'));
  const counts = () => {
    const [found] = reader.posts([id(9)]);
    assert.ok(found && found !== 'deleted');
    const { members, followers } = reader.lists(['5'])[0] ?? {};
    const [ana] = reader.people(['77']);
    return [found.metrics.likes, found.metrics.bookmarks, ana?.metrics.followers, members, followers];
  };
  assert.deepEqual(counts(), [1, 1, 1, 1, 1]);
  const kinds = ['like', 'bookmark', 'follow', 'mute', 'list-follow', 'list-pin', 'block'] as const;
  for (const kind of kinds)
    assert.equal(
      reader.related(kind, { from: kind === 'block' || /list/.test(kind) ? '77' : '78' }, { limit: 9 })
        .length,
      1,
      kind,
    );
  // A thin list object keeps what it does not say.
  assert.deepEqual(statuses(await send(ground, { id: '5', name: 'Evening', owner_id: '78' })), ['updated']);
  assert.deepEqual([reader.lists(['5'])[0]?.name, reader.lists(['5'])[0]?.private], ['Evening', true]);
  const ended = told.map(({ op, ...rest }) => {
    const opposite = op.startsWith('add') ? 'remove-member' : `un${op}`;
    return { op: opposite, ...rest };
  });
  assert.deepEqual(statuses(await send(ground, ...ended)), Array(told.length).fill('deleted'));
  // Ending one takes it from the counts, whether or not beginning it did.
  assert.deepEqual(counts(), [0, 0, 0, 0, 0]);
  const [gone] = await send(ground, { op: 'delete-list', id: '5' });
  assert.deepEqual([gone?.status, reader.lists(['5'])[0]], ['deleted', undefined]);
});

test('a reply is hidden and shown again, and places are taken away', async (t) => {
  const ground = testGround(t);
  const { reader } = ground;
  const answer = post(8, { referenced_tweets: [{ type: 'replied_to', id: id(9) }], geo: { place_id: 'p' } });
  await send(ground, post(9), answer);
  await send(ground, { op: 'hide-reply', id: id(8) }, { op: 'scrub-geo', id: '77', up_to_post_id: id(8) });
  assert.equal(reader.isHidden(id(8)), true);
  const [found] = reader.posts([id(8)]);
  assert.ok(found && found !== 'deleted' && found.geo === undefined);
  await send(ground, { op: 'unhide-reply', id: id(8) });
  assert.equal(reader.isHidden(id(8)), false);
});

test('the README lists every operation and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const listed = [...readme.matchAll(/^\| `\{"op":"([a-z-]+)"/gm)].map((match) => match[1]);
  assert.deepEqual(listed.sort(), Object.keys(OPERATIONS).sort());
});

test('what the store refuses is told with its kind of reason', async (t) => {
  const ground = testGround(t);
  await send(ground, post(9), { op: 'delete', id: id(9) });
  const replies = await send(
    ground,
    post(9),
    post(8),
    post(8, { author_id: '78' }),
    { op: 'metrics', id: id(7), public_metrics: { like_count: 1 } },
    { op: 'nothing', id: '1' },
    { op: '__proto__', id: '1' },
    { op: 'preferences', id: '77' },
    { op: 'edit', previous_id: id(8) },
    { op: 'like', person_id: '77', post_id: id(7) },
    { op: 'like', person_id: '77', post_id: id(9) },
    { op: 'like', person_id: '77' },
    { op: 'follow', person_id: '77', target_id: '77' },
    { op: 'like', person_id: '77', post_id: id(8), counted: 'yes' },
    { id: '5', name: 'Whose?' },
  );
  const codes = ['deleted', undefined, 'conflict', 'unknown', 'invalid', 'invalid', 'invalid', 'invalid'];
  codes.push('unknown', 'deleted', 'invalid', 'invalid', 'invalid', 'invalid');
  assert.deepEqual(
    replies.map((reply) => reply.code),
    codes,
  );
});

test('lines are numbered as they stand, empty ones get no reply, and chunk borders make no difference', async (t) => {
  const ground = testGround(t);
  const body = Buffer.concat([
    Buffer.from(`\n${JSON.stringify(post(5, { text: 'grüße 😀' }))}\r\n\r\n  \n`),
    Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
    Buffer.from(`{"x":"${'y'.repeat(1_100_000)}"}\n${JSON.stringify(post(4))}`),
  ]);
  const shape = (replies: PushReply[]) => replies.map((reply) => [reply.line, reply.status]);
  await push(chunks(body), { ...ground, clock });
  const expected = [
    [2, 'unchanged'],
    [5, 'rejected'],
    [6, 'rejected'],
    [7, 'unchanged'],
  ];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 7_000, max: 1 << 20 }), async (size) => {
      assert.deepEqual(shape(await push(chunks(body, size), { ...ground, clock })), expected);
    }),
    { numRuns: runs(10) },
  );
  assert.deepEqual(
    shape(await push(chunks(body.subarray(0, 120), 1), { ...ground, clock })).slice(0, 2),
    expected.slice(0, 2),
  );
});

test('a body of too many lines is taken to its limit, and the last reply says where it stopped', async (t) => {
  const ground = testGround(t);
  const replies = await push(chunks('{}\n'.repeat(10_050)), { ...ground, clock });
  assert.equal(replies.length, 10_001);
  assert.deepEqual(
    [replies.at(-1)?.code, replies.at(-1)?.line, replies.at(-2)?.code],
    ['limit', 10_001, 'invalid'],
  );
});
