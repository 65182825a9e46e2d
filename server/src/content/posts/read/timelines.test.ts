import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { memoryStore, NOW_MS, upsert } from '../testing/world.ts';

const AUTHORS = ['101', '102', '103', '104', '105'];

test('a timeline of many authors is their timelines merged, for any bounds, limit and exclusions', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...AUTHORS), fc.constantFrom(0, 0, 1, 2)), { maxLength: 120 }),
      fc.subarray(AUTHORS),
      fc.integer({ min: 1, max: 60 }),
      fc.option(fc.integer({ min: 0, max: 130 }), { nil: undefined }),
      fc.option(fc.integer({ min: 0, max: 130 }), { nil: undefined }),
      fc.constantFrom(undefined, ['replies'] as const, ['retweets', 'replies'] as const),
      (posts, authors, limit, before, after, exclude) => {
        const { apply, reader, db } = memoryStore();
        apply(
          ...posts.map(([authorId, kind], at) => {
            const type = kind === 1 ? 'replied_to' : 'retweeted';
            return upsert(String(at + 1), { authorId, references: kind === 0 ? [] : [{ type, id: '999' }] });
          }),
        );
        const bounds = {
          ...(before !== undefined && { beforeId: BigInt(before) }),
          ...(after !== undefined && { afterId: BigInt(after) }),
          ...(exclude && { exclude }),
        };
        const wanted = authors
          .flatMap((id) => reader.timeline(id, { ...bounds, limit: 999 }))
          .sort((a, b) => Number(b) - Number(a))
          .slice(0, limit);
        assert.deepEqual(reader.timelineOf(authors, { ...bounds, limit }), wanted);
        assert.deepEqual(reader.timelineOf([...authors, ...authors, 'x'], { ...bounds, limit }), wanted);
        db.close();
      },
    ),
    { numRuns: runs(150) },
  );
});

test('an author who was deleted is in no timeline and reposts nothing from that moment', () => {
  const { store, reader, apply } = memoryStore();
  const references = [{ type: 'retweeted' as const, id: '1' }];
  const mine = Array.from({ length: 3_000 }, (_, at) =>
    upsert(String(at + 2), { authorId: '102', references }),
  );
  apply(upsert('1'), ...mine);
  assert.equal(reader.repostsOf('1', { limit: 9_999 }).length, 3_000);
  assert.equal(reader.repostBy('102', '1'), '3001');
  apply({ kind: 'delete-person', id: '102', at: NOW_MS });
  assert.deepEqual(reader.timelineOf(['101', '102'], { limit: 9 }), ['1']);
  assert.deepEqual(reader.repostsOf('1', { limit: 9 }), []);
  assert.equal(reader.repostBy('102', '1'), undefined);
  while (store.settle());
  assert.deepEqual(reader.repostedPostsOf('101', { limit: 9 }), []);
});
