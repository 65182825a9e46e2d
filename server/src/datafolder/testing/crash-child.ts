/**
 * A process for writer.test.ts to kill or to starve of disk: applies numbered batches to the file given, each of
 * BATCH_POSTS posts, and prints one line a batch. `ok 7` only after the batch was acknowledged.
 */
import { Problem } from '#kernel';
import { type Change, defaultPost, type Post } from '#posts';
import { openWriter } from '../writer.ts';

export const BATCH_POSTS = 50;
/** After so many refusals in a row the drill ends. */
const REFUSALS_MAX = 3;

/** The changes of batch `number`: its posts, and the deletion of the first post of the batch before. */
export function batchOf(number: number): Change[] {
  const ids = idsOf(number);
  const changes: Change[] = ids.map((id) => ({ kind: 'post', post: postOf(id) }));
  if (number > 0) changes.push({ kind: 'delete-post', id: idsOf(number - 1)[0] ?? '0', at: 0 });
  return changes;
}

export function idsOf(number: number): string[] {
  return Array.from({ length: BATCH_POSTS }, (_, index) => String(1 + number * BATCH_POSTS + index));
}

function postOf(id: string): Post {
  return {
    ...defaultPost({ id, authorId: '7', createdAt: Number(id) }),
    text: `post number ${id} #drill`,
    lang: 'en',
    entities: { hashtags: [{ start: 0, end: 6, tag: 'drill' }] },
  };
}

async function drill(path: string, batches: number): Promise<void> {
  const writer = await openWriter(path);
  let refusals = 0;
  for (let number = 0; number < batches && refusals < REFUSALS_MAX; ) {
    try {
      await writer.apply(batchOf(number));
      process.stdout.write(`ok ${number}\n`);
      number += 1;
      refusals = 0;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      process.stdout.write(`refused ${error.code}\n`);
      refusals += 1;
    }
  }
  await writer.close();
}

const [path, batches] = process.argv.slice(2);
if (import.meta.main && path) await drill(path, Number(batches));
