import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timelineOf } from './timeline-page.ts';

test('timelines of few authors are read at once, of many where no other call waits for them', async () => {
  const asked: [where: string, authors: number][] = [];
  const world = {
    relations: { timelineOf: (ids: readonly string[]) => asked.push(['here', ids.length]) && ['1'] },
    search: {
      timeline: async ({ authorIds }: { authorIds: readonly string[] }) =>
        asked.push(['thread', authorIds.length]) && ['2'],
    },
  } as unknown as Parameters<typeof timelineOf>[0];
  for (const many of [1, 100, 101, 5_000])
    await timelineOf(
      world,
      Array.from({ length: many }, (_, at) => String(at + 1)),
    )({}, 10);
  assert.deepEqual(asked, [
    ['here', 1],
    ['here', 100],
    ['thread', 101],
    ['thread', 5_000],
  ]);
});
