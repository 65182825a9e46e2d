import { overloaded, Problem } from '#kernel';
import {
  BLOCK_BYTES_MAX,
  BLOCK_HEADER_BYTES,
  RECORD_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
  sealBlock,
} from './block.ts';
import type { AppendFile, FilePort } from './file.ts';
import { CborWriter } from './format/cbor.ts';
import type { OpenedFile } from './opened-file.ts';
import { assertNoFile, assertSameFile, openedFile } from './opened-file.ts';
import { beginSegment, segmentPath } from './segment.ts';

/** A place between two blocks. `offset` is in the segment that begins at `segment`; `position` counts records. */
export type JournalPoint = { position: number; segment: number; offset: number };

/** Segments roll at this size: small enough to copy and retire, large enough that a year has thousands, not millions. */
export const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Records waiting for their sync. Past it the disk is too slow for what comes in, and more waiting helps nobody. */
const WAITING_BYTES_MAX = 32 * 1024 * 1024;
/** Seconds after which a refused caller may try again: the queue above drains in well under one. */
const OVERLOAD_RETRY_SECONDS = 1;
const BATCH_CAPACITY = 64 * 1024;

/** Records that one sync will make durable, with the promise that all their callers share. */
class Batch {
  readonly firstPosition: number;
  readonly writer: CborWriter;
  records = 0;
  readonly committed: Promise<void>;
  /** Where its block ended, once it is on disk. */
  end: JournalPoint | undefined;
  resolve!: () => void;
  reject!: (cause: unknown) => void;

  constructor(firstPosition: number, writer: CborWriter) {
    this.firstPosition = firstPosition;
    this.writer = writer;
    writer.length = BLOCK_HEADER_BYTES;
    this.committed = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A caller that does not wait must not bring the process down; one that waits still sees the rejection.
    this.committed.catch(() => {});
  }
}

export type JournalOptions = {
  files: FilePort;
  dir: string;
  /** Where recovery left off, and the salt of that segment. */
  end: JournalPoint;
  salt: Buffer;
  segmentBytes?: number;
  /** Files that must stay where they are, beside the newest segment: the folder's lock. */
  watched?: readonly OpenedFile[];
  /** Throws when the folder's guard has given it to another. */
  assertHeld?: () => void;
  /** Called after each sync with the new durable end. */
  onDurable?: (end: JournalPoint) => void;
  /** Called once, when a write or sync failed. */
  onFailed?: (cause: unknown) => void;
};

/**
 * Group commit: records gather in a batch while the batch before is being synced; each batch becomes one block.
 * Between `begin` and `end` the caller encodes one record, synchronously.
 */
export class Journal {
  readonly #options: JournalOptions;
  readonly #segmentBytes: number;
  #file: AppendFile | undefined;
  #opened: OpenedFile | undefined;
  #salt: Buffer;
  #end: JournalPoint;
  #position: number;
  #gathering: Batch | undefined;
  #full: Batch[] = [];
  #committing: Batch | undefined;
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #failure: { cause: unknown } | undefined;
  #spare: CborWriter | undefined;
  #recordAt = 0;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#salt = options.salt;
    this.#end = options.end;
    this.#position = options.end.position;
  }

  /** Opens the last segment for appending. */
  async open(): Promise<void> {
    this.#file = await this.#options.files.openAppend(this.#path(), this.#end.offset);
    this.#opened = openedFile(this.#options.files, this.#path());
  }

  /** The position that the next record gets. */
  get position(): number {
    return this.#position;
  }

  /** Everything before this is on disk. */
  get durable(): JournalPoint {
    return this.#end;
  }

  get healthy(): boolean {
    return this.#failure === undefined;
  }

  /** The writer for one record. @throws Problem `ledger-unavailable` after a failure, `overloaded` when too much waits. */
  begin(): CborWriter {
    if (this.#failure !== undefined) throw this.#unavailable();
    if (this.#waitingBytes > WAITING_BYTES_MAX) throw overloaded(OVERLOAD_RETRY_SECONDS);
    if (this.#gathering !== undefined && this.#gathering.writer.length > BLOCK_BYTES_MAX / 2) {
      this.#full.push(this.#gathering);
      this.#gathering = undefined;
    }
    if (this.#gathering === undefined) {
      this.#gathering = new Batch(this.#position, this.#spare ?? new CborWriter(BATCH_CAPACITY));
      this.#spare = undefined;
    }
    const { writer } = this.#gathering;
    this.#recordAt = writer.reserve(RECORD_HEADER_BYTES);
    writer.length += RECORD_HEADER_BYTES;
    return writer;
  }

  /** Takes back what was written since `begin`. */
  abandon(): void {
    if (this.#gathering !== undefined) this.#gathering.writer.length = this.#recordAt;
  }

  /** Ends the record; it has its position now. The promise resolves when its block is on disk. */
  end(): Promise<void> {
    const batch = this.#gathering!;
    const { writer } = batch;
    const bytes = writer.length - this.#recordAt;
    writer.buffer.writeUInt32BE(bytes - RECORD_HEADER_BYTES, this.#recordAt);
    batch.records += 1;
    this.#position += 1;
    this.#waitingBytes += bytes;
    // At the end of this turn of the event loop, so that calls that arrived together share a sync.
    this.#running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#drain());
    return batch.committed;
  }

  /**
   * Ends the batch, so that a block ends after the last record so far. Resolves with that place once it is
   * durable; rejects with Problem `ledger-unavailable`.
   */
  async seal(): Promise<JournalPoint> {
    if (this.#gathering !== undefined && this.#gathering.records > 0) {
      this.#full.push(this.#gathering);
      this.#gathering = undefined;
    }
    const last = this.#full.at(-1) ?? this.#committing;
    await last?.committed;
    return last?.end ?? this.#end;
  }

  /** Resolves when all records so far are durable. Rejects with Problem `ledger-unavailable`. */
  async flush(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    if (this.#failure !== undefined) throw this.#unavailable();
  }

  /** Waits for what is under way and closes the file. Does not reject after a failure: that was told already. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Refuses everything from now on, and everything that still waits. */
  fail(cause: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { cause };
    const waiting = this.#full;
    if (this.#gathering !== undefined) waiting.push(this.#gathering);
    this.#full = [];
    this.#gathering = undefined;
    for (const batch of waiting) batch.reject(this.#unavailable());
    this.#options.onFailed?.(cause);
  }

  #unavailable(): Problem {
    return new Problem('ledger-unavailable', {}, { cause: this.#failure?.cause });
  }

  async #drain(): Promise<void> {
    try {
      for (let batch = this.#next(); batch !== undefined; batch = this.#next()) {
        this.#committing = batch;
        try {
          batch.end = await this.#commit(batch);
        } catch (cause) {
          this.fail(cause);
          batch.reject(this.#unavailable());
          return;
        }
        this.#committing = undefined;
        this.#waitingBytes -= batch.writer.length - BLOCK_HEADER_BYTES;
        this.#spare = batch.writer.buffer.length <= BLOCK_BYTES_MAX / 8 ? batch.writer : undefined;
        this.#options.onDurable?.(this.#end);
        batch.resolve();
      }
    } finally {
      this.#running = undefined;
    }
  }

  #next(): Batch | undefined {
    const full = this.#full.shift();
    if (full !== undefined) return full;
    const batch = this.#gathering;
    // A batch whose only record was taken back stays for the next record.
    if (batch === undefined || batch.records === 0) return undefined;
    this.#gathering = undefined;
    return batch;
  }

  async #commit(batch: Batch): Promise<JournalPoint> {
    if (
      this.#end.offset > SEGMENT_HEADER_BYTES &&
      this.#end.offset + batch.writer.length > this.#segmentBytes
    ) {
      await this.#roll(batch.firstPosition);
    }
    const block = batch.writer.written();
    sealBlock(block, this.#salt, batch.firstPosition, batch.records);
    const { segment, offset } = this.#end;
    await this.#file!.append(block);
    await this.#file!.sync();
    const end = { position: batch.firstPosition + batch.records, segment, offset: offset + block.length };
    this.#assertOurs(end.offset, batch.firstPosition, end.position);
    this.#end = end;
    return end;
  }

  /**
   * After the sync and before any caller is answered: lock and segment are the files that this process opened, and no
   * other server has begun a segment where this block begins or ends. One that starts looks at this segment's length
   * after it began its own, so that of the two at least one notices the other.
   */
  #assertOurs(size: number, ...positions: number[]): void {
    const { files, dir, watched = [] } = this.#options;
    this.#options.assertHeld?.();
    for (const opened of watched) assertSameFile(files, opened);
    assertSameFile(files, this.#opened!, size);
    for (const position of positions) {
      if (position !== this.#end.segment) assertNoFile(files, segmentPath(dir, position));
    }
  }

  async #roll(firstPosition: number): Promise<void> {
    await this.#file!.close();
    assertNoFile(this.#options.files, segmentPath(this.#options.dir, firstPosition));
    this.#salt = await beginSegment(this.#options.files, this.#options.dir, firstPosition);
    this.#end = { position: firstPosition, segment: firstPosition, offset: SEGMENT_HEADER_BYTES };
    await this.open();
  }

  #path(): string {
    return segmentPath(this.#options.dir, this.#end.segment);
  }
}
