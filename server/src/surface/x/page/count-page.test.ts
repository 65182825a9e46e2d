import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isoTime } from '../present/field.ts';
import { isoTimes } from './count-page.ts';

test('times written one after the other are those that are written alone, whatever their order', () => {
  const any = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
  const minutes = fc.integer({ min: 0, max: 200_000_000 }).map((minute) => minute * 60_000);
  fc.assert(
    fc.property(fc.array(fc.oneof(any, minutes), { maxLength: 50 }), (times) => {
      const write = isoTimes();
      assert.deepEqual(times.map(write), times.map(isoTime));
    }),
  );
  const write = isoTimes();
  const hours = Array.from({ length: 100 }, (_one, hour) => Date.UTC(2026, 1, 27) + hour * 3_600_000);
  assert.deepEqual(
    hours.map(write),
    hours.map((ms) => new Date(ms).toISOString()),
  );
});
