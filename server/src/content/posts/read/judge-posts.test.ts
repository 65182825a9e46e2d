import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_ALLOWED, type Person } from '../model/person.ts';
import {
  type Audience,
  judge,
  judgeAccount,
  REPOST_DEPTH_MAX,
  type Verdict,
} from '../policy/visibility-policy.ts';
import { aPerson, aPost, memoryStore, upsert, WITHHELD } from '../testing/world.ts';
import { judgePosts } from './judge-posts.ts';

const LOOK_UP: Audience = {};
const SEARCH: Audience = { search: true };
const TRAINING: Audience = { aiTraining: true };
const RESALE: Audience = { redistribution: true };
const everyone = [
  LOOK_UP,
  SEARCH,
  TRAINING,
  RESALE,
  { search: true, aiTraining: true, redistribution: true },
];

const refusing = (name: keyof Person['preferences']) =>
  aPerson('101', { preferences: { ...ALL_ALLOWED, [name]: false } });

/** Post, author, and the verdict for: look-up, search, AI training, redistribution, all three. */
const TABLE: [string, Parameters<typeof judge>[0], Verdict[]][] = [
  [
    'an ordinary post',
    { post: aPost('1'), author: aPerson('101') },
    ['serve', 'serve', 'serve', 'serve', 'serve'],
  ],
  [
    'of an unknown author',
    { post: aPost('1'), author: undefined },
    ['serve', 'serve', 'serve', 'serve', 'serve'],
  ],
  [
    'deleted',
    { post: 'deleted', author: aPerson('101') },
    ['deleted', 'deleted', 'deleted', 'deleted', 'deleted'],
  ],
  [
    'withheld in one country',
    { post: aPost('1', { withheld: WITHHELD }), author: undefined },
    ['withheld', 'withheld', 'withheld', 'withheld', 'withheld'],
  ],
  [
    'withheld for copyright',
    { post: aPost('1', { withheld: { copyright: true, countryCodes: [] } }), author: undefined },
    ['withheld', 'withheld', 'withheld', 'withheld', 'withheld'],
  ],
  [
    'withheld nowhere',
    { post: aPost('1', { withheld: { countryCodes: [] } }), author: undefined },
    ['serve', 'serve', 'serve', 'serve', 'serve'],
  ],
  [
    'author withheld',
    { post: aPost('1'), author: aPerson('101', { withheld: WITHHELD }) },
    ['withheld', 'withheld', 'withheld', 'withheld', 'withheld'],
  ],
  [
    'author protected',
    { post: aPost('1'), author: aPerson('101', { protected: true }) },
    ['protected', 'protected', 'protected', 'protected', 'protected'],
  ],
  [
    'author suspended',
    { post: aPost('1'), author: aPerson('101', { state: 'suspended', protected: true }) },
    ['suspended', 'suspended', 'suspended', 'suspended', 'suspended'],
  ],
  [
    'author deactivated',
    { post: aPost('1'), author: aPerson('101', { state: 'deactivated' }) },
    ['deleted', 'deleted', 'deleted', 'deleted', 'deleted'],
  ],
  [
    'author refuses search',
    { post: aPost('1'), author: refusing('search') },
    ['serve', 'refused', 'serve', 'serve', 'refused'],
  ],
  [
    'author refuses AI training',
    { post: aPost('1'), author: refusing('aiTraining') },
    ['serve', 'serve', 'refused', 'serve', 'refused'],
  ],
  [
    'author refuses redistribution',
    { post: aPost('1'), author: refusing('redistribution') },
    ['serve', 'serve', 'serve', 'refused', 'refused'],
  ],
];

describe('who may see a post', () => {
  for (const [name, one, verdicts] of TABLE) {
    test(name, () =>
      assert.deepEqual(
        everyone.map((audience) => judge(one, audience)),
        verdicts,
      ),
    );
    test(`a repost of one: ${name}`, () => {
      const repost = { post: aPost('2'), author: aPerson('102'), reposted: one };
      assert.deepEqual(
        everyone.map((audience) => judge(repost, audience)),
        verdicts,
      );
    });
  }
});

test('a protected account is public itself; a suspended, deactivated or withheld one is not', () => {
  assert.equal(judgeAccount(aPerson('101', { protected: true })), 'serve');
  assert.equal(judgeAccount(aPerson('101', { state: 'suspended' })), 'suspended');
  assert.equal(judgeAccount(aPerson('101', { state: 'deactivated' })), 'deleted');
  assert.equal(judgeAccount(aPerson('101', { withheld: WITHHELD })), 'withheld');
});

test('posts are judged with what the store holds of their authors and of what they repeat', () => {
  const { apply, reader } = memoryStore();
  apply(
    { kind: 'person', person: aPerson('101') },
    { kind: 'person', person: aPerson('102', { protected: true }) },
    upsert('1'),
    upsert('2', { authorId: '102' }),
    upsert('3', { references: [{ type: 'retweeted', id: '2' }] }),
    upsert('4', { references: [{ type: 'quoted', id: '2' }] }),
    upsert('5', { references: [{ type: 'retweeted', id: '99' }] }),
    upsert('6', { references: [{ type: 'retweeted', id: '7' }] }),
    upsert('7', { references: [{ type: 'retweeted', id: '6' }] }),
    { kind: 'delete-post', id: '1', at: 0 },
  );
  const posts = reader
    .posts(['1', '2', '3', '4', '5', '6'])
    .map((post) => post ?? assert.fail('it is there'));
  assert.deepEqual(judgePosts(reader, posts, {}), [
    'deleted',
    'protected',
    'protected',
    'serve',
    'serve',
    'deleted',
  ]);
  assert.deepEqual(judgePosts(reader, [], {}), []);
});

test(`a row of more than ${REPOST_DEPTH_MAX} reposts is not followed, and not served`, () => {
  const { apply, reader } = memoryStore();
  apply(
    upsert('1'),
    ...['2', '3', '4', '5', '6'].map((id) =>
      upsert(id, { references: [{ type: 'retweeted', id: String(Number(id) - 1) }] }),
    ),
  );
  const posts = reader
    .posts(['1', '2', '3', '4', '5', '6'])
    .map((post) => post ?? assert.fail('it is there'));
  assert.deepEqual(judgePosts(reader, posts, {}), ['serve', 'serve', 'serve', 'serve', 'deleted', 'deleted']);
});

test('a viewer sees protected posts of their own and of whom they follow, and nothing of who blocks them', () => {
  const { apply, reader } = memoryStore();
  apply(
    { kind: 'person', person: aPerson('101', { protected: true }) },
    { kind: 'person', person: aPerson('102') },
    { kind: 'person', person: aPerson('103') },
    upsert('1'),
    upsert('2', { authorId: '102' }),
    upsert('3', { authorId: '103', references: [{ type: 'retweeted', id: '2' }] }),
    upsert('4', { authorId: '109' }),
    { kind: 'relate', relation: 'follow', from: '103', to: '101', at: 0 },
    { kind: 'relate', relation: 'block', from: '102', to: '104', at: 0 },
    { kind: 'relate', relation: 'block', from: '104', to: '103', at: 0 },
  );
  const posts = reader.posts(['1', '2', '3', '4']).map((post) => post ?? assert.fail('it is there'));
  const seen = (viewer?: string) => judgePosts(reader, posts, { viewer });
  const nobody = ['protected', 'serve', 'serve', 'serve'];
  assert.deepEqual(seen(), nobody);
  assert.deepEqual(seen('105'), nobody);
  assert.deepEqual(seen('101'), ['serve', 'serve', 'serve', 'serve'], 'who wrote it');
  assert.deepEqual(seen('103'), ['serve', 'serve', 'serve', 'serve'], 'who follows');
  assert.deepEqual(
    seen('104'),
    ['protected', 'protected', 'protected', 'serve'],
    'who is blocked, reposts too',
  );
  apply({ kind: 'unrelate', relation: 'follow', from: '103', to: '101', at: 0 });
  assert.deepEqual(seen('103'), nobody, 'who no longer follows');
  // Following opens what is protected and nothing else.
  apply(
    { kind: 'relate', relation: 'follow', from: '103', to: '101', at: 0 },
    { kind: 'person-state', id: '101', state: 'suspended' },
  );
  assert.equal(seen('103')[0], 'suspended');
  assert.equal(seen('101')[0], 'suspended');
});

test('a reader without relations judges for no viewer, and is asked for none without one', () => {
  const { apply, reader } = memoryStore();
  apply(upsert('1'));
  const { posts, people } = reader;
  const found = posts(['1']).map((post) => post ?? assert.fail('it is there'));
  assert.deepEqual(judgePosts({ posts, people }, found, {}), ['serve']);
  assert.throws(() => judgePosts({ posts, people }, found, { viewer: '7' }), TypeError);
});
