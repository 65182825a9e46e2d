import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import { createVault, testClock } from '#kernel';
import { createOutbound } from '#kernel/outbound';
import {
  type Change,
  type ChangeOutcome,
  createPostStore,
  defaultPerson,
  openPostReader,
  type Person,
  type PostIndex,
} from '#posts';
import { type ActionsOptions, openActions } from '../actions.ts';

export const START = Date.parse('2026-11-21T10:00:00.000Z');

const NO_INDEX: PostIndex = {
  put: () => undefined,
  remove: () => undefined,
  flush: () => undefined,
  rolledBack: () => undefined,
};

/** A network over the real store of posts, in a temporary folder, with a clock that you move. */
export function networkWorld(t: Pick<TestContext, 'after'>, more: Partial<ActionsOptions> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'parley-network-'));
  const clock = testClock(START);
  const db = new DatabaseSync(join(dir, 'posts.db'));
  const store = createPostStore(db, () => NO_INDEX);
  const posts = openPostReader(join(dir, 'posts.db'));
  const failing = { writes: 0 };
  const apply = (changes: readonly Change[]): ChangeOutcome[] => {
    const { outcomes, touched } = store.apply(changes, clock.now());
    posts.forget(touched);
    return outcomes;
  };
  const logged: string[] = [];
  const options: ActionsOptions = {
    file: join(dir, 'network.db'),
    posts,
    writer: {
      async apply(changes) {
        if (failing.writes-- > 0) throw new Error('the disk is full');
        return apply(changes);
      },
    },
    clock,
    vault: createVault(new Uint8Array(32).fill(1)),
    outbound: createOutbound({ allow: ['127.0.0.1'] }),
    log: (message) => void logged.push(message),
    ...more,
  };
  let network = openActions(options);
  t.after(async () => {
    await network.close();
    posts.close();
    db.close();
    rmSync(dir, { recursive: true, force: true });
  });
  return {
    clock,
    posts,
    apply,
    logged,
    failing,
    file: options.file,
    network: () => network,
    /** Closes it and opens the same file again, as a restart does. */
    async restart() {
      await network.close();
      network = openActions(options);
      return network;
    },
  };
}

export function person(id: string, fields: Partial<Person> = {}): Change {
  return {
    kind: 'person',
    person: {
      ...defaultPerson(id),
      username: `person${id}`,
      name: `Person ${id}`,
      ...fields,
    },
  };
}
