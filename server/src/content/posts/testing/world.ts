import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Change, ChangeOutcome } from '../model/change.ts';
import { defaultPerson, defaultPost } from '../model/defaults.ts';
import type { Person } from '../model/person.ts';
import type { Post } from '../model/post.ts';
import { eventReaderOf } from '../read/event-reader.ts';
import { readerOf } from '../read/reader-sqlite.ts';
import { relationReaderOf } from '../read/relation-reader.ts';
import type { IndexContext, PostIndex } from '../write/post-index.ts';
import { createPostStore } from '../write/store-sqlite.ts';

/** An index that only remembers what it holds, and forgets a rolled-back transaction. For tests. */
export function memoryIndex() {
  let held = new Map<string, { post: Post; context: IndexContext }>();
  let committed = new Map(held);
  const index: PostIndex = {
    put: (post, context) => held.set(post.id, { post, context }),
    remove: (id) => held.delete(id),
    flush: () => {
      committed = new Map(held);
    },
    rolledBack: () => {
      held = new Map(committed);
    },
  };
  return { index, held: () => held };
}

/** A store in memory with a reader on its own connection. @param now Unix ms, of all batches but those that say more. */
export function memoryStore(now?: number) {
  const db = new DatabaseSync(':memory:');
  const { index, held } = memoryIndex();
  let store = createPostStore(db, () => index);
  return {
    db,
    store: {
      apply: (...given: Parameters<typeof store.apply>) => store.apply(...given),
      settle: () => store.settle(),
    },
    /** Another writer over the same file, which knows only what lies in it. */
    restart: () => {
      store = createPostStore(db, () => index);
    },
    held,
    reader: { ...readerOf(db), ...relationReaderOf(db), ...eventReaderOf(db) },
    apply: (...changes: Change[]): ChangeOutcome[] => store.apply(changes, now).outcomes,
    /** The status of the one change, or why it was refused. */
    status: (change: Change): string => {
      const outcome = store.apply([change], now).outcomes[0]!;
      return outcome.status === 'refused' ? `refused: ${outcome.because}` : outcome.status;
    },
  };
}

/** A path for a file that goes away with the test. */
export function temporaryFile(context: { after(clean: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-posts-'));
  context.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'posts.db');
}

export const START_MS = Date.UTC(2026, 10, 21);
/** When batches come: what is from the start is no news any more, what is from 20 minutes later still is. */
export const NOW_MS = START_MS + 80 * 60_000;

export function aPost(id: string, fields: Partial<Post> = {}): Post {
  return {
    ...defaultPost({ id, authorId: '101', createdAt: START_MS }),
    text: `post ${id}`,
    lang: 'en',
    ...fields,
  };
}

export function aPerson(id: string, fields: Partial<Person> = {}): Person {
  return {
    ...defaultPerson(id),
    username: `person${id}`,
    name: `Person ${id}`,
    metrics: { followers: 1, following: 2, posts: 3, listed: 4 },
    ...fields,
  };
}

export const MINUTE_MS = 60_000;

export function upsert(id: string, fields: Partial<Post> = {}): Change {
  return { kind: 'post', post: aPost(id, fields) };
}

/** @param minutes after the first version. */
export function edit(previousId: string, id: string, minutes: number, fields: Partial<Post> = {}): Change {
  const createdAt = START_MS + minutes * MINUTE_MS;
  return { kind: 'edit', previousId, post: aPost(id, { text: `edited ${id}`, createdAt, ...fields }) };
}

export const WITHHELD = { copyright: false, countryCodes: ['DE'] };
