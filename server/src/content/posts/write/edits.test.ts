import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Post } from '../index.ts';
import { edit, memoryStore, START_MS, upsert, WITHHELD } from '../testing/world.ts';

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

  test('a history that joins two chains makes one of them', () => {
    const { apply, reader, held } = memoryStore();
    apply(...['1', '2'].map((id) => upsert(id, { editHistory: ['1', '2'] })));
    apply(...['3', '4'].map((id) => upsert(id, { editHistory: ['3', '4'] })));
    assert.deepEqual([...held().keys()].sort(), ['2', '4']);
    apply(upsert('4', { editHistory: ['1', '2', '3', '4'] }));
    assert.deepEqual([...held().keys()], ['4']);
    assert.deepEqual(reader.timeline('101', { limit: 10 }), ['4']);
    assert.deepEqual((reader.posts(['2'])[0] as Post).editHistory, ['1', '2', '3', '4']);
  });

  test('a new version does not lift what withholds the one before, whatever it says of itself', () => {
    for (const said of [{}, { withheld: { countryCodes: [] } }]) {
      const { apply, reader, held } = memoryStore();
      apply(upsert('1'), { kind: 'withhold-post', id: '1', withheld: WITHHELD }, edit('1', '2', 5, said));
      assert.deepEqual((reader.posts(['2'])[0] as Post).withheld, WITHHELD);
      assert.equal(held().size, 0);
    }
  });

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

  test('withholding one version withholds all of them, and lifting it lifts it from all', () => {
    const { apply, reader } = memoryStore();
    const withheldOf = (id: string) => (reader.posts([id])[0] as Post).withheld;
    apply(upsert('1'), edit('1', '2', 1), edit('2', '3', 2));
    for (const named of ['1', '2', '3']) {
      apply({ kind: 'withhold-post', id: named, withheld: WITHHELD });
      assert.deepEqual(['1', '2', '3'].map(withheldOf), [WITHHELD, WITHHELD, WITHHELD]);
      apply({ kind: 'withhold-post', id: named, withheld: null });
      assert.deepEqual(['1', '2', '3'].map(withheldOf), [undefined, undefined, undefined]);
    }
  });

  test('an edit stays withheld as the version before it', () => {
    const { apply, reader } = memoryStore();
    apply(upsert('1'), { kind: 'withhold-post', id: '1', withheld: WITHHELD }, edit('1', '2', 1));
    assert.deepEqual((reader.posts(['2'])[0] as Post).withheld, WITHHELD);
  });
});
