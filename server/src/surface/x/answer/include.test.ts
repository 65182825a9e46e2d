import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Person, Post } from '#posts';
import type { FieldSelection } from '../params/field-selection.ts';
import type { JsonCache } from '../present/json-cache.ts';
import { hydratedOf } from './gathered.ts';
import { addPeople, addUsernames, PEOPLE_BROUGHT_MAX } from './include.ts';

const ITEMS = 10;
const EACH = PEOPLE_BROUGHT_MAX / 5;

/** Everybody is there; counts who is asked for. */
function crowd() {
  let asked = 0;
  const all = (keys: readonly string[]) => {
    asked += keys.length;
    return keys.map((key) => ({ id: key.replace(/^m/, ''), state: 'active' }) as Person);
  };
  return { jsonCache: { people: all, peopleByUsername: all } as unknown as JsonCache, asked: () => asked };
}

const items = Array.from({ length: ITEMS }, (_, item) => ({ id: String(item) }));
const named = (item: number) => Array.from({ length: EACH }, (_, at) => String(1_000 + item * EACH + at));

test('an answer brings along the persons of its first items, and says from where on they are left out', () => {
  const { jsonCache, asked } = crowd();
  const hydrated = hydratedOf('post', items);
  const wishes = items.flatMap((_, item) => named(item).map((id) => ({ item, id, parameter: 'author_id' })));
  addPeople(jsonCache, hydrated, wishes);
  assert.equal(hydrated.includes.people.size, PEOPLE_BROUGHT_MAX);
  assert.equal(asked(), PEOPLE_BROUGHT_MAX);
  assert.deepEqual(
    hydrated.groups.map(({ persons }) => persons.length),
    [EACH, EACH, EACH, EACH, EACH, 0, 0, 0, 0, 0],
  );
  assert.deepEqual(
    hydrated.errors.map(({ item, error }) => [item, error.value, error.title]),
    [[5, named(5)[0], 'Partial Result']],
  );
  addPeople(jsonCache, hydrated, [{ item: 0, id: named(0)[0]!, parameter: 'author_id' }]);
  assert.equal(hydrated.errors.length, 1, 'who is there already still fits');
});

test('names in the text of posts are looked up no further than there is module', () => {
  const { jsonCache, asked } = crowd();
  const hydrated = hydratedOf('post', items);
  const posts = items.map(({ id }, item) => ({
    id,
    entities: { mentions: named(item).map((name) => ({ start: 0, end: 1, username: `m${name}` })) },
  })) as unknown as Post[];
  addUsernames(jsonCache, hydrated, posts, { expand: { has: () => true } } as unknown as FieldSelection);
  assert.equal(hydrated.includes.people.size, PEOPLE_BROUGHT_MAX);
  assert.equal(asked(), 2 * PEOPLE_BROUGHT_MAX, 'by name, then by id');
  assert.equal(hydrated.errors.length, 1);
});
