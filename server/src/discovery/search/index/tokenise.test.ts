import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import { fold, foldWhole, tokenise } from './tokenise.ts';

/** Text, its tokens for search, and for streams where they differ. */
const VECTORS: [text: string, search: string, stream?: string][] = [
  ['I like coca-cola', 'i like coca cola'],
  ["don't stop", 'don t stop'],
  ['snake_case $5.99 (50%)', 'snake case 5 99 50'],
  ['https://t.co/aB1', 'https t co ab1'],
  ['músic Año', 'music ano', 'músic año'],
  ['e\u0301cole', 'ecole', 'école'],
  ['Straße STRASSE ẞ', 'strasse strasse ss'],
  ['Łódź smørrebrød Æsir', 'lodz smorrebrod aesir', 'łódź smørrebrød æsir'],
  ['İstanbul ılık', 'istanbul ilik', 'i̇stanbul ılık'],
  ['ΟΔΟΣ οδός', 'οδοσ οδοσ', 'οδοσ οδόσ'],
  ['Ёлка й їжак', 'елка й їжак', 'ёлка й їжак'],
  ['हिन्दी में समाचार', 'हिन्दी में समाचार'],
  ['السَّلام عليكم', 'السلام عليكم'],
  ['العـــربيّة ﹷ رَحْمٰن', 'العربية رحمن'],
  ['آمَن أُمّة مُؤْمِن', 'آمن أمة مؤمن'],
  ['Q&amp;A AT&amp;T 5 &gt; 3 &lt;b&gt; ampcase', 'q a at t 5 3 b ampcase'],
  ['R&amp;D café &amp;', 'r d cafe', 'r d café'],
  ['&amp;amp; &amp;lt; &quot; &nbsp &AMP;', 'amp lt quot nbsp amp'],
  ['می‌خواهم', 'میخواهم'],
  ['東京タワー', '東 京 タ ワ ー'],
  ['ｶﾌｪ ﬁne ㎏ Ａ１', 'カ フ ェ fine kg a1'],
  ['서울에서', '서 울 에 서'],
  ['หนังสือ', 'ห นั ง สื อ'],
  ['AI時代 3日', 'ai 時 代 3 日'],
  ['hi😀😀bye', 'hi 😀 😀 bye'],
  ['👍🏽 👨‍👩‍👧 ❤️', '👍 🏽 👨 👩 👧 ❤'],
  ['🇩🇪🇫🇷', '🇩🇪 🇫🇷'],
  ['a\u200bb a\u00adb', 'a b ab'],
  ['→ ¿ … «»', ''],
  ['\ud800x\udc00', 'x'],
  ['a\u0000b', 'a b'],
];

test('texts of many scripts fall into tokens by the rules', () => {
  for (const [text, search, stream = search] of VECTORS) {
    assert.equal(fold(text, 'search'), search.normalize('NFC'), JSON.stringify(text));
    assert.equal(fold(text, 'stream'), stream, JSON.stringify(text));
  }
});

test('long words are cut in every script, so that the index holds what the predicate sees', () => {
  for (const letter of ['x', 'é', 'न', '𝒳', '𐐀']) {
    for (const word of tokenise(`${letter.repeat(5000)} end`, 'stream')) {
      assert.ok(word.length <= 256, letter);
      assert.ok(word.isWellFormed());
    }
  }
});

test('a whole name stays one token, and names that differ stay different', () => {
  assert.notEqual(foldWhole('foo_bar', 'search'), foldWhole('foobar', 'search'));
  assert.notEqual(foldWhole('foo_bar', 'search'), foldWhole('foo-bar', 'search'));
  assert.equal(foldWhole('Café', 'search'), foldWhole('CAFE', 'search'));
  assert.notEqual(foldWhole('Café', 'stream'), foldWhole('CAFE', 'stream'));
  assert.match(foldWhole('a "b" *', 'search'), /^[a-z0-9\u0080-\uffff]+$/);
});

const ENGLISH = `Today's news: Democrats offer Republicans everything they asked for; Republicans demand more.
RT @user1: I'd buy 3.5 (three-and-a-half) cups of coffee/tea @ 50% off!!! #MondayMotivation http://t.co/x_y?q=1&z=2 "Oh, well" -- AT&T`;

test("English falls apart as under SQLite's unicode61 and under Intl.Segmenter's words", () => {
  const db = new DatabaseSync(':memory:');
  db.exec(
    `CREATE VIRTUAL TABLE t USING fts5(x, tokenize='unicode61'); CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)`,
  );
  db.prepare('INSERT INTO t VALUES (?)').run(ENGLISH);
  const theirs = db.prepare('SELECT term FROM v ORDER BY offset').all();
  assert.deepEqual(
    tokenise(ENGLISH, 'search'),
    theirs.map(({ term }) => term),
  );
  const plain = 'The quick brown fox jumps over the lazy dog, twice';
  const words = [...new Intl.Segmenter('en', { granularity: 'word' }).segment(plain)].filter(
    ({ isWordLike }) => isWordLike,
  );
  assert.deepEqual(
    tokenise(plain, 'stream'),
    words.map(({ segment }) => segment.toLowerCase()),
  );
});

test("what SQLite's own tokeniser makes of finished tokens is those tokens, whatever the text", () => {
  const db = new DatabaseSync(':memory:');
  db.exec(
    `CREATE VIRTUAL TABLE t USING fts5(x, tokenize='ascii'); CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)`,
  );
  const put = db.prepare('INSERT INTO t(rowid, x) VALUES (1, ?)');
  const list = db.prepare('SELECT term FROM v ORDER BY offset');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      const tokens = tokenise(text, 'search');
      db.exec('DELETE FROM t');
      put.run(tokens.join(' '));
      assert.deepEqual(
        list.all().map(({ term }) => term),
        tokens,
      );
      const whole = foldWhole(text, 'search');
      db.exec('DELETE FROM t');
      put.run(`h${whole}`);
      assert.deepEqual(
        list.all().map(({ term }) => term),
        [`h${whole}`],
      );
    }),
    { numRuns: runs(2000) },
  );
});

test('folding what is folded changes nothing, and a piece of a text is found in it', () => {
  const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), fc.nat(4), (words, at) => {
      for (const mode of ['search', 'stream'] as const) {
        const text = fold(words.join(' '), mode);
        if (mode === 'search') assert.equal(fold(text, mode), text);
        const piece = fold(words[at % words.length]!, mode);
        assert.ok(piece === '' || ` ${text} `.includes(` ${piece} `), `${piece} in ${text}`);
      }
    }),
    { numRuns: runs(2000) },
  );
});

test('of the marks, exactly the Arabic vowel points are ignored, by the combining classes of Unicode', () => {
  // Normalising sorts adjacent marks by their class: between Hebrew's last class (26) and Syriac's (36) lie 27 to 35.
  const HEBREW_26 = '\ufb1e';
  const SYRIAC_36 = '\u0711';
  const isPoint = (mark: string): boolean =>
    mark !== HEBREW_26 &&
    mark !== SYRIAC_36 &&
    `a${mark}${HEBREW_26}`.normalize('NFD') === `a${HEBREW_26}${mark}` &&
    `a${SYRIAC_36}${mark}`.normalize('NFD') === `a${mark}${SYRIAC_36}`;
  let points = 0;
  for (let code = 0x300; code < 0x20000; code += 1) {
    const mark = String.fromCodePoint(code);
    if (!/\p{M}/u.test(mark) || mark.normalize('NFKC') !== mark) continue;
    const ignored = fold(`\u0628${mark}\u0628`, 'stream') === '\u0628\u0628';
    const expected = isPoint(mark) || /[\p{Variation_Selector}\p{Cf}]/u.test(mark);
    assert.equal(ignored, expected, `U+${code.toString(16)}`);
    if (isPoint(mark)) points += 1;
    const whole = foldWhole(`\u0628${mark}\u0628`, 'stream');
    assert.equal(whole === '\u0628\u0628', isPoint(mark), `#U+${code.toString(16)}`);
  }
  assert.ok(points >= 15, `${points} vowel points`);
});
