import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { makeId } from '#kernel';
import { runs } from '#test/runs';
import type { Change } from '../index.ts';
import { judgePosts } from '../read/judge-posts.ts';
import { aPerson, aPost, memoryStore, START_MS, upsert, WITHHELD } from '../testing/world.ts';
import { type Removal, removalReaderOf } from './removal-reason.ts';
import type { Verdict } from './visibility-policy.ts';

const AUTHORS = ['11', '12', '13'];
const POSTS = Array.from({ length: 8 }, (_, at) => String(at + 1));
const post = fc.constantFrom(...POSTS);
const author = fc.constantFrom(...AUTHORS);
const at = fc.integer({ min: START_MS, max: START_MS + 1_000 });

/** Everything that decides about a post, but withholding, of which a fate says nothing. */
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ id: post, authorId: author, original: fc.option(post) }).map(
    ({ id, authorId, original }): Change => ({
      kind: 'post',
      post: aPost(id, {
        authorId,
        ...(original !== null && original !== id && { references: [{ type: 'retweeted', id: original }] }),
      }),
    }),
  ),
  author.map((id): Change => ({ kind: 'person', person: aPerson(id) })),
  fc.record({ kind: fc.constant('delete-post' as const), id: post, at }),
  fc.record({ kind: fc.constant('delete-person' as const), id: author, at }),
  fc.record({
    kind: fc.constant('person-state' as const),
    id: author,
    state: fc.constantFrom('active' as const, 'suspended' as const, 'deactivated' as const),
  }),
  fc.record({ kind: fc.constant('protect' as const), id: author, protected: fc.boolean() }),
  fc.record({ kind: fc.constant('scrub-geo' as const), id: author, upToPostId: post, at }),
);

/** What the rules say of a post, in the words of fates. */
const MEANING: Record<Verdict, readonly (Removal['reason'] | undefined)[]> = {
  serve: [undefined, 'scrub-geo'],
  deleted: ['deleted', 'deactivated'],
  suspended: ['suspended'],
  protected: ['protected'],
  withheld: [],
  refused: [],
};

describe('fates', () => {
  test('say of each post what the rules say, since a moment that was', () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 8 }), { maxLength: 6 }), (batches) => {
        const { store, reader, db } = memoryStore();
        batches.forEach((batch, turn) => {
          store.apply(batch, START_MS + turn);
        });
        const fates = removalReaderOf(db).posts(POSTS);
        const stored = reader.posts(POSTS);
        const verdicts = judgePosts(
          reader,
          stored.map((one) => one ?? 'deleted'),
          {},
        );
        for (const [place, id] of POSTS.entries()) {
          const reason = fates[place]?.reason;
          if (stored[place] === undefined) {
            assert.equal(reason, undefined, id);
            continue;
          }
          assert.ok(MEANING[verdicts[place]!].includes(reason), `${id} is ${verdicts[place]}, not ${reason}`);
          const since = fates[place]?.at;
          if (since !== undefined)
            assert.ok(since >= START_MS && since <= START_MS + 1_000, `${id} ${since}`);
        }
        db.close();
      }),
      { numRuns: runs(200) },
    );
  });

  test('know since when a person is hidden long after the event has expired, and forget it with the reason', () => {
    const { store, db, apply } = memoryStore();
    apply({ kind: 'person', person: aPerson('11') }, upsert('1', { authorId: '11' }));
    store.apply([{ kind: 'person-state', id: '11', state: 'suspended' }], START_MS + 5);
    for (let day = 1; day < 20; day += 1)
      store.apply([upsert(String(100 + day), { authorId: '12' })], START_MS + day * 86_400_000);
    const fates = removalReaderOf(db);
    assert.equal(fates.posts(['1'])[0]?.at, START_MS + 5);
    assert.deepEqual(
      [fates.people(['11'])[0]?.reason, fates.people(['11'])[0]?.at],
      ['suspended', START_MS + 5],
    );
    apply({ kind: 'person-state', id: '11', state: 'active' });
    assert.deepEqual([...fates.posts(['1']), ...fates.people(['11'])], [undefined, undefined]);
  });

  test('name places that were taken away up to a post, and nothing that is only withheld', () => {
    const { store, db, apply } = memoryStore();
    const geo = { placeId: 'p' };
    apply(
      upsert('1', { geo }),
      upsert('2', { geo }),
      upsert('3', { authorId: '102', references: [{ type: 'retweeted', id: '1' }] }),
      upsert('4', { authorId: '102', withheld: WITHHELD }),
    );
    store.apply([{ kind: 'scrub-geo', id: '101', upToPostId: '1', at: START_MS }], START_MS + 9);
    assert.deepEqual(removalReaderOf(db).posts(['1', '2', '3', '4']), [
      { reason: 'scrub-geo', at: START_MS + 9, createdAt: START_MS },
      undefined,
      undefined,
      undefined,
    ]);
  });

  test('tell when a post or person was made where the id or the record says so, and no more', () => {
    const { db, apply } = memoryStore();
    const young = makeId(START_MS, 1);
    apply(
      { kind: 'delete-post', id: young, at: START_MS },
      { kind: 'delete-post', id: '20', at: START_MS },
      { kind: 'delete-person', id: young, at: START_MS },
      { kind: 'delete-person', id: '4123456789', at: START_MS },
    );
    const { posts, people } = removalReaderOf(db);
    const [known, unknown] = [{ createdAt: START_MS }, {}].map((one) => ({
      reason: 'deleted',
      at: START_MS,
      ...one,
    }));
    assert.deepEqual(posts([young, '20', '007', '']), [known, unknown, undefined, undefined]);
    assert.deepEqual(people([young, '4123456789']), [known, unknown]);
  });
});
