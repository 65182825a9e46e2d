import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { type JsonLimits, jsonExcess, Problem, parseJson } from './index.ts';

const WIDE: JsonLimits = { bytesMax: 1 << 24, depthMax: 1_000, valuesMax: 1_000_000 };

/** Depth and values of what JSON.parse made of a text: the oracle. */
function measure(value: unknown): { depth: number; values: number } {
  if (typeof value !== 'object' || value === null) return { depth: 0, values: 0 };
  const inner = Object.values(value).map(measure);
  // Commas stand between members: one fewer than there are.
  const own = 1 + Math.max(0, inner.length - 1);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    values: inner.reduce((sum, { values }) => sum + values, own),
  };
}

const json = fc.oneof(
  fc.json({ depthSize: 'medium' }),
  fc.json({ stringUnit: 'binary' }),
  // Texts that end in every way, long enough for the search by the C library.
  fc
    .array(fc.constantFrom('\\', '"', 'a', '[', '{', ',', 'x'.repeat(70)), { maxLength: 40 })
    .map((parts) => JSON.stringify([parts.join(''), { [parts.join('-')]: parts }])),
);

test('a JSON text within its limits is what JSON.parse makes of it, and one value or level more is refused', () => {
  fc.assert(
    fc.property(json, fc.nat(3), (text, indent) => {
      const value = JSON.parse(text);
      const bytes = Buffer.from(JSON.stringify(value, null, indent));
      const { depth, values } = measure(value);
      const limits = { bytesMax: bytes.length, depthMax: depth, valuesMax: values };
      assert.deepEqual(parseJson(bytes, limits), JSON.parse(bytes.toString()));
      assert.match(jsonExcess(bytes, { ...limits, bytesMax: bytes.length - 1 })?.message ?? '', /bytes/);
      if (depth > 0) {
        assert.match(
          jsonExcess(bytes, { ...limits, depthMax: depth - 1 })?.message ?? '',
          /nested more than/,
        );
        assert.match(jsonExcess(bytes, { ...limits, valuesMax: values - 1 })?.message ?? '', /values/);
      }
    }),
    { numRuns: runs(2_000) },
  );
});

test('what is nested too deeply is refused at the byte that goes too deep, and not read on', () => {
  let read = 0;
  const bytes = new Proxy(Buffer.from('['.repeat(1 << 20)), {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) read = Math.max(read, Number(name));
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const problem = jsonExcess(bytes, { ...WIDE, depthMax: 8 });
  assert.equal(problem?.code, 'body-invalid');
  assert.match(problem?.message ?? '', /nested more than 8 deep, at byte 9/);
  assert.equal(read, 8);
});

test('what is no JSON, or no UTF-8, is refused in plain words', () => {
  const broken = ['{', '"', '"\\', '"\\"', '[1,]', '', '\u0000', ']', '}'.repeat(100)];
  for (const text of broken)
    assert.throws(
      () => parseJson(Buffer.from(text), WIDE),
      (error) => error instanceof Problem && error.message === 'The body is not JSON in UTF-8.',
      text,
    );
  assert.throws(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22), WIDE), /not JSON in UTF-8/);
});
