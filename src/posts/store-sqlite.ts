import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { hideReply, setMetrics, withholdPost } from './alter-post.ts';
import type { Change, Outcome } from './change.ts';
import { choresWait, doChores, noteTime } from './chores.ts';
import { deletePerson, deletePost } from './delete.ts';
import { deleteList, upsertList } from './lists.ts';
import type { PostIndex } from './post-index.ts';
import { relate, unrelate } from './relate.ts';
import { scrubGeo } from './scrub-geo.ts';
import { prepareWriter } from './sqlite-schema.ts';
import type { Touched } from './store.ts';
import { setPreferences, setStanding, upsertPerson, upsertThing } from './upsert-person.ts';
import { editPost, upsertPost } from './upsert-post.ts';
import { COUNTERS, createWork, refused, reload, type Work } from './work.ts';

export { noteIndexRebuild } from './chore.ts';
export { openPostReader } from './reader-sqlite.ts';

/** Changes in one transaction. More would hold the batch in memory twice and let readers wait for its pages. */
const BATCH_CHANGES_MAX = 10_000;
/** Posts that follow from a batch and are handled inside its transaction; nearly every person has fewer. */
const CHORE_POSTS_IN_BATCH = 2_000;
/** Posts that one transaction of leftover work handles: some 50 ms. */
const CHORE_POSTS_BETWEEN = 1_000;

/**
 * The log starts over when no reader is behind, which with short reads is nearly always. Past this size the writer
 * waits for the readers once, so that the log cannot grow without bound.
 */
const LOG_BYTES_MAX = 256 * 2 ** 20;

export type Applied = { outcomes: Outcome[]; touched: Touched };

/** The writing side of `posts.db`, free of threads. */
export type PostStore = {
  /**
   * One transaction over posts and search index. When it returns, readers see the batch and it is on disk.
   * @param now Unix ms, by which events are stamped and news is told from what is old. Left out, or before the last
   *   one: it is still the last one, and at first the time of the newest event in the file.
   * @throws whatever SQLite says (a full disk, a failed sync): then nothing of the batch was applied.
   */
  apply(changes: readonly Change[], now?: number): Applied;
  /** Goes on with what earlier batches left to do, in one bounded transaction. @returns undefined when nothing is left. */
  settle(): Touched | undefined;
};

/**
 * Prepares the file behind the connection (tables, migrations, settings) and returns its one writer.
 * @param db a connection to `posts.db` that nobody else uses; @param index writes through the same connection.
 */
export function createPostStore(db: DatabaseSync, index: (db: DatabaseSync) => PostIndex): PostStore {
  prepareWriter(db);
  const work = createWork(db, index(db));
  return {
    apply(changes, now = 0) {
      if (changes.length > BATCH_CHANGES_MAX)
        throw new RangeError(`a batch holds at most ${BATCH_CHANGES_MAX} changes`);
      work.now = Math.max(work.now, now);
      return transact(work, () => {
        noteTime(work);
        const outcomes = changes.map((change) => applyOne(work, change));
        doChores(work, CHORE_POSTS_IN_BATCH);
        return outcomes;
      });
    },
    settle() {
      if (!choresWait(work)) return undefined;
      return transact(work, () => doChores(work, CHORE_POSTS_BETWEEN)).touched;
    },
  };
}

function transact<Result>(work: Work, act: () => Result): { outcomes: Result; touched: Touched } {
  const before = { ...work.counters };
  work.db.exec('BEGIN IMMEDIATE');
  try {
    const outcomes = act();
    for (const name of COUNTERS) {
      if (work.counters[name] !== before[name]) work.rows.setCounter(name, work.counters[name]);
    }
    work.index.flush();
    work.db.exec('COMMIT');
    limitLog(work.db);
    const { posts, people, created } = work.touched;
    const touched: Touched = { posts: [...posts], people: [...people], created: [...created] };
    if (work.counters.event !== before.event) touched.lastEvent = BigInt(work.counters.event);
    work.touched = { posts: new Set(), people: new Set(), created: new Set() };
    return { outcomes, touched };
  } catch (error) {
    // A full disk makes SQLite roll back by itself.
    if (work.db.isTransaction) work.db.exec('ROLLBACK');
    work.index.rolledBack();
    reload(work);
    throw error;
  }
}

function limitLog(db: DatabaseSync): void {
  const path = db.location();
  if (path === null || (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES_MAX)
    return;
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // The batch is in the log, on disk; the next one tries again, and says so if the disk is full by then.
  }
}

function applyOne(work: Work, change: Change): Outcome {
  switch (change.kind) {
    case 'post':
      return upsertPost(work, change.post, change.unsaid, change.counts);
    case 'edit':
      return editPost(work, change.previousId, change.post);
    case 'delete-post':
      return deletePost(work, change.id, change.at, change.authorId);
    case 'metrics':
      return setMetrics(work, change.id, change.metrics);
    case 'withhold-post':
      return withholdPost(work, change.id, change.withheld);
    case 'person':
      return upsertPerson(work, change.person, change.unsaid);
    case 'person-state':
      return setStanding(work, change.id, (person) => {
        person.state = change.state;
      });
    case 'protect':
      return setStanding(work, change.id, (person) => {
        person.protected = change.protected;
      });
    case 'preferences':
      return setStanding(work, change.id, (person) => setPreferences(person, change.preferences));
    case 'withhold-person':
      return setStanding(work, change.id, (person) => {
        person.withheld = change.withheld ?? undefined;
      });
    case 'delete-person':
      return deletePerson(work, change.id, change.at);
    case 'media':
      return upsertThing(work, 'media', change.media);
    case 'poll':
      return upsertThing(work, 'poll', change.poll);
    case 'place':
      return upsertThing(work, 'place', change.place);
    case 'relate':
      return relate(work, change);
    case 'unrelate':
      return unrelate(work, change);
    case 'list':
      return upsertList(work, change);
    case 'delete-list':
      return deleteList(work, change.id, change.at);
    case 'hide-reply':
      return hideReply(work, change.id, change.hidden);
    case 'scrub-geo':
      return scrubGeo(work, change);
    default:
      return refused(
        'invalid',
        `there is no change of the kind ${JSON.stringify((change as { kind?: unknown }).kind)?.slice(0, 40)}`,
      );
  }
}
