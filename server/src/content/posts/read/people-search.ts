import type { DatabaseSync } from 'node:sqlite';
import { compareIds } from '#kernel';
import { foldWords, RANKS, wordsOf } from '../model/names.ts';
import type { RelationReader } from '../model/relation.ts';
import { decodePerson } from '../store/codec.ts';
import { prepareAll, prepareRow } from '../store/prepared-sql.ts';

/** Persons that one search looks at, the most followed first: some 10 ms. Who comes after them is not found. */
const LOOKED_AT_MAX = 2_000;
/** Longer than any name that is searched for. */
const QUERY_LENGTH_MAX = 50;
/** Above every letter, so that a word and this end the range of what begins with the word. */
const LAST = '\u{10ffff}';

/**
 * Persons by the beginnings of words: each word of the query begins a word of the username or name. Reads the words
 * rank by rank (names.ts) until the page is full, and sorts within a rank by the exact counts.
 */
export function searchPeopleOf(db: DatabaseSync): RelationReader['searchPeople'] {
  const ofRank = prepareAll<[id: string]>(
    db,
    'SELECT DISTINCT CAST(person AS TEXT) FROM people_words WHERE rank = ? AND word >= ? AND word < ? LIMIT ?',
  );
  const person = prepareRow<[ownsName: number, doc: string | null]>(
    db,
    'SELECT username IS NOT NULL, doc FROM people WHERE id = ?',
  );
  return (words, { after, limit }) => {
    const wanted = [...new Set(foldWords(words.slice(0, QUERY_LENGTH_MAX)))];
    // The longest word finds the fewest.
    const rarest = wanted.toSorted((one, other) => other.length - one.length)[0];
    if (rarest === undefined) return [];
    const found: string[] = [];
    let lookedAt = 0;
    for (let rank = 0; rank < RANKS && found.length < after + limit && lookedAt < LOOKED_AT_MAX; rank += 1) {
      const candidates = ofRank(rank, rarest, rarest + LAST, LOOKED_AT_MAX - lookedAt);
      lookedAt += candidates.length;
      const alike: { id: string; followers: number }[] = [];
      for (const [id] of candidates) {
        const [ownsName, doc] = person(id) ?? [];
        if (!doc) continue;
        const one = decodePerson(doc);
        const has = wordsOf(one, ownsName === 1);
        if (wanted.every((word) => has.some((own) => own.startsWith(word))))
          alike.push({ id, followers: one.metrics.followers });
      }
      alike.sort((one, other) => other.followers - one.followers || compareIds(one.id, other.id));
      for (const { id } of alike) found.push(id);
    }
    return found.slice(after, after + limit);
  };
}
