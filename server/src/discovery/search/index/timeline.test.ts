import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareIds, Problem } from '#kernel';
import { runs } from '#test/runs';
import type { TimelineRequest } from '../port.ts';
import { aPost, idAt, openWorld, START_MS } from '../testing/world.ts';
import { timelineOf } from './timeline.ts';

type Written = { id: string; authorId: string };

/** What a timeline is, said at once: all posts, those that fit, newest first. */
function naive(
  posts: readonly Written[],
  { authorIds, beforeId, afterId, limit }: TimelineRequest,
): string[] {
  return posts
    .filter(({ authorId }) => authorIds.includes(authorId))
    .map(({ id }) => id)
    .filter((id) => (beforeId === undefined || BigInt(id) < beforeId) && BigInt(id) > (afterId ?? -1n))
    .sort((a, b) => compareIds(b, a))
    .slice(0, limit);
}

const AUTHORS = ['1', '2', '3', '4', '5', '6', '7'];
const bound = fc.option(fc.bigInt({ min: 0n, max: 70n }), { nil: undefined });

test('read some authors at a time, a timeline is what it is read at once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...AUTHORS), { maxLength: 60 }),
      fc.array(fc.constantFrom(...AUTHORS), { maxLength: 12 }),
      fc.integer({ min: 1, max: 20 }),
      bound,
      bound,
      fc.integer({ min: 1, max: 4 }),
      (authorsOfPosts, authorIds, limit, beforeId, afterId, atOnce) => {
        const posts = authorsOfPosts.map((authorId, at) => ({ id: String(at + 1), authorId }));
        const page = { limit, beforeId, afterId };
        const reader = {
          timelineOf: (some: readonly string[], rest: typeof page) =>
            naive(posts, { ...rest, authorIds: some }),
        };
        assert.deepEqual(
          timelineOf(reader, { authorIds, ...page }, () => false, atOnce),
          naive(posts, { authorIds, ...page }),
        );
      },
    ),
    { numRuns: runs(500) },
  );
});

test('the thread reads timelines of thousands: any bounds and exclusions, unknown authors and none', async (t) => {
  const { apply, index } = openWorld(t);
  const authors = Array.from({ length: 2_600 }, (_, at) => String(10_000 + at));
  const posts = Array.from({ length: 5_000 }, (_, at) => ({
    id: idAt(START_MS + at),
    authorId: authors[(at * 7_919) % authors.length]!,
    references: at % 3 === 0 ? [{ type: 'retweeted' as const, id: '1' }] : [],
  }));
  apply(
    ...posts
      .map(({ id, ...fields }) => aPost(id, 'x', fields))
      .map((post) => ({ kind: 'post' as const, post })),
  );
  const originals = posts.filter(({ references }) => references.length === 0);
  for (const [beforeId, afterId, limit] of [
    [undefined, undefined, 101],
    [BigInt(idAt(START_MS + 3_000)), undefined, 50],
    [undefined, BigInt(idAt(START_MS + 4_000)), 3_300],
  ] as const) {
    const page = { authorIds: [...authors, 'x', authors[0]!], beforeId, afterId, limit };
    assert.deepEqual(await index.timeline(page), naive(posts, page));
    const exclude = ['retweets'] as const;
    assert.deepEqual(await index.timeline({ ...page, exclude }), naive(originals, page));
  }
  assert.deepEqual(await index.timeline({ authorIds: [], limit: 5 }), []);
});

test('out of time or with too many waiting, a timeline is refused and never short', async (t) => {
  const overloaded = (error: unknown) => error instanceof Problem && error.code === 'overloaded';
  const authorIds = Array.from({ length: 1_001 }, (_, at) => String(at + 1));
  const slow = openWorld(t, { timelineBudgetMs: 0 });
  slow.apply({ kind: 'post', post: aPost(idAt(START_MS), 'x', { authorId: '1' }) });
  await assert.rejects(slow.index.timeline({ authorIds, limit: 5 }), overloaded);
  const busy = openWorld(t, { pagesWaitingMax: 1 });
  const first = busy.index.timeline({ authorIds, limit: 5 });
  await assert.rejects(busy.index.timeline({ authorIds, limit: 5 }), overloaded);
  assert.deepEqual(await first, []);
});
