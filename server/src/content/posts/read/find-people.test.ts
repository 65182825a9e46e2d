import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import type { Change } from '../index.ts';
import { foldWords } from '../model/names.ts';
import { MIGRATIONS } from '../store/sqlite-schema.ts';
import { aPerson, memoryIndex, memoryStore, NOW_MS } from '../testing/world.ts';
import { createPostStore } from '../write/store-sqlite.ts';

const named = (id: string, username: string, name: string, followers = 0): Change => ({
  kind: 'person',
  person: aPerson(id, { username, name, metrics: { followers, following: 0, posts: 0, listed: 0 } }),
});

test('names are found by the beginnings of their words, whatever their case, accents and script', () => {
  const { apply, reader } = memoryStore();
  apply(
    named('1', 'jose_g', 'José García'),
    named('2', 'yamada', '山田 太郎'),
    named('3', 'raj', 'राजेश कुमार'),
    named('4', 'olga', 'Ольга Йордан'),
    named('5', 'fullwidth', 'ＡＢＣ Ltd.'),
    named('6', 'ana-b.c', 'Ana'),
    named('7', 'tj', 'Tom &amp; Jerry'),
    named('8', 'mu', 'مُحَمّـد'),
  );
  const find = (words: string) => reader.searchPeople(words, { after: 0, limit: 9 });
  const cases: [string, string[]][] = [
    ['jose', ['1']],
    ['GARC josé', ['1']],
    ['jose_', ['1']],
    ['@JOSE_G', ['1']],
    ['garcia olga', []],
    ['山', ['2']],
    ['太郎', ['2']],
    ['राजे', ['3']],
    // Without its vowel sign it is another word.
    ['रजे', []],
    ['иорд', ['4']],
    ['abc', ['5']],
    ['ana b', ['6']],
    ['tom jerry', ['7']],
    ['Tom &amp; J', ['7']],
    ['amp', []],
    ['محمد', ['8']],
    ['مُحم', ['8']],
    ['', []],
    ['  !?%_*"\'', []],
    ['%', []],
    ['\u0000', []],
    ['\ud800', []],
    ['x'.repeat(10_000), []],
  ];
  for (const [words, ids] of cases) assert.deepEqual(find(words), ids, JSON.stringify(words));
});

test('names that were noted by an earlier Parley are noted again', () => {
  const { db, apply } = memoryStore();
  apply(named('7', 'tj', 'Tom &amp; Jerry'));
  const [{ doc } = { doc: '' }] = db.prepare('SELECT doc FROM people').all();
  const old = new DatabaseSync(':memory:');
  const change = MIGRATIONS.findIndex((sql) => sql.includes('DELETE FROM people_words'));
  for (const sql of MIGRATIONS.slice(0, change)) old.exec(sql);
  old.exec(`PRAGMA user_version=${change}; INSERT INTO people_words VALUES (40, 'amp', 7)`);
  old.prepare('INSERT INTO people (id, username, doc) VALUES (7, ?, ?)').run('tj', doc!);
  const store = createPostStore(old, () => memoryIndex().index);
  while (store.settle());
  const words = old.prepare('SELECT word FROM people_words ORDER BY word').all();
  assert.deepEqual(
    words.map(({ word }) => word),
    ['jerry', 'tj', 'tom'],
  );
});

test('a name that somebody else took finds who has it now; a deleted person is not found', () => {
  const { apply, reader } = memoryStore();
  const find = (words: string) => reader.searchPeople(words, { after: 0, limit: 9 });
  apply(named('1', 'mira', 'One'), named('2', 'mira', 'Two'));
  assert.deepEqual([find('mira'), find('one'), find('two')], [['2'], ['1'], ['2']]);
  apply({ kind: 'protect', id: '1', protected: true });
  assert.deepEqual(find('mira'), ['2']);
  apply({ kind: 'delete-person', id: '2', at: NOW_MS });
  assert.deepEqual([find('mira'), find('two')], [[], []]);
  apply(named('1', 'other', 'One'));
  assert.deepEqual([find('othe'), find('mira')], [['1'], []]);
});

test('the most followed come first, exactly, on every page, and a new follower moves them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(20), fc.nat(5_000_000)), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      (followers, limit) => {
        const { apply, reader, db } = memoryStore();
        apply(...followers.map((count, at) => named(String(at + 1), `p${at}`, 'Mira', count)));
        apply(
          ...followers.map((_, at): Change => {
            return { kind: 'relate', relation: 'follow', from: '999', to: String(at + 1), at: NOW_MS };
          }),
        );
        const wanted = followers
          .map((count, at) => ({ id: String(at + 1), count }))
          .sort((a, b) => b.count - a.count || Number(a.id) - Number(b.id))
          .map(({ id }) => id);
        const found: string[] = [];
        for (let page = reader.searchPeople('mir', { after: 0, limit }); page.length > 0; ) {
          found.push(...page);
          page = reader.searchPeople('mir', { after: found.length, limit });
        }
        assert.deepEqual(found, wanted);
        // No word is left behind under a rank that is past.
        const words = db.prepare('SELECT count(*) AS n FROM people_words').get()?.n;
        assert.equal(words, 2 * followers.length);
        db.close();
      },
    ),
    { numRuns: runs(40) },
  );
});

test('folding ends where words do, and twice is once', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
      for (const word of foldWords(text)) {
        assert.ok(word.isWellFormed() && word.length <= 50);
        assert.deepEqual(foldWords(word), [word]);
      }
    }),
    { numRuns: runs(500) },
  );
});
