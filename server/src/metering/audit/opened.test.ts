import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DAY_MS } from '#kernel';
import type { BatchEntry, CallEntry } from '#ledger';
import { createRecount } from './recount.ts';
import { APP, honest, LICENSEE, START } from './testing/log-builder.ts';

/** The honest log, then a call that opens a stream (entry 5), and a batch of it that costs nothing. */
function withBatch(change: Partial<BatchEntry>, changeOpening: Partial<CallEntry> = {}) {
  const { entries } = honest();
  const last = entries.at(-1) as CallEntry;
  const opening: CallEntry = {
    ...last,
    index: 5,
    operation: 'streamPostsSample',
    posts: 0,
    postsBilled: 0,
    priceMicros: 0,
    totals: { ...last.totals, calls: last.totals.calls + 1 },
    ...changeOpening,
  };
  const { kind: _call, ...rest } = opening;
  const batch: BatchEntry = {
    ...rest,
    kind: 'batch',
    index: 6,
    operation: 'streamPostsSample',
    app: APP,
    stream: 5,
    posts: 1,
    totals: { ...opening.totals, posts: opening.totals.posts + 1 },
    ...change,
  };
  const recounting = createRecount({ licenseeId: LICENSEE, from: START, to: START + DAY_MS }, false);
  for (const entry of [...entries, opening, batch]) recounting.add(entry);
  return recounting.finish().findings.map(({ kind, index }) => [kind, index]);
}

test('a batch that names the call which opened its stream is no finding', () => {
  assert.deepEqual(withBatch({}), []);
});

test('a batch that names anything else is one', () => {
  const stream = [['stream', 6]];
  assert.deepEqual(withBatch({ stream: 4 }), stream, 'a call that is no stream');
  assert.deepEqual(withBatch({ stream: 1 }), stream, 'a control entry');
  assert.deepEqual(withBatch({ stream: 6 }), stream, 'itself');
  assert.deepEqual(withBatch({ stream: 99 }), stream, 'what is not there yet');
  assert.deepEqual(withBatch({ operation: 'streamPosts' }), stream, 'another stream');
  const posts = { posts: 1, totals: { calls: 4, posts: 7, persons: 0, billed: 5, micros: 25_000 } };
  const more = { totals: { calls: 4, posts: 8, persons: 0, billed: 5, micros: 25_000 } };
  assert.deepEqual(withBatch(more, posts), stream, 'a call that answered something');
  const foreign = withBatch({}, { app: `${APP}9` });
  assert.ok(foreign.some(([kind, index]) => kind === 'stream' && index === 6));
});
