import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { makeId } from '#kernel';
import { type Change, createPostStore, defaultPostInput, noMetrics, type PostInput } from '#posts';
import { createIndexWriter } from '#search';

export const DATA = fileURLToPath(new URL('../../../../shared/data/posts.jsonl.gz', import.meta.url));
const BATCH = 5_000;
/** The last of the made-up times; the posts lie evenly over the 60 days before. */
export const NEWEST_MS = Date.UTC(2026, 10, 21);
export const SPAN_MS = 60 * 86_400_000;

export type Line = {
  id: string;
  text: string;
  author_id: string;
  lang: string;
  referenced_tweets?: { type: 'replied_to' | 'quoted' | 'retweeted'; id: string }[];
  in_reply_to_user_id?: string;
  public_metrics: { retweet_count: number; reply_count: number; like_count: number; quote_count: number };
};

export function readLines(): Line[] {
  const text = gunzipSync(readFileSync(DATA)).toString('utf8').trimEnd();
  return text.split('\n').map((line) => JSON.parse(line) as Line);
}

/** The n-th post of the made-up stream: the lines over and over, with ids evenly in time. */
export function postAt(lines: readonly Line[], at: number, total: number): PostInput {
  const line = lines[at % lines.length]!;
  const createdAt = NEWEST_MS - SPAN_MS + Math.floor((at / total) * SPAN_MS);
  const { retweet_count, reply_count, like_count, quote_count } = line.public_metrics;
  return {
    ...defaultPostInput({ id: makeId(createdAt, at), authorId: line.author_id, createdAt }),
    text: line.text,
    lang: line.lang,
    references: line.referenced_tweets ?? [],
    metrics: {
      ...noMetrics(),
      reposts: retweet_count,
      replies: reply_count,
      likes: like_count,
      quotes: quote_count,
    },
    ...(line.in_reply_to_user_id !== undefined && { inReplyToPersonId: line.in_reply_to_user_id }),
  };
}

/** Through the real store. @returns posts a second. */
export function load(path: string, lines: readonly Line[], total: number): number {
  const db = new DatabaseSync(path);
  const store = createPostStore(db, createIndexWriter);
  const began = performance.now();
  for (let from = 0; from < total; from += BATCH) {
    const changes: Change[] = [];
    for (let at = from; at < Math.min(total, from + BATCH); at += 1) {
      changes.push({ kind: 'post', post: postAt(lines, at, total) });
    }
    store.apply(changes);
  }
  while (store.settle() !== undefined);
  const seconds = (performance.now() - began) / 1000;
  db.close();
  return Math.round(total / seconds);
}
