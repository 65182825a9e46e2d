import { randomFillSync } from 'node:crypto';
import { join } from 'node:path';
import { Problem, type Vault } from '#kernel';
import type { FilePort } from './file.ts';
import { realFiles } from './file.ts';
import type { Follower, FollowerEvents } from './follower.ts';
import { followInline, followOnThread } from './follower.ts';
import type { Totals } from './format/entry.ts';
import { NO_TOTALS } from './format/entry.ts';
import { SEED_BYTES } from './format/opening.ts';
import { readHeads } from './heads.ts';
import { Integrator } from './integrator.ts';
import type { JournalPoint } from './journal.ts';
import { Journal } from './journal.ts';
import type { LogKey } from './keys.ts';
import { createKey, readKeys } from './keys.ts';
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
import { presentRecord, readRecord, writeCallRecord, writeControlRecord } from './record.ts';
import { recoverJournal } from './recovery.ts';
import { LedgerDamage } from './segment.ts';
import type { Snapshot } from './snapshot.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';

/** Records or bytes of journal after which a snapshot is taken: what a start replays stays under half a second. */
const SNAPSHOT_RECORDS = 50_000;
const SNAPSHOT_BYTES = 16 * 1024 * 1024;
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
  segmentBytes?: number;
  snapshotRecords?: number;
  /** Unix ms at which checkpoints are signed; a test's, with its files. */
  now?: () => number;
};

type LogState = { key: LogKey; size: number; totals: Totals };

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
  readonly #projections: readonly Projection[];
  readonly #logs = new Map<string, LogState>();
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
  #snapshotPoint: JournalPoint = { position: 0, segment: 0, offset: 0 };
  #bytesSinceSnapshot = 0;
  #snapshotting: Promise<void> | undefined;
  #closed = false;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#files = options.files ?? realFiles();
    this.#dir = options.dir;
    this.#projections = options.projections ?? [];
    this.reader = createReader(this.#files, this.#dir, this.#published);
  }

  async open(): Promise<void> {
    const report = this.#options.report ?? (() => {});
    await this.#files.makeFolder(join(this.#dir, 'snapshots'));
    for (const key of await readKeys(this.#files, this.#dir, this.#options.vault)) this.#know(key);
    const heads = [...((await readHeads(this.#files, this.#dir))?.heads.values() ?? [])];
    const signedThrough = heads.reduce((most, head) => Math.max(most, head.through), 0);
    const snapshot = await this.#load(report);
    const journalDir = join(this.#dir, 'journal');
    const recovered = await recoverJournal({
      files: this.#files,
      dir: journalDir,
      from: snapshot?.point,
      signedThrough,
      visit: (bytes, start, end, position) => this.#replay(bytes, start, end, position),
    });
    if (recovered.cut !== undefined) {
      const { file, offset, bytes } = recovered.cut;
      report(
        `A crash left ${bytes} bytes half-written; nobody was answered for them, they were cut (${file} at ${offset}).`,
      );
    }
    this.#journal = new Journal({
      files: this.#files,
      dir: journalDir,
      end: recovered.end,
      salt: recovered.salt,
      segmentBytes: this.#options.segmentBytes,
      onDurable: (end) => this.#durable(end),
      onFailed: (cause) => this.#options.onFailed?.(cause),
    });
    await this.#journal.open();
    await this.#startFollower(recovered.end);
  }

  async createLog(log: string): Promise<string> {
    const known = this.#logs.get(log);
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
    return [...this.#logs.values()].map(({ key: { log, origin, vkey } }) => ({ log, origin, vkey }));
  }

  state(log: string): { size: number; totals: Totals } {
    const { size, totals } = this.#state(log);
    return { size, totals };
  }

  append(fact: CallFact): Appended {
    const state = this.#state(fact.log);
    const { calls, posts, persons, billed, micros } = state.totals;
    const isCall = fact.stream === undefined;
    const totals = {
      calls: calls + (isCall ? 1 : 0),
      posts,
      persons,
      billed,
      micros: micros + fact.priceMicros,
    };
    for (const { kind, billed: isBilled } of fact.items) {
      if (kind === 'post') {
        totals.posts += 1;
        if (isBilled) totals.billed += 1;
      } else totals.persons += 1;
    }
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
    const state = this.#state(fact.log);
    const fixed = this.#fix(state, state.totals);
    this.#write((writer) => writeControlRecord(writer, fact, fixed));
    return this.#finish(state, fixed, { ...fact, type: 'control', ...fixed });
  }

  healthy(): boolean {
    return this.#journal.healthy && !this.#closed;
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
    if (this.#journal.healthy) {
      this.#follower.advance(this.#journal.durable);
      await this.#snapshot();
    }
    await this.#follower.close();
    await this.#journal.close();
  }

  #know(key: LogKey): void {
    this.#logs.set(key.log, { key, size: 0, totals: NO_TOTALS });
  }

  #state(log: string): LogState {
    const state = this.#logs.get(log);
    if (state === undefined) throw new RangeError(`there is no log ${log}: create it first`);
    return state;
  }

  async #load(report: (message: string) => void): Promise<Snapshot | undefined> {
    const names = this.#projections.map((projection) => projection.name);
    const snapshot = await readSnapshot(this.#files, join(this.#dir, 'snapshots'), names, report);
    for (const { log, size, totals } of snapshot?.logs ?? []) {
      const state = this.#logs.get(log);
      if (state === undefined) throw this.#noKey(log);
      Object.assign(state, { size, totals });
    }
    for (const projection of this.#projections) projection.load(snapshot?.dumps.get(projection.name));
    if (snapshot !== undefined) this.#snapshotPoint = snapshot.point;
    return snapshot;
  }

  #noKey(log: string): LedgerDamage {
    const advice = 'Restore its key file from a backup: without it the log cannot go on';
    return new LedgerDamage(
      `The journal has records of log ${log}, which has no key`,
      join(this.#dir, log),
      undefined,
      advice,
    );
  }

  #replay(bytes: Buffer, start: number, end: number, position: number): void {
    const record = presentRecord(readRecord(bytes, start, end));
    const state = this.#logs.get(record.log);
    if (state === undefined) throw this.#noKey(record.log);
    if (record.position !== position || record.index !== state.size) {
      throw new RangeError(
        `it says record ${record.position}, entry ${record.index}; entry ${state.size} follows`,
      );
    }
    state.size += 1;
    state.totals = record.totals;
    for (const projection of this.#projections) projection.apply(record);
  }

  async #startFollower(end: JournalPoint): Promise<void> {
    const { files, now } = this.#options;
    const keys = [...this.#logs.values()].map((state) => state.key);
    const events: FollowerEvents = {
      onPublished: ({ position, heads }) => {
        this.#integratedThrough = Math.max(this.#integratedThrough, position);
        for (const { log, size, note } of heads) this.#published.set(log, { size, note });
        this.#wake();
      },
      onFailed: (cause) => {
        this.#followerFailure = cause;
        // Calls that can get no receipt are not accepted either.
        this.#journal.fail(cause);
        this.#wake();
      },
    };
    const onPublished = events.onPublished;
    this.#follower =
      files === undefined
        ? followOnThread(this.#dir, keys, events)
        : followInline(() => new Integrator({ files, dir: this.#dir, keys, now, onPublished }), events);
    try {
      await this.#follower.start(end);
    } catch (cause) {
      await this.#follower.close();
      await this.#journal.close();
      throw cause;
    }
  }

  async #createLog(log: string): Promise<string> {
    const { vault, operatorOrigin } = this.#options;
    const key = await createKey(this.#files, this.#dir, vault, operatorOrigin, log);
    this.#know(key);
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
    const before = writer.length;
    try {
      encode(writer);
    } catch (error) {
      this.#journal.abandon();
      throw error;
    }
    this.#bytesSinceSnapshot += writer.length - before;
  }

  /** From here on the record counts: its place, its totals and every projection change in this one step. */
  #finish(state: LogState, fixed: Fixed, record: JournalRecord): Appended {
    const committed = this.#journal.end();
    state.size += 1;
    state.totals = fixed.totals;
    try {
      for (const projection of this.#projections) projection.apply(record);
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
    if (this.#advanceTimer === undefined) {
      const wait = this.#advancedAt + ADVANCE_INTERVAL_MS - performance.now();
      if (wait <= 0) this.#advance();
      else this.#advanceTimer = setTimeout(() => this.#advance(), wait);
    }
    const records = end.position - this.#snapshotPoint.position;
    const isDue =
      records >= (this.#options.snapshotRecords ?? SNAPSHOT_RECORDS) ||
      this.#bytesSinceSnapshot >= SNAPSHOT_BYTES;
    if (isDue && this.#snapshotting === undefined && !this.#closed) {
      this.#snapshotting = this.#snapshot()
        .catch((cause) => this.#journal.fail(cause))
        .finally(() => {
          this.#snapshotting = undefined;
        });
    }
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

  /** Dumps everything in one step at one position, then writes it once the journal is durable that far. */
  async #snapshot(): Promise<void> {
    const { position } = this.#journal;
    if (position === this.#snapshotPoint.position) return;
    const logs = [...this.#logs.values()].map(({ key, size, totals }) => ({ log: key.log, size, totals }));
    const dumps = new Map(this.#projections.map((projection) => [projection.name, projection.dump()]));
    this.#bytesSinceSnapshot = 0;
    const point = await this.#journal.seal();
    await writeSnapshot(this.#files, join(this.#dir, 'snapshots'), { point, logs, dumps });
    this.#snapshotPoint = point;
  }
}
