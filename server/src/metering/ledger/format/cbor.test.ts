import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as cborg from 'cborg';
import fc from 'fast-check';
import { CborError, CborReader, CborWriter } from './cbor.ts';

/** What the ledger's formats are made of. */
type Value = number | string | Uint8Array | Value[] | Map<number, Value>;

const { value } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.maxSafeNat(),
    fc.nat(70_000),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(fc.nat(300), tie('value')), { selector: ([key]) => key, maxLength: 30 })
      .map((pairs) => new Map(pairs.sort(([a], [b]) => a - b))),
  ),
}));

function write(writer: CborWriter, item: Value): void {
  if (typeof item === 'number') writer.uint(item);
  else if (typeof item === 'string') writer.text(item);
  else if (item instanceof Uint8Array) writer.bytes(item);
  else if (Array.isArray(item)) {
    writer.array(item.length);
    for (const inner of item) write(writer, inner);
  } else {
    writer.map(item.size);
    for (const [key, inner] of item) {
      writer.uint(key);
      write(writer, inner);
    }
  }
}

/** Reads back what has the shape of `like`. */
function read(reader: CborReader, like: Value): Value {
  if (typeof like === 'number') return reader.uint();
  if (typeof like === 'string') return reader.text(10_000);
  if (like instanceof Uint8Array) return new Uint8Array(reader.bytes());
  if (Array.isArray(like)) {
    assert.equal(reader.array(1000), like.length);
    return like.map((inner) => read(reader, inner));
  }
  assert.equal(reader.map(1000), like.size);
  return new Map([...like].map(([, inner]) => [reader.uint(), read(reader, inner)]));
}

const encode = (item: Value) => {
  const writer = new CborWriter(1);
  write(writer, item);
  return writer.written();
};

test('every value is encoded as cborg encodes it, and read back the same', () => {
  fc.assert(
    fc.property(value, (item) => {
      const bytes = encode(item);
      assert.equal(bytes.toString('hex'), Buffer.from(cborg.encode(item)).toString('hex'));
      const reader = new CborReader(bytes);
      assert.deepEqual(read(reader, item), item);
      reader.finish();
    }),
  );
});

test('RFC 8949 appendix A: the examples of integers, strings and arrays', () => {
  const examples: [Value, string][] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [100, '1864'],
    [1000, '1903e8'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [Buffer.from('01020304', 'hex'), '4401020304'],
    ['', '60'],
    ['IETF', '6449455446'],
    ['ü', '62c3bc'],
    ['水', '63e6b0b4'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [
      new Map([
        [1, 2],
        [3, 4],
      ]),
      'a201020304',
    ],
  ];
  for (const [item, hex] of examples) assert.equal(encode(item).toString('hex'), hex);
});

const REFUSED: { title: string; hex: string; read: (reader: CborReader) => unknown }[] = [
  { title: 'an integer in more bytes than it needs', hex: '1817', read: (r) => r.uint() },
  { title: 'two bytes for what fits one', hex: '1900ff', read: (r) => r.uint() },
  { title: 'four bytes for what fits two', hex: '1a0000ffff', read: (r) => r.uint() },
  { title: 'eight bytes for what fits four', hex: '1b00000000ffffffff', read: (r) => r.uint() },
  { title: 'an integer above 2^53 − 1', hex: '1b0020000000000000', read: (r) => r.uint() },
  { title: 'a string of indefinite length', hex: '5f4101ff', read: (r) => r.bytes() },
  { title: 'an array of indefinite length', hex: '9f01ff', read: (r) => r.array(9) },
  { title: 'a length in more bytes than it needs', hex: '580101', read: (r) => r.bytes() },
  { title: 'a negative integer', hex: '20', read: (r) => r.uint() },
  { title: 'a tag', hex: 'c001', read: (r) => r.uint() },
  { title: 'a float', hex: 'f93c00', read: (r) => r.uint() },
  { title: 'text that is not UTF-8', hex: '62c328', read: (r) => r.text(9) },
  { title: 'a surrogate in UTF-8', hex: '63eda080', read: (r) => r.text(9) },
  { title: 'bytes where text belongs', hex: '4161', read: (r) => r.text(9) },
  { title: 'a string that is cut short', hex: '4401', read: (r) => r.bytes() },
  { title: 'a head that is cut short', hex: '19', read: (r) => r.uint() },
  { title: 'nothing at all', hex: '', read: (r) => r.uint() },
  { title: 'a string longer than allowed', hex: '4401020304', read: (r) => r.bytes(3) },
  { title: 'an array longer than allowed', hex: '83010203', read: (r) => r.array(2) },
  { title: 'another length than the one asked for', hex: '420102', read: (r) => r.bytesOf(3) },
  { title: 'another integer than the one asked for', hex: '02', read: (r) => r.expectUint(1) },
];

for (const { title, hex, read: attempt } of REFUSED) {
  test(`refused: ${title}`, () => {
    assert.throws(() => attempt(new CborReader(Buffer.from(hex, 'hex'))), CborError);
  });
}

test('refused: bytes left over', () => {
  const reader = new CborReader(Buffer.from('0101', 'hex'));
  reader.uint();
  assert.throws(() => reader.finish(), CborError);
});

test('the writer refuses what is not a whole number from 0 to 2^53 − 1', () => {
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY]) {
    assert.throws(() => new CborWriter(8).uint(wrong), RangeError);
  }
});
