import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.ts';

// The example of RFC 8785, section 3.2.2 and 3.2.4 (its input and its canonical bytes).
test("the RFC's own example comes out byte for byte", () => {
  const input = JSON.parse(
    String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001], "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
  );
  assert.equal(
    canonicalJson(input),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

// RFC 8785, section 3.2.3: sorting by UTF-16 code units.
test("keys sort as the RFC's table says", () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\ud83d\ude00', '\u0080', '\u00f6'];
  const sorted = ['\r', '1', '\u0080', '\u00f6', '\u20ac', '\ud83d\ude00', '\ufb33'];
  const text = canonicalJson(Object.fromEntries(keys.map((key) => [key, key])));
  assert.equal(text, `{${sorted.map((key) => `${JSON.stringify(key)}:${JSON.stringify(key)}`).join(',')}}`);
});

test('any JSON reads back as it was, and key order does not matter', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonicalJson(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      if (value && typeof value === 'object' && !Array.isArray(value)) {
        assert.equal(canonicalJson(Object.fromEntries(Object.entries(value).reverse())), text);
      }
    }),
  );
});

test('what JSON cannot say is refused, not guessed', () => {
  for (const value of [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '\ud800',
    { a: () => 1 },
    [undefined],
    1n,
    Symbol('x'),
  ]) {
    assert.throws(() => canonicalJson(value), TypeError);
  }
  assert.equal(canonicalJson({ b: undefined, a: 1 }), '{"a":1}');
});
