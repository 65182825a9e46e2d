import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as cborg from 'cborg';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { CborError } from './cbor.ts';
import { commitmentsOf, eraseFromOpening } from './commitment.ts';
import type { Item, Opening } from './opening.ts';
import { decodeOpening, encodeOpening } from './opening.ts';
import { mth, sha } from './testing/rfc6962-oracle.ts';

const item: fc.Arbitrary<Item> = fc.record({
  kind: fc.constantFrom('post' as const, 'person' as const),
  id: fc.bigInt({ min: 0n, max: (1n << 63n) - 1n }).map(String),
  billed: fc.boolean(),
});
const request = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  target: fc.string({ unit: 'grapheme', maxLength: 60 }),
  bodyDigest: fc.constantFrom(new Uint8Array(), new Uint8Array(32).fill(9)),
});
const signed = fc.record({
  ...{
    signatureBase: fc.string({ maxLength: 80 }),
    signature: fc.uint8Array({ minLength: 1, maxLength: 70 }),
  },
});
const opening: fc.Arbitrary<Opening> = fc
  .tuple(
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.array(item, { maxLength: 40 }),
    request,
    fc.option(signed),
  )
  .map(([seed, items, asked, signature]) => ({ seed, items, request: { ...asked, ...signature } }));

/** The definitions of the reference, word for word and slowly. */
function definition({ seed, items, request: asked }: Opening): {
  commitment: Buffer;
  requestCommitment: Buffer;
} {
  const salts = createHash('shake256', { outputLength: 16 * (items.length + 1) })
    .update(seed!)
    .digest();
  const salt = (i: number) => salts.subarray(16 * i, 16 * (i + 1));
  const digests = (items as Item[]).map(({ kind, id, billed }, i) => {
    const eight = Buffer.alloc(8);
    eight.writeBigUInt64BE(BigInt(id));
    return sha(salt(i + 1), Buffer.from([kind === 'post' ? 1 : 2]), eight, Buffer.from([billed ? 1 : 0]));
  });
  const parts: unknown[] = [asked.method, asked.target, asked.bodyDigest];
  if (asked.signature !== undefined) parts.push(asked.signatureBase, asked.signature);
  return { commitment: mth(digests), requestCommitment: sha(salt(0), cborg.encode(parts)) };
}

test('both commitments are what their definition gives', () => {
  fc.assert(fc.property(opening, (o) => assert.deepEqual(commitmentsOf(o), definition(o))));
});

test('an opening reads back the same, whole or with items erased', () => {
  fc.assert(
    fc.property(opening, fc.nat(40), (o, at) => {
      const target = o.items[at % Math.max(1, o.items.length)] as Item | undefined;
      const erased = target ? eraseFromOpening(o, target.kind, target.id) : o;
      for (const one of [o, erased]) {
        const bytes = encodeOpening(one);
        const back = decodeOpening(bytes);
        assert.equal(encodeOpening(back).toString('hex'), bytes.toString('hex'));
        assert.deepEqual(commitmentsOf(back), commitmentsOf(o));
      }
    }),
  );
});

test('erasing a post leaves nothing of it but its digest, and every other item stays provable', () => {
  fc.assert(
    fc.property(opening, fc.nat(40), (o, at) => {
      fc.pre(o.items.length > 0);
      const { kind, id } = o.items[at % o.items.length] as Item;
      const erased = eraseFromOpening(o, kind, id);
      assert.equal(erased.seed, undefined, 'the seed would give the salt away');
      erased.items.forEach((one, i) => {
        const salt = Buffer.from(erased.salts!.subarray(16 * (i + 1), 16 * (i + 2)));
        const before = o.items[i] as Item;
        if (before.kind === kind && before.id === id) {
          assert.equal(one.kind, 'erased');
          assert.ok(salt.equals(Buffer.alloc(16)), 'the salt of an erased item would let its id be guessed');
        } else assert.deepEqual(one, before);
      });
      assert.deepEqual(commitmentsOf(erased), commitmentsOf(o));
      assert.equal(eraseFromOpening(erased, kind, id), erased, 'twice is once');
    }),
  );
});

test('an opening with any bit flipped does not read, or no longer opens the commitments', () => {
  fc.assert(
    fc.property(opening, fc.nat(), fc.nat(7), (o, at, bit) => {
      const expected = commitmentsOf(o);
      const bytes = encodeOpening(o);
      bytes[at % bytes.length]! ^= 1 << bit;
      try {
        const found = commitmentsOf(decodeOpening(bytes));
        const same =
          found.commitment.equals(expected.commitment) &&
          found.requestCommitment.equals(expected.requestCommitment);
        assert.equal(same, false);
      } catch (error) {
        assert.ok(error instanceof CborError || error instanceof RangeError, String(error));
      }
    }),
    { numRuns: runs(1000) },
  );
});

test('the test vector of the reference', () => {
  const reference = readFileSync(new URL('../../../../../docs/reference/ledger.md', import.meta.url), 'utf8');
  const block = /```vector opening\n(\{[\s\S]*?\})\n([0-9a-f\n]+)```/.exec(reference);
  assert.ok(block, 'the reference has a vector of an opening');
  const { commitment, requestCommitment, ...rest } = JSON.parse(block[1]!, (_key, v) =>
    typeof v === 'string' && v.startsWith('hex:') ? Buffer.from(v.slice(4), 'hex') : v,
  ) as Opening & { commitment: Buffer; requestCommitment: Buffer };
  assert.equal(encodeOpening(rest).toString('hex'), block[2]!.replaceAll('\n', ''));
  assert.deepEqual(definition(rest), { commitment, requestCommitment });
});
