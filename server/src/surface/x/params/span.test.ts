import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { DAY_MS, idTime, makeId } from '#kernel';
import { readTime } from './parse.ts';
import { searchSpan, timelineRange } from './span.ts';

const NOW = Date.parse('2026-11-21T10:00:00.000Z');
const holds = (range: { afterId?: bigint; beforeId?: bigint }, id: string) =>
  (range.afterId === undefined || BigInt(id) > range.afterId) &&
  (range.beforeId === undefined || BigInt(id) < range.beforeId);

describe('the ids between two moments', () => {
  test('are those of the moments from start, included, to end, excluded', () => {
    const moment = fc.integer({ min: NOW - 7 * DAY_MS, max: NOW - 10_000 });
    const near = fc.integer({ min: -2, max: 2 });
    fc.assert(
      fc.property(
        moment,
        moment,
        near,
        fc.integer({ min: 0, max: 0x3fffff }),
        fc.boolean(),
        (a, b, off, low, atStart) => {
          fc.pre(a !== b);
          const [startTime, endTime] = [Math.min(a, b), Math.max(a, b)];
          const id = makeId((atStart ? startTime : endTime) + off, low);
          const inside = idTime(id) >= startTime && idTime(id) < endTime;
          assert.equal(holds(searchSpan({ startTime, endTime }, 'recent', NOW, false).range, id), inside);
          assert.equal(holds(timelineRange({ startTime, endTime }), id), inside);
        },
      ),
    );
  });

  test('are excluded themselves when ids bound them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1000, max: DAY_MS }),
        fc.integer({ min: 0, max: 0x3fffff }),
        (ago, low) => {
          const id = makeId(NOW - ago - 60_000, low);
          const up = (BigInt(id) + 1n).toString();
          const { range } = searchSpan({ sinceId: id }, 'recent', NOW, false);
          assert.deepEqual([holds(range, id), holds(range, up)], [false, true]);
          const until = searchSpan({ untilId: up }, 'recent', NOW, false).range;
          assert.deepEqual([holds(until, id), holds(until, up)], [true, false]);
        },
      ),
    );
  });

  test('start 7 days back in recent search, 30 days before the end in the archive', () => {
    assert.equal(searchSpan({}, 'recent', NOW, false).start, NOW - 7 * DAY_MS);
    assert.equal(searchSpan({}, 'archive', NOW, false).start, NOW - 30_000 - 30 * DAY_MS);
    const endTime = Date.parse('2015-01-31T00:00:00Z');
    assert.equal(searchSpan({ endTime }, 'archive', NOW, false).start, Date.parse('2015-01-01T00:00:00Z'));
    assert.equal(searchSpan({}, 'recent', NOW, false).end, NOW - 30_000);
  });

  test('may slip out of the seven days while a client pages', () => {
    const sinceId = makeId(NOW - 8 * DAY_MS, 0);
    assert.throws(() => searchSpan({ sinceId }, 'recent', NOW, false));
    assert.equal(searchSpan({ sinceId }, 'recent', NOW, true).start, NOW - 7 * DAY_MS);
  });
});

/** RFC 3339, 5.8, and what is no such moment. */
test('moments are read as RFC 3339 has them', () => {
  const same = (text: string, as: string) => assert.equal(readTime(text), Date.parse(as), text);
  same('1985-04-12T23:20:50.52Z', '1985-04-12T23:20:50.520Z');
  same('1996-12-19T16:39:57-08:00', '1996-12-20T00:39:57Z');
  same('1937-01-01T12:00:27.87+00:20', '1937-01-01T11:40:27.870Z');
  same('2026-11-21T10:00:00 02:00', '2026-11-21T08:00:00Z');
  for (const text of [
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T10:60:00Z',
    '2026-11-21',
    '2026-11-21T10:00Z',
    '2026-11-21T10:00:00',
    ' 2026-11-21T10:00:00Z',
    'now',
    '',
  ]) {
    assert.equal(readTime(text), undefined, text);
  }
  assert.notEqual(readTime('2024-02-29T00:00:00Z'), undefined);
});
