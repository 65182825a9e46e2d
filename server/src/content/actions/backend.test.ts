import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Problem } from '#kernel';
import type { Post } from '#posts';
import type { PostAct } from './port.ts';
import { type Behaviour, fakeBackend } from './testing/fake-backend.ts';
import { networkWorld, person, START } from './testing/world.ts';

const POST: PostAct = { kind: 'create-post', text: 'Hello #world' };
const SECRET = 'known to both sides and to nobody else';

async function backedWorld(t: TestContext, answerMs?: number) {
  const world = networkWorld(t, { answerMs });
  world.apply([person('101'), person('102')]);
  const { postId } = await world.network().act('102', { kind: 'create-post', text: 'of somebody else' });
  const backend = await fakeBackend(t, postId);
  backend.publicKey = world.network().settings.setBackend(backend.url).backend?.publicKey ?? undefined;
  return { ...world, backend, elsePostId: postId! };
}

const isCode = (code: string) => (error: Problem) => {
  assert.equal(error.code, code, error.message);
  return true;
};

test('what the backend confirms is readable here at once, under its id; every request is signed', async (t) => {
  const world = await backedWorld(t);
  const { backend } = world;
  const network = world.network();
  const made = await network.act('101', POST, 'app-1');
  assert.equal(made.text, 'Hello #world');
  const post = world.posts.posts([made.postId!])[0] as Post;
  assert.deepEqual(
    [post.authorId, post.text, post.entities.hashtags?.[0]?.tag],
    ['101', 'Hello #world', 'world'],
  );
  const [command] = [...backend.done.values()];
  assert.deepEqual(command, {
    id: [...backend.done.keys()][0],
    actor: '101',
    act: POST,
    at: new Date(START).toISOString(),
    app: 'app-1',
  });
  await network.act('101', { kind: 'relate', relation: 'like', to: world.elsePostId });
  assert.ok(world.posts.isRelated('like', '101', world.elsePostId));
  await network.act('101', { kind: 'relate', relation: 'follow', to: '102' });
  assert.ok(world.posts.isRelated('follow', '101', '102'));
  await network.act('101', { kind: 'repost', postId: world.elsePostId });
  assert.ok(world.posts.repostBy('101', world.elsePostId));
  await network.act('101', { kind: 'unrepost', postId: world.elsePostId });
  assert.equal(world.posts.repostBy('101', world.elsePostId), undefined);
  const { list } = await network.act('101', { kind: 'create-list', name: 'Friends' });
  await network.act('101', { kind: 'add-member', listId: list!.id, personId: '102' });
  assert.equal(world.posts.lists([list!.id])[0]?.members, 1);
  await network.act('101', { kind: 'delete-post', postId: made.postId! });
  assert.equal(world.posts.posts([made.postId!])[0], 'deleted');
  assert.deepEqual(backend.wrong, []);
  assert.equal(network.settings.show().pending, 0);
});

test('a refusal reaches the person as a 4xx with the backend’s reason, its words made harmless, and changes nothing', async (t) => {
  const world = await backedWorld(t);
  world.backend.next = ['refuses'];
  await assert.rejects(world.network().act('101', POST), (error: Problem) => {
    assert.deepEqual(
      [error.code, error.status, error.fields],
      ['forbidden', 403, { reason: 'shadow-banned', detail: 'Not today.' }],
    );
    return true;
  });
  assert.equal(world.posts.size().posts, 1);
  // Nothing is left of it: the same act is a new command.
  await world.network().act('101', POST);
  assert.equal(world.backend.requests, 2);
});

/** After each of these nobody knows whether it was done. */
const UNKNOWN: Behaviour[] = [
  'does it and cuts',
  'does it and fails',
  'does it and answers with too much',
  'does it and answers no JSON',
  'does it and names another command',
  'does it and names no post',
  'does it and names somebody else’s post',
  'cuts',
  'fails',
  'redirects',
  'is a gateway that forbids',
  'is overloaded',
];

for (const behaviour of UNKNOWN) {
  test(`a backend that ${behaviour}: 503, repeated until it answers, done once, and the client’s retry hears of it`, async (t) => {
    const world = await backedWorld(t);
    const { backend, clock } = world;
    const network = world.network();
    backend.next = [behaviour, behaviour];
    await assert.rejects(network.act('101', POST), isCode('network-unavailable'));
    assert.equal(world.posts.size().posts, 1);
    assert.equal(network.settings.show().pending, 1);
    assert.throws(() => network.settings.setOwn(), { code: 'conflict' });
    await network.retry();
    assert.equal(backend.requests, 1, 'not before it is due');
    clock.advance(1_000);
    await network.retry();
    clock.advance(1_000);
    await network.retry();
    assert.equal(backend.requests, 2, 'then twice as late');
    clock.advance(1_000);
    await network.retry();
    assert.deepEqual([backend.requests, backend.done.size], [3, 1]);
    const { postId } = await network.act('101', POST);
    assert.deepEqual([backend.requests, backend.done.size], [3, 1]);
    assert.equal((world.posts.posts([postId!])[0] as Post).text, 'Hello #world');
    assert.equal(world.posts.size().posts, 2);
    assert.equal(world.logged.length, 1, world.logged.join());
    assert.deepEqual(backend.wrong, []);
    // What was heard is over: the same words again are a new command.
    await network.act('101', POST);
    assert.equal(backend.done.size, 2);
  });
}

for (const behaviour of ['does it and says nothing', 'does it and drips'] as const) {
  test(`a backend that ${behaviour} is waited for no longer than its time`, async (t) => {
    const world = await backedWorld(t, 200);
    world.backend.next = [behaviour];
    await assert.rejects(world.network().act('101', POST), isCode('network-unavailable'));
    // The client asks again before the background does.
    assert.ok((await world.network().act('101', POST)).postId);
    assert.deepEqual([world.backend.requests, world.backend.done.size], [2, 1]);
  });
}

test('a backend that answers twice is heard once', async (t) => {
  const world = await backedWorld(t);
  world.backend.next = ['does it and answers twice'];
  await world.network().act('101', POST);
  await world.network().act('101', { ...POST, text: 'another' });
  assert.equal(world.backend.done.size, 2);
});

test('two clients that ask for the same at once make one command; others of the same person do not wait for it', async (t) => {
  const world = await backedWorld(t);
  const [one, other, different] = await Promise.all([
    world.network().act('101', POST),
    world.network().act('101', { ...POST }),
    world.network().act('101', { ...POST, text: 'different' }),
  ]);
  assert.equal(one.postId, other.postId);
  assert.notEqual(one.postId, different.postId);
  assert.equal(world.backend.done.size, 2);
});

test('while a like is not confirmed, taking it back has to wait, so that their order stays', async (t) => {
  const world = await backedWorld(t);
  const network = world.network();
  const like = { kind: 'relate', relation: 'like', to: world.elsePostId } as const;
  world.backend.next = ['does it and cuts'];
  await assert.rejects(network.act('101', like), isCode('network-unavailable'));
  await assert.rejects(network.act('101', { ...like, kind: 'unrelate' }), isCode('network-unavailable'));
  assert.equal(world.backend.requests, 1);
  world.clock.advance(1_000);
  await network.retry();
  await network.act('101', { ...like, kind: 'unrelate' });
  assert.equal(world.posts.isRelated('like', '101', world.elsePostId), false);
});

test('what is not confirmed survives a restart, and so does the backend’s key', async (t) => {
  const world = await backedWorld(t);
  world.backend.next = ['does it and cuts'];
  await assert.rejects(world.network().act('101', POST), isCode('network-unavailable'));
  const network = await world.restart();
  assert.equal(network.settings.show().backend?.publicKey, world.backend.publicKey);
  world.clock.advance(1_000);
  await network.retry();
  assert.deepEqual([world.backend.requests, world.backend.done.size], [2, 1]);
  assert.equal(world.posts.size().posts, 2);
  assert.deepEqual(world.backend.wrong, []);
});

test('a full disk here keeps what the backend has done until it can be written', async (t) => {
  const world = await backedWorld(t);
  world.failing.writes = 1;
  await assert.rejects(world.network().act('101', POST), /the disk is full/);
  assert.equal(world.network().settings.show().pending, 1);
  world.clock.advance(1_000);
  await world.network().retry();
  assert.deepEqual([world.posts.size().posts, world.backend.done.size], [2, 1]);
});

test('where nobody listens, nothing was done and nothing waits', async (t) => {
  const world = await backedWorld(t);
  world.network().settings.setBackend('http://127.0.0.1:1/');
  await assert.rejects(world.network().act('101', POST), (error: Problem) => {
    assert.match(String(error.fields.detail), /nothing was done/);
    return isCode('network-unavailable')(error);
  });
  assert.equal(world.network().settings.show().pending, 0);
});

test('a command that nobody confirms is given up after a day, and the log says so', async (t) => {
  const world = await backedWorld(t);
  world.backend.next = Array(1_000).fill('fails');
  await assert.rejects(world.network().act('101', POST), isCode('network-unavailable'));
  for (let minute = 0; minute <= 24 * 60; minute += 5) {
    world.clock.advance(5 * 60_000);
    await world.network().retry();
  }
  assert.equal(world.network().settings.show().pending, 0);
  assert.match(world.logged.at(-1) ?? '', /gave up on the command/);
  assert.ok(world.backend.requests < 310, `${world.backend.requests} requests`);
});

test('what no network would take is not sent', async (t) => {
  const world = await backedWorld(t);
  for (const act of [
    { ...POST, text: ' ' },
    { ...POST, mediaIds: ['1'] },
  ])
    await assert.rejects(world.network().act('101', act), isCode('body-invalid'));
  assert.equal(world.backend.requests, 0);
});

test('the secret is in no file and in no answer, and a private backend is refused', async (t) => {
  const world = networkWorld(t);
  const { settings } = world.network();
  const shown = settings.setBackend('https://backend.example/commands', {
    key: Buffer.from(SECRET),
    keyId: 'k',
  });
  assert.deepEqual(shown, {
    mode: 'backend',
    backend: {
      url: 'https://backend.example/commands',
      keyId: 'k',
      algorithm: 'hmac-sha256',
      publicKey: null,
    },
    pending: 0,
  });
  for (const file of [world.file, `${world.file}-wal`])
    assert.equal(readFileSync(file, 'latin1').includes(SECRET), false);
  for (const url of ['https://10.0.0.1/', 'https://u:p@backend.example/', 'x'])
    assert.throws(() => settings.setBackend(url), { code: 'body-invalid' });
  assert.throws(
    () => settings.setBackend('https://10.0.0.1/'),
    ({ fields }: Problem) => /not at a public address.*--allow-outbound/.test(String(fields.detail)),
  );
  assert.deepEqual(settings.setOwn(), { mode: 'own', backend: null, pending: 0 });
});
