import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareIds, idTime, makeId, type Problem, testClock } from '#kernel';
import type { Change, Person, Post } from '#posts';
import { runs } from '#test/runs';
import { createActQueue } from './act-queue.ts';
import { languageOf } from './language.ts';
import { createMint } from './mint.ts';
import type { Act } from './port.ts';
import { networkWorld, person, START } from './testing/world.ts';

test('ids rise and are free, whatever the clock does, and tell the time that the post is given', () => {
  const jumps = fc.array(fc.integer({ min: -100_000, max: 100_000 }), { maxLength: 50 });
  fc.assert(
    fc.property(jumps, fc.integer({ min: 0, max: 5 }), (steps, taken) => {
      const clock = testClock(START);
      const held = new Set(Array.from({ length: taken }, (_, low) => makeId(START, low)));
      const mint = createMint(clock, (id) => held.has(id));
      let last = '0';
      for (const step of [0, ...steps]) {
        clock.advance(step);
        const { id, createdAt } = mint.next();
        assert.ok(compareIds(id, last) > 0 && !held.has(id));
        assert.equal(createdAt, idTime(id));
        last = id;
      }
      const above = makeId(START + 10 ** 9, 7);
      assert.ok(compareIds(mint.next(above).id, above) > 0);
    }),
  );
});

test('a language is told by a script that only it is written in, and not guessed otherwise', () => {
  const texts: [string, string][] = [
    ['おはようございます', 'ja'],
    ['今日は天気がいいですね', 'ja'],
    ['東京タワー', 'ja'],
    ['今天天气很好', 'zh'],
    ['좋은 아침입니다 @alice #여행', 'ko'],
    ['สวัสดีตอนเช้า', 'th'],
    ['בוקר טוב', 'iw'],
    ['Καλημέρα', 'el'],
    ['Good morning', 'und'],
    ['Доброе утро', 'und'],
    ['नमस्ते', 'und'],
    ['صباح الخير', 'und'],
    ['The word 东京 in a sentence', 'und'],
    ['🎉🎉 100%', 'zxx'],
    ['https://example.com/abc @alice #tag $TICK', 'zxx'],
    ['', 'zxx'],
  ];
  for (const [text, lang] of texts) assert.equal(languageOf(text), lang, text);
});

const reason = (expected: string) => (error: Problem) => {
  assert.equal(error.fields.reason, expected, error.message);
  return true;
};

function ownWorld(t: Parameters<typeof networkWorld>[0], ...people: Change[]) {
  const world = networkWorld(t);
  world.apply([person('101', { username: 'alice' }), person('102', { username: 'bob' }), ...people]);
  const act = (personId: string, what: Act) => world.network().act(personId, what);
  const create = async (personId: string, text: string, more: object = {}) =>
    (await act(personId, { kind: 'create-post', text, ...more })).postId!;
  return { ...world, act, create, post: (id: string) => world.posts.posts([id])[0] as Post };
}

test('an edited answer keeps its names, its conversation, what it quotes and who may answer it', async (t) => {
  const { act, create, post, clock } = ownWorld(t);
  const first = await create('102', 'A question');
  const quoted = await create('102', 'A source');
  const replySettings = 'following' as const;
  const answer = await create('101', 'An answr', { replyTo: first, quoteOf: quoted, replySettings });
  clock.advance(1_000);
  const edited = await create('101', 'An answer', { editOf: answer });
  const version = post(edited);
  assert.deepEqual(
    [
      version.text,
      version.displayTextRange,
      version.conversationId,
      version.inReplyToPersonId,
      version.replySettings,
    ],
    ['@bob An answer', [5, 14], first, '102', 'following'],
  );
  assert.deepEqual(version.references, post(answer).references);
  assert.deepEqual(version.editHistory, [answer, edited]);
  assert.equal(post(first).metrics.replies, 1, 'an edit is not another answer');
  // Of five edits of one version at once, one is.
  const race = await Promise.allSettled(
    [1, 2, 3, 4, 5].map((n) => act('101', { kind: 'create-post', text: `edit ${n}`, editOf: edited })),
  );
  assert.equal(race.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('an answer names the whole conversation but its author, those left out and those it names itself', async (t) => {
  const { create, post } = ownWorld(
    t,
    person('103', { username: 'carol' }),
    person('104', { username: 'dan' }),
  );
  const first = await create('102', 'For @carol, @dan, @alice and @bob');
  const texts: [more: object, text: string][] = [
    [{}, '@bob @carol @dan hello'],
    [{ excludeReplyPersonIds: ['103', '102', '999'] }, '@bob @dan hello'],
    [{ namesNobody: true }, 'hello'],
  ];
  for (const [index, [more, expected]] of texts.entries()) {
    const id = await create('101', `hello${'!'.repeat(index)}`, { replyTo: first, ...more });
    assert.equal(post(id).text.replace(/!+$/, ''), expected);
  }
  const id = await create('101', 'hello @Bob', { replyTo: first });
  assert.equal(post(id).text, '@carol @dan hello @Bob');
});

test('limits of lists: names, a thousand of a person, five pins, private ones for their owner alone', async (t) => {
  const { act, apply, posts } = ownWorld(t);
  const lists = Array.from({ length: 999 }, (_, n): Change => {
    const list = {
      id: String(n + 1),
      ownerId: '101',
      name: 'x',
      description: '',
      private: false,
      createdAt: START,
    };
    return { kind: 'list', list };
  });
  apply(lists);
  for (const name of ['', ' ', 'x'.repeat(26)])
    await assert.rejects(act('101', { kind: 'create-list', name }), { code: 'body-invalid' });
  const { list } = await act('101', { kind: 'create-list', name: 'The last one', private: true });
  await assert.rejects(act('101', { kind: 'create-list', name: 'One more' }), reason('lists-used-up'));
  const listId = list!.id;
  for (const what of [
    { kind: 'relate', relation: 'list-follow', to: listId },
    { kind: 'update-list', listId, name: 'mine' },
    { kind: 'delete-list', listId },
    { kind: 'add-member', listId, personId: '102' },
  ] as const)
    await assert.rejects(act('102', what), { code: 'not-found' });
  await assert.rejects(act('102', { kind: 'delete-list', listId: '1' }), reason('not-owner'));
  for (let pin = 1; pin <= 5; pin += 1)
    await act('101', { kind: 'relate', relation: 'list-pin', to: String(pin) });
  await act('101', { kind: 'relate', relation: 'list-pin', to: '5' });
  await assert.rejects(act('101', { kind: 'relate', relation: 'list-pin', to: '6' }), reason('pins-used-up'));
  for (const changed of [true, false]) {
    assert.equal((await act('101', { kind: 'add-member', listId, personId: '102' })).changed, changed);
    assert.equal(posts.lists([listId])[0]?.members, 1);
  }
  const updated = await act('101', { kind: 'update-list', listId, description: 'd' });
  assert.deepEqual(
    [updated.list?.name, updated.list?.description, updated.list?.private],
    ['The last one', 'd', true],
  );
});

test('a failed disk leaves nothing of an act, and the next one is made', async (t) => {
  const { act, create, failing, posts } = ownWorld(t);
  failing.writes = 1;
  await assert.rejects(act('101', { kind: 'create-post', text: 'x' }), /the disk is full/);
  assert.equal(posts.size().posts, 0);
  await create('101', 'x');
});

test('acts of one person take turns, others do not wait for them, and a queue has an end', async () => {
  const queue = createActQueue();
  const inTurn = <T>(tenant: string, act: () => Promise<T>) => queue.run({ tenant }, act);
  const gate = Promise.withResolvers<void>();
  const seen: number[] = [];
  const all = Array.from({ length: 51 }, (_, n) =>
    inTurn('1', async () => {
      await gate.promise;
      seen.push(n);
    }),
  );
  const last = assert.rejects(all.pop()!, { code: 'overloaded', headers: { 'retry-after': '2' } });
  await inTurn('2', async () => seen.push(-1));
  gate.resolve();
  await Promise.all([...all, last]);
  assert.deepEqual(seen, [-1, ...Array(50).keys()]);
  await assert.rejects(
    inTurn('1', () => Promise.reject(new Error('one fails'))),
    /one fails/,
  );
  assert.equal(await inTurn('1', async () => 'the next does not'), 'the next does not');
});

/** The naive model: sets of pairs, and the rules of blocks in three lines. */
const KINDS = ['like', 'bookmark', 'follow', 'mute', 'block', 'repost'] as const;
type Step = { actor: number; kind: (typeof KINDS)[number]; target: number; begins: boolean };

test('whatever four persons do to each other, relations and counts are what sets of pairs say', async () => {
  const steps = fc.array(
    fc.record<Step>({
      actor: fc.nat(3),
      kind: fc.constantFrom(...KINDS),
      target: fc.nat(3),
      begins: fc.boolean(),
    }),
    { maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const ends: (() => unknown)[] = [];
      const people = ['101', '102', '103', '104'];
      const world = ownWorld(
        { after: (end) => void ends.push(end as () => unknown) },
        ...people.slice(2).map((id) => person(id)),
      );
      try {
        const posts = await Promise.all(people.map((id) => world.create(id, `of ${id}`)));
        const model = new Set<string>();
        for (const { actor, kind, target, begins } of all) {
          const [me, you] = [people[actor]!, people[target]!];
          const isOfPost = kind === 'like' || kind === 'bookmark' || kind === 'repost';
          const to = isOfPost ? posts[target]! : you;
          // A bookmark reaches nobody: only a block of the author's refuses it.
          const isBlocked =
            model.has(`block ${you} ${me}`) || (kind !== 'bookmark' && model.has(`block ${me} ${you}`));
          const isRefused =
            begins &&
            ((me === you && !isOfPost) ||
              (isBlocked &&
                kind !== 'mute' &&
                kind !== 'block' &&
                !(kind === 'repost' && model.has(`repost ${me} ${to}`))));
          const act: Act =
            kind === 'repost'
              ? { kind: begins ? 'repost' : 'unrepost', postId: to }
              : { kind: begins ? 'relate' : 'unrelate', relation: kind, to };
          const made = await world.act(me, act).then(
            ({ changed }) => changed,
            (error: Problem) => error.code,
          );
          const key = `${kind} ${me} ${to}`;
          assert.equal(made, isRefused ? 'forbidden' : model.has(key) !== begins, `${begins} ${key}`);
          if (isRefused) continue;
          if (begins) model.add(key);
          else model.delete(key);
          if (kind === 'block' && begins)
            for (const pair of [`follow ${me} ${you}`, `follow ${you} ${me}`]) model.delete(pair);
        }
        const count = (kind: string, end: 1 | 2, id: string) =>
          [...model].filter((key) => key.split(' ')[0] === kind && key.split(' ')[end] === id).length;
        for (const [index, id] of people.entries()) {
          const { metrics } = world.post(posts[index]!);
          const expected = ['like', 'bookmark', 'repost'].map((kind) => count(kind, 2, posts[index]!));
          assert.deepEqual([metrics.likes, metrics.bookmarks, metrics.reposts], expected);
          const { followers, following, posts: written } = (world.posts.people([id])[0] as Person).metrics;
          assert.deepEqual(
            [followers, following, written],
            [count('follow', 2, id), count('follow', 1, id), 1 + count('repost', 1, id)],
          );
        }
      } finally {
        for (const end of ends) await end();
      }
    }),
    { numRuns: runs(60) },
  );
});
