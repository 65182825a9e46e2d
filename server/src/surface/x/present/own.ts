import type { Post } from '#posts';
import type { Dialect } from '../vocabulary.ts';

/**
 * Metrics that only a post's author may see, as far as the network counts them: impressions, and of the organic ones what
 * is public besides. Clicks are not counted here, and nothing is promoted.
 */
const makers: Readonly<Record<string, (metrics: Post['metrics'], dialect: Dialect) => object>> = {
  non_public_metrics: ({ impressions }) => ({ impression_count: impressions }),
  organic_metrics: ({ impressions, likes, replies, reposts }, dialect) => ({
    impression_count: impressions,
    like_count: likes,
    reply_count: replies,
    [dialect === 'current' ? 'repost_count' : 'retweet_count']: reposts,
  }),
};

/** True for a private metric that an author is shown. */
export function isShownToAuthor(field: string): boolean {
  return Object.hasOwn(makers, field);
}

/** A post's JSON with the private metrics among `fields` at its end: for its author alone, so it is never kept. */
export function withOwnMetrics(
  json: string,
  post: Post,
  fields: readonly string[],
  dialect: Dialect,
): string {
  const more = fields
    .filter(isShownToAuthor)
    .map((field) => `,"${field}":${JSON.stringify(makers[field]!(post.metrics, dialect))}`);
  return more.length === 0 ? json : `${json.slice(0, -1)}${more.join('')}}`;
}
