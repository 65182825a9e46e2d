import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { GuardMark, LedgerGuard } from '#ledger';
import { FolderBusy } from './folder.ts';

/** Where one folder's record is kept, outside the folder: a place that can compare and swap. */
export type GuardStore = {
  /** For messages. */
  place: string;
  /** The record with its version; undefined if there is none. */
  read(): Promise<{ version: number; text: string } | undefined>;
  /** Replaces the record of the version before (0: none), durably; false if it is not that version any more. */
  replace(version: number, text: string): Promise<boolean>;
};

type Kept = {
  format: 'parley-guard/1';
  folder: string;
  /** Drawn at each start. */
  owner: string;
  /** Boot and network namespace, within which the folder's id is claimed by a socket. */
  host: string;
  released: boolean;
  mark: GuardMark | null;
};

/** After so long without a sign of life its owner counts as dead. */
const LEASE_MS = 30_000;
const RENEW_MS = 10_000;
/** An owner that could not renew stops a little before another one may begin. */
const HELD_MS = 25_000;
const RETRY_MS = 500;

export type GuardOptions = {
  wait?: (ms: number) => Promise<void>;
  /** Monotonic, in ms. */
  now?: () => number;
  host?: string;
};

const waitFor = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/**
 * A folder's guard. The record names the owner, and how far the folder was signed; each replacement compares the
 * version, so of two servers that think they own the folder one is told before it signs.
 */
export function createGuard(store: GuardStore, folder: string, options: GuardOptions = {}): LedgerGuard {
  const { wait = waitFor, now = () => performance.now(), host = thisHost() } = options;
  const owner = randomBytes(16).toString('hex');
  let version = 0;
  let mark: GuardMark | null = null;
  let renewedAt = Number.NEGATIVE_INFINITY;
  let lost: Error | undefined;
  let timer: NodeJS.Timeout | undefined;
  let queue: Promise<void> = Promise.resolve();

  const record = (released: boolean): string => {
    const kept: Kept = { format: 'parley-guard/1', folder, owner, host, released, mark };
    return `${JSON.stringify(kept)}\n`;
  };

  const taken = () =>
    new FolderBusy(
      `another server runs folder ${folder}, or a copy of it, by the guard at ${store.place}. Stop it first.`,
    );

  async function write(released: boolean): Promise<void> {
    if (lost !== undefined) throw lost;
    const startedAt = now();
    const text = record(released);
    if ((await store.replace(version, text)) || (await isThere(version + 1, text))) {
      version += 1;
      renewedAt = startedAt;
      return;
    }
    lost = taken();
    throw lost;
  }

  /** A write that failed may have come through all the same; no other one has this owner's nonce. */
  async function isThere(next: number, text: string): Promise<boolean> {
    const found = await store.read();
    return found?.version === next && found.text === text;
  }

  /** A place that fails for a moment is tried again for as long as the claim holds. */
  async function writeWithRetries(): Promise<void> {
    for (;;) {
      try {
        return await write(false);
      } catch (cause) {
        if (lost !== undefined) throw lost;
        if (now() - renewedAt > HELD_MS) {
          lost = new Error(`the guard at ${store.place} cannot be written: ${(cause as Error).message}`, {
            cause,
          });
          throw lost;
        }
        await wait(RETRY_MS);
      }
    }
  }

  const enqueue = (work: () => Promise<void>): Promise<void> => {
    const done = queue.then(work);
    queue = done.catch(() => {});
    return done;
  };

  return {
    async claim(contains) {
      const found = await store.read();
      const kept = found && parse(found.text, folder, store.place);
      if (found !== undefined && kept !== undefined) {
        version = found.version;
        mark = kept.mark;
        if (mark !== null && !(await contains(mark))) throw rolledBack(store.place, mark);
        if (!kept.released && kept.host !== host) {
          await wait(LEASE_MS);
          if ((await store.read())?.version !== version) throw taken();
        }
      }
      await write(false);
      timer = setInterval(() => void enqueue(writeWithRetries).catch(() => {}), RENEW_MS);
      timer.unref();
    },
    keep: (next) =>
      enqueue(() => {
        mark = next;
        return writeWithRetries();
      }),
    assertHeld() {
      if (lost !== undefined) throw lost;
      if (now() - renewedAt > LEASE_MS) throw new Error(`the claim at the guard ${store.place} has run out`);
    },
    async release() {
      clearInterval(timer);
      if (renewedAt === Number.NEGATIVE_INFINITY) return;
      await enqueue(() => write(true)).catch(() => {}); // The next server then waits until the claim has run out.
    },
  };
}

function rolledBack(place: string, { position }: GuardMark): Error {
  return new Error(
    `this folder is an older copy: by the guard at ${place} it was signed up to record ${position}, and its journal does ` +
      'not hold these records. Starting it would sign a second history. Restore the newest copy. If it is lost for ' +
      'good, tell the licensees, and start with --guard none, then with the guard at a new place.',
  );
}

function parse(text: string, folder: string, place: string): Kept {
  try {
    const kept = JSON.parse(text) as Kept;
    if (kept.format === 'parley-guard/1' && kept.folder === folder && typeof kept.owner === 'string')
      return kept;
  } catch {
    // Told below, like every other damage.
  }
  throw new Error(
    `the guard's record at ${place} does not read, or is of another folder: restore it from a backup`,
  );
}

/** Within it the folder's id is claimed by an abstract socket: who got that knows that no other process there has it. */
function thisHost(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/net')}`;
  } catch {
    return randomBytes(16).toString('hex'); // No such claim here: every owner before counts as another host's.
  }
}
