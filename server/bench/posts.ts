/**
 * The posts module: entities a second beside twitter-text over the whole text, posts stored a second without an index,
 * and the cost of look-ups. On the posts of ../shared/data when they are there, else on made ones.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import twitterText from 'twitter-text';
import {
  type Change,
  createPostStore,
  defaultPost,
  extractEntities,
  openPostReader,
  type Post,
  type PostIndex,
} from '#posts';

const BATCH = 5_000;
const LOOK_UPS = 100_000;
const data = fileURLToPath(new URL('../../../shared/data/posts.jsonl.gz', import.meta.url));

type Line = { id: string; text: string; author_id: string; created_at: string; lang: string };

function lines(): { source: string; lines: Line[] } {
  if (existsSync(data)) {
    const text = gunzipSync(readFileSync(data)).toString('utf8').trimEnd();
    return { source: 'shared data', lines: text.split('\n').map((line) => JSON.parse(line) as Line) };
  }
  const made = Array.from({ length: 100_000 }, (_, index) => ({
    id: String(1_000_000 + index),
    text: `Made post ${index} about #topic${index % 97} for @person${index % 991}, see https://example.com/${index}`,
    author_id: String(1 + (index % 20_000)),
    created_at: '2026-11-21T10:00:00.000Z',
    lang: 'en',
  }));
  return { source: 'made posts', lines: made };
}

function postOf({ id, text, author_id, created_at, lang }: Line): Post {
  return {
    ...defaultPost({ id, authorId: author_id, createdAt: Date.parse(created_at) }),
    text,
    lang,
    metrics: { reposts: 1, replies: 2, likes: 3, quotes: 0, bookmarks: 0, impressions: 99 },
    entities: extractEntities(text),
  };
}

/** Things a CPU-second. */
function perCpuSecond(count: number, act: () => void): number {
  const before = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(before);
  return Math.round(count / ((user + system) / 1e6));
}

const { source, lines: input } = lines();
console.log(`${input.length} posts, ${source}`);
const entities = perCpuSecond(input.length, () => {
  for (const { text } of input) extractEntities(text);
});
const library = perCpuSecond(input.length, () => {
  for (const { text } of input) twitterText.extractEntitiesWithIndices(text);
});
console.log(`entities: ${entities} posts a CPU-second; twitter-text over the whole text ${library}`);

const dir = mkdtempSync(join(tmpdir(), 'parley-bench-'));
try {
  const path = join(dir, 'posts.db');
  const db = new DatabaseSync(path);
  const noIndex: PostIndex = { put: () => {}, remove: () => {}, flush: () => {}, rolledBack: () => {} };
  const store = createPostStore(db, () => noIndex);
  const changes: Change[] = input.map((line) => ({ kind: 'post', post: postOf(line) }));
  const write = () => {
    for (let start = 0; start < changes.length; start += BATCH)
      store.apply(changes.slice(start, start + BATCH));
  };
  const stored = perCpuSecond(changes.length, write);
  const again = perCpuSecond(changes.length, write);
  console.log(`stored without an index: ${stored} posts a CPU-second; the same again ${again}`);
  const ids = Array.from(
    { length: LOOK_UPS },
    (_, index) => input[(index * 7_919) % Math.min(20_000, input.length)]!.id,
  );
  const lookUps = (cacheBytes: number) => {
    const reader = openPostReader(path, { cacheBytes });
    reader.posts(ids);
    const rate = perCpuSecond(LOOK_UPS, () => {
      for (const id of ids) reader.posts([id]);
    });
    reader.close();
    return Number((1e6 / rate).toFixed(2));
  };
  const [bare, cached] = [lookUps(0), lookUps(64 * 2 ** 20)];
  console.log(`one look-up: ${bare} µs from SQLite, ${cached} µs from the cache`);
  db.close();
  console.log(
    JSON.stringify({
      source,
      posts: input.length,
      entitiesPerCpuSecond: entities,
      libraryPerCpuSecond: library,
      storedPerCpuSecond: stored,
      unchangedPerCpuSecond: again,
      lookUpMicros: bare,
      cachedLookUpMicros: cached,
    }),
  );
} finally {
  rmSync(dir, { recursive: true, force: true });
}
