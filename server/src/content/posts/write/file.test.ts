import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { Change, Post } from '../index.ts';
import { aPerson, memoryIndex, memoryStore, START_MS, temporaryFile, upsert } from '../testing/world.ts';
import { createPostStore, openPostReader } from './store-sqlite.ts';

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
    assert.deepEqual(touched, { posts: ['1'], people: ['101'], created: [], lastEvent: 1n });
    reader.forget(touched);
    assert.equal(read(), 'new,post 2');
    assert.equal(reader.people(['101'])[0]?.protected, true);
    reader.forget(store.apply([{ kind: 'delete-person', id: '101', at: START_MS }]).touched);
    assert.equal(read(), 'deleted,deleted');
  });

  test("a deleted person's posts leave the cache though they were all taken away before it heard of the deletion", (context) => {
    const path = temporaryFile(context);
    const db = new DatabaseSync(path);
    const store = createPostStore(db, () => memoryIndex().index);
    const reader = openPostReader(path, { cacheBytes: 1 << 24 });
    context.after(() => {
      reader.close();
      db.close();
    });
    // More than one transaction takes away, so that the rest is told of later.
    const ids = Array.from({ length: 3_000 }, (_, at) => String(at + 1));
    store.apply([{ kind: 'person', person: aPerson('101') }, ...ids.map((id) => upsert(id))]);
    reader.posts(ids);
    const { touched } = store.apply([{ kind: 'delete-person', id: '101', at: START_MS }]);
    assert.ok(touched.posts.length < ids.length);
    while (store.settle());
    reader.forget(touched);
    assert.deepEqual(new Set(reader.posts(ids)), new Set(['deleted']));
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
