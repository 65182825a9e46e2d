import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs } from '#test/runs';
import type { Change } from '../index.ts';
import { EVENTS_KEPT_MS, NEWS_MS, type NetworkEvent } from '../model/event.ts';
import { aPerson, edit, MINUTE_MS, memoryStore, START_MS, upsert } from '../testing/world.ts';

const protect = (at: number): Change => ({ kind: 'protect', id: '101', protected: at % 2 === 0 });
const brief = (events: readonly NetworkEvent[]) => events.map(({ kind, seq }) => `${seq} ${kind}`);

test('what is new is told and what a file brings of old is not, by the time that the batch is given', () => {
  const { store, reader } = memoryStore();
  const like: Change = { kind: 'relate', relation: 'like', from: '102', to: '1', at: START_MS };
  store.apply([upsert('1'), like], START_MS + NEWS_MS + 1);
  assert.equal(reader.lastEvent(), 0n);
  store.apply([upsert('2'), { ...like, to: '2' }], START_MS + NEWS_MS);
  assert.deepEqual(brief(reader.events({ limit: 9 })), []);
  // The clock does not go back for a batch whose time does.
  const now = START_MS + 2 * NEWS_MS;
  store.apply([upsert('3', { createdAt: now })], now);
  assert.deepEqual(reader.events({ limit: 9 }), [
    { kind: 'post-created', postId: '3', personId: '101', seq: 1n, at: now },
  ]);
  // Of an edit and a deletion everybody is told who may hold the post, however old it is.
  store.apply([edit('1', '4', 5), { kind: 'delete-post', id: '2', at: now }], now);
  assert.deepEqual(brief(reader.events({ after: 1n, limit: 9 })), ['2 post-edited', '3 post-deleted']);
});

test('a batch says the number of its newest event, and none where there was none', () => {
  const { store } = memoryStore();
  const person: Change = { kind: 'person', person: aPerson('101') };
  assert.equal('lastEvent' in store.apply([person], START_MS).touched, false);
  assert.equal(store.apply([protect(0), protect(1)], START_MS).touched.lastEvent, 2n);
  assert.equal('lastEvent' in store.apply([protect(1)], START_MS).touched, false);
});

test('pages of any kinds hold all events of these in order, and a moment finds the last one before it', () => {
  const moments = fc.array(fc.nat(10), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      moments,
      fc.integer({ min: -1, max: 450 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, asked, limit) => {
        const { store, reader } = memoryStore();
        store.apply([{ kind: 'person', person: aPerson('101') }], START_MS);
        let now = START_MS;
        steps.forEach((minutes, index) => {
          now += minutes * MINUTE_MS;
          store.apply([protect(index), { kind: 'metrics', id: '1', metrics: {} }], now);
          store.apply([upsert(String(index + 1), { createdAt: now })], now);
        });
        const all = reader.events({ limit: 999 });
        assert.deepEqual(
          all.map(({ seq }) => seq),
          all.map((_, index) => BigInt(index + 1)),
        );
        for (const kinds of [['person-protected', 'post-created'], ['person-unprotected'], []] as const) {
          const wanted = all.filter(({ kind }) => (kinds as readonly string[]).includes(kind));
          const read: NetworkEvent[] = [];
          for (let after: bigint | undefined; ; after = read.at(-1)?.seq) {
            const page = reader.events({ after, limit, kinds });
            if (page.length === 0) break;
            read.push(...page);
          }
          assert.deepEqual(read, wanted);
        }
        const moment = START_MS + asked * MINUTE_MS;
        assert.equal(reader.lastEventBefore(moment), all.findLast(({ at }) => at < moment)?.seq ?? 0n);
      },
    ),
    { numRuns: runs(60) },
  );
});

test('events are kept for their time and then taken away in bounded batches; numbers go on', () => {
  const { store, reader, restart } = memoryStore();
  store.apply([{ kind: 'person', person: aPerson('101') }], START_MS);
  for (let batch = 0; batch < 4; batch += 1)
    store.apply(
      Array.from({ length: 1_000 }, (_, at) => protect(at)),
      START_MS + batch,
    );
  const later = START_MS + EVENTS_KEPT_MS;
  store.apply([], later);
  assert.equal(reader.events({ limit: 1 })[0]?.seq, 1n);
  store.apply([], later + 3);
  assert.notEqual(reader.events({ limit: 1 })[0]?.seq, 1n);
  assert.ok(reader.events({ limit: 9_999 }).length > 1_000, 'one batch takes only so many');
  while (store.settle());
  const [oldest] = reader.events({ limit: 1 });
  assert.deepEqual([oldest?.seq, oldest?.at], [3_001n, START_MS + 3]);
  assert.equal(reader.lastEventBefore(START_MS + 3), 0n);
  assert.equal(reader.lastEventBefore(later), 4_000n);
  store.apply([], later + EVENTS_KEPT_MS);
  while (store.settle());
  assert.deepEqual(
    [reader.events({ limit: 9 }), reader.lastEvent(), reader.lastEventBefore(later)],
    [[], 4_000n, 0n],
  );
  restart();
  store.apply([protect(0)], later);
  assert.deepEqual(brief(reader.events({ limit: 9 })), ['4001 person-protected']);
});

test('of a person it is told what they may be shown for, and what their account says now', () => {
  const { store, reader } = memoryStore();
  const person = aPerson('101', { location: 'Bonn' });
  store.apply([{ kind: 'person', person }], START_MS);
  const told = (...changes: Change[]) => {
    const after = reader.lastEvent();
    store.apply(changes, START_MS);
    const events = reader.events({ after, limit: 99 });
    return events.map((event) =>
      Object.fromEntries(Object.entries(event).filter(([key]) => !['seq', 'at', 'personId'].includes(key))),
    );
  };
  assert.deepEqual(told({ kind: 'person', person: { ...person, location: undefined, verified: true } }), [
    { kind: 'person-modified', field: 'location', value: '' },
    { kind: 'person-modified', field: 'verified', value: 'true' },
  ]);
  const state = (to: 'active' | 'suspended' | 'deactivated'): Change => ({
    kind: 'person-state',
    id: '101',
    state: to,
  });
  assert.deepEqual(told(state('suspended'), state('deactivated'), state('active')), [
    { kind: 'person-suspended' },
    { kind: 'person-unsuspended' },
    { kind: 'person-deleted' },
    { kind: 'person-undeleted' },
  ]);
  const withhold = (withheld: (Change & { kind: 'withhold-person' })['withheld']): Change => ({
    kind: 'withhold-person',
    id: '101',
    withheld,
  });
  assert.deepEqual(
    told(withhold({ countryCodes: ['DE'] }), withhold({ copyright: true, countryCodes: [] }), withhold(null)),
    [
      { kind: 'person-withheld', countryCodes: ['DE'] },
      { kind: 'person-withheld', countryCodes: ['XX'] },
      { kind: 'person-withheld', countryCodes: [] },
    ],
  );
  // Who was told of before with nothing but a restriction, and wrote nothing, is nobody's news.
  assert.deepEqual(told({ kind: 'person', person: aPerson('102', { protected: true }) }), []);
  assert.deepEqual(
    told(upsert('9', { authorId: '103', createdAt: 0 }), { kind: 'protect', id: '103', protected: true }),
    [{ kind: 'person-protected' }],
  );
});
