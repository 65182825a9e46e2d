import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { Change, Person, Post, RelationKind } from '../index.ts';
import { MIGRATIONS } from '../store/sqlite-schema.ts';
import {
  aPerson,
  memoryIndex,
  memoryStore,
  NOW_MS,
  START_MS,
  temporaryFile,
  upsert,
  WITHHELD,
} from '../testing/world.ts';
import { LIST_MEMBERS_MAX } from './relate.ts';
import { createPostStore, openPostReader } from './store-sqlite.ts';

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
const post = (found: Post | 'deleted' | undefined) =>
  typeof found === 'object' ? found : assert.fail(`it is ${found}`);

/** Does all that was left to do, and says in how many transactions. */
function settle(store: ReturnType<typeof memoryStore>['store']): number {
  let steps = 0;
  while (store.settle()) steps += 1;
  return steps;
}

describe('counts', () => {
  test('an act of a person counts at once, what a platform tells of its past does not, and both are taken back', () => {
    const { apply, reader } = memoryStore();
    const metrics = () => post(reader.posts(['1'])[0]).metrics;
    apply(person('101'), upsert('1'));
    apply(
      { kind: 'post', post: post(reader.posts(['1'])[0]), counts: true },
      { ...upsert('2', { references: [{ type: 'replied_to', id: '1' }] }), counts: true } as Change,
      { ...upsert('3', { references: [{ type: 'retweeted', id: '1' }] }), counts: true } as Change,
      upsert('4', { references: [{ type: 'quoted', id: '1' }] }),
      relate('like', '102', '1'),
      { ...relate('like', '103', '1'), counted: true } as Change,
    );
    assert.deepEqual(metrics(), {
      reposts: 1,
      replies: 1,
      likes: 1,
      quotes: 0,
      bookmarks: 0,
      impressions: 0,
    });
    // aPerson has 3 posts; two were acts.
    assert.equal(reader.people(['101'])[0]?.metrics.posts, 5);
    apply({ kind: 'metrics', id: '1', metrics: { likes: 9, quotes: 4 } });
    apply(
      { kind: 'unrelate', relation: 'like', from: '103', to: '1', at: NOW_MS },
      { kind: 'delete-post', id: '4', at: NOW_MS },
      { kind: 'delete-post', id: '2', at: NOW_MS },
    );
    assert.deepEqual(metrics(), {
      reposts: 1,
      replies: 0,
      likes: 8,
      quotes: 3,
      bookmarks: 0,
      impressions: 0,
    });
  });

  test('a post that was edited is counted once, when it comes and when it goes', () => {
    const { apply, reader } = memoryStore();
    const references: Post['references'] = [{ type: 'replied_to', id: '1' }];
    const replies = () => post(reader.posts(['1'])[0]).metrics.replies;
    apply(upsert('1'), { ...upsert('2', { references }), counts: true } as Change);
    const { editHistory: _, ...version } = post(reader.posts(['2'])[0]);
    apply({ kind: 'edit', previousId: '2', post: { ...version, id: '3', text: 'better' } });
    assert.equal(replies(), 1);
    apply({ kind: 'delete-post', id: '2', at: NOW_MS });
    assert.equal(replies(), 0);
  });

  test('a full disk takes back relations, counts, places and numbers of events together', () => {
    const { db, store, reader, apply } = memoryStore(NOW_MS);
    apply(person('101'), person('102'), upsert('1'));
    const pages = Number(db.prepare('PRAGMA page_count').get()?.page_count);
    db.exec(`PRAGMA max_page_count=${pages + 2}`);
    const batch: Change[] = [
      relate('like', '102', '1'),
      relate('follow', '102', '101'),
      { kind: 'protect', id: '101', protected: true },
      ...Array.from({ length: 100 }, (_, at) => upsert(String(at + 2), { text: 'x'.repeat(1_000) })),
    ];
    const before = reader.lastEvent();
    assert.throws(
      () => store.apply(batch, NOW_MS),
      (error: Error & { errcode?: number }) => error.errcode === 13,
    );
    assert.equal(post(reader.posts(['1'])[0]).metrics.likes, 0);
    assert.equal(reader.people(['101'])[0]?.metrics.followers, 1);
    assert.equal(reader.isRelated('follow', '102', '101'), false);
    assert.equal(reader.lastEvent(), before);
    db.exec('PRAGMA max_page_count=100000');
    apply(...batch);
    assert.equal(post(reader.posts(['1'])[0]).metrics.likes, 1);
    const [like] = reader.related('like', { to: '1' }, { limit: 9 });
    assert.deepEqual([like?.id, like?.place], ['102', 1n]);
    const seqs = reader.events({ after: before, limit: 9 }).map(({ seq }) => seq);
    assert.deepEqual(seqs, [before + 1n, before + 2n, before + 3n]);
  });
});

describe('deletions', () => {
  test('what many hold towards a deleted post goes in bounded transactions, with the counts of who held it', () => {
    const { store, reader, apply } = memoryStore();
    const fans = Array.from({ length: 5_000 }, (_, at) => String(1_000 + at));
    const metrics = { followers: 0, following: 0, posts: 0, listed: 0, likes: 1 };
    apply(upsert('1'), person('1000', { metrics }));
    apply(...fans.map((id) => relate('like', id, '1')));
    assert.equal(post(reader.posts(['1'])[0]).metrics.likes, 5_000);
    assert.equal(reader.people(['1000'])[0]?.metrics.likes, 2);
    apply({ kind: 'delete-post', id: '1', at: NOW_MS });
    assert.ok(settle(store) >= 3);
    assert.deepEqual(reader.related('like', { to: '1' }, { limit: 9 }), []);
    assert.equal(reader.people(['1000'])[0]?.metrics.likes, 1);
  });

  test("a deleted person's lists are gone at once, and all that they held follows", () => {
    const { store, reader, apply } = memoryStore();
    apply(person('101'), person('102'), person('103'), upsert('1', { authorId: '103' }), list('201', '101'));
    apply(
      relate('list-member', '201', '102'),
      relate('list-follow', '103', '201'),
      relate('follow', '101', '102'),
      relate('follow', '103', '101'),
      relate('like', '101', '1'),
      relate('block', '101', '103'),
    );
    assert.deepEqual(reader.lists(['201'])[0], {
      ...{ id: '201', ownerId: '101', name: 'one', description: '', private: false },
      ...{ createdAt: START_MS, members: 1, followers: 1 },
    });
    apply({ kind: 'delete-person', id: '101', at: NOW_MS });
    assert.deepEqual(reader.lists(['201']), [undefined]);
    settle(store);
    assert.deepEqual(reader.related('follow', { to: '102' }, { limit: 9 }), []);
    assert.deepEqual(reader.related('block', { to: '103' }, { limit: 9 }), []);
    assert.deepEqual(reader.related('list-follow', { from: '103' }, { limit: 9 }), []);
    const [other] = reader.people(['102']);
    assert.deepEqual([other?.metrics.followers, other?.metrics.listed], [1, 4]);
    assert.equal(post(reader.posts(['1'])[0]).metrics.likes, 0);
    assert.deepEqual(
      apply(list('201', '101'), list('202', '101')).map(({ status }) => status),
      ['refused', 'refused'],
    );
  });
});

test('what breaks a limit or a shape is refused with its reason, and nothing is altered', () => {
  const { status, reader, apply } = memoryStore();
  apply(person('101'), person('102'), upsert('1'), list('201', '101'));
  const wrong: [Change, string][] = [
    [relate('follow', '101', '101'), 'refused: invalid'],
    [relate('like', '101', '99'), 'refused: unknown'],
    [relate('like', '0', '1'), 'refused: invalid'],
    [relate('like', '01', '1'), 'refused: invalid'],
    [relate('constructor' as RelationKind, '101', '1'), 'refused: invalid'],
    [{ ...relate('like', '101', '1'), at: -1 } as Change, 'refused: invalid'],
    [relate('list-member', '202', '101'), 'refused: unknown'],
    [relate('list-pin', '101', '202'), 'refused: unknown'],
    [{ kind: 'hide-reply', id: '1', hidden: true }, 'refused: conflict'],
    [{ kind: 'hide-reply', id: 'x', hidden: true }, 'refused: invalid'],
    [list('201', '102'), 'refused: conflict'],
    [{ kind: 'scrub-geo', id: '101', upToPostId: 'x', at: 0 }, 'refused: invalid'],
  ];
  for (const [change, expected] of wrong) assert.equal(status(change), expected, JSON.stringify(change));
  const long = list('203', '101') as Extract<Change, { kind: 'list' }>;
  for (const fields of [{ name: '' }, { name: 'x'.repeat(300) }, { description: 'x'.repeat(2_000) }])
    assert.equal(status({ ...long, list: { ...long.list, ...fields } }), 'refused: invalid');
  assert.equal(reader.related('like', { to: '1' }, { limit: 1 }).length, 0);
  // What was never here, and whatever is no id, holds nothing.
  assert.deepEqual(reader.related('like', { from: "1' OR 1" }, { limit: 9 }), []);
  assert.equal(reader.isRelated('like', '-1', '1'), false);
  assert.deepEqual(reader.lists(['x', '1e3']), [undefined, undefined]);
});

test(`a list takes ${LIST_MEMBERS_MAX} members and not one more`, () => {
  const { apply, reader, status } = memoryStore();
  const ids = Array.from({ length: LIST_MEMBERS_MAX + 1 }, (_, at) => String(1_000 + at));
  apply(person('101'), list('201', '101'), ...ids.map((id) => person(id)));
  apply(...ids.slice(0, -1).map((id) => relate('list-member', '201', id)));
  assert.equal(status(relate('list-member', '201', ids.at(-1)!)), 'refused: invalid');
  assert.equal(reader.lists(['201'])[0]?.members, LIST_MEMBERS_MAX);
  apply({ kind: 'unrelate', relation: 'list-member', from: '201', to: '1000', at: NOW_MS });
  assert.equal(status(relate('list-member', '201', ids.at(-1)!)), 'created');
  // Newest first, page by page, without gap or repetition.
  const seen: string[] = [];
  for (let before: bigint | undefined; ; ) {
    const page = reader.related('list-member', { from: '201' }, { before, limit: 700 });
    if (page.length === 0) break;
    seen.push(...page.map(({ id }) => id));
    before = page.at(-1)?.place;
  }
  assert.deepEqual(seen, ids.slice(1).reverse());
});

test('removed places stay away: from posts, from the index, and from what older files say later', () => {
  const { store, reader, held, apply, status } = memoryStore();
  const geo = { placeId: 'p', coordinates: [1, 2] as [number, number] };
  apply({ kind: 'place', place: { id: 'p', fullName: 'Here' } });
  const ids = Array.from({ length: 4_000 }, (_, at) => String(at + 1));
  apply(...ids.map((id) => upsert(id, { geo })), upsert('5000', { geo, authorId: '102' }));
  const scrub: Change = { kind: 'scrub-geo', id: '101', upToPostId: '3990', at: NOW_MS };
  assert.equal(status(scrub), 'updated');
  assert.ok(settle(store) > 0);
  const withPlace = reader.posts([...ids, '5000']).filter((one) => post(one).geo !== undefined);
  assert.deepEqual(
    withPlace.map((one) => post(one).id),
    [...ids.slice(3_990), '5000'],
  );
  assert.equal(held().get('1')?.context.place, undefined);
  assert.equal(held().get('3991')?.context.place?.id, 'p');
  assert.equal(status(scrub), 'unchanged');
  assert.equal(status(upsert('1', { geo })), 'unchanged');
  apply({ kind: 'delete-post', id: '7', at: NOW_MS });
  assert.equal(status(upsert('6000', { geo })), 'created');
  assert.deepEqual(post(reader.posts(['6000'])[0]).geo, geo);
});

test('a file from before relations gets them, and its persons are found by name', (context) => {
  const ids = Array.from({ length: 3_000 }, (_, at) => String(1_000 + at));
  const full = memoryStore();
  full.apply(upsert('1', { withheld: WITHHELD }), ...ids.map((id) => person(id, { username: `mira_${id}` })));
  // What the first release would have written of the same.
  const path = temporaryFile(context);
  const db = new DatabaseSync(path);
  context.after(() => db.close());
  db.exec(`${MIGRATIONS[0]}; PRAGMA user_version=1; PRAGMA journal_mode=WAL`);
  for (const table of ['posts', 'people']) {
    const rows = full.db.prepare(`SELECT * FROM ${table}`).all();
    const names = Object.keys(rows[0]!);
    const put = db.prepare(`INSERT INTO ${table} (${names}) VALUES (${names.map(() => '?')})`);
    for (const row of rows) put.run(...Object.values(row));
  }
  const second = createPostStore(db, () => memoryIndex().index);
  while (second.settle());
  const reader = openPostReader(path);
  context.after(() => reader.close());
  assert.equal(
    reader.searchPeople('mira', { after: 0, limit: 5_000 }).length,
    2_000,
    'as many as one search looks at',
  );
  assert.deepEqual(reader.searchPeople('mira_3999', { after: 0, limit: 9 }), ['3999']);
  second.apply([relate('like', '1000', '1')], NOW_MS);
  assert.equal(reader.isRelated('like', '1000', '1'), true);
  assert.equal(reader.lastEvent(), 1n);
});
