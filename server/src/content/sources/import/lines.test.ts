import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineReader } from './lines.ts';

const MAX = 80;

function read(text: string, cuts: number[]) {
  const bytes = Buffer.from(text);
  const records: [number, string][] = [];
  const tooLarge: [number, string][] = [];
  const reader = new LineReader(
    {
      record: ({ bytes: record, line }) => void records.push([line, record.toString()]),
      tooLarge: (line, reason) => void tooLarge.push([line, reason]),
    },
    { recordBytesMax: MAX },
  );
  let start = 0;
  for (const place of [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    reader.push(bytes.subarray(start, place));
    start = place;
  }
  reader.end();
  return { records, tooLarge };
}

test('lines are what splitting at line feeds gives, with their numbers, wherever chunks end', () => {
  const line = fc.string({ maxLength: 20, unit: fc.constantFrom('a', 'é', '😀', '"', '{', '\r', ' ') });
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(2_000)), (lines, cuts) => {
      const text = lines.join('\n');
      const expected = text
        .split('\n')
        .map((one, index): [number, string] => [index + 1, one.replace(/\r$/, '')])
        .filter(([, one]) => one !== '');
      assert.deepEqual(read(text, cuts).records, expected);
    }),
  );
});

test('a line too long for one record is opened if it is a list, and its end is the next line', () => {
  const items = Array.from({ length: 30 }, (_, id) => JSON.stringify({ id }));
  const { records, tooLarge } = read(`{"a":1}\n[${items.join(',')}]\n{"b":2}`, [10, 50, 120]);
  assert.deepEqual(tooLarge, []);
  assert.deepEqual(
    records.map(([line]) => line),
    [1, ...items.map(() => 2), 3],
  );
  assert.deepEqual(
    records.slice(1, -1).map(([, text]) => text),
    items,
  );
});

test('a long line that is broken or endless costs itself and no other line', () => {
  const long = 'x'.repeat(1_000);
  for (const line of [long, `[1,2,3,${long}`, `{"a":"${long}"`, `{"text":"${long}"}`]) {
    const { records, tooLarge } = read(`{"a":1}\n${line}\n{"b":2}\n`, [5, 300, 301]);
    assert.deepEqual(
      records.filter(([number]) => number !== 2),
      [
        [1, '{"a":1}'],
        [3, '{"b":2}'],
      ],
    );
    assert.deepEqual(
      tooLarge.map(([number]) => number),
      [2],
    );
  }
});
