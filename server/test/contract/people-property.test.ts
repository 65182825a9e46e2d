import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import type { Change, RelationKind } from '#posts';
import { runs } from '#test/runs';
import { type Api, apiWorld, idAgo, type Json, person, post, untilSuiteEnds } from './api.ts';

const ids = (json: Json): string[] => (json.data ?? []).map((one: { id: string }) => one.id);
const PEOPLE = Array.from({ length: 9 }, (_one, index) => String(101 + index));
const POSTS = Array.from({ length: 6 }, (_one, index) => idAgo(100 + index));
const LISTS = ['11', '12'];
const QUARTER_MS = 15 * 60_000;

type Ends = { relation: RelationKind; from: readonly string[]; to: readonly string[] };
const KINDS: readonly Ends[] = [
  { relation: 'like', from: PEOPLE, to: POSTS },
  { relation: 'bookmark', from: PEOPLE, to: POSTS },
  { relation: 'follow', from: PEOPLE, to: PEOPLE },
  { relation: 'mute', from: PEOPLE, to: PEOPLE },
  { relation: 'list-member', from: LISTS, to: PEOPLE },
  { relation: 'list-follow', from: PEOPLE, to: LISTS },
];
/** An address, what it must show by the model, and its smallest page. */
type Listing = { path: string; least: number; of(held: Held): string[]; owner: string };
/** Relations in the order in which they began, as `kind from to`. */
type Held = Map<string, [relation: RelationKind, from: string, to: string]>;

const from = (held: Held, kind: RelationKind, id: string) =>
  [...held.values()]
    .flatMap(([relation, one, to]) => (relation === kind && one === id ? [to] : []))
    .reverse();
const to = (held: Held, kind: RelationKind, id: string) =>
  [...held.values()]
    .flatMap(([relation, one, at]) => (relation === kind && at === id ? [one] : []))
    .reverse();

function listings(who: string, postId: string, listId: string): Listing[] {
  const user = `/2/users/${who}`;
  return [
    {
      path: `/2/tweets/${postId}/liking_users`,
      least: 1,
      of: (held) => to(held, 'like', postId),
      owner: who,
    },
    { path: `${user}/liked_tweets`, least: 5, of: (held) => from(held, 'like', who), owner: who },
    { path: `${user}/bookmarks`, least: 1, of: (held) => from(held, 'bookmark', who), owner: who },
    { path: `${user}/followers`, least: 1, of: (held) => to(held, 'follow', who), owner: who },
    { path: `${user}/following`, least: 1, of: (held) => from(held, 'follow', who), owner: who },
    { path: `${user}/muting`, least: 1, of: (held) => from(held, 'mute', who), owner: who },
    {
      path: `/2/lists/${listId}/members`,
      least: 1,
      of: (held) => from(held, 'list-member', listId),
      owner: who,
    },
    {
      path: `/2/lists/${listId}/followers`,
      least: 1,
      of: (held) => to(held, 'list-follow', listId),
      owner: who,
    },
    { path: `${user}/list_memberships`, least: 1, of: (held) => to(held, 'list-member', who), owner: who },
    { path: `${user}/followed_lists`, least: 1, of: (held) => from(held, 'list-follow', who), owner: who },
  ];
}

const act = fc
  .record({ ends: fc.constantFrom(...KINDS), one: fc.nat(20), other: fc.nat(20), begins: fc.boolean() })
  .map(({ ends: { relation, from, to }, one, other, begins }): Change => {
    const ends = { relation, from: from[one % from.length]!, to: to[other % to.length]! };
    return { kind: begins || one % 3 > 0 ? 'relate' : 'unrelate', ...ends, at: 1 };
  })
  .filter((change) => 'from' in change && change.from !== change.to);
const steps = fc.array(
  fc.record({
    acts: fc.array(act, { maxLength: 25 }),
    between: fc.array(act, { maxLength: 3 }),
    listing: fc.nat(9),
    who: fc.nat(8),
    post: fc.nat(5),
    list: fc.nat(1),
    size: fc.integer({ min: 1, max: 6 }),
  }),
  { minLength: 1, maxLength: 6 },
);

describe('pages of what persons hold, against a model', () => {
  let api: Api;
  let app: Awaited<ReturnType<Api['app']>>;
  const until = untilSuiteEnds();
  const held: Held = new Map();

  before(async () => {
    api = await apiWorld(until);
    app = await api.app({ plan: 'enterprise-200m' });
    await api.apply(
      ...PEOPLE.map((id) => person(id)),
      ...POSTS.map((_id, index) => post(100 + index)),
      ...LISTS.map((id): Change => {
        const list = {
          id,
          ownerId: '101',
          name: `List ${id}`,
          description: '',
          private: false,
          createdAt: 0,
        };
        return { kind: 'list', list };
      }),
    );
  });

  /** @returns both ends of what has ended, even if it began anew at once. */
  async function apply(acts: readonly Change[]): Promise<Set<string>> {
    const ended = new Set<string>();
    await api.apply(...acts);
    for (const change of acts) {
      if (change.kind !== 'relate' && change.kind !== 'unrelate') continue;
      const key = `${change.relation} ${change.from} ${change.to}`;
      if (change.kind === 'unrelate') {
        held.delete(key);
        ended.add(change.from).add(change.to);
      } else if (!held.has(key)) held.set(key, [change.relation, change.from, change.to]);
    }
    return ended;
  }

  test('joined, they are what stood at the first page, less what ended before its page, whatever began meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        api.world.clock.advance(QUARTER_MS);
        for (const { acts, between, listing: at, who, post: postAt, list, size } of all) {
          await apply(acts);
          const listing = listings(PEOPLE[who]!, POSTS[postAt]!, LISTS[list]!)[at]!;
          const reader = api.person(app, listing.owner);
          const limit = Math.max(size, listing.least);
          const atFirst = listing.of(held);
          const isStill = new Set(atFirst);
          const joined: string[] = [];
          let token: string | undefined;
          do {
            const more = token ? `&pagination_token=${token}` : '';
            const { json } = await api.get(reader, `${listing.path}?max_results=${limit}${more}`);
            const page = ids(json);
            assert.equal(json.meta.result_count, page.length);
            for (const id of page) assert.ok(listing.of(held).includes(id), `${id} has ended`);
            joined.push(...page);
            token = json.meta.next_token;
            const room = limit - page.length;
            assert.ok(token === undefined || room === 0, 'only the last page has room');
            for (const id of await apply(between)) isStill.delete(id);
          } while (token !== undefined);
          assert.equal(new Set(joined).size, joined.length, `${listing.path} shows something twice`);
          const ended = atFirst.filter((id) => !joined.includes(id));
          for (const id of ended) assert.ok(!isStill.has(id), `${id} stood all the time`);
          assert.deepEqual(
            joined,
            atFirst.filter((id) => joined.includes(id)),
            listing.path,
          );
        }
      }),
      { numRuns: runs(100) },
    );
    assert.deepEqual(api.mistakes, []);
  });
});
