import { parentPort, workerData } from 'node:worker_threads';
import { type Change, extractEntities } from '#posts';
import { openMintLater } from '../mint.ts';
import type { ColumnMap } from '../table/columns.ts';
import { BadRecord } from '../value.ts';
import { FileError } from './expand.ts';
import { parseFile } from './parse.ts';
import type { Rejected } from './records.ts';
import { shiftChange } from './shift.ts';
import type { Format } from './sniff.ts';

/** The parse thread: reads files one after the other and sends what they say in batches, a few at a time. */
export type ParseOrder = {
  files: readonly string[];
  /** `newest` only looks for the time of the newest post: no entities, nothing sent but that. */
  goal: 'changes' | 'newest';
  deltaMs: number;
  now: number;
  batchChanges: number;
  batchesInFlightMax: number;
  columnMap: ColumnMap;
  /** Where minted ids are remembered; made when one is needed. */
  mintPath: string;
};

export type Batch = {
  changes: Change[];
  /** The line or row that each change comes from. */
  lines: number[];
  rejected: Rejected[];
  /** Bytes of the file on disk read so far. */
  bytesDone: number;
};

/** As the file has it, not moved yet. */
export type NewestPost = { id: string; createdAt: number };

export type ParseMessage =
  | ({ kind: 'batch'; file: number } & Batch)
  | { kind: 'file-end'; file: number; format?: Format; error?: string; leftOut?: string[]; bytesDone: number }
  | { kind: 'newest'; newest: NewestPost | undefined }
  | { kind: 'end' };

/** Names of columns that are told; a table may have thousands. */
const LEFT_OUT_MAX = 200;

const port = parentPort;
if (port) void run(workerData as ParseOrder, (message) => port.postMessage(message));

async function run(order: ParseOrder, send: (message: ParseMessage) => void): Promise<void> {
  const credit = createCredit(order.batchesInFlightMax);
  port?.on('message', () => credit.give());
  const mint = openMintLater(order.mintPath);
  const entitiesOf = order.goal === 'newest' ? () => ({}) : extractEntities;
  const reading = { now: order.now, entitiesOf, mint, columnMap: order.columnMap };
  let newest: NewestPost | undefined;
  for (const [file, path] of order.files.entries()) {
    let batch: Batch = { changes: [], lines: [], rejected: [], bytesDone: 0 };
    let taken = false;
    let rejected = 0;
    let leftOut: string[] | undefined;
    const flush = () => {
      mint.commit();
      credit.take();
      send({ kind: 'batch', file, ...batch });
      batch = { changes: [], lines: [], rejected: [], bytesDone: batch.bytesDone };
    };
    const isFull = () => batch.changes.length + batch.rejected.length >= order.batchChanges;
    const output = {
      change(change: Change, line: number) {
        taken = true;
        if (order.goal === 'newest') {
          if (change.kind === 'post' && change.post.createdAt > (newest?.createdAt ?? 0))
            newest = { id: change.post.id, createdAt: change.post.createdAt };
          return;
        }
        batch.changes.push(order.deltaMs === 0 ? change : shiftChange(change, order.deltaMs));
        batch.lines.push(line);
        if (isFull()) flush();
      },
      reject(one: Rejected) {
        if (order.goal === 'newest') return;
        rejected++;
        batch.rejected.push(one);
        if (isFull()) flush();
      },
      leftOut(columns: readonly string[]) {
        if (columns.length > 0) leftOut = columns.slice(0, LEFT_OUT_MAX);
      },
      read(bytes: number) {
        batch.bytesDone = bytes;
      },
      room: () => credit.wait(),
    };
    let format: Format | undefined;
    let error: string | undefined;
    try {
      format = await parseFile(path, reading, output);
      if (!taken && rejected > 0)
        error = `none of its ${rejected} records could be taken; the rejected file says why`;
    } catch (failure) {
      error = explain(failure);
    }
    if (order.goal === 'newest') continue;
    if (batch.changes.length + batch.rejected.length > 0) flush();
    send({
      kind: 'file-end',
      file,
      bytesDone: batch.bytesDone,
      ...(format && { format }),
      ...(leftOut && { leftOut }),
      ...(error && { error }),
    });
  }
  mint.close();
  send(order.goal === 'newest' ? { kind: 'newest', newest } : { kind: 'end' });
  port?.close();
}

/** What stops a file, in words for who named it. Our own mistakes end the thread and are seen. */
function explain(failure: unknown): string {
  if (failure instanceof FileError || failure instanceof BadRecord) return failure.message;
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : '';
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'it may not be read';
  if (code === 'EIO') return 'the disk could not read it';
  throw failure;
}

/** A few batches may be under way; then reading waits, so that a slow writer never makes memory grow. */
function createCredit(inFlightMax: number) {
  let inFlight = 0;
  let wake: (() => void) | undefined;
  return {
    take() {
      inFlight++;
    },
    give() {
      inFlight--;
      if (inFlight < inFlightMax) wake?.();
    },
    wait(): Promise<void> | undefined {
      if (inFlight < inFlightMax) return undefined;
      return new Promise<void>((resolve) => {
        wake = resolve;
      });
    },
  };
}
