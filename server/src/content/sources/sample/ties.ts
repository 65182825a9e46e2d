import type { Change } from '#posts';
import type { Member } from './cast.ts';
import type { SampleRandom } from './random.ts';

/** Of each person, those whom the store names; the counts on their pages are what a whole network would say. */
const FOLLOWS_EACH = 12;
/** The newest posts are liked by name, each by a few. */
const LIKED_POSTS = 2_000;
const LIKES_EACH_MAX = 6;
const LISTS = 5;
const LIST_MEMBERS = 15;
/** The more followed a person, the smaller the index and the likelier the pick: the head of the cast writes most, too. */
const FAME_POWER = 2;

/** Takes note of what was written, and then says who follows, likes and lists what. */
export type Ties = { note(change: Change): void; all(): Generator<Change> };

/** @param members in the order of the cast. @param now Unix ms; all of it began before. */
export function createTies(random: SampleRandom, members: readonly Member[], now: number): Ties {
  const standing = new Map<string, { authorId: string; at: number }>();

  function* some(count: number, except: string): Generator<Member> {
    const seen = new Set([except]);
    for (let attempt = 0; attempt < count; attempt++) {
      const one = members[Math.floor(members.length * random.next() ** FAME_POWER)]!;
      if (seen.has(one.id)) continue;
      seen.add(one.id);
      yield one;
    }
  }

  function* all(): Generator<Change> {
    for (const { id } of members) {
      for (const { id: to } of some(FOLLOWS_EACH, id))
        yield { kind: 'relate', relation: 'follow', from: id, to, at: now, counted: true };
    }
    for (const [to, { authorId, at }] of standing) {
      for (const { id: from } of some(random.int(LIKES_EACH_MAX + 1), authorId))
        yield { kind: 'relate', relation: 'like', from, to, at, counted: true };
    }
    for (const owner of members.slice(0, LISTS)) {
      const list = { id: `${BigInt(owner.id) + 1n}`, name: `What ${owner.username} reads`, description: '' };
      yield { kind: 'list', list: { ...list, ownerId: owner.id, private: false, createdAt: now } };
      for (const { id: to } of some(LIST_MEMBERS, owner.id))
        yield { kind: 'relate', relation: 'list-member', from: list.id, to, at: now };
    }
  }

  return {
    note(change) {
      if (change.kind === 'delete-post') standing.delete(change.id);
      if (change.kind !== 'post' || change.post.references[0]?.type === 'retweeted') return;
      standing.set(change.post.id, { authorId: change.post.authorId, at: change.post.createdAt });
      if (standing.size > LIKED_POSTS) standing.delete(standing.keys().next().value!);
    },
    all,
  };
}
