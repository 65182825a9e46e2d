import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { Change, Post } from './index.ts';
import { createPostStore, openPostReader } from './store-sqlite.ts';
import { aPerson, aPost, memoryIndex, memoryStore, START_MS, temporaryFile } from './world.fake.ts';

const MINUTE = 60_000;
const edit = (previousId: string, id: string, minutes: number, fields: Partial<Post> = {}): Change => ({
  kind: 'edit',
  previousId,
  post: aPost(id, { text: `edited ${id}`, createdAt: START_MS + minutes * MINUTE, ...fields }),
});
const upsert = (id: string, fields: Partial<Post> = {}): Change => ({
  kind: 'post',
  post: aPost(id, fields),
});
const withheld = { copyright: false, countryCodes: ['DE'] };

/** How a post, or its author, came to be as it is. */
const POST_STATES: Record<string, Change[]> = {
  absent: [],
  live: [upsert('10')],
  'older version': [upsert('10'), edit('10', '11', 5)],
  withheld: [upsert('10'), { kind: 'withhold-post', id: '10', withheld }],
  deleted: [upsert('10'), { kind: 'delete-post', id: '10', at: START_MS }],
  'of a deleted author': [
    { kind: 'person', person: aPerson('101') },
    upsert('10'),
    { kind: 'delete-person', id: '101', at: START_MS },
  ],
};

/** What each change of a post says in each state; the same change again says `unchanged` wherever it took effect. */
const POST_TABLE: [string, Change, Record<keyof typeof POST_STATES, string>][] = [
  [
    'upsert, the same',
    upsert('10'),
    {
      absent: 'created',
      live: 'unchanged',
      'older version': 'unchanged',
      withheld: 'unchanged',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'upsert, other text',
    upsert('10', { text: 'other' }),
    {
      absent: 'created',
      live: 'updated',
      'older version': 'updated',
      withheld: 'updated',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'upsert by another person',
    upsert('10', { authorId: '102' }),
    {
      absent: 'created',
      live: 'refused: conflict',
      'older version': 'refused: conflict',
      withheld: 'refused: conflict',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'edit',
    edit('10', '12', 10),
    {
      absent: 'refused: unknown',
      live: 'created',
      'older version': 'refused: conflict',
      withheld: 'created',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'delete',
    { kind: 'delete-post', id: '10', at: START_MS },
    {
      absent: 'deleted',
      live: 'deleted',
      'older version': 'deleted',
      withheld: 'deleted',
      deleted: 'unchanged',
      'of a deleted author': 'unchanged',
    },
  ],
  [
    'metrics',
    { kind: 'metrics', id: '10', metrics: { likes: 7 } },
    {
      absent: 'refused: unknown',
      live: 'updated',
      'older version': 'updated',
      withheld: 'updated',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'withhold',
    { kind: 'withhold-post', id: '10', withheld },
    {
      absent: 'refused: unknown',
      live: 'updated',
      'older version': 'updated',
      withheld: 'unchanged',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'lift withholding',
    { kind: 'withhold-post', id: '10', withheld: null },
    {
      absent: 'refused: unknown',
      live: 'unchanged',
      'older version': 'unchanged',
      withheld: 'updated',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
];

describe('each change of a post has one outcome in each state, and none the second time', () => {
  for (const [name, change, outcomes] of POST_TABLE) {
    for (const [state, before] of Object.entries(POST_STATES)) {
      test(`${name}, ${state}: ${outcomes[state]}`, () => {
        const { apply, status } = memoryStore();
        apply(...before);
        const first = status(change);
        assert.equal(first, outcomes[state]);
        assert.equal(status(change), first.startsWith('refused') ? first : 'unchanged');
      });
    }
  }
});

const PERSON_STATES: Record<string, Change[]> = {
  absent: [],
  active: [{ kind: 'person', person: aPerson('101') }],
  protected: [
    { kind: 'person', person: aPerson('101') },
    { kind: 'protect', id: '101', protected: true },
  ],
  suspended: [
    { kind: 'person', person: aPerson('101') },
    { kind: 'person-state', id: '101', state: 'suspended' },
  ],
  deleted: [
    { kind: 'person', person: aPerson('101') },
    { kind: 'delete-person', id: '101', at: START_MS },
  ],
};

const PERSON_TABLE: [string, Change, Record<keyof typeof PERSON_STATES, string>][] = [
  [
    'upsert, the same',
    { kind: 'person', person: aPerson('101') },
    {
      absent: 'created',
      active: 'unchanged',
      protected: 'unchanged',
      suspended: 'unchanged',
      deleted: 'refused: deleted',
    },
  ],
  [
    'upsert, protected',
    { kind: 'person', person: aPerson('101', { protected: true }) },
    {
      absent: 'created',
      active: 'updated',
      protected: 'unchanged',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'protect',
    { kind: 'protect', id: '101', protected: true },
    {
      absent: 'created',
      active: 'updated',
      protected: 'unchanged',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'unprotect',
    { kind: 'protect', id: '101', protected: false },
    {
      absent: 'created',
      active: 'unchanged',
      protected: 'updated',
      suspended: 'unchanged',
      deleted: 'refused: deleted',
    },
  ],
  [
    'suspend',
    { kind: 'person-state', id: '101', state: 'suspended' },
    {
      absent: 'created',
      active: 'updated',
      protected: 'updated',
      suspended: 'unchanged',
      deleted: 'refused: deleted',
    },
  ],
  [
    'reactivate',
    { kind: 'person-state', id: '101', state: 'active' },
    {
      absent: 'created',
      active: 'unchanged',
      protected: 'unchanged',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'refuse search',
    { kind: 'preferences', id: '101', preferences: { search: false } },
    {
      absent: 'created',
      active: 'updated',
      protected: 'updated',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'delete',
    { kind: 'delete-person', id: '101', at: START_MS },
    {
      absent: 'deleted',
      active: 'deleted',
      protected: 'deleted',
      suspended: 'deleted',
      deleted: 'unchanged',
    },
  ],
];

describe('each change of a person has one outcome in each state, and none the second time', () => {
  for (const [name, change, outcomes] of PERSON_TABLE) {
    for (const [state, before] of Object.entries(PERSON_STATES)) {
      test(`${name}, ${state}: ${outcomes[state]}`, () => {
        const { apply, status } = memoryStore();
        apply(...before);
        const first = status(change);
        assert.equal(first, outcomes[state]);
        assert.equal(status(change), first.startsWith('refused') ? first : 'unchanged');
      });
    }
  }
});

describe('posts', () => {
  test('what a source left out is derived: language, conversation, the person replied to, entities', () => {
    const { apply, reader } = memoryStore();
    const {
      conversationId: _,
      entities: _e,
      editHistory: _h,
      ...bare
    } = aPost('2', { authorId: '102', lang: '', text: 'to #you' });
    apply(
      upsert('1', { conversationId: '7' }),
      { kind: 'post', post: { ...bare, references: [{ type: 'replied_to', id: '1' }] } },
      { kind: 'post', post: { ...bare, id: '3', references: [{ type: 'replied_to', id: '99' }] } },
      { kind: 'post', post: { ...bare, id: '4' } },
    );
    const [reply, orphan, root] = reader.posts(['2', '3', '4']) as Post[];
    assert.equal(reply!.conversationId, '7');
    assert.equal(reply!.inReplyToPersonId, '101');
    assert.equal(reply!.lang, 'und');
    assert.deepEqual(reply!.entities, { hashtags: [{ start: 3, end: 7, tag: 'you' }] });
    assert.equal(orphan!.conversationId, '99');
    assert.equal(orphan!.inReplyToPersonId, undefined);
    assert.equal(root!.conversationId, '4');
  });

  test('fields that a thin source did not say keep what a fuller one brought', () => {
    const { apply, reader, status } = memoryStore();
    const full = aPost('1', {
      source: 'Web',
      lang: 'de',
      metrics: { ...aPost('1').metrics, likes: 5 },
      entities: { hashtags: [{ start: 0, end: 4, tag: 'abc' }] },
    });
    apply({ kind: 'post', post: full });
    const thin: Change = {
      kind: 'post',
      post: aPost('1', { lang: 'und' }),
      unsaid: ['source', 'lang', 'metrics', 'entities'],
    };
    assert.equal(status(thin), 'unchanged');
    assert.deepEqual(reader.posts(['1']), [full]);
  });

  test('an upsert only raises metrics, a change of metrics sets them', () => {
    const { apply, reader } = memoryStore();
    const likes = () => (reader.posts(['1'])[0] as Post).metrics.likes;
    const counted = (count: number) => upsert('1', { metrics: { ...aPost('1').metrics, likes: count } });
    apply(counted(5), counted(3));
    assert.equal(likes(), 5);
    apply({ kind: 'metrics', id: '1', metrics: { likes: 2 } });
    assert.equal(likes(), 2);
    apply(counted(4));
    assert.equal(likes(), 4);
  });

  test('an old file cannot bring back a deleted post, nor one deleted before it came', () => {
    const { status, reader, held } = memoryStore();
    assert.equal(status({ kind: 'delete-post', id: '5', at: START_MS }), 'deleted');
    assert.equal(status(upsert('5')), 'refused: deleted');
    assert.deepEqual(reader.posts(['5']), ['deleted']);
    assert.equal(held().size, 0);
  });

  test('media and polls are deleted with the last post that shows them', () => {
    const { apply, reader } = memoryStore();
    apply(
      { kind: 'media', media: { mediaKey: '3_1', type: 'photo' } },
      { kind: 'poll', poll: { id: '8', options: [] } },
      upsert('1', { mediaKeys: ['3_1'], pollIds: ['8'] }),
      upsert('2', { mediaKeys: ['3_1'] }),
      { kind: 'delete-post', id: '1', at: START_MS },
    );
    assert.deepEqual(reader.polls(['8']), [undefined]);
    assert.equal(reader.media(['3_1'])[0]?.type, 'photo');
    apply({ kind: 'delete-post', id: '2', at: START_MS });
    assert.deepEqual(reader.media(['3_1']), [undefined]);
  });

  test('limits refuse a post with a reason and touch nothing', () => {
    const { apply, reader } = memoryStore();
    const wrong: Partial<Post>[] = [
      { id: 'x' },
      { id: '007' },
      { id: '0' },
      { id: '99999999999999999999' },
      { authorId: '' },
      { text: 'a'.repeat(25_001) },
      { createdAt: Number.NaN },
      { createdAt: -1 },
      { references: Array.from({ length: 9 }, (_, index) => ({ type: 'quoted', id: String(index + 1) })) },
      { references: [{ type: 'quoted', id: '1' }] },
      { editHistory: ['2', '3'] },
      { editHistory: ['2', '1'] },
      { editHistory: ['1', '2', '3', '4', '5', '6', '7'] },
      { metrics: { ...aPost('1').metrics, likes: -1 } },
      { metrics: { ...aPost('1').metrics, likes: 0.5 } },
      { mediaKeys: Array.from({ length: 21 }, String) },
      { cardUri: 'c'.repeat(300_000) },
    ];
    for (const fields of wrong) {
      const [outcome] = apply(upsert('1', fields));
      assert.equal(
        outcome!.status === 'refused' && outcome!.because,
        'invalid',
        JSON.stringify(fields).slice(0, 80),
      );
    }
    assert.deepEqual(reader.size(), { posts: 0, people: 0 });
  });

  test('text comes back as it was given: NUL, lone surrogates, line ends, emoji', () => {
    const { apply, reader } = memoryStore();
    const text = 'a\u0000b \ud800 \r\n👩‍👩‍👧 ﷽';
    apply(upsert('1', { text }));
    assert.equal((reader.posts(['1'])[0] as Post).text, text);
  });

  test('only the one way to write an id finds a post', () => {
    const { apply, reader } = memoryStore();
    apply(upsert('1'));
    assert.deepEqual(reader.posts(['01', '1e0', '1.0', ' 1', '', '-1']), Array(6).fill(undefined));
  });
});

describe('edits', () => {
  const chain = [upsert('1'), edit('1', '2', 5), edit('2', '3', 10)];

  test('every version is readable and names the whole chain; timeline and search have the newest alone', () => {
    const { apply, reader, held } = memoryStore();
    apply(...chain);
    const versions = reader.posts(['1', '2', '3']) as Post[];
    assert.deepEqual(
      versions.map((post) => post.editHistory),
      Array(3).fill(['1', '2', '3']),
    );
    assert.deepEqual(
      versions.map((post) => post.text),
      ['post 1', 'edited 2', 'edited 3'],
    );
    assert.deepEqual(reader.timeline('101', { limit: 10 }), ['3']);
    assert.deepEqual([...held().keys()], ['3']);
  });

  for (const id of ['1', '2', '3']) {
    test(`deleting version ${id} deletes all of them`, () => {
      const { apply, reader, held } = memoryStore();
      apply(...chain, { kind: 'delete-post', id, at: START_MS });
      assert.deepEqual(reader.posts(['1', '2', '3']), ['deleted', 'deleted', 'deleted']);
      assert.equal(held().size, 0);
      assert.equal(reader.size().posts, 0);
    });
  }

  test('30 minutes and 5 times', () => {
    const { apply, status } = memoryStore();
    apply(upsert('1'));
    assert.equal(status(edit('1', '2', 30.001)), 'refused: conflict');
    assert.equal(status(edit('1', '2', -1)), 'refused: conflict');
    for (let version = 2; version <= 6; version += 1)
      assert.equal(status(edit(String(version - 1), String(version), 30)), 'created');
    assert.equal(status(edit('6', '7', 30)), 'refused: conflict');
  });

  test('only its author edits a post, on top of the newest version, under a new and higher id', () => {
    const { apply, status } = memoryStore();
    apply(upsert('5'), upsert('7'), edit('5', '6', 1));
    assert.equal(status(edit('6', '8', 2, { authorId: '102' })), 'refused: conflict');
    assert.equal(status(edit('5', '8', 2)), 'refused: conflict');
    assert.equal(status(edit('6', '7', 2)), 'refused: conflict');
    assert.equal(status(edit('6', '4', 2)), 'refused: conflict');
  });

  test('a file that names the history makes the same chain, in any order', () => {
    const versions = ['1', '2', '3'].map((id) => upsert(id, { editHistory: ['1', '2', '3'] }));
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
    ]) {
      const { apply, reader, held } = memoryStore();
      apply(...order.map((index) => versions[index]!));
      assert.deepEqual((reader.posts(['1'])[0] as Post).editHistory, ['1', '2', '3']);
      assert.deepEqual(reader.timeline('101', { limit: 10 }), ['3']);
      assert.deepEqual([...held().keys()], ['3']);
    }
  });

  test("nobody hides another person's post by claiming it as a version of their own", () => {
    const { apply, status, reader } = memoryStore();
    apply(upsert('1'));
    assert.equal(status(upsert('2', { authorId: '102', editHistory: ['1', '2'] })), 'refused: conflict');
    apply(upsert('4', { authorId: '102', editHistory: ['3', '4'] }), upsert('3'));
    assert.deepEqual(reader.timeline('101', { limit: 10 }), ['3', '1']);
    assert.deepEqual(reader.timeline('102', { limit: 10 }), ['4']);
    assert.deepEqual((reader.posts(['3'])[0] as Post).editHistory, ['3']);
  });

  test('an edit stays withheld as the version before it', () => {
    const { apply, reader } = memoryStore();
    apply(upsert('1'), { kind: 'withhold-post', id: '1', withheld }, edit('1', '2', 1));
    assert.deepEqual((reader.posts(['2'])[0] as Post).withheld, withheld);
  });
});

describe('persons', () => {
  test('a name finds who took it last; a name given up or deleted finds nobody', () => {
    const { apply, reader } = memoryStore();
    const who = (username: string) => reader.peopleByUsername([username])[0]?.id;
    apply({ kind: 'person', person: aPerson('101', { username: 'Anna' }) });
    assert.equal(who('aNNA'), '101');
    apply({ kind: 'person', person: aPerson('102', { username: 'anna' }) });
    assert.equal(who('anna'), '102');
    apply({ kind: 'protect', id: '101', protected: true });
    assert.equal(who('anna'), '102');
    apply({ kind: 'person', person: aPerson('102', { username: 'berta' }) });
    assert.equal(who('anna'), undefined);
    assert.equal(who('berta'), '102');
    apply({ kind: 'delete-person', id: '102', at: START_MS });
    assert.equal(who('berta'), undefined);
    apply({ kind: 'person', person: aPerson('103', { username: 'Berta' }) });
    assert.equal(who('berta'), '103');
  });

  test('an upsert adds restrictions and lifts none', () => {
    const { apply, reader } = memoryStore();
    const free = aPerson('101');
    const bound = aPerson('101', {
      protected: true,
      state: 'suspended',
      withheld,
      preferences: { search: false, aiTraining: false, redistribution: false },
    });
    apply(
      { kind: 'person', person: free },
      { kind: 'person', person: bound },
      { kind: 'person', person: free },
    );
    assert.deepEqual(reader.people(['101']), [bound]);
    apply(
      { kind: 'protect', id: '101', protected: false },
      { kind: 'person-state', id: '101', state: 'active' },
      {
        kind: 'preferences',
        id: '101',
        preferences: { search: true, aiTraining: true, redistribution: true },
      },
    );
    assert.deepEqual(reader.people(['101']), [{ ...free, withheld }]);
  });

  test('a restriction holds from before the person is known', () => {
    const { apply, reader, held } = memoryStore();
    apply({ kind: 'protect', id: '101', protected: true }, upsert('1'));
    assert.equal(held().size, 0);
    apply({ kind: 'person', person: aPerson('101') });
    assert.equal(reader.people(['101'])[0]?.protected, true);
    assert.equal(reader.people(['101'])[0]?.username, 'person101');
    assert.equal(held().size, 0);
  });

  test('a deleted person is not served from that moment, though their posts go in bounded batches', () => {
    const { apply, store, reader, held } = memoryStore();
    const ids = Array.from({ length: 4_000 }, (_, index) => String(index + 1));
    apply({ kind: 'person', person: aPerson('101') }, ...ids.map((id) => upsert(id)));
    assert.equal(held().size, 4_000);
    apply({ kind: 'delete-person', id: '101', at: START_MS });
    assert.ok(held().size > 0, 'the rest is left for later');
    assert.deepEqual(new Set(reader.posts(ids)), new Set(['deleted']));
    assert.deepEqual(reader.timeline('101', { limit: 10 }), []);
    assert.equal(reader.newestPostId('101'), undefined);
    assert.deepEqual(reader.people(['101']), [undefined]);
    while (store.settle()) assert.ok(held().size < 4_000);
    assert.equal(held().size, 0);
    assert.deepEqual(reader.size(), { posts: 0, people: 0 });
  });
});

describe('timelines', () => {
  test('newest first between exclusive bounds, without replies or reposts when asked', () => {
    const { apply, reader } = memoryStore();
    apply(
      upsert('1'),
      upsert('2', { references: [{ type: 'replied_to', id: '1' }] }),
      upsert('3', { references: [{ type: 'retweeted', id: '99' }] }),
      upsert('4', { nullcast: true }),
      upsert('5', { withheld }),
      upsert('6'),
      upsert('7', { authorId: '102' }),
    );
    const timeline = (page: Parameters<typeof reader.timeline>[1]) => reader.timeline('101', page).join();
    assert.equal(timeline({ limit: 9 }), '6,3,2,1');
    assert.equal(timeline({ limit: 2 }), '6,3');
    assert.equal(timeline({ limit: 9, beforeId: 6n, afterId: 1n }), '3,2');
    assert.equal(timeline({ limit: 9, exclude: ['replies'] }), '6,3,1');
    assert.equal(timeline({ limit: 9, exclude: ['replies', 'retweets'] }), '6,1');
    assert.equal(reader.newestPostId('101'), '6');
  });
});

describe('the file', () => {
  test('a reader with a cache serves the new version once it was told', (context) => {
    const path = temporaryFile(context);
    const db = new DatabaseSync(path);
    const store = createPostStore(db, () => memoryIndex().index);
    const reader = openPostReader(path, { cacheBytes: 1 << 20 });
    context.after(() => {
      reader.close();
      db.close();
    });
    const read = () =>
      reader
        .posts(['1', '2'])
        .map((post) => (typeof post === 'object' ? post.text : post))
        .join();
    reader.forget(
      store.apply([upsert('1'), upsert('2'), { kind: 'person', person: aPerson('101') }]).touched,
    );
    assert.equal(read(), 'post 1,post 2');
    assert.equal(reader.people(['101'])[0]?.protected, false);
    const { touched } = store.apply([
      upsert('1', { text: 'new' }),
      { kind: 'protect', id: '101', protected: true },
    ]);
    assert.deepEqual(touched, { posts: ['1'], people: ['101'] });
    reader.forget(touched);
    assert.equal(read(), 'new,post 2');
    assert.equal(reader.people(['101'])[0]?.protected, true);
    reader.forget(store.apply([{ kind: 'delete-person', id: '101', at: START_MS }]).touched);
    assert.equal(read(), 'deleted,deleted');
  });

  test('the words of a deleted post are no longer in the file', (context) => {
    const path = temporaryFile(context);
    const db = new DatabaseSync(path);
    context.after(() => db.close());
    const store = createPostStore(db, () => memoryIndex().index);
    store.apply([upsert('1', { text: 'a secret that nobody may find' }), upsert('2')]);
    store.apply([{ kind: 'delete-post', id: '1', at: START_MS }]);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    assert.equal(db.prepare('SELECT count(*) AS n FROM posts').get()?.n, 2);
    assert.equal(readFileSync(path).includes('nobody may find'), false);
  });

  test('a full disk is a clear error, nothing of the batch is applied, and the store goes on', () => {
    const { db, store, reader, held, apply } = memoryStore();
    apply({ kind: 'person', person: aPerson('101') }, upsert('1'));
    const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count);
    db.exec(`PRAGMA max_page_count=${pages + 2}`);
    const batch: Change[] = [
      { kind: 'protect', id: '101', protected: true },
      { kind: 'delete-post', id: '1', at: START_MS },
      ...Array.from({ length: 100 }, (_, index) => upsert(String(index + 2), { text: 'x'.repeat(1_000) })),
    ];
    assert.throws(
      () => store.apply(batch),
      (error: Error & { errcode?: number }) => error.errcode === 13,
    );
    assert.deepEqual(reader.size(), { posts: 1, people: 1 });
    assert.equal((reader.posts(['1'])[0] as Post).text, 'post 1');
    assert.deepEqual([...held().keys()], ['1']);
    db.exec('PRAGMA max_page_count=100000');
    assert.equal(store.apply(batch).outcomes.length, 102);
    assert.deepEqual(reader.size(), { posts: 100, people: 1 });
    assert.equal(held().size, 0);
  });

  test('a file of a newer Parley is refused by writer and reader', (context) => {
    const path = temporaryFile(context);
    const db = new DatabaseSync(path);
    context.after(() => db.close());
    createPostStore(db, () => memoryIndex().index);
    db.exec('PRAGMA user_version=99');
    assert.throws(() => createPostStore(db, () => memoryIndex().index), /version 99/);
    assert.throws(() => openPostReader(path), /version 99/);
  });
});
