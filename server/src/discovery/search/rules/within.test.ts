import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { costOf } from '#test/cost';
import { runs } from '#test/runs';
import { isWithin } from './within.ts';

/** The definition, word for word: every choice of places. */
function naive(tokens: readonly string[], phrase: readonly string[], most: number): boolean {
  const choose = (word: number, places: readonly number[]): boolean => {
    if (word === phrase.length) {
      const shifts = places.map((place, at) => place - at);
      return Math.max(...shifts) - Math.min(...shifts) <= most;
    }
    return tokens.some(
      (token, place) =>
        token === phrase[word] && !places.includes(place) && choose(word + 1, [...places, place]),
    );
  };
  return choose(0, []);
}

const token = fc.constantFrom('a', 'b', 'c', 'd');

test('words lie together exactly when some choice of places says so', () => {
  fc.assert(
    fc.property(
      fc.array(token, { maxLength: 12 }),
      fc.array(token, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 6 }),
      (tokens, phrase, most) => {
        assert.equal(isWithin(tokens, phrase, most), naive(tokens, phrase, most));
      },
    ),
    { numRuns: runs(2_000) },
  );
});

test('a word said over and over in the longest post costs little, whatever the phrase', async () => {
  const long = 12_500;
  const texts = [
    Array.from({ length: long }, () => 'a'),
    Array.from({ length: long }, (_, at) => (at % 2 === 0 ? 'a' : 'x')),
    Array.from({ length: long }, (_, at) => (at % 500 === 499 ? 'x' : 'a')),
    Array.from({ length: long }, (_, at) => (at % 8 === 7 ? 'b' : 'a')),
  ];
  const phrases = [
    Array.from({ length: 500 }, () => 'a'),
    [...Array.from({ length: 499 }, () => 'a'), 'b'],
    [...Array.from({ length: 510 }, () => 'a'), 'b', 'b'],
  ];
  for (const text of texts)
    for (const phrase of phrases) {
      const cost = await costOf(() => isWithin(text, phrase, 6));
      assert.ok(cost < 200, `${cost} units`);
    }
});
