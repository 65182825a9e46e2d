import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { JsonSplitter, JsonStructureError, wrapRecord } from './json-splitter.ts';

type Seen = { values: unknown[]; lines: number[]; tooLarge: string[]; error?: string };

/** Runs the splitter over bytes cut at the given places. */
function split(bytes: Buffer, cuts: number[], recordBytesMax: number): Seen {
  const seen: Seen = { values: [], lines: [], tooLarge: [] };
  const splitter = new JsonSplitter(
    {
      record({ bytes: record, line, path }) {
        seen.values.push(wrapRecord(parseOr(record.toString()), path));
        seen.lines.push(line);
      },
      tooLarge: (line, reason) => void seen.tooLarge.push(`${line}: ${reason}`),
    },
    { recordBytesMax },
  );
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  try {
    let start = 0;
    for (const place of [...places, bytes.length]) {
      splitter.push(bytes.subarray(start, place));
      start = place;
    }
    splitter.end();
  } catch (error) {
    if (!(error instanceof JsonStructureError)) throw error;
    seen.error = error.message;
  }
  return seen;
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return `unparsable ${text}`;
  }
}

const json = fc.jsonValue({ maxDepth: 4 });
const cuts = fc.array(fc.nat(5_000), { maxLength: 12 });
const indent = fc.constantFrom(undefined, 1, '\t');
const BIG = 1 << 20;
/** Values that stand apart without a comma: numbers would run together only without the space between them. */
const sequence = fc.array(json, { maxLength: 8 });

test('a sequence of values is cut into just what JSON.parse makes of each', () => {
  fc.assert(
    fc.property(sequence, cuts, indent, (values, places, space) => {
      const bytes = Buffer.from(values.map((value) => JSON.stringify(value, null, space)).join('\n'));
      const seen = split(bytes, places, BIG);
      assert.deepEqual(seen.values, JSON.parse(JSON.stringify(values)));
      assert.deepEqual([seen.error, seen.tooLarge], [undefined, []]);
    }),
  );
});

test('a list that is longer than a record is cut into its items, whatever they are', () => {
  fc.assert(
    fc.property(fc.array(json, { minLength: 1 }), cuts, indent, (items, places, space) => {
      const bytes = Buffer.from(JSON.stringify(items, null, space));
      const longest = Math.max(
        ...items.map((item) => Buffer.byteLength(JSON.stringify(item, null, space) ?? '')),
      );
      // Items are indented one level deeper inside the list than alone.
      const seen = split(bytes, places, Math.max(2, Math.min(bytes.length - 1, longest * 4)));
      if (bytes.length > longest * 4 && bytes.length > 3)
        assert.deepEqual(seen.values, JSON.parse(JSON.stringify(items)));
      else assert.deepEqual(seen.error, undefined);
    }),
  );
});

test('a page that is longer than a record gives each of its posts and inclusions once, and nothing else', () => {
  const item = fc.record<{ id: string; text: string }>(
    { id: fc.stringMatching(/^[0-9]{1,19}$/), text: fc.string({ maxLength: 40, unit: 'binary' }) },
    { noNullPrototype: true },
  );
  const items = fc.array(item, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(items, items, items, cuts, indent, (data, users, tweets, places, space) => {
      const page = {
        meta: { result_count: 7, data: ['not this'] },
        data,
        errors: [{ data: [1] }],
        includes: { users, tweets },
      };
      const bytes = Buffer.from(JSON.stringify(page, null, space));
      const { values, error, tooLarge } = split(bytes, places, 600);
      assert.deepEqual([error, tooLarge], [undefined, []]);
      const found: Record<string, unknown[]> = { data: [], users: [], tweets: [] };
      const put = (key: string, list: unknown) => void found[key]?.push(...(list as unknown[]));
      for (const value of values as { data?: unknown[]; includes?: Record<string, unknown[]> }[]) {
        if (value.data) put('data', value.data);
        for (const [key, list] of Object.entries(value.includes ?? {})) put(key, list);
      }
      assert.deepEqual(found, { data, users, tweets });
    }),
  );
});

test('where the bytes are cut into chunks makes no difference, for valid and for broken input', () => {
  const text = fc.oneof(
    fc.string({
      unit: fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', ' ', '\n', '1', 'a', 'true'),
    }),
    fc.tuple(json, fc.nat(), fc.constantFrom('', '"', '}', ']', ',', '\\')).map(([value, at, insert]) => {
      const whole = JSON.stringify([value, value]);
      const place = at % (whole.length + 1);
      return whole.slice(0, place) + insert + whole.slice(place);
    }),
  );
  fc.assert(
    fc.property(text, cuts, fc.integer({ min: 2, max: 60 }), (input, places, max) => {
      const bytes = Buffer.from(input);
      assert.deepEqual(split(bytes, places, max), split(bytes, [], max));
    }),
    { numRuns: runs(500) },
  );
});

test('what JSON.parse takes is never called broken, and what is cut off always is', () => {
  fc.assert(
    fc.property(json, fc.nat(), (value, at) => {
      const bytes = Buffer.from(JSON.stringify([value]));
      assert.equal(split(bytes, [], BIG).error, undefined);
      const cut = bytes.subarray(0, 1 + (at % (bytes.length - 1)));
      assert.match(split(cut, [], BIG).error ?? '', /ends in the middle/);
    }),
  );
});

test('records name the line on which they begin', () => {
  const bytes = Buffer.from('[\n {"a": "x\\n"},\n\n {"b":\n 1}\n, {"c":2}]');
  assert.deepEqual(split(bytes, [3, 9], 20).lines, [2, 4, 6]);
});

test('an endless record is passed over with its line, and what follows is read', () => {
  const bytes = Buffer.from(`[{"a":1},\n{"text":"${'x'.repeat(500)}"},\n"${'y'.repeat(500)}",\n{"b":2}]`);
  const seen = split(bytes, [40, 90, 700], 64);
  assert.deepEqual(seen.values, [{ a: 1 }, { b: 2 }]);
  assert.deepEqual(
    seen.tooLarge.map((one) => one.split(':')[0]),
    ['2', '3'],
  );
});

test('brackets nested a million deep cost one refusal, not the memory or the hour', () => {
  const bytes = Buffer.from(`[${'['.repeat(1_000_000)}${']'.repeat(1_000_000)},{"a":1}]`);
  const seen = split(bytes, [], 1_000);
  assert.equal(seen.error, undefined);
  assert.equal(seen.tooLarge.length, 1);
  assert.deepEqual(seen.values, [{ a: 1 }]);
});
