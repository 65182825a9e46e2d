import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import {
  type Change,
  type ChangeOutcome,
  createPostStore,
  noteIndexRebuild,
  type PostIndex,
  type PostStore,
  type TouchedIds,
} from '#posts';
import { createIndexWriter, dropIndex, IndexFormatError } from '#search';

/**
 * The one thread that writes `posts.db`. Batches are applied in the order in which they came, each in one
 * transaction over posts and search index; a batch that fails is rejected alone. Between batches it goes on with
 * what earlier ones left to do.
 */
export type ToWriter =
  /** `now` in Unix ms, by the clock of whoever opened the writer. */
  { kind: 'apply'; batch: number; changes: readonly Change[]; now: number } | { kind: 'close' };

export type FromWriter =
  | { kind: 'applied'; batch: number; outcomes: ChangeOutcome[]; touched: TouchedIds }
  /** Work that followed from an earlier batch. Also the first message, when the file is ready. */
  | { kind: 'settled'; touched: TouchedIds }
  /** `storage`: the disk's doing, not ours. */
  | { kind: 'failed'; batch: number; storage: boolean; message: string; stack?: string };

/** SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN; the low byte of an extended code. */
const STORAGE_ERRORS = new Set([8, 10, 13, 14]);

function serve(port: NonNullable<typeof parentPort>, path: string): void {
  const db = new DatabaseSync(path);
  const store = createPostStore(db, openIndex);
  const send = (message: FromWriter) => port.postMessage(message);
  let settling = false;

  const settleLater = () => {
    if (settling) return;
    settling = true;
    // A turn of the event loop each, so that batches that came meanwhile go first.
    setImmediate(() => {
      settling = false;
      if (db.isOpen && settleOnce(store, send)) settleLater();
    });
  };

  port.on('message', (message: ToWriter) => {
    if (message.kind === 'close') {
      db.close();
      port.close();
      return;
    }
    send(applyBatch(store, message));
    settleLater();
  });
  send({ kind: 'settled', touched: { posts: [], people: [], created: [] } });
  settleLater();
}

/** An index of another version's format is thrown away and built again from the posts, behind the first batches. */
function openIndex(db: DatabaseSync): PostIndex {
  try {
    return createIndexWriter(db);
  } catch (error) {
    if (!(error instanceof IndexFormatError)) throw error;
    db.exec('BEGIN IMMEDIATE');
    dropIndex(db);
    noteIndexRebuild(db);
    const index = createIndexWriter(db);
    db.exec('COMMIT');
    return index;
  }
}

function applyBatch(
  store: PostStore,
  { batch, changes, now }: Extract<ToWriter, { kind: 'apply' }>,
): FromWriter {
  try {
    return { kind: 'applied', batch, ...store.apply(changes, now) };
  } catch (error) {
    return failure(batch, error);
  }
}

/** @returns true when there may be more to do. A full disk stops it until the next batch. */
function settleOnce(store: PostStore, send: (message: FromWriter) => void): boolean {
  try {
    const touched = store.settle();
    if (!touched) return false;
    send({ kind: 'settled', touched });
    return true;
  } catch (error) {
    if (isStorageError(error)) return false;
    throw error;
  }
}

function failure(batch: number, error: unknown): FromWriter {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { kind: 'failed', batch, storage: isStorageError(error), message, stack };
}

function isStorageError(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && STORAGE_ERRORS.has(Number(error.errcode) & 0xff);
}

if (parentPort) serve(parentPort, (workerData as { path: string }).path);
