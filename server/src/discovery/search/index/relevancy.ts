import type { Post, PostReader } from '#posts';
import type { IndexReader, Step } from './reader-sqlite.ts';

/**
 * `relevancy` is the order of resonance within a window: the newest matches are taken, 500 at a time, and each window
 * is ordered by its posts' likes and replies, and by reposts and quotes, which weigh double; the newer first where they
 * are equal. So the first page shows what moved people lately, and paging still reaches every match once.
 */
export const WINDOW_POSTS = 500;
/** A window that is read again holds what came into it since as well; leaving those out would push others out of it. */
const REREAD_POSTS_MAX = 5_000;
/** A window was first read within the budget: read again only in part, what was not reached would never be shown. */
const NEVER = (): boolean => false;

/** Where a page ended: below `before`, or inside the window `[floor, before)` behind the post of that score and id. */
export type RelevancyPlace = { before: bigint; inside?: { floor: bigint; score: number; id: bigint } };

export function searchByRelevancy(
  index: IndexReader,
  posts: PostReader,
  step: Step,
  from: RelevancyPlace | undefined,
  expired: () => boolean,
): { ids: string[]; next?: RelevancyPlace } {
  const ids: string[] = [];
  let place = from;
  for (;;) {
    const { ranked, floor, before } = readWindow(index, posts, step, place, expired);
    const page = ranked.slice(0, step.limit - ids.length);
    for (const { id } of page) ids.push(String(id));
    const end = page.at(-1);
    if (end && page.length < ranked.length) {
      return { ids, next: { before, inside: { floor: floor ?? 0n, ...end } } };
    }
    if (floor === undefined) return { ids };
    place = { before: floor };
    if (ids.length === step.limit || expired()) return { ids, next: place };
  }
}

type Scored = { id: bigint; score: number };

/** What is left of a window, best first. `floor` is where the next one begins, if there is one. */
function readWindow(
  index: IndexReader,
  posts: PostReader,
  step: Step,
  place: RelevancyPlace | undefined,
  expired: () => boolean,
): { ranked: Scored[]; floor: bigint | undefined; before: bigint } {
  const before = place?.before ?? step.range.beforeId ?? (1n << 63n) - 1n;
  const inside = place?.inside;
  const afterId =
    inside && inside.floor > (step.range.afterId ?? 0n) ? inside.floor - 1n : step.range.afterId;
  const range = afterId === undefined ? step.range : { ...step.range, afterId };
  const found = inside
    ? index.search({ ...step, before, range, limit: REREAD_POSTS_MAX }, NEVER)
    : index.search({ ...step, before, range, limit: WINDOW_POSTS }, expired);
  const ranked = posts
    .posts(found.ids)
    .filter((post) => post !== undefined && post !== 'deleted')
    .map((post) => ({ id: BigInt(post.id), score: scoreOf(post) }))
    .filter((post) => !inside || comesAfter(post, inside))
    .sort((a, b) => b.score - a.score || (a.id > b.id ? -1 : 1));
  const floor = inside && inside.floor > 0n ? inside.floor : found.reached;
  return { ranked, floor, before };
}

function comesAfter(post: Scored, place: Scored): boolean {
  return post.score < place.score || (post.score === place.score && post.id < place.id);
}

function scoreOf({ metrics }: Post): number {
  return metrics.likes + metrics.replies + 2 * (metrics.reposts + metrics.quotes);
}
