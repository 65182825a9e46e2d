import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Person, Post, PostReader } from '#posts';
import { wordSet } from '../vocabulary.ts';
import { createJsonCache } from './json-cache.ts';

const post = (text: string) =>
  ({
    id: '1',
    authorId: '2',
    createdAt: 0,
    text,
    lang: 'en',
    references: [],
    editHistory: ['1'],
    entities: {},
    metrics: {},
  }) as unknown as Post;
const person = { id: '2', username: 'a', name: 'A', description: '' } as unknown as Person;
const reader = {} as PostReader;
const around = { now: () => 0, mayWrite: () => false, isAskingToFollow: () => false };
const few = wordSet(['id', 'text']);
const more = wordSet(['id', 'text', 'lang']);

test('a poll is closed from its end on, whatever was last said of it, and not before', () => {
  const END = 1_000;
  const polls = [
    { id: '1', options: [], endsAt: END, votingStatus: 'open' },
    { id: '2', options: [], endsAt: END },
    { id: '3', options: [], endsAt: END, votingStatus: 'closed' },
    { id: '4', options: [], votingStatus: 'open' },
    undefined,
  ] as const;
  let now = END - 1;
  const jsonCache = createJsonCache(
    { polls: () => polls } as unknown as PostReader,
    { ...around, now: () => now },
    1 << 20,
  );
  const statuses = () => jsonCache.polls(['1', '2', '3', '4', '5']).map((poll) => poll?.votingStatus);
  assert.deepEqual(statuses(), ['open', undefined, 'closed', 'open', undefined]);
  now = END;
  assert.deepEqual(statuses(), ['closed', 'closed', 'closed', 'open', undefined]);
});

describe('kept JSON', () => {
  test('is of the object that was given, never of another one with the same id', () => {
    const jsonCache = createJsonCache(reader, around, 1 << 20);
    const before = post('before');
    const after = post('after');
    assert.match(jsonCache.postJson(before, few, 'classic'), /before/);
    assert.match(jsonCache.postJson(after, few, 'classic'), /after/);
    assert.match(jsonCache.postJson(before, few, 'classic'), /before/);
  });

  test('is kept apart by field set and by dialect', () => {
    const jsonCache = createJsonCache(reader, around, 1 << 20);
    const one = post('x');
    for (let round = 0; round < 2; round += 1) {
      assert.deepEqual(JSON.parse(jsonCache.postJson(one, few, 'classic')), {
        id: '1',
        text: 'x',
        edit_history_tweet_ids: ['1'],
      });
      assert.deepEqual(JSON.parse(jsonCache.postJson(one, few, 'current')), {
        id: '1',
        text: 'x',
        edit_history_post_ids: ['1'],
      });
      assert.equal(JSON.parse(jsonCache.postJson(one, more, 'classic')).lang, 'en');
    }
  });

  test('never keeps what depends on the caller', () => {
    const jsonCache = createJsonCache(reader, around, 1 << 20);
    const fields = wordSet(['id', 'pinned_tweet_id']);
    assert.match(jsonCache.personJson(person, fields, 'classic', { pinnedPostId: '7' }), /"7"/);
    assert.equal(/pinned/.test(jsonCache.personJson(person, fields, 'classic', {})), false);
  });

  test('works with no room to keep anything, and with more field sets than it keeps', () => {
    const none = createJsonCache(reader, around, 0);
    assert.match(none.postJson(post('x'), few, 'classic'), /"x"/);
    const jsonCache = createJsonCache(reader, around, 1 << 20);
    const one = post('x');
    for (const word of ['lang', 'source', 'geo', 'entities', 'withheld', 'author_id', 'created_at']) {
      const fields = wordSet(['id', word]);
      assert.equal(jsonCache.postJson(one, fields, 'classic'), jsonCache.postJson(one, fields, 'classic'));
    }
  });
});
