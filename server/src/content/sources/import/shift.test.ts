import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareIds, FIRST_SNOWFLAKE, idTime, makeId } from '#kernel';
import type { Change } from '#posts';
import { NOW, testFolder } from '../testing/source-cases.ts';
import { BadRecord } from '../value.ts';
import { readShift, shiftChange, shiftId, shiftTo, writeShift } from './shift.ts';

const moment = fc.integer({ min: Date.UTC(2011, 0, 1), max: NOW });
const id = fc.tuple(moment, fc.nat(0x3fffff)).map(([ms, low]) => makeId(ms, low));
const delta = fc.integer({ min: 0, max: 12 * 365 * 86_400 }).map((seconds) => seconds * 1000);

test('moved ids keep their order, their distances, their low bits, and the times in them move with them', () => {
  fc.assert(
    fc.property(id, id, delta, (a, b, by) => {
      const [movedA, movedB] = [shiftId(a, by), shiftId(b, by)];
      assert.equal(Math.sign(compareIds(movedA, movedB)), Math.sign(compareIds(a, b)));
      assert.equal(BigInt(movedA) - BigInt(movedB), BigInt(a) - BigInt(b));
      assert.equal(idTime(movedA), idTime(a) + by);
      assert.equal(BigInt(movedA) & 0x3fffffn, BigInt(a) & 0x3fffffn);
    }),
  );
});

test('every id of a post moves wherever it stands, and no id of anything else', () => {
  fc.assert(
    fc.property(fc.uniqueArray(id, { minLength: 4, maxLength: 4 }), delta, (ids, by) => {
      const [own, parent, root, quoted] = ids as [string, string, string, string];
      const person = makeId(NOW - 5, 5);
      const change: Change = {
        kind: 'post',
        post: {
          id: own,
          authorId: person,
          createdAt: idTime(own),
          text: own,
          lang: 'en',
          conversationId: root,
          inReplyToPersonId: person,
          references: [
            { type: 'replied_to', id: parent },
            { type: 'quoted', id: quoted },
          ],
          sensitive: false,
          metrics: { reposts: 0, replies: 0, likes: 0, quotes: 0, bookmarks: 0, impressions: 0 },
          mediaKeys: [`3_${own}`],
          pollIds: [quoted],
          editHistory: [parent, own],
        },
      };
      const expected = structuredClone(change.post);
      Object.assign(expected, {
        id: shiftId(own, by),
        conversationId: shiftId(root, by),
        createdAt: idTime(own) + by,
      });
      expected.references = [
        { type: 'replied_to', id: shiftId(parent, by) },
        { type: 'quoted', id: shiftId(quoted, by) },
      ];
      expected.editHistory = [shiftId(parent, by), shiftId(own, by)];
      assert.deepEqual(shiftChange(change, by), { kind: 'post', post: expected });
      const edit: Change = { kind: 'edit', previousId: parent, post: { ...expected } };
      const moved = shiftChange(edit, by);
      assert.ok(moved.kind === 'edit' && moved.previousId === shiftId(parent, by));
      for (const kind of ['delete-post', 'metrics', 'withhold-post'] as const) {
        const one = shiftChange({ kind, id: own, at: 1, metrics: {}, withheld: null } as Change, by);
        assert.ok('id' in one && one.id === shiftId(own, by));
      }
      const protect: Change = { kind: 'protect', id: own, protected: true };
      assert.deepEqual(shiftChange({ ...protect }, by), protect);
    }),
  );
});

test('ids from before snowflakes stay with their time, and what would leave the range of ids is refused', () => {
  const old: Change = {
    kind: 'post',
    post: {
      id: '1000',
      authorId: '7',
      createdAt: Date.UTC(2009, 1, 1),
      text: 'old',
      lang: 'en',
      references: [],
      sensitive: false,
      metrics: { reposts: 0, replies: 0, likes: 0, quotes: 0, bookmarks: 0, impressions: 0 },
    },
  };
  assert.deepEqual(shiftChange(structuredClone(old), 1_000_000), old);
  assert.equal(shiftId((FIRST_SNOWFLAKE - 1n).toString(), 1_000_000), (FIRST_SNOWFLAKE - 1n).toString());
  assert.throws(() => shiftId('9223372036854775807', 1_000), BadRecord);
  assert.throws(() => shiftId(FIRST_SNOWFLAKE.toString(), -86_400_000), BadRecord);
});

test('the newest post comes to lie in the second before now, by whole seconds', () => {
  fc.assert(
    fc.property(moment, fc.integer({ min: 0, max: 9e11 }), (newest, later) => {
      const now = newest + later;
      const { deltaMs } = shiftTo(now, newest);
      assert.equal(Math.abs(deltaMs % 1000), 0);
      assert.ok(newest + deltaMs < now && newest + deltaMs >= now - 1001);
    }),
  );
});

test('the distance is kept in the folder, and a broken file is an error, not another distance', (t) => {
  const folder = testFolder(t);
  assert.equal(readShift(folder), undefined);
  const shift = shiftTo(NOW, NOW - 5_000);
  writeShift(folder, shift);
  assert.deepEqual(readShift(folder), shift);
  writeFileSync(join(folder, 'import-shift.json'), '{"deltaMs":"x"}');
  assert.throws(() => readShift(folder), /holds no deltaMs/);
});

test('what is towards a post moves with it, and what is towards persons and lists stays', () => {
  fc.assert(
    fc.property(id, moment, delta, (post, at, by) => {
      const change = (relation: 'like' | 'follow' | 'list-pin'): Change => ({
        kind: 'relate',
        ...{ relation, from: '7', to: post, at },
      });
      assert.deepEqual(shiftChange(change('like'), by), {
        ...change('like'),
        to: shiftId(post, by),
        at: at + by,
      });
      for (const relation of ['follow', 'list-pin'] as const)
        assert.deepEqual(shiftChange(change(relation), by), change(relation));
      const hide: Change = { kind: 'hide-reply', id: post, hidden: true };
      assert.deepEqual(shiftChange({ ...hide }, by), { ...hide, id: shiftId(post, by) });
      const scrub: Change = { kind: 'scrub-geo', id: post, upToPostId: post, at };
      assert.deepEqual(shiftChange({ ...scrub }, by), { ...scrub, upToPostId: shiftId(post, by) });
    }),
  );
});
