import type { PostReader, RelationReader } from '#posts';
import type { Lists } from '../query/requirement.ts';

/**
 * Members of lists that one query names in the index's language; of further lists the predicate asks author by author.
 * FTS5 reads each one's posts and looks at no clock: 5,000 persons, as many as the largest list has, take it 110 ms on
 * 250,000 posts. That is too long for a page; a count would be longer without.
 */
export const MEMBERS_NAMED_MAX = { page: 1_000, count: 5_000 } as const;

/** What the index reads of the posts' module. */
export type Posts = PostReader & Pick<RelationReader, 'related' | 'isRelated'>;

/** Lists as one query sees them, each read once. Whether the searcher may see a list is asked before the query gets here. */
export function listsOf({ related, isRelated }: Posts, membersNamedMax: number): Lists {
  const members = new Map<string, readonly string[]>();
  const known = new Map<string, boolean>();
  let room = membersNamedMax;
  return {
    membersOf(listId) {
      let found = members.get(listId);
      if (!found) {
        found = related('list-member', { from: listId }, { limit: room + 1 }).map(({ id }) => id);
        members.set(listId, found);
      }
      // A list that is named again costs as much again.
      if (found.length > room) return undefined;
      room -= found.length;
      return found;
    },
    isOn(listId, personId) {
      const key = `${listId} ${personId}`;
      let isOn = known.get(key);
      if (isOn === undefined) {
        isOn = isRelated('list-member', listId, personId);
        known.set(key, isOn);
      }
      return isOn;
    },
  };
}
