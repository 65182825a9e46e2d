import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FIRST_SNOWFLAKE, idTime, makeId } from '#kernel';
import { idFitsTime, isSnowflake, parseTime, postTime, TIME_TOLERANCE_MS } from './time.ts';
import { BadRecord } from './value.ts';

test('times are read in every form that sources write, and nothing ambiguous is guessed', () => {
  const noon = Date.UTC(2020, 2, 4, 12, 30, 5);
  const cases: [unknown, number | undefined][] = [
    ['2020-03-04T12:30:05.000Z', noon],
    ['2020-03-04T12:30:05Z', noon],
    ['2020-03-04 12:30:05', noon],
    ['2020-03-04 12:30:05 UTC', noon],
    ['2020-03-04 12:30:05+00:00', noon],
    ['2020-03-04T19:30:05.000000+0700', noon],
    ['2020-03-04 07:30:05-05', noon],
    ['2020-03-04T12:30:05.123456Z', noon + 123],
    ['2020-03-04', Date.UTC(2020, 2, 4)],
    ['Wed Mar 04 12:30:05 +0000 2020', noon],
    ['Wed Mar 04 05:30:05 MST 2020', noon],
    ['Wed Mar  4 12:30:05 UTC 2020', noon],
    [noon / 1000, noon],
    [BigInt(noon), noon],
    [String(noon), noon],
    [`${noon / 1000}.0`, noon],
    [new Date(noon), noon],
    ['2020-02-30', undefined],
    ['2020-02-30T12:30:05.000Z', undefined],
    ['2020-01-31T00:00:00.000Z', Date.UTC(2020, 0, 31)],
    ['2020-13-01T00:00:00.000Z', undefined],
    ['03/04/2020', undefined],
    ['yesterday', undefined],
    ['', undefined],
    [true, undefined],
    [-5, undefined],
    [Number.NaN, undefined],
    ['2020-03-04 25:00:00', undefined],
  ];
  for (const [text, expected] of cases) assert.equal(parseTime(text), expected, String(text));
});

test('what Date writes is read back to the millisecond', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
      (date) => {
        assert.equal(parseTime(date.toISOString()), date.getTime());
        assert.equal(parseTime(date.toISOString().replace('T', ' ').replace('Z', '+00:00')), date.getTime());
      },
    ),
  );
});

test('a post has the time of its snowflake, and a created_at that disagrees is refused', () => {
  const now = Date.UTC(2024, 0, 1);
  fc.assert(
    fc.property(
      fc.integer({ min: Date.UTC(2010, 10, 5), max: now }),
      fc.integer({ min: -9e7, max: 9e7 }),
      (ms, off) => {
        const id = makeId(ms, 7);
        const agrees = Math.abs(off) <= TIME_TOLERANCE_MS;
        assert.equal(idFitsTime(id, ms + off, TIME_TOLERANCE_MS), agrees);
        if (agrees) assert.equal(postTime(id, ms + off, now), idTime(id));
        else assert.throws(() => postTime(id, ms + off, now), BadRecord);
      },
    ),
  );
});

test('ids from before snowflakes carry no time and take that of created_at', () => {
  const before = (FIRST_SNOWFLAKE - 1n).toString();
  assert.deepEqual([isSnowflake(before), isSnowflake(FIRST_SNOWFLAKE.toString())], [false, true]);
  assert.equal(postTime('20', Date.UTC(2006, 2, 21), Date.UTC(2024)), Date.UTC(2006, 2, 21));
  assert.throws(() => postTime('20', undefined, Date.UTC(2024)), BadRecord);
  assert.throws(() => postTime('20', Date.UTC(2012), Date.UTC(2024)), BadRecord);
});
