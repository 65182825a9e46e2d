import type { Change } from '#posts';
import type { Parley } from '../../main.ts';
import { type FolderCommand, type Surroundings, wholeNumber } from './command.ts';
import { counted } from './table.ts';

const POSTS_DEFAULT = 20_000;
const POSTS_MAX = 5_000_000;
const SEED_MAX = 2 ** 31;
/** Persons to posts, as on the networks that we know: a few write much, most little. */
const POSTS_A_PERSON = 10;
const BATCH_CHANGES = 2_000;

type Result = { changes: number; posts: number; people: number; seconds: number; stopped?: true };

export const sample: FolderCommand = {
  place: 'folder',
  makesFolder: true,
  name: 'sample',
  summary: 'fill the folder with a generated platform: persons, threads, languages, a news event',
  options: [
    ['--posts <number>', `how many posts (default ${POSTS_DEFAULT})`],
    ['--seed <number>', 'the same seed makes the same platform (default 1)'],
  ],
  async run(parley, input, around): Promise<Result> {
    const posts = wholeNumber(input, 'posts', 1, POSTS_MAX) ?? POSTS_DEFAULT;
    const seed = wholeNumber(input, 'seed', 0, SEED_MAX) ?? 1;
    return fillWithSample(parley, posts, seed, around);
  },
  show: (result: Result) =>
    `${counted(result.posts, 'post')} and ${counted(result.people, 'person')} are here now (${result.seconds.toFixed(1)} s${result.stopped ? '; stopped before the end' : ''}).`,
  failed: (result: Result) => result.stopped === true,
};

/** Generates a platform into the store, batch by batch. */
export async function fillWithSample(
  parley: Parley,
  posts: number,
  seed: number,
  around: Surroundings,
): Promise<Result> {
  const { generateSample } = await import('#sources');
  const started = performance.now();
  const people = Math.max(10, Math.ceil(posts / POSTS_A_PERSON));
  let done = 0;
  /** Likes, follows and lists come as changes too; only posts are known beforehand. */
  let made = 0;
  let batch: Change[] = [];
  const flush = async () => {
    await parley.writer.apply(batch);
    done += batch.length;
    batch = [];
    around.progress({ done: made, total: posts, text: `${made} of ${posts} posts` });
  };
  for (const change of generateSample({ posts, people, seed, now: parley.clock.now() })) {
    batch.push(change);
    if (change.kind === 'post') made += 1;
    if (batch.length === BATCH_CHANGES) await flush();
    if (around.signal.aborted) break;
  }
  if (batch.length > 0) await flush();
  const seconds = (performance.now() - started) / 1_000;
  return {
    changes: done,
    ...parley.posts.size(),
    seconds,
    ...(around.signal.aborted ? { stopped: true as const } : {}),
  };
}
