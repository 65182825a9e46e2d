import { createPrivateKey } from 'node:crypto';
import { dirname, join } from 'node:path';
import { eachRecord, SEGMENT_HEADER_BYTES } from './block.ts';
import type { FilePort } from './file.ts';
import { publishFile } from './file.ts';
import { readCheckpoint, signCheckpoint } from './format/checkpoint.ts';
import type { NoteSigner } from './format/note.ts';
import { createSigner } from './format/note.ts';
import type { GuardMark } from './guard.ts';
import { saltMark } from './guard.ts';
import type { Head } from './heads.ts';
import { Heads } from './heads.ts';
import type { JournalPoint } from './journal.ts';
import type { LogKey } from './keys.ts';
import type { OpenedFile } from './opened-file.ts';
import { assertSameFile, openedFile } from './opened-file.ts';
import { isIncomplete, rebuildLogs } from './rebuild.ts';
import { entryOf, openingOf, readRecord } from './record.ts';
import type { ReadBlock } from './segment.ts';
import {
  BrokenBlock,
  LedgerDamage,
  nextSegmentPosition,
  readBlocks,
  segmentPath,
  segmentSalt,
} from './segment.ts';
import { edgePaths, LogTree } from './tree.ts';
import { TreeFiles } from './tree-files.ts';
import { readTreeState, writeTreeState } from './tree-state.ts';

/** While it works through a backlog, checkpoints still come this often. */
const PUBLISH_INTERVAL_MS = 500;
/** Records after which the trees' state is saved: what a start may have to integrate again, well under a second. */
const STATE_RECORDS = 50_000;
/** And at most this long after the state before, so that a quiet folder starts at once. */
const STATE_INTERVAL_MS = 10_000;

/**
 * A log that rests is signed again once a day: whoever brings back an older state of it has to sign that too, and a
 * smaller tree signed at a later time is a proof.
 */
const RESIGN_SECONDS = 86_400;

export type PublishedHead = { log: string; size: number; note: string };
export type Published = { position: number; heads: PublishedHead[] };

export type IntegratorOptions = {
  files: FilePort;
  /** The ledger's folder. */
  dir: string;
  keys: readonly LogKey[];
  /** Files that must stay where they are for anything to be signed: the folder's lock. */
  watched?: readonly OpenedFile[];
  /** Tells the folder's guard how far was signed; resolves before that is shown. */
  keep?: (mark: GuardMark) => Promise<void>;
  /** Unix ms; the system's clock unless given. */
  now?: () => number;
  /** Hears in a plain sentence that files of a log were made anew. */
  onReport?: (message: string) => void;
  /** Called once for a log that cannot go on; the others do. */
  onDamaged?: (log: string, message: string) => void;
  /** Called after a round of checkpoints is durable and in place. */
  onPublished: (published: Published) => void;
};

type Log = {
  name: string;
  dir: string;
  signer: NoteSigner;
  /** Undefined until a record comes: then it is loaded from its files. */
  tree: LogTree | undefined;
  /** Leaves, whether the tree is loaded or not. */
  size: number;
  root: Buffer | undefined;
  /** Tree size of the newest partial files, and of those that the saved state relies on. */
  edgeSize: number;
  savedSize: number;
  dirty: boolean;
  /** Its tree cannot be made as it was saved: nothing of it is integrated or signed any more. */
  broken: boolean;
};

/**
 * Follows the journal's file and makes from it what is public: entries, tiles, bundles, openings, checkpoints.
 * All of it is a function of the journal; only the signed heads are kept for ever. Calls must not overlap.
 */
export class Integrator {
  readonly #options: IntegratorOptions;
  readonly #files: FilePort;
  readonly #dir: string;
  readonly #logs = new Map<string, Log>();
  #heads!: Heads;
  #point: JournalPoint = { position: 0, segment: 0, offset: SEGMENT_HEADER_BYTES };
  #salts = new Map<number, Buffer>();
  /** The segment that was read last. */
  #opened: OpenedFile | undefined;
  readonly #tiles: TreeFiles;
  #recordsSinceState = 0;
  #publishedAt = 0;
  #stateAt = performance.now();

  constructor(options: IntegratorOptions) {
    this.#options = options;
    this.#files = options.files;
    this.#dir = options.dir;
    this.#tiles = new TreeFiles(options.files);
    for (const key of options.keys) this.#know(key);
  }

  /**
   * Takes up where it left off and comes up to every signed head, comparing the trees with it.
   * @param end the journal's durable end. @param doubtful logs whose files are not what was signed
   * @throws LedgerDamage if a tree is not the one that was signed
   */
  async start(end: JournalPoint, doubtful: readonly string[] = []): Promise<void> {
    this.#heads = await Heads.open(this.#files, this.#dir);
    await this.#assertNothingNewerPublished();
    const restored = await this.#restore(doubtful);
    if (!restored) for (const log of this.#logs.values()) this.#setMark(log, 0, undefined);
    for (const log of this.#logs.values()) this.#compare(log);
    await this.#follow(end);
    for (const head of this.#heads.all()) {
      const log = this.#logs.get(head.log);
      if (log?.broken) continue;
      if (log === undefined || log.size < head.size) {
        const what = `Log ${head.log} was signed at ${head.size} entries, but the journal holds ${log?.size ?? 0}`;
        throw this.#disagreement(what, head.log);
      }
    }
    for (const head of this.#heads.all()) if (this.#isStale(head)) this.#logs.get(head.log)!.dirty = true;
    await this.#publish();
    await this.#showHeads();
  }

  /** A log made while it runs; its empty tree gets a checkpoint. */
  async addLog(key: LogKey): Promise<void> {
    this.#know(key);
    await this.#publish();
  }

  /** Integrates and publishes everything up to a durable end of the journal. */
  async advance(end: JournalPoint): Promise<void> {
    await this.#follow(end);
    await this.#publish();
    const due = performance.now() - this.#stateAt >= STATE_INTERVAL_MS;
    if (this.#recordsSinceState > 0 && due) await this.#saveState();
  }

  async close(): Promise<void> {
    if (this.#recordsSinceState > 0) await this.#saveState();
    await this.#heads.close();
  }

  #know(key: LogKey): void {
    if (this.#logs.has(key.log)) return;
    const der = Buffer.from(key.privateKey);
    const signer = createSigner(key.origin, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    this.#logs.set(key.log, {
      name: key.log,
      dir: join(this.#dir, key.log),
      signer,
      tree: new LogTree(),
      size: 0,
      root: undefined,
      edgeSize: 0,
      savedSize: 0,
      dirty: true,
      broken: false,
    });
  }

  #setMark(log: Log, size: number, root: Buffer | undefined): void {
    log.tree = size === 0 ? new LogTree() : undefined;
    log.size = size;
    log.root = root;
    log.edgeSize = size;
    log.savedSize = size;
    log.dirty = this.#heads.get(log.name) === undefined;
  }

  /** False if all trees must be made anew. Of a log whose files are not all there, these are made anew at once. */
  async #restore(doubtful: readonly string[]): Promise<boolean> {
    const state = await readTreeState(this.#files, this.#dir);
    if (state === undefined) return false;
    const incomplete: Log[] = [];
    for (const [name, { size, root }] of state.logs) {
      const log = this.#logs.get(name);
      if (log === undefined || size > (this.#heads.get(name)?.size ?? 0)) return false;
      this.#setMark(log, size, root);
      if (doubtful.includes(name) || (await isIncomplete(this.#files, log.dir, size))) incomplete.push(log);
    }
    this.#point = state.point;
    for (const log of incomplete) await this.#mend(log);
    return true;
  }

  /** Makes a log's files anew from the journal. False if its tree then is another than the one that was saved. */
  async #rebuild(log: Log): Promise<boolean> {
    const journal = join(this.#dir, 'journal');
    const rebuilt = await rebuildLogs(this.#files, journal, this.#point.position, [log], this.#tiles).catch(
      (cause) => {
        // The journal does not hold what this log is made of; what other logs need of it may be whole.
        if (cause instanceof LedgerDamage || cause instanceof RangeError) return undefined;
        throw cause;
      },
    );
    if (rebuilt === undefined) return false;
    const { tree, written } = rebuilt.get(log.name)!;
    if (tree.size !== log.size || (log.root !== undefined && !tree.root().equals(log.root))) return false;
    log.tree = tree;
    if (written > 0) {
      this.#options.onReport?.(
        `${written} files of log ${log.name} were missing or damaged; they were made anew from the journal.`,
      );
    }
    return true;
  }

  /** Looks at all files of a log, since one that was read is not what was signed. */
  async repair(name: string): Promise<void> {
    const log = this.#logs.get(name);
    if (log === undefined || log.broken) return;
    await this.#mend(log);
  }

  /** Rebuilds a log; where that fails it alone is refused. */
  async #mend(log: Log): Promise<void> {
    if (await this.#rebuild(log)) return;
    log.broken = true;
    log.tree = undefined;
    this.#options.onDamaged?.(log.name, this.#notAsSaved(log).message);
  }

  async #follow(end: JournalPoint): Promise<void> {
    while (this.#point.position < end.position || this.#point.segment < end.segment) {
      const { segment } = this.#point;
      const path = segmentPath(join(this.#dir, 'journal'), segment);
      const isLast = segment === end.segment;
      const stop = isLast ? end.offset : ((await this.#files.size(path)) ?? 0);
      const salt = await this.#salt(segment, path);
      const position = isLast ? undefined : await nextSegmentPosition(this.#files, dirname(path), segment);
      const until = { from: this.#point.position, position };
      try {
        for await (const read of readBlocks(this.#files, path, salt, this.#point.offset, stop, until)) {
          await this.#integrate(read);
        }
      } catch (error) {
        if (!(error instanceof BrokenBlock)) throw error;
        const advice = 'Inspect the folder with `parley ledger verify`, and restore the file from a backup';
        throw new LedgerDamage('The journal is damaged', path, error.offset, advice);
      }
      if (!isLast) {
        const { position } = this.#point;
        this.#point = { position, segment: position, offset: SEGMENT_HEADER_BYTES };
      }
    }
  }

  async #salt(segment: number, path: string): Promise<Buffer> {
    const known = this.#salts.get(segment);
    if (known !== undefined) return known;
    const salt = await segmentSalt(this.#files, { path, firstPosition: segment });
    if (salt === undefined) {
      throw new LedgerDamage("A segment's header is damaged", path, 0, 'Restore the file from a backup');
    }
    this.#salts = new Map([[segment, salt]]);
    this.#opened = openedFile(this.#files, path);
    return salt;
  }

  async #integrate({ bytes, block, base }: ReadBlock): Promise<void> {
    const places: [number, number][] = [];
    eachRecord(bytes, block, (start, end) => places.push([start, end]));
    for (const [start, end] of places) {
      const record = readRecord(bytes, start, end);
      const log = this.#logs.get(record.log);
      if (log === undefined) {
        const what = `Record ${record.position} is for log ${record.log}, which has no key`;
        throw new LedgerDamage(
          what,
          join(this.#dir, record.log),
          undefined,
          'Restore its key file from a backup',
        );
      }
      if (log.broken) continue;
      const tree = log.tree ?? (await this.#load(log));
      if (tree === undefined) continue;
      tree.append(entryOf(record), openingOf(record));
      log.size = tree.size;
      log.root = undefined;
      log.dirty = true;
      this.#compare(log);
      for (const { path, bytes: content } of tree.takeFull()) this.#tiles.write(log.dir, path, content);
    }
    this.#point = {
      ...this.#point,
      position: this.#point.position + block.records,
      offset: base + block.end,
    };
    this.#recordsSinceState += block.records;
    if (performance.now() - this.#publishedAt > PUBLISH_INTERVAL_MS) await this.#publish();
    if (this.#recordsSinceState >= STATE_RECORDS) await this.#saveState();
  }

  /** The tree from its files, or from the journal if they are damaged; undefined, and the log broken, if neither. */
  async #load(log: Log): Promise<LogTree | undefined> {
    const tree = await LogTree.load(this.#files, log.dir, log.size);
    if (tree !== undefined && (log.root === undefined || tree.root().equals(log.root))) log.tree = tree;
    else await this.#mend(log);
    return log.tree;
  }

  #notAsSaved(log: Log): LedgerDamage {
    const what = `Files of log ${log.name} are missing or damaged, and the journal does not give its tree of ${log.size} entries`;
    const advice =
      'Only this log is refused. Inspect the folder with `parley ledger verify`, and restore the journal from a backup';
    return new LedgerDamage(what, log.dir, undefined, advice);
  }

  /** At the size of the last signed head, the tree must be the one that was signed. */
  #compare(log: Log): void {
    const head = this.#heads.get(log.name);
    if (head === undefined || head.size !== log.size) return;
    const root = log.root ?? log.tree?.root();
    if (root !== undefined && !root.equals(head.root)) {
      throw this.#disagreement(
        `Log ${log.name} has another tree of ${log.size} entries than the one signed`,
        log.name,
      );
    }
  }

  #disagreement(what: string, log: string): LedgerDamage {
    const advice =
      'Nothing more is signed, since two trees would prove fraud. Compare the folder with its backups by ' +
      '`parley ledger verify`, and restore the journal to which the signed heads belong';
    return new LedgerDamage(what, join(this.#dir, log), undefined, advice);
  }

  /** The heads file may have come from an older backup than the checkpoints that were published. */
  async #assertNothingNewerPublished(): Promise<void> {
    for (const log of this.#logs.values()) {
      const note = await this.#files.read(join(log.dir, 'checkpoint'));
      if (note === undefined || note.length === 0) continue;
      const size = publishedSize(note.toString('utf8'));
      if (size > (this.#heads.get(log.name)?.size ?? -1)) {
        const what = `Log ${log.name} has published ${size} entries, but no signed head of that size is kept`;
        throw this.#disagreement(what, log.name);
      }
    }
  }

  /** Puts the signed checkpoints where they are read, should a crash have come between signing and that. */
  async #showHeads(): Promise<void> {
    for (const { log, note } of this.#heads.all()) {
      const path = join(this.#dir, log, 'checkpoint');
      const shown = await this.#files.read(path);
      if (shown?.toString('utf8') !== note) await publishFile(this.#files, path, Buffer.from(note));
    }
    const heads = [...this.#heads.all()].map(({ log, size, note }) => ({ log, size, note }));
    this.#options.onPublished({ position: this.#point.position, heads });
  }

  /** Writes the right edges, signs every log that grew, makes the heads durable, then shows them. */
  async #publish(): Promise<void> {
    this.#assertOurs();
    const grown: { log: Log; before: Head | undefined; after: Head }[] = [];
    for (const log of this.#logs.values()) {
      if (!log.dirty || log.broken) continue;
      const before = this.#heads.get(log.name);
      if (before !== undefined && log.size <= before.size) {
        if (log.size === before.size && this.#isStale(before)) {
          grown.push({ log, before, after: this.#sign(log, before.root, before) });
        }
        if (log.tree !== undefined) this.#writeEdge(log, log.tree);
        log.dirty = false;
        continue;
      }
      const tree = log.tree ?? (await this.#load(log));
      if (tree === undefined) continue;
      this.#writeEdge(log, tree);
      const root = tree.root();
      log.root = root;
      grown.push({ log, before, after: this.#sign(log, root, before) });
    }
    await this.#tiles.settle();
    if (grown.length > 0) {
      await this.#heads.replace(grown);
      await this.#options.keep?.(await this.#mark());
    }
    this.#assertOurs();
    for (const { log, after } of grown) {
      await publishFile(this.#files, join(log.dir, 'checkpoint'), Buffer.from(after.note));
      log.dirty = false;
    }
    this.#publishedAt = performance.now();
    const heads = grown.map(({ after: { log, size, note } }) => ({ log, size, note }));
    this.#options.onPublished({ position: this.#point.position, heads });
  }

  async #mark(): Promise<GuardMark> {
    const { position, segment } = this.#point;
    const salt = await this.#salt(segment, segmentPath(join(this.#dir, 'journal'), segment));
    return { position, segment, salt: saltMark(salt) };
  }

  /** Before a signature, and before it is shown: another server may have taken the folder over meanwhile. */
  #assertOurs(): void {
    const { watched = [] } = this.#options;
    for (const opened of [...watched, ...(this.#opened ? [this.#opened] : [])]) {
      assertSameFile(this.#files, opened);
    }
  }

  /** A log's time of signing never runs back, whatever the clock does. */
  #sign(log: Log, root: Buffer, before: Head | undefined): Head {
    const seconds = Math.max(this.#nowSeconds(), before?.seconds ?? 0);
    const note = signCheckpoint(log.size, root, log.signer, seconds);
    return { log: log.name, size: log.size, root, through: this.#point.position, note, seconds };
  }

  #nowSeconds(): number {
    return Math.floor((this.#options.now ?? Date.now)() / 1000);
  }

  #isStale(head: Head): boolean {
    return this.#nowSeconds() - head.seconds >= RESIGN_SECONDS;
  }

  /** The new partial files; the ones before go, but for those that the saved state relies on. */
  #writeEdge(log: Log, tree: LogTree): void {
    const kept = new Set([...edgePaths(log.savedSize), ...edgePaths(tree.size)]);
    for (const { path, bytes } of tree.edge()) this.#tiles.write(log.dir, path, bytes);
    this.#tiles.remove(log.dir, edgePaths(log.edgeSize), kept);
    log.edgeSize = tree.size;
  }

  /** Publishes, syncs every file written since the last time, and saves where the trees stand. */
  async #saveState(): Promise<void> {
    for (const log of this.#logs.values()) {
      const head = this.#heads.get(log.name);
      if (head !== undefined && this.#isStale(head)) log.dirty = true;
    }
    await this.#publish();
    // The state would say that the broken log's records are in its tree.
    if ([...this.#logs.values()].some((log) => log.broken)) return;
    await this.#tiles.sync();
    const logs = new Map<string, { size: number; root: Buffer }>();
    for (const log of this.#logs.values()) {
      if (log.size > 0)
        logs.set(log.name, { size: log.size, root: log.root ?? this.#heads.get(log.name)!.root });
    }
    await writeTreeState(this.#files, this.#dir, { point: this.#point, logs });
    for (const log of this.#logs.values()) {
      const isIdle = log.savedSize === log.size;
      this.#tiles.remove(log.dir, edgePaths(log.savedSize), new Set(edgePaths(log.edgeSize)));
      log.savedSize = log.size;
      // An idle log's edge can be read again when its next record comes.
      if (isIdle && log.size > 0) log.tree = undefined;
    }
    await this.#tiles.settle();
    this.#recordsSinceState = 0;
    this.#stateAt = performance.now();
  }
}

/** −1 for a checkpoint that does not read: it is written anew from the signed head. */
function publishedSize(note: string): number {
  try {
    return readCheckpoint(note).size;
  } catch {
    return -1;
  }
}
