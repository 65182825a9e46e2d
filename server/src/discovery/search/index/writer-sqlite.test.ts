import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Change } from '#posts';
import { aPerson, aPost, asking, idAt, openWorld, queryOf, START_MS } from '../testing/world.ts';
import { dropIndex, IndexFormatError } from './index-shards.ts';
import { createIndexWriter } from './writer-sqlite.ts';

test('what may not be seen is neither found nor counted, from that moment on', async (t) => {
  const { apply, index } = openWorld(t);
  const counting = {
    query: queryOf('cat'),
    start: START_MS,
    end: START_MS + 60_000,
    granularity: 'minute',
    audience: {},
  } as const;
  const found = async (audience = {}) => {
    const { ids } = await index.search(asking('cat', { audience }));
    const { total } = await index.count({ ...counting, audience });
    assert.equal(total, ids.length);
    return ids.length;
  };
  const authors = ['201', '202', '203', '204', '205', '206'];
  apply(...authors.map((id): Change => ({ kind: 'person', person: aPerson(id, `p${id}`) })));
  apply(
    ...authors.map(
      (authorId, at): Change => ({ kind: 'post', post: aPost(idAt(START_MS + at), 'cat', { authorId }) }),
    ),
  );
  assert.equal(await found(), 6);
  apply({ kind: 'delete-post', id: idAt(START_MS), at: START_MS });
  assert.equal(await found(), 5);
  apply({ kind: 'protect', id: '202', protected: true });
  assert.equal(await found(), 4);
  apply({ kind: 'preferences', id: '203', preferences: { search: false } });
  assert.equal(await found(), 3);
  apply({ kind: 'preferences', id: '204', preferences: { aiTraining: false } });
  apply({ kind: 'preferences', id: '205', preferences: { redistribution: false } });
  assert.equal(await found(), 3);
  assert.equal(await found({ aiTraining: true }), 2);
  assert.equal(await found({ redistribution: true }), 2);
  assert.equal(await found({ aiTraining: true, redistribution: true }), 1);
  apply({ kind: 'protect', id: '202', protected: false });
  assert.equal(await found(), 4);
});

test('counts that reach no new step leave the index as it is, and those that do are found', async (t) => {
  const { apply, index, db } = openWorld(t);
  const id = idAt(START_MS);
  const stored = () => db.prepare('SELECT CAST(id AS TEXT) AS id, block FROM search_1_data').all();
  const likes = (count: number): Change => ({ kind: 'metrics', id, metrics: { likes: count } });
  const found = async (least: number) => (await index.search(asking(`cat min_likes:${least}`))).ids.length;
  apply({ kind: 'post', post: aPost(id, 'cat') }, likes(10));
  const before = stored();
  apply(likes(19), { kind: 'metrics', id, metrics: { impressions: 1_000 } });
  assert.deepEqual(stored(), before);
  assert.equal(await found(19), 1);
  apply(likes(20));
  assert.notDeepEqual(stored(), before);
  // Over the step and back within one batch, and up again.
  apply(likes(60), likes(21));
  assert.deepEqual([await found(20), await found(21), await found(22), await found(50)], [1, 1, 0, 0]);
  apply(likes(0), likes(51));
  assert.deepEqual([await found(50), await found(52)], [1, 0]);
});

test('an index follows edits and new counts, and knows persons by name and by id', async (t) => {
  const { apply, index } = openWorld(t);
  const id = idAt(START_MS);
  apply(
    { kind: 'person', person: aPerson('100', 'Alice') },
    { kind: 'person', person: aPerson('300', '100') },
  );
  apply(
    { kind: 'post', post: aPost(id, 'first words') },
    { kind: 'post', post: aPost(idAt(START_MS + 1), 'else', { authorId: '300' }) },
  );
  assert.deepEqual((await index.search(asking('from:alice'))).ids, [id]);
  assert.deepEqual(
    (await index.search(asking('from:100'))).ids,
    [idAt(START_MS + 1), id],
    'a name of digits, and an id',
  );
  assert.deepEqual((await index.search(asking('from:nobody'))).ids, []);
  apply({ kind: 'metrics', id, metrics: { likes: 37 } });
  assert.deepEqual((await index.search(asking('min_likes:36'))).ids, [id]);
  assert.deepEqual((await index.search(asking('min_likes:38'))).ids, []);
  apply({ kind: 'metrics', id, metrics: { likes: 2 } });
  assert.deepEqual((await index.search(asking('min_likes:20'))).ids, []);
  assert.deepEqual((await index.search(asking('first'))).ids, [id]);
  assert.deepEqual((await index.search(asking('list:1'))).ids, [], 'there are no lists yet');
});

test('what a rolled-back batch brought is not there, and the next batch is', async (t) => {
  const { apply, index, db } = openWorld(t);
  for (let at = 0; at < 24; at += 1) apply({ kind: 'post', post: aPost(idAt(START_MS + at), 'cat') });
  // The batch makes a new part, then its last statement fails.
  db.exec(
    `CREATE TRIGGER full BEFORE INSERT ON posts WHEN NEW.id = ${idAt(START_MS + 40)} BEGIN SELECT RAISE(ABORT, 'disk full'); END`,
  );
  const batch = Array.from(
    { length: 10 },
    (_, at): Change => ({ kind: 'post', post: aPost(idAt(START_MS + 31 + at), 'cat') }),
  );
  assert.throws(() => apply(...batch), /disk full/);
  assert.equal((await index.search(asking('cat'))).ids.length, 24);
  db.exec('DROP TRIGGER full');
  apply(...batch);
  assert.equal((await index.search(asking('cat'))).ids.length, 34);
});

test("another version's index is refused, and can be thrown away for a new one", () => {
  const db = new DatabaseSync(':memory:');
  createIndexWriter(db);
  db.exec('UPDATE search_format SET number = 0');
  assert.throws(() => createIndexWriter(db), IndexFormatError);
  dropIndex(db);
  assert.deepEqual(db.prepare("SELECT name FROM sqlite_master WHERE name LIKE 'search%'").all(), []);
  createIndexWriter(db);
});
