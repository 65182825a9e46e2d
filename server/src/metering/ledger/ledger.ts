import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { DAY_MS, Problem, type Vault } from '#kernel';
import type { FilePort } from './file.ts';
import { realFiles } from './file.ts';
import type { Follower, FollowerEvents } from './follower.ts';
import { followInline, followOnThread } from './follower.ts';
import type { Totals } from './format/entry.ts';
import { HASH_BYTES } from './format/hash.ts';
import { SEED_BYTES } from './format/opening.ts';
import type { LedgerGuard } from './guard.ts';
import { containsMark } from './guard.ts';
import type { Head } from './heads.ts';
import { assertSigned, readHeads } from './heads.ts';
import { Integrator } from './integrator.ts';
import type { JournalPoint } from './journal.ts';
import { Journal } from './journal.ts';
import { createKey, readKeys } from './keys.ts';
import type { OpenedFile } from './opened-file.ts';
import type {
  Appended,
  CallFact,
  ControlFact,
  JournalRecord,
  Ledger,
  LedgerReader,
  Projection,
} from './port.ts';
import type { PublishedHeads } from './reader.ts';
import { createReader } from './reader.ts';
import type { Fixed } from './record.ts';
import { writeCallRecord, writeControlRecord } from './record.ts';
import { beginOwnSegment } from './recovery.ts';
import type { Replayed } from './replay.ts';
import { replayJournal } from './replay.ts';
import { SignedEntries } from './signed-entries.ts';
import { writeSnapshot } from './snapshot.ts';
import type { LogState } from './state.ts';
import { LedgerState, totalsAfterCall } from './state.ts';

/** A start that had to replay more than this closes the day at once, so that the next one is quick. */
const REPLAYED_MAX = 50_000;
/** Days that are closed again, when the clock flaps about midnight or was set back, are closed after so many records. */
const CLOSED_AGAIN_RECORDS = 100;
/** A day-closed entry is under no agreement. */
const NO_AGREEMENT = new Uint8Array(HASH_BYTES);
/** The integrator hears of durable records at once, then at most this often: a checkpoint a few times a second. */
const ADVANCE_INTERVAL_MS = 200;
/** Random bytes are drawn for many seeds at once: one call each would cost more than the rest of an append. */
const SEED_POOL_BYTES = SEED_BYTES * 512;

export type LedgerOptions = {
  /** The ledger's own folder, as `<data>/ledger`. */
  dir: string;
  /** Logs are named `<operator origin>/<log>`; best the public address of `/ledger` without its scheme. */
  operatorOrigin: string;
  vault: Vault;
  projections?: readonly Projection[];
  /** Hears in plain sentences what a start found and did: a torn end cut, a snapshot that does not read. */
  report?: (message: string) => void;
  /** Called once when the ledger can accept no more calls. */
  onFailed?: (cause: unknown) => void;
  /** A test's files; the integrator then runs on this thread. */
  files?: FilePort;
  /** Files that must stay where they are, else nothing more is recorded or signed: the folder's lock. */
  watched?: readonly OpenedFile[];
  /** Remembers outside the folder how far it was signed, and by whom. */
  guard?: LedgerGuard;
  segmentBytes?: number;
  /** For tests: closes the day after so many records too. */
  snapshotRecords?: number;
  /** Unix ms at which checkpoints are signed; a test's, with its files. */
  now?: () => number;
};

/**
 * Opens the ledger of a folder: recovers the journal, brings projections up to it, compares the trees with the
 * signed heads. @throws LedgerDamage if anything is not what was written; nothing is changed then
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const ledger = new LocalLedger(options);
  await ledger.open();
  return ledger;
}

class LocalLedger implements Ledger {
  readonly reader: LedgerReader;
  readonly #options: LedgerOptions;
  readonly #files: FilePort;
  readonly #dir: string;
  readonly #state: LedgerState;
  readonly #published: PublishedHeads = new Map();
  readonly #creating = new Map<string, Promise<string>>();
  #journal!: Journal;
  #follower!: Follower;
  #followerFailure: Error | undefined;
  #integratedThrough = 0;
  #waiters = new Set<() => void>();
  #advanceTimer: NodeJS.Timeout | undefined;
  #advancedAt = Number.NEGATIVE_INFINITY;
  readonly #seeds = Buffer.alloc(SEED_POOL_BYTES);
  #seedAt = SEED_POOL_BYTES;
  /** Records that are not durable yet, oldest first. */
  #waiting: { record: JournalRecord; before: Totals }[] = [];
  /** The position behind the last day-closed entries. */
  #closedAt = 0;
  #snapshotting: Promise<void> | undefined;
  #closed = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#files = options.files ?? realFiles();
    this.#dir = options.dir;
    this.#state = new LedgerState(options.projections ?? []);
    // Once for each log: a repair reads the whole journal.
    const repaired = new Set<string>();
    this.reader = createReader(this.#files, this.#dir, this.#published, (log) => {
      if (repaired.has(log) || this.#closed) return;
      repaired.add(log);
      this.#follower.repair(log);
    });
  }

  async open(): Promise<void> {
    const report = this.#options.report ?? (() => {});
    await this.#files.makeFolder(join(this.#dir, 'snapshots'));
    for (const key of await readKeys(this.#files, this.#dir, this.#options.vault)) this.#state.know(key);
    const heads = (await readHeads(this.#files, this.#dir))?.heads ?? new Map<string, Head>();
    const signed = await SignedEntries.open(this.#files, this.#dir, heads);
    const recovered = await replayJournal({
      files: this.#files,
      dir: this.#dir,
      state: this.#state,
      signedThrough: [...heads.values()].reduce((most, head) => Math.max(most, head.through), 0),
      signed,
      report,
    });
    const logs = [...this.#state.logs.values()];
    assertSigned(
      this.#dir,
      heads,
      logs.map(({ key }) => key),
      (log) => this.#state.get(log).size,
    );
    if (recovered.cut !== undefined) {
      const { file, offset, bytes } = recovered.cut;
      report(
        `A crash left ${bytes} bytes half-written; nobody was answered for them, they were cut (${file} at ${offset}).`,
      );
    }
    const { guard } = this.#options;
    const journalDir = join(this.#dir, 'journal');
    await guard?.claim((mark) => containsMark(this.#files, journalDir, recovered.end, mark));
    try {
      await this.#begin(recovered, [...signed.doubtful]);
    } catch (error) {
      await guard?.release();
      throw error;
    }
  }

  /** From here on the folder is this process's. */
  async #begin(recovered: Replayed, doubtful: readonly string[]): Promise<void> {
    const { guard } = this.#options;
    const { end, salt } = await beginOwnSegment(this.#files, join(this.#dir, 'journal'), recovered);
    this.#journal = new Journal({
      files: this.#files,
      dir: join(this.#dir, 'journal'),
      end,
      salt,
      watched: this.#options.watched,
      assertHeld: guard && (() => guard.assertHeld()),
      segmentBytes: this.#options.segmentBytes,
      onDurable: (end) => this.#durable(end),
      onFailed: (cause) => {
        this.#revert();
        this.#options.onFailed?.(cause);
      },
    });
    await this.#journal.open();
    this.#closedAt = recovered.end.position - recovered.replayed;
    await this.#startFollower(end, doubtful);
    if (recovered.replayed > REPLAYED_MAX) this.#closeDay((this.#options.now ?? Date.now)());
  }

  async createLog(log: string): Promise<string> {
    const known = this.#state.logs.get(log);
    if (known !== undefined) return known.key.vkey;
    const pending = this.#creating.get(log) ?? this.#createLog(log);
    this.#creating.set(log, pending);
    try {
      return await pending;
    } finally {
      this.#creating.delete(log);
    }
  }

  logs() {
    return [...this.#state.logs.values()].map(({ key: { log, origin, vkey } }) => ({ log, origin, vkey }));
  }

  state(log: string): { size: number; totals: Totals } {
    const { size, totals } = this.#state.get(log);
    return { size, totals };
  }

  append(fact: CallFact): Appended {
    const state = this.#whole(fact.log);
    this.#meetDay(fact.time);
    const totals = totalsAfterCall(state.totals, fact);
    const fixed = this.#fix(state, totals);
    this.#write((writer) => writeCallRecord(writer, fact, fixed, this.#seed()));
    const { time, log, app, key, operation, purpose, recipient, status, items, priceMicros, agreement } =
      fact;
    const record: JournalRecord & { type: 'call' } = {
      type: 'call',
      position: fixed.position,
      index: fixed.index,
      totals,
      time,
      log,
      app,
      key,
      operation,
      purpose,
      recipient,
      status,
      items,
      priceMicros,
      agreement,
    };
    if (fact.stream !== undefined) record.stream = fact.stream;
    if (fact.person !== undefined) record.person = fact.person;
    return this.#finish(state, fixed, record);
  }

  appendControl(fact: ControlFact): Appended {
    this.#whole(fact.log);
    this.#meetDay(fact.time);
    return this.#appendControl(fact);
  }

  #appendControl(fact: ControlFact): Appended {
    const state = this.#state.get(fact.log);
    const fixed = this.#fix(state, state.totals);
    this.#write((writer) => writeControlRecord(writer, fact, fixed));
    return this.#finish(state, fixed, { ...fact, type: 'control', ...fixed });
  }

  healthy(): boolean {
    return this.#journal.healthy && !this.#closed && this.#isHeld();
  }

  /** False once the guard was lost, even before a commit meets that. */
  #isHeld(): boolean {
    try {
      this.#options.guard?.assertHeld();
      return true;
    } catch {
      return false;
    }
  }

  async integrated(): Promise<void> {
    const { position } = this.#journal.durable;
    this.#advance();
    while (this.#integratedThrough < position) {
      if (this.#followerFailure !== undefined) throw this.#followerFailure;
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#advanceTimer);
    await this.#journal.flush().catch(() => {}); // Whoever waited for those records has been told.
    await this.#snapshotting;
    if (this.#journal.healthy) this.#follower.advance(this.#journal.durable);
    await this.#follower.close();
    await this.#journal.close();
    await this.#options.guard?.release();
  }

  /** @throws Problem `ledger-unavailable` for a log that is damaged, alone */
  #whole(log: string): LogState {
    const state = this.#state.get(log);
    if (state.broken !== undefined)
      throw new Problem('ledger-unavailable', {}, { cause: new Error(state.broken) });
    return state;
  }

  async #startFollower(end: JournalPoint, doubtful: readonly string[]): Promise<void> {
    const { files, now, watched = [] } = this.#options;
    const keys = [...this.#state.logs.values()].map((state) => state.key);
    const { guard } = this.#options;
    const events: FollowerEvents = {
      ...(guard && { keep: (mark) => guard.keep(mark) }),
      onPublished: ({ position, heads }) => {
        this.#integratedThrough = Math.max(this.#integratedThrough, position);
        for (const { log, size, note } of heads) this.#published.set(log, { size, note });
        this.#wake();
      },
      onReport: (message) => this.#options.report?.(message),
      onDamaged: (log, message) => {
        this.#state.get(log).broken = message;
        this.#options.report?.(`${message} Calls of log ${log} are refused; the others go on.`);
      },
      onFailed: (cause) => {
        this.#followerFailure = cause;
        // Calls that can get no receipt are not accepted either.
        this.#journal.fail(cause);
        this.#wake();
      },
    };
    const { keep, onPublished, onReport, onDamaged } = events;
    this.#follower =
      files === undefined
        ? followOnThread({ dir: this.#dir, keys, watched }, events)
        : followInline(
            () =>
              new Integrator({
                files,
                dir: this.#dir,
                keys,
                watched,
                keep,
                now,
                onPublished,
                onReport,
                onDamaged,
              }),
            events,
          );
    try {
      await this.#follower.start(end, doubtful);
    } catch (cause) {
      await this.#follower.close();
      await this.#journal.close();
      throw cause;
    }
  }

  async #createLog(log: string): Promise<string> {
    const { vault, operatorOrigin } = this.#options;
    const key = await createKey(this.#files, this.#dir, vault, operatorOrigin, log);
    this.#state.know(key);
    this.#follower.addLog(key);
    while (!this.#published.has(log)) {
      if (this.#followerFailure !== undefined) throw this.#followerFailure;
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
    return key.vkey;
  }

  #fix(state: LogState, totals: Totals): Fixed {
    return { position: this.#journal.position, index: state.size, totals };
  }

  #write(encode: (writer: ReturnType<Journal['begin']>) => void): void {
    if (this.#closed) throw new Problem('ledger-unavailable');
    const writer = this.#journal.begin();
    try {
      encode(writer);
    } catch (error) {
      this.#journal.abandon();
      throw error;
    }
  }

  /** From here on the record counts: its place, its totals and every projection change in this one step. */
  #finish(state: LogState, fixed: Fixed, record: JournalRecord): Appended {
    const committed = this.#journal.end();
    this.#waiting.push({ record, before: state.totals });
    try {
      this.#state.apply(state, record);
    } catch (cause) {
      // A projection that lost a record would count wrongly from here on.
      this.#journal.fail(cause);
      throw cause;
    }
    return { index: fixed.index, totals: fixed.totals, committed };
  }

  #seed(): Buffer {
    if (this.#seedAt === SEED_POOL_BYTES) {
      randomFillSync(this.#seeds);
      this.#seedAt = 0;
    }
    this.#seedAt += SEED_BYTES;
    return this.#seeds.subarray(this.#seedAt - SEED_BYTES, this.#seedAt);
  }

  #durable(end: JournalPoint): void {
    const waiting = this.#waiting.findIndex(({ record }) => record.position >= end.position);
    this.#waiting.splice(0, waiting < 0 ? this.#waiting.length : waiting);
    if (this.#advanceTimer === undefined) {
      const wait = this.#advancedAt + ADVANCE_INTERVAL_MS - performance.now();
      if (wait <= 0) this.#advance();
      else this.#advanceTimer = setTimeout(() => this.#advance(), wait);
    }
  }

  /** What was refused is not counted. */
  #revert(): void {
    for (const { record, before } of this.#waiting.splice(0).reverse()) this.#state.revert(record, before);
  }

  #advance(): void {
    clearTimeout(this.#advanceTimer);
    this.#advanceTimer = undefined;
    this.#advancedAt = performance.now();
    this.#follower.advance(this.#journal.durable);
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    for (const wake of waiters) wake();
  }

  /** Before a record: the first of a UTC day closes the one before. */
  #meetDay(time: number): void {
    const day = Math.floor(time / DAY_MS);
    const { lastDay, latestDay } = this.#state;
    const records = this.#journal.position - this.#closedAt;
    const isDue = day !== lastDay && (day > latestDay ? latestDay >= 0 : records >= CLOSED_AGAIN_RECORDS);
    if (isDue || records >= (this.#options.snapshotRecords ?? Number.POSITIVE_INFINITY)) this.#closeDay(time);
  }

  /**
   * Commits to the state of every log in an entry of its own, one after another in one step, and takes the snapshot that
   * they confirm. All logs at once: when one of them is closed tells nothing of the traffic of others.
   */
  #closeDay(time: number): void {
    const logs = [...this.#state.logs.values()].filter(({ size }) => size > 0);
    if (logs.length === 0 || this.#closed || !this.#journal.healthy) return;
    const isIdle = this.#snapshotting === undefined;
    const point = isIdle ? this.#journal.seal() : undefined;
    point?.catch(() => {}); // Told by what waits for it below, unless an entry is refused before.
    const dump = isIdle ? this.#state.dump() : undefined;
    const committed = logs.map((state) => {
      const body = this.#state.dayClosedBody(state);
      const { log } = state.key;
      return this.#appendControl({ time, log, event: 'day-closed', agreement: NO_AGREEMENT, body }).committed;
    });
    this.#closedAt = this.#journal.position;
    if (point === undefined || dump === undefined) return;
    this.#snapshotting = Promise.all([point, ...committed])
      .then(([point]) => writeSnapshot(this.#files, join(this.#dir, 'snapshots'), { point, ...dump }))
      .catch((cause) => this.#journal.fail(cause))
      .finally(() => {
        this.#snapshotting = undefined;
      });
  }
}
