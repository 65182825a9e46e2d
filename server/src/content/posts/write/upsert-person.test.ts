import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Change } from '../index.ts';
import { aPerson, memoryStore, START_MS, upsert, WITHHELD } from '../testing/world.ts';

describe('persons', () => {
  test('a name finds who took it last; a name given up or deleted finds nobody', () => {
    const { apply, reader } = memoryStore();
    const who = (username: string) => reader.peopleByUsername([username])[0]?.id;
    apply({ kind: 'person', person: aPerson('101', { username: 'Anna' }) });
    assert.equal(who('aNNA'), '101');
    apply({ kind: 'person', person: aPerson('102', { username: 'anna' }) });
    assert.equal(who('anna'), '102');
    apply({ kind: 'protect', id: '101', protected: true });
    assert.equal(who('anna'), '102');
    apply({ kind: 'person', person: aPerson('102', { username: 'berta' }) });
    assert.equal(who('anna'), undefined);
    assert.equal(who('berta'), '102');
    apply({ kind: 'delete-person', id: '102', at: START_MS });
    assert.equal(who('berta'), undefined);
    apply({ kind: 'person', person: aPerson('103', { username: 'Berta' }) });
    assert.equal(who('berta'), '103');
  });

  test('counts that a thin source left out stay, those that it gave are taken', () => {
    const { apply, reader, status } = memoryStore();
    const full = { followers: 10, following: 20, posts: 30, listed: 40, likes: 50, media: 60 };
    const none = { followers: 0, following: 0, posts: 0, listed: 0 };
    apply({ kind: 'person', person: aPerson('101', { metrics: full }) });
    const thin: Change = {
      kind: 'person',
      person: aPerson('101', { metrics: { ...none, followers: 11, media: 61 } }),
      unsaid: ['metrics.following', 'metrics.posts', 'metrics.listed', 'metrics.likes'],
    };
    assert.equal(status(thin), 'updated');
    const metrics = { ...full, followers: 11, media: 61 };
    assert.deepEqual(reader.people(['101'])[0]?.metrics, metrics);
    assert.equal(status(thin), 'unchanged');
    assert.equal(status({ kind: 'person', person: aPerson('101', { metrics }) }), 'unchanged');
    // What nobody ever told is not known to be 0.
    apply(thin, { ...thin, person: { ...thin.person, id: '102', username: 'b' } });
    apply({ ...thin, person: { ...thin.person, id: '102', username: 'b' } });
    assert.deepEqual(reader.people(['102'])[0]?.metrics, { ...none, followers: 11, media: 61 });
  });

  test('an upsert adds restrictions and lifts none', () => {
    const { apply, reader } = memoryStore();
    const free = aPerson('101');
    const bound = aPerson('101', {
      protected: true,
      state: 'suspended',
      withheld: WITHHELD,
      preferences: { search: false, aiTraining: false, redistribution: false },
    });
    apply(
      { kind: 'person', person: free },
      { kind: 'person', person: bound },
      { kind: 'person', person: free },
    );
    assert.deepEqual(reader.people(['101']), [bound]);
    apply(
      { kind: 'protect', id: '101', protected: false },
      { kind: 'person-state', id: '101', state: 'active' },
      {
        kind: 'preferences',
        id: '101',
        preferences: { search: true, aiTraining: true, redistribution: true },
      },
    );
    assert.deepEqual(reader.people(['101']), [{ ...free, withheld: WITHHELD }]);
  });

  test('a restriction holds from before the person is known', () => {
    const { apply, reader, held } = memoryStore();
    apply({ kind: 'protect', id: '101', protected: true }, upsert('1'));
    assert.equal(held().size, 0);
    apply({ kind: 'person', person: aPerson('101') });
    assert.equal(reader.people(['101'])[0]?.protected, true);
    assert.equal(reader.people(['101'])[0]?.username, 'person101');
    assert.equal(held().size, 0);
  });

  test('a deleted person is not served from that moment, though their posts go in bounded batches', () => {
    const { apply, store, reader, held } = memoryStore();
    const ids = Array.from({ length: 4_000 }, (_, index) => String(index + 1));
    apply({ kind: 'person', person: aPerson('101') }, ...ids.map((id) => upsert(id)));
    assert.equal(held().size, 4_000);
    apply({ kind: 'delete-person', id: '101', at: START_MS });
    assert.ok(held().size > 0, 'the rest is left for later');
    assert.deepEqual(new Set(reader.posts(ids)), new Set(['deleted']));
    assert.deepEqual(reader.timeline('101', { limit: 10 }), []);
    assert.equal(reader.newestPostId('101'), undefined);
    assert.deepEqual(reader.people(['101']), [undefined]);
    while (store.settle()) assert.ok(held().size < 4_000);
    assert.equal(held().size, 0);
    assert.deepEqual(reader.size(), { posts: 0, people: 0 });
  });
});
