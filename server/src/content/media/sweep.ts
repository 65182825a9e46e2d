import type { Clock } from '#kernel';
import type { Files } from './files.ts';
import type { Use } from './port.ts';
import type { MediaRow } from './row.ts';
import type { Store } from './store-sqlite.ts';

/** What this module asks of the network's posts and persons; the posts module's reader is one. */
export type NetworkView = {
  /** `deleted` for what was deleted, or whose author was; undefined for what is not here (yet). */
  posts(ids: readonly string[]): ('deleted' | object | undefined)[];
  /** Undefined for who was deleted, and for whom nobody has told of. */
  people(ids: readonly string[]): ({ state: 'active' | 'suspended' | 'deactivated' } | undefined)[];
};

export type TouchedMedia = {
  posts: readonly string[];
  people: readonly string[];
  created: readonly string[];
};

const SWEEP_MS = 5 * 60_000;
/** A use is noted before its post is written. One whose post is not here by then was a crash between the two. */
const POST_LATE_MS = 3_600_000;

/** Deletes what is deleted, what expired, and what a crash left. Files go after the rows that name them. */
export function openSweep(options: {
  clock: Clock;
  network: NetworkView;
  log(message: string, cause?: unknown): void;
  store: Store;
  files: Files;
  isFresh(part: string): boolean;
}) {
  const { clock, network, log, store, files, isFresh } = options;
  const working = new Set<Promise<unknown>>();
  let postsAfter = '0';

  /** Runs beside everything else; what could not be deleted now is found by the next sweep. */
  function later(work: Promise<unknown>): Promise<unknown> {
    const done = work.catch((error) => log('a file of uploads could not be deleted yet', error));
    working.add(done);
    void done.then(() => working.delete(done));
    return done;
  }

  const dropParts = (parts: readonly string[]) =>
    later(Promise.all(parts.map((part) => files.dropPart(part))));

  async function bury(names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => files.dropKept(name)));
    store.buried(names);
  }

  function gone({ kept, parts }: { kept: string[]; parts: string[] }): void {
    if (kept.length > 0) later(bury(kept));
    if (parts.length > 0) dropParts(parts);
  }

  function remove(ids: readonly string[]): void {
    if (ids.length > 0) gone(store.remove(ids));
  }

  const deleted = (use: Use) => gone(store.dropUse(use));

  /** Posts whose news were missed, by a crash between their deletion and ours; a batch at a time, round and round. */
  function checkPosts(now: number): void {
    let uses = store.postUses(postsAfter);
    if (uses.length === 0 && postsAfter !== '0') uses = store.postUses('0');
    postsAfter = uses.at(-1)?.id ?? '0';
    const found = network.posts(uses.map(({ id }) => id));
    for (const [at, { id, at: since }] of uses.entries()) {
      const isLost = found[at] === undefined && since + POST_LATE_MS <= now;
      if (found[at] === 'deleted' || isLost) deleted({ kind: 'post', id });
    }
  }

  function sweep(): void {
    try {
      const now = clock.now();
      remove(store.expired(now));
      checkPosts(now);
      const used = store.partsInUse();
      dropParts(files.parts().filter((part) => !used.has(part) && !isFresh(part)));
      const doomed = store.doomed().filter((name) => !isFresh(name));
      if (doomed.length > 0) later(bury(doomed));
    } catch (error) {
      log('uploads could not be swept', error);
    }
  }
  const timer = setInterval(sweep, SWEEP_MS).unref();
  sweep();

  return {
    sweep,
    remove,
    deleted,
    dropParts,
    /** What was made for an upload that did not come about. */
    async dropMade(name: string): Promise<void> {
      await later(Promise.all([files.dropPart(name), bury([name])]));
    },
    forget({ posts, people, created }: TouchedMedia): void {
      try {
        // An import touches tens of thousands a second: what was never uploaded for costs one look-up in an index, or none.
        if (store.isEmpty()) return;
        for (const id of people) {
          const uploads = store.ofPerson(id);
          if (uploads.length > 0 && network.people([id])[0] === undefined) remove(uploads);
        }
        if (posts.length === created.length) return;
        const isNew = new Set(created);
        for (const id of posts) {
          const use: Use = { kind: 'post', id };
          if (!isNew.has(id) && store.usedBy(use).length > 0 && network.posts([id])[0] === 'deleted')
            deleted(use);
        }
      } catch (error) {
        // The sweep comes round to it, and until then `isShown` refuses it.
        log('media of deleted posts could not be deleted yet', error);
      }
    },
    /** Asked for each request: neither an author who is hidden nor a deleted post shows anything, whatever was swept. */
    isShown({ id, personId, isUsed }: MediaRow): boolean {
      const state = network.people([personId])[0]?.state;
      if (state !== undefined && state !== 'active') return false;
      if (!isUsed) return true;
      const uses = store.usesOf(id);
      if (uses.some(({ kind }) => kind !== 'post')) return true;
      return network.posts(uses.map((use) => use.id)).some((post) => post !== 'deleted');
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await Promise.all(working);
    },
  };
}
