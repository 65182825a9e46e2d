import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import type { GuardMark, LedgerGuard } from '#ledger';
import { FolderBusy } from './folder.ts';

/**
 * Where one folder's record is kept, outside the folder: a place that can compare and swap.
 *
 * - Of all `replace` calls for one version, on any host and however late they arrive, at most one writes.
 * - `true`: the record is durable, and every later `read` returns it or a newer one.
 * - `false`: the record has another version, or was removed. This call wrote nothing.
 * - A rejection says nothing about the record: it may have been written, or be written later by a request that is still
 *   on its way. The caller reads the record to find out.
 * - Error messages hold no secret.
 */
export type GuardStore = {
  /** For messages; holds no secret. */
  place: string;
  /** The least time between two writes, for a place where each one costs; none unless given. */
  spacingMs?: number;
  /** The newest record with its version; undefined if there is none. */
  read(): Promise<{ version: number; text: string } | undefined>;
  /** Replaces the record of this version (0: none) by `text`, which gets the next version. */
  replace(version: number, text: string): Promise<boolean>;
  /** Closes connections. */
  close?(): Promise<void>;
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

/** An owner that wrote nothing for so long counts as dead. */
const LEASE_MS = 30_000;
/** The lease is renewed at this age; keeping a mark renews it too. */
const RENEW_MS = 8_000;
const RENEW_CHECK_MS = 2_000;
/** An owner that could not renew its lease stops a little before another may begin. */
const HELD_MS = 25_000;
/** Retries: the first wait, doubled up to the last. */
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 4_000;
/** A start does not wait long for its guard: somebody sees the error. */
const START_ATTEMPTS = 4;

export type GuardOptions = {
  wait?: (ms: number) => Promise<void>;
  /** Monotonic, in ms. */
  now?: () => number;
  host?: string;
  /** Hears that the guard fails, once each time, that it works again, and that it is lost. */
  report?: (message: string) => void;
};

const waitFor = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
const retryDelay = (attempt: number) => Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** attempt);

/**
 * A folder's guard. The record names the owner, and how far the folder was signed; each replacement compares the
 * version, so of two servers that think they own the folder one is told before it signs.
 */
export function createGuard(store: GuardStore, folder: string, options: GuardOptions = {}): LedgerGuard {
  return new Guard(store, folder, options);
}

class Guard implements LedgerGuard {
  readonly #store: GuardStore;
  readonly #folder: string;
  readonly #options: Required<GuardOptions>;
  readonly #owner = randomBytes(16).toString('hex');
  #version = 0;
  #mark: GuardMark | null = null;
  /** When the newest successful write began: at the latest then the record had its version. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  #lost: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #queue: Promise<void> = Promise.resolve();
  /** The newest mark is in no write that began. */
  #isMarkNew = false;

  constructor(store: GuardStore, folder: string, options: GuardOptions) {
    const { wait = waitFor, now = () => performance.now(), host = thisHost(), report = () => {} } = options;
    this.#store = store;
    this.#folder = folder;
    this.#options = { wait, now, host, report };
  }

  async claim(contains: (mark: GuardMark) => Promise<boolean>): Promise<void> {
    try {
      await this.#claim(contains);
    } catch (error) {
      await this.#store.close?.();
      throw error;
    }
    this.#timer = setInterval(() => {
      if (this.#age() >= RENEW_MS) this.#writeSoon().catch((error) => this.#stopRenewing(error));
    }, RENEW_CHECK_MS);
    this.#timer.unref();
  }

  keep(mark: GuardMark): Promise<void> {
    this.#mark = mark;
    this.#isMarkNew = true;
    return this.#writeSoon();
  }

  assertHeld(): void {
    if (this.#lost !== undefined) throw this.#lost;
    if (this.#age() > LEASE_MS) throw new Error(`the claim at the guard ${this.#store.place} has run out`);
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    await this.#queue;
    // Where this fails, the next server waits until the lease has run out.
    if (this.#renewedAt !== Number.NEGATIVE_INFINITY) await this.#write(true).catch(() => {});
    await this.#store.close?.();
  }

  #stopRenewing({ message }: Error): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#options.report(`No more calls are recorded until a restart: ${message}`);
  }

  #age(): number {
    return this.#options.now() - this.#renewedAt;
  }

  async #claim(contains: (mark: GuardMark) => Promise<boolean>): Promise<void> {
    const { place } = this.#store;
    const found = await this.#atStart(() => this.#store.read());
    if (found !== undefined) {
      const kept = parse(found.text, this.#folder, place);
      this.#version = found.version;
      this.#mark = kept.mark;
      if (kept.mark !== null && !(await contains(kept.mark))) throw rolledBack(place, kept.mark);
      if (!kept.released && kept.host !== this.#options.host) {
        await this.#options.wait(LEASE_MS);
        const again = await this.#atStart(() => this.#store.read());
        if (again?.version !== this.#version) throw this.#taken();
      }
    }
    await this.#atStart(() => this.#write(false));
  }

  /** Tries a few times: without its guard a server does not start. */
  async #atStart<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work();
      } catch (cause) {
        if (this.#lost !== undefined) throw this.#lost;
        if (attempt + 1 === START_ATTEMPTS) {
          throw new Error(
            `the guard at ${this.#store.place} cannot be used: ${(cause as Error).message}. Without it nothing tells ` +
              'whether another server runs this folder, or a newer copy of it. Make it reachable and start again.',
            { cause },
          );
        }
        await this.#options.wait(retryDelay(attempt));
      }
    }
  }

  /** One write at a time. Marks that came while another write was on its way are one write. */
  #writeSoon(): Promise<void> {
    const isNeeded = () => this.#lost !== undefined || this.#isMarkNew || this.#age() >= RENEW_MS;
    const done = this.#queue.then(async () => {
      if (!isNeeded()) return;
      const early = (this.#store.spacingMs ?? 0) - this.#age();
      if (early > 0 && this.#lost === undefined) await this.#options.wait(early);
      this.#isMarkNew = false;
      await this.#writeWithRetries();
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  /** A place that fails for a moment is tried again for as long as the claim holds. */
  async #writeWithRetries(): Promise<void> {
    const { place } = this.#store;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#write(false);
        if (attempt > 0) this.#options.report(`The guard at ${place} can be written again.`);
        return;
      } catch (cause) {
        if (this.#lost !== undefined) throw this.#lost;
        const { message } = cause as Error;
        if (this.#age() > HELD_MS) {
          this.#lost = new Error(`the guard at ${place} cannot be written: ${message}`, { cause });
          throw this.#lost;
        }
        if (attempt === 0) {
          const limit = `If it stays away for ${HELD_MS / 1_000} seconds, no more calls are recorded.`;
          this.#options.report(`The guard at ${place} cannot be written: ${message}. Trying again. ${limit}`);
        }
        await this.#options.wait(retryDelay(attempt));
      }
    }
  }

  /**
   * One write. A write before it that failed may have come through all the same: no other server has this owner's nonce,
   * so that record is taken for ours, and then replaced, since when it came through is not known.
   */
  async #write(released: boolean): Promise<void> {
    for (;;) {
      if (this.#lost !== undefined) throw this.#lost;
      const startedAt = this.#options.now();
      if (await this.#store.replace(this.#version, this.#record(released))) {
        this.#version += 1;
        this.#renewedAt = startedAt;
        return;
      }
      const found = await this.#store.read();
      if (found === undefined) {
        this.#lost = new Error(`the guard's record at ${this.#store.place} was removed`);
      } else if (found.version > this.#version && isOf(found.text, this.#owner)) {
        this.#version = found.version;
      } else {
        this.#lost = this.#taken();
      }
    }
  }

  #record(released: boolean): string {
    const kept: Kept = {
      format: 'parley-guard/1',
      folder: this.#folder,
      owner: this.#owner,
      host: this.#options.host,
      released,
      mark: this.#mark,
    };
    return `${JSON.stringify(kept)}\n`;
  }

  #taken(): FolderBusy {
    return new FolderBusy(
      `another server runs folder ${this.#folder}, or a copy of it, by the guard at ${this.#store.place}. Stop it first.`,
    );
  }
}

function rolledBack(place: string, { position }: GuardMark): Error {
  return new Error(
    `this folder is an older copy: by the guard at ${place} it was signed up to record ${position}, and its journal does ` +
      'not hold these records. Starting it would sign a second history. Restore the newest copy. If it is lost for ' +
      'good, tell the licensees, and start with --guard none, then with the guard at a new place.',
  );
}

function read(text: string): Partial<Kept> | undefined {
  try {
    return JSON.parse(text) as Partial<Kept>;
  } catch {
    return undefined;
  }
}

const isOf = (text: string, owner: string) => read(text)?.owner === owner;

function parse(text: string, folder: string, place: string): Kept {
  const kept = read(text);
  if (kept?.format === 'parley-guard/1' && kept.folder === folder && typeof kept.owner === 'string')
    return kept as Kept;
  throw new Error(
    `the guard's record at ${place} does not read, or is of another folder: restore it from a backup`,
  );
}

/** Within it the folder's id is claimed by an abstract socket, so that no other process there has the folder. */
function thisHost(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/net')}`;
  } catch {
    return randomBytes(16).toString('hex'); // No such claim here: every owner before counts as another host's.
  }
}
