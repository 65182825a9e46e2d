import { join } from 'node:path';
import { unseal, writeSealed } from './envelope.ts';
import type { FilePort } from './file.ts';
import { CborError, CborReader, CborWriter } from './format/cbor.ts';
import { HASH_BYTES, NAME_BYTES_MAX } from './format/entry.ts';
import type { JournalPoint } from './journal.ts';

/**
 * How far the trees have come: the integrator's own snapshot, so that a start does not make every log again. All
 * files that it relies on were synced before it was written. Deleting it makes the trees anew from the journal.
 */
const FILE = 'trees.state';
const VERSION = 1;
const LOGS_MAX = 10_000_000;

export type TreeMark = { size: number; root: Buffer };
export type TreeState = { point: JournalPoint; logs: Map<string, TreeMark> };

export const treeStatePath = (dir: string) => join(dir, 'snapshots', FILE);

export async function writeTreeState(files: FilePort, dir: string, state: TreeState): Promise<void> {
  const writer = new CborWriter(1024 + state.logs.size * 128);
  writer.array(5);
  writer.uint(VERSION);
  writer.uint(state.point.position);
  writer.uint(state.point.segment);
  writer.uint(state.point.offset);
  writer.array(state.logs.size);
  for (const [log, { size, root }] of state.logs) {
    writer.array(3);
    writer.text(log);
    writer.uint(size);
    writer.bytes(root);
  }
  await writeSealed(files, treeStatePath(dir), [writer.written()]);
}

/** Undefined if there is none, or it does not read. */
export async function readTreeState(files: FilePort, dir: string): Promise<TreeState | undefined> {
  const body = unseal((await files.read(treeStatePath(dir))) ?? Buffer.alloc(0));
  if (body === undefined) return undefined;
  try {
    const reader = new CborReader(body);
    reader.array(5);
    reader.expectUint(VERSION);
    const point = { position: reader.uint(), segment: reader.uint(), offset: reader.uint() };
    const logs = new Map<string, TreeMark>();
    for (let left = reader.array(LOGS_MAX); left > 0; left--) {
      reader.array(3);
      logs.set(reader.text(NAME_BYTES_MAX), { size: reader.uint(), root: reader.bytesOf(HASH_BYTES) });
    }
    return { point, logs };
  } catch (error) {
    if (error instanceof CborError) return undefined;
    throw error;
  }
}
