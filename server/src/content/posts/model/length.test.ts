import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import twitterText from 'twitter-text';
import { runs } from '#test/runs';
import { composeText, fitsPost, TEXT_LENGTH_MAX, weightedLength } from './length.ts';

const PIECES = [
  'a',
  'b ',
  'é',
  '日',
  '한',
  '😀',
  '👩‍👩‍👧',
  '\u0301',
  'https://example.com/a-long-path ',
  '\n',
  '.',
];
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 400 }).map((pieces) => pieces.join('').trim());

test('a text fits exactly when twitter-text says that it is valid', () => {
  fc.assert(
    fc.property(text, (one) => {
      fc.pre(one !== '');
      assert.equal(fitsPost(one), twitterText.parseTweet(one).valid);
    }),
    { numRuns: runs(300) },
  );
});

test('whatever is written fits: as it is, or cut between graphemes with the whole beside it', () => {
  const graphemes = (one: string) => [...new Intl.Segmenter().segment(one)].map(({ segment }) => segment);
  fc.assert(
    fc.property(text, (one) => {
      fc.pre(one !== '');
      const composed = composeText(one);
      assert.ok(composed && weightedLength(composed.text) <= 280);
      if (!composed.longText) return assert.equal(composed.text, one);
      assert.equal(composed.longText.text, one);
      assert.ok(composed.text.endsWith('…'));
      const kept = graphemes(composed.text.slice(0, -1));
      assert.deepEqual(kept, graphemes(one).slice(0, kept.length));
    }),
    { numRuns: runs(100) },
  );
});

test('nothing, and more than 25,000 characters, is no post', () => {
  assert.equal(composeText(''), undefined);
  assert.equal(composeText(' \n\t'), undefined);
  assert.equal(composeText('a'.repeat(TEXT_LENGTH_MAX + 1)), undefined);
  assert.equal(composeText('a'.repeat(TEXT_LENGTH_MAX))?.longText?.text.length, TEXT_LENGTH_MAX);
});

test('a long text is cut at a space when one is near', () => {
  const composed = composeText('word '.repeat(100));
  assert.match(composed?.text ?? '', /word…$/);
  assert.equal(composed?.text.length, 275);
});
