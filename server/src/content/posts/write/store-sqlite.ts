import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Change, ChangeOutcome } from '../model/change.ts';
import type { TouchedIds } from '../model/store.ts';
import { prepareWriter } from '../store/sqlite-schema.ts';
import { hideReply, setMetrics, withholdPost } from './alter-post.ts';
import { backfillsWait, noteTime, runBackfills } from './backfills.ts';
import { deletePerson, deletePost } from './delete.ts';
import { deleteList, upsertList } from './lists.ts';
import type { PostIndex } from './post-index.ts';
import { relate, unrelate } from './relate.ts';
import { scrubGeo } from './scrub-geo.ts';
import { setPreferences, setStanding, upsertPerson, upsertThing } from './upsert-person.ts';
import { editPost, upsertPost } from './upsert-post.ts';
import { COUNTERS, createWriteContext, refused, reload, type WriteContext } from './write-context.ts';

export { openPostReader } from '../read/reader-sqlite.ts';
export { noteIndexRebuild } from './backfill.ts';

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

export type Applied = { outcomes: ChangeOutcome[]; touched: TouchedIds };

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
  settle(): TouchedIds | undefined;
};

/**
 * Prepares the file behind the connection (tables, migrations, settings) and returns its one writer.
 * @param db a connection to `posts.db` that nobody else uses; @param index writes through the same connection.
 */
export function createPostStore(db: DatabaseSync, index: (db: DatabaseSync) => PostIndex): PostStore {
  prepareWriter(db);
  const tx = createWriteContext(db, index(db));
  return {
    apply(changes, now = 0) {
      if (changes.length > BATCH_CHANGES_MAX)
        throw new RangeError(`a batch holds at most ${BATCH_CHANGES_MAX} changes`);
      tx.now = Math.max(tx.now, now);
      return transact(tx, () => {
        noteTime(tx);
        const outcomes = changes.map((change) => applyOne(tx, change));
        runBackfills(tx, CHORE_POSTS_IN_BATCH);
        return outcomes;
      });
    },
    settle() {
      if (!backfillsWait(tx)) return undefined;
      return transact(tx, () => runBackfills(tx, CHORE_POSTS_BETWEEN)).touched;
    },
  };
}

function transact<Result>(tx: WriteContext, act: () => Result): { outcomes: Result; touched: TouchedIds } {
  const before = { ...tx.counters };
  tx.db.exec('BEGIN IMMEDIATE');
  try {
    const outcomes = act();
    for (const name of COUNTERS) {
      if (tx.counters[name] !== before[name]) tx.rows.setCounter(name, tx.counters[name]);
    }
    tx.index.flush();
    tx.db.exec('COMMIT');
    limitLog(tx.db);
    const { posts, people, created } = tx.touched;
    const touched: TouchedIds = { posts: [...posts], people: [...people], created: [...created] };
    if (tx.counters.event !== before.event) touched.lastEvent = BigInt(tx.counters.event);
    tx.touched = { posts: new Set(), people: new Set(), created: new Set() };
    return { outcomes, touched };
  } catch (error) {
    // A full disk makes SQLite roll back by itself.
    if (tx.db.isTransaction) tx.db.exec('ROLLBACK');
    tx.index.rolledBack();
    reload(tx);
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

function applyOne(tx: WriteContext, change: Change): ChangeOutcome {
  switch (change.kind) {
    case 'post':
      return upsertPost(tx, change.post, change.unsaid, change.counts);
    case 'edit':
      return editPost(tx, change.previousId, change.post);
    case 'delete-post':
      return deletePost(tx, change.id, change.at, change.authorId);
    case 'metrics':
      return setMetrics(tx, change.id, change.metrics);
    case 'withhold-post':
      return withholdPost(tx, change.id, change.withheld);
    case 'person':
      return upsertPerson(tx, change.person, change.unsaid);
    case 'person-state':
      return setStanding(tx, change.id, (person) => {
        person.state = change.state;
      });
    case 'protect':
      return setStanding(tx, change.id, (person) => {
        person.protected = change.protected;
      });
    case 'preferences':
      return setStanding(tx, change.id, (person) => setPreferences(person, change.preferences));
    case 'withhold-person':
      return setStanding(tx, change.id, (person) => {
        person.withheld = change.withheld ?? undefined;
      });
    case 'delete-person':
      return deletePerson(tx, change.id, change.at);
    case 'media':
      return upsertThing(tx, 'media', change.media);
    case 'poll':
      return upsertThing(tx, 'poll', change.poll);
    case 'place':
      return upsertThing(tx, 'place', change.place);
    case 'relate':
      return relate(tx, change);
    case 'unrelate':
      return unrelate(tx, change);
    case 'list':
      return upsertList(tx, change);
    case 'delete-list':
      return deleteList(tx, change.id, change.at);
    case 'hide-reply':
      return hideReply(tx, change.id, change.hidden);
    case 'scrub-geo':
      return scrubGeo(tx, change);
    default:
      return refused(
        'invalid',
        `there is no change of the kind ${JSON.stringify((change as { kind?: unknown }).kind)?.slice(0, 40)}`,
      );
  }
}
