import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { Change, Person, RelationKind } from '../index.ts';
import { readerOf } from '../read/reader-sqlite.ts';
import { MIGRATIONS } from '../store/sqlite-schema.ts';
import {
  aPerson,
  memoryIndex,
  memoryStore,
  NOW_MS,
  START_MS,
  temporaryFile,
  upsert,
} from '../testing/world.ts';
import { createPostStore } from './store-sqlite.ts';

const relate = (relation: RelationKind, from: string, to: string): Change => ({
  kind: 'relate',
  relation,
  from,
  to,
  at: NOW_MS,
});
const person = (id: string, fields: Partial<Person> = {}): Change => ({
  kind: 'person',
  person: aPerson(id, fields),
});
const list = (id: string, ownerId: string): Change => ({
  kind: 'list',
  list: { id, ownerId, name: 'one', description: '', private: false, createdAt: START_MS },
});
function settle(store: ReturnType<typeof memoryStore>['store']): number {
  let steps = 0;
  while (store.settle()) steps += 1;
  return steps;
}

describe('what was taken back', () => {
  const at = (change: Change, ms: number) => ({ ...change, at: ms }) as Change;
  const unrelate = (relation: RelationKind, from: string, to: string, ms = NOW_MS): Change => ({
    ...(relate(relation, from, to) as Extract<Change, { kind: 'relate' }>),
    kind: 'unrelate',
    at: ms,
  });
  const KINDS: [RelationKind, from: string, to: string][] = [
    ['like', '102', '1'],
    ['bookmark', '102', '1'],
    ['follow', '102', '101'],
    ['mute', '102', '101'],
    ['block', '102', '103'],
    ['list-member', '201', '102'],
    ['list-follow', '102', '201'],
    ['list-pin', '102', '201'],
  ];

  test('an old file does not begin it again, over a restart too; a later act does, at its new place', () => {
    const { apply, status, reader, restart } = memoryStore(NOW_MS);
    apply(person('101'), person('102'), person('103'), upsert('1'), list('201', '101'));
    for (const [kind, from, to] of KINDS) {
      const began = at(relate(kind, from, to), START_MS);
      assert.equal(status(began), 'created');
      const counts = JSON.stringify([
        reader.posts(['1']),
        reader.people(['101', '102']),
        reader.lists(['201']),
      ]);
      assert.equal(status(unrelate(kind, from, to, START_MS + 1_000)), 'deleted');
      restart();
      assert.equal(status(began), 'refused: deleted', kind);
      // An end told again with an older time takes nothing back.
      assert.equal(status(unrelate(kind, from, to, START_MS)), 'unchanged');
      assert.equal(status(at(began, START_MS + 999)), 'refused: deleted');
      assert.deepEqual(reader.related(kind, { from }, { limit: 9 }), []);
      assert.equal(status(at(began, START_MS + 1_000)), 'created');
      assert.equal(reader.related(kind, { from }, { limit: 9 }).length, 1);
      assert.equal(
        JSON.stringify([reader.posts(['1']), reader.people(['101', '102']), reader.lists(['201'])]),
        counts,
      );
    }
  });

  test('an end that comes before its beginning holds, and so does the follow that a block ended', () => {
    const { apply, status, reader } = memoryStore(NOW_MS);
    apply(person('101'), person('102'), upsert('1'));
    assert.equal(status(unrelate('like', '102', '1', START_MS + 5)), 'unchanged');
    assert.equal(status(at(relate('like', '102', '1'), START_MS)), 'refused: deleted');
    const follow = at(relate('follow', '102', '101'), START_MS);
    apply(follow, at(relate('block', '101', '102'), START_MS + 5), unrelate('block', '101', '102'));
    assert.equal(status(follow), 'refused: deleted');
    assert.equal(status(relate('follow', '102', '101')), 'created');
    assert.equal(reader.people(['101'])[0]?.metrics.followers, 2);
  });

  test('an end that a clock ahead of ours tells holds until now, not until then', () => {
    const { apply, status } = memoryStore(NOW_MS);
    apply(person('101'), person('102'), relate('follow', '102', '101'));
    apply(unrelate('follow', '102', '101', NOW_MS + 86_400_000));
    assert.equal(status(relate('follow', '102', '101')), 'created');
  });

  test('nothing is remembered of who or what was deleted', () => {
    const { apply, db, store } = memoryStore(NOW_MS);
    apply(person('101'), person('102'), person('103'), upsert('1'), list('201', '101'));
    apply(...KINDS.map(([kind, from, to]) => unrelate(kind, from, to)), unrelate('like', '103', '77'));
    const rows = () => Number(db.prepare('SELECT count(*) AS n FROM relations').get()?.n);
    assert.equal(rows(), 9);
    apply({ kind: 'delete-post', id: '77', at: NOW_MS }, { kind: 'delete-post', id: '1', at: NOW_MS });
    settle(store);
    assert.equal(rows(), 6);
    apply({ kind: 'delete-list', id: '201', at: NOW_MS });
    settle(store);
    assert.equal(rows(), 3);
    apply({ kind: 'delete-person', id: '102', at: NOW_MS }, unrelate('follow', '102', '101'));
    settle(store);
    assert.equal(rows(), 0);
  });
});

describe('private lists', () => {
  const aList = (isPrivate: boolean): Change => ({
    kind: 'list',
    list: {
      ...{ id: '201', ownerId: '101', name: 'one', description: '', private: isPrivate },
      createdAt: START_MS,
    },
  });
  const listed = (reader: ReturnType<typeof memoryStore>['reader'], id = '102') =>
    reader.people([id])[0]?.metrics.listed;

  test('show in nobody’s count: not when they take somebody on, let somebody go, or are deleted', () => {
    const { apply, reader, store } = memoryStore();
    apply(person('101'), person('102'), person('103'), aList(true));
    apply(relate('list-member', '201', '102'), relate('list-member', '201', '103'));
    assert.deepEqual([listed(reader), reader.lists(['201'])[0]?.members], [4, 2]);
    apply({ kind: 'unrelate', relation: 'list-member', from: '201', to: '103', at: NOW_MS });
    assert.equal(listed(reader, '103'), 4);
    apply({ kind: 'delete-list', id: '201', at: NOW_MS });
    settle(store);
    assert.equal(listed(reader), 4);
  });

  test('a list of many that becomes private, public, or is deleted, moves each count once, in bounded transactions', () => {
    const { apply, reader, store } = memoryStore();
    const ids = Array.from({ length: 4_000 }, (_, at) => String(1_000 + at));
    apply(person('101'), aList(false), ...ids.map((id) => person(id)));
    apply(...ids.map((id) => relate('list-member', '201', id)));
    const all = () => [...new Set(reader.people(ids).map((one) => one?.metrics.listed))];
    assert.deepEqual(all(), [5]);
    apply(aList(true));
    assert.deepEqual(all().sort(), [4, 5], 'one transaction does not do them all');
    // Somebody who is taken off meanwhile is counted down once, however far the work has come.
    apply(
      { kind: 'unrelate', relation: 'list-member', from: '201', to: '1000', at: NOW_MS },
      { kind: 'unrelate', relation: 'list-member', from: '201', to: '4999', at: NOW_MS },
    );
    assert.ok(settle(store) > 0);
    assert.deepEqual(all(), [4]);
    apply(aList(false), aList(true), aList(false));
    settle(store);
    assert.deepEqual([listed(reader, '1000'), listed(reader, '1001')], [4, 5]);
    apply(aList(true), { kind: 'delete-list', id: '201', at: NOW_MS });
    settle(store);
    assert.deepEqual(all(), [4]);
  });

  test('what an earlier Parley counted of them is taken back', (context) => {
    const db = new DatabaseSync(temporaryFile(context));
    context.after(() => db.close());
    for (const sql of MIGRATIONS.slice(0, 3)) db.exec(sql);
    db.exec('PRAGMA user_version=3; PRAGMA journal_mode=WAL');
    const now = memoryStore();
    now.apply(person('102'), person('103'));
    for (const { id, doc } of now.db.prepare('SELECT id, doc FROM people').all())
      db.prepare('INSERT INTO people (id, username, doc) VALUES (?, ?, ?)').run(id!, `p${id}`, doc!);
    const put = db.prepare('INSERT INTO lists (id, owner, members, followers, doc) VALUES (?, 101, 1, 0, ?)');
    put.run(201, '["one","",1,1]');
    put.run(202, '["two","",0,1]');
    db.exec('INSERT INTO relations VALUES (1, 6, 201, 102, 1), (2, 6, 202, 103, 1)');
    const store = createPostStore(db, () => memoryIndex().index);
    while (store.settle());
    const { people } = readerOf(db);
    assert.deepEqual(
      people(['102', '103']).map((one) => one?.metrics.listed),
      [3, 4],
    );
  });
});
