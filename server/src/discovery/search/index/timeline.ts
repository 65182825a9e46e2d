import { compareIds } from '#kernel';
import type { RelationReader } from '#posts';
import type { TimelineRequest } from '../port.ts';

/** Authors between two looks at the clock: some 7 ms. */
const AUTHORS_AT_ONCE = 1_000;

/**
 * The newest posts of many authors, some of them at a time: of all but the first only what is newer than the last post
 * of a full page can still come on it.
 * @returns undefined when the time ran out; a page of half the authors would leave posts out for good.
 */
export function timelineOf(
  posts: Pick<RelationReader, 'timelineOf'>,
  { authorIds, ...page }: TimelineRequest,
  expired: () => boolean,
  atOnce = AUTHORS_AT_ONCE,
): string[] | undefined {
  const authors = [...new Set(authorIds)];
  let ids: string[] = [];
  for (let at = 0; at < authors.length; at += atOnce) {
    if (at > 0 && expired()) return undefined;
    const last = ids.length === page.limit ? BigInt(ids.at(-1)!) : -1n;
    const afterId = page.afterId !== undefined && page.afterId > last ? page.afterId : last;
    const more = posts.timelineOf(authors.slice(at, at + atOnce), { ...page, afterId });
    if (more.length === 0) continue;
    ids = [...ids, ...more].sort((a, b) => compareIds(b, a)).slice(0, page.limit);
  }
  return ids;
}
