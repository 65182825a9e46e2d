import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Change } from '../index.ts';
import { aPerson, edit, memoryStore, START_MS, upsert, WITHHELD } from '../testing/world.ts';

/** How a post, or its author, came to be as it is. */
const POST_STATES: Record<string, Change[]> = {
  absent: [],
  live: [upsert('10')],
  'older version': [upsert('10'), edit('10', '11', 5)],
  withheld: [upsert('10'), { kind: 'withhold-post', id: '10', withheld: WITHHELD }],
  deleted: [upsert('10'), { kind: 'delete-post', id: '10', at: START_MS }],
  'of a deleted author': [
    { kind: 'person', person: aPerson('101') },
    upsert('10'),
    { kind: 'delete-person', id: '101', at: START_MS },
  ],
};

/** What each change of a post says in each state; the same change again says `unchanged` wherever it took effect. */
const POST_TABLE: [string, Change, Record<keyof typeof POST_STATES, string>][] = [
  [
    'upsert, the same',
    upsert('10'),
    {
      absent: 'created',
      live: 'unchanged',
      'older version': 'unchanged',
      withheld: 'unchanged',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'upsert, other text',
    upsert('10', { text: 'other' }),
    {
      absent: 'created',
      live: 'updated',
      'older version': 'updated',
      withheld: 'updated',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'upsert by another person',
    upsert('10', { authorId: '102' }),
    {
      absent: 'created',
      live: 'refused: conflict',
      'older version': 'refused: conflict',
      withheld: 'refused: conflict',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'edit',
    edit('10', '12', 10),
    {
      absent: 'refused: unknown',
      live: 'created',
      'older version': 'refused: conflict',
      withheld: 'created',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'delete',
    { kind: 'delete-post', id: '10', at: START_MS },
    {
      absent: 'deleted',
      live: 'deleted',
      'older version': 'deleted',
      withheld: 'deleted',
      deleted: 'unchanged',
      'of a deleted author': 'unchanged',
    },
  ],
  [
    'metrics',
    { kind: 'metrics', id: '10', metrics: { likes: 7 } },
    {
      absent: 'refused: unknown',
      live: 'updated',
      'older version': 'updated',
      withheld: 'updated',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'withhold',
    { kind: 'withhold-post', id: '10', withheld: WITHHELD },
    {
      absent: 'refused: unknown',
      live: 'updated',
      'older version': 'updated',
      withheld: 'unchanged',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
  [
    'lift withholding',
    { kind: 'withhold-post', id: '10', withheld: null },
    {
      absent: 'refused: unknown',
      live: 'unchanged',
      'older version': 'unchanged',
      withheld: 'updated',
      deleted: 'refused: deleted',
      'of a deleted author': 'refused: deleted',
    },
  ],
];

describe('each change of a post has one outcome in each state, and none the second time', () => {
  for (const [name, change, outcomes] of POST_TABLE) {
    for (const [state, before] of Object.entries(POST_STATES)) {
      test(`${name}, ${state}: ${outcomes[state]}`, () => {
        const { apply, status } = memoryStore();
        apply(...before);
        const first = status(change);
        assert.equal(first, outcomes[state]);
        assert.equal(status(change), first.startsWith('refused') ? first : 'unchanged');
      });
    }
  }
});

const PERSON_STATES: Record<string, Change[]> = {
  absent: [],
  active: [{ kind: 'person', person: aPerson('101') }],
  protected: [
    { kind: 'person', person: aPerson('101') },
    { kind: 'protect', id: '101', protected: true },
  ],
  suspended: [
    { kind: 'person', person: aPerson('101') },
    { kind: 'person-state', id: '101', state: 'suspended' },
  ],
  deleted: [
    { kind: 'person', person: aPerson('101') },
    { kind: 'delete-person', id: '101', at: START_MS },
  ],
};

const PERSON_TABLE: [string, Change, Record<keyof typeof PERSON_STATES, string>][] = [
  [
    'upsert, the same',
    { kind: 'person', person: aPerson('101') },
    {
      absent: 'created',
      active: 'unchanged',
      protected: 'unchanged',
      suspended: 'unchanged',
      deleted: 'refused: deleted',
    },
  ],
  [
    'upsert, protected',
    { kind: 'person', person: aPerson('101', { protected: true }) },
    {
      absent: 'created',
      active: 'updated',
      protected: 'unchanged',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'protect',
    { kind: 'protect', id: '101', protected: true },
    {
      absent: 'created',
      active: 'updated',
      protected: 'unchanged',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'unprotect',
    { kind: 'protect', id: '101', protected: false },
    {
      absent: 'created',
      active: 'unchanged',
      protected: 'updated',
      suspended: 'unchanged',
      deleted: 'refused: deleted',
    },
  ],
  [
    'suspend',
    { kind: 'person-state', id: '101', state: 'suspended' },
    {
      absent: 'created',
      active: 'updated',
      protected: 'updated',
      suspended: 'unchanged',
      deleted: 'refused: deleted',
    },
  ],
  [
    'withhold',
    { kind: 'withhold-person', id: '101', withheld: WITHHELD },
    {
      absent: 'created',
      active: 'updated',
      protected: 'updated',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'reactivate',
    { kind: 'person-state', id: '101', state: 'active' },
    {
      absent: 'created',
      active: 'unchanged',
      protected: 'unchanged',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'refuse search',
    { kind: 'preferences', id: '101', preferences: { search: false } },
    {
      absent: 'created',
      active: 'updated',
      protected: 'updated',
      suspended: 'updated',
      deleted: 'refused: deleted',
    },
  ],
  [
    'delete',
    { kind: 'delete-person', id: '101', at: START_MS },
    {
      absent: 'deleted',
      active: 'deleted',
      protected: 'deleted',
      suspended: 'deleted',
      deleted: 'unchanged',
    },
  ],
];

describe('each change of a person has one outcome in each state, and none the second time', () => {
  for (const [name, change, outcomes] of PERSON_TABLE) {
    for (const [state, before] of Object.entries(PERSON_STATES)) {
      test(`${name}, ${state}: ${outcomes[state]}`, () => {
        const { apply, status } = memoryStore();
        apply(...before);
        const first = status(change);
        assert.equal(first, outcomes[state]);
        assert.equal(status(change), first.startsWith('refused') ? first : 'unchanged');
      });
    }
  }
});
