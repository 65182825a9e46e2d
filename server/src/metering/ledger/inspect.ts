import { join, relative } from 'node:path';
import { unseal } from './envelope.ts';
import type { FilePort } from './file.ts';
import { isTemporary, realFiles } from './file.ts';
import { CborError } from './format/cbor.ts';
import { openCheckpoint, readCheckpoint } from './format/checkpoint.ts';
import { HASH_BYTES } from './format/hash.ts';
import { NoteError, parseVerifierKey } from './format/note.ts';
import { cutBundle } from './format/tile.ts';
import type { Head } from './heads.ts';
import { headsPath, readHeads } from './heads.ts';
import { inspectJournal } from './inspect-journal.ts';
import type { KeyFile } from './keys.ts';
import { listKeyFiles, readKeyFile } from './keys.ts';
import { createReader } from './reader.ts';
import { LedgerDamage } from './segment.ts';
import { verifyLog } from './verify/log.ts';
import { verifyReceipt } from './verify/receipt.ts';
import type { Fault, LogReport } from './verify/report.ts';
import { EVIDENCE, Faults, KEEP_OLDER } from './verify/report.ts';
import type { LogSource } from './verify/source.ts';

const REMAKE =
  'Stop the server, delete snapshots/trees.state in this folder, and start it: the file is then made anew from the journal';
const RESHOW = 'Start the server: the checkpoint is then written again from the signed heads';
/** Receipts made and verified for each log: the ends, and some between. */
const RECEIPTS_SAMPLED = 5;

export type FolderReport = {
  /** True only if nothing is wrong. */
  ok: boolean;
  logs: (LogReport & { log: string; vkey: string })[];
  /** Records read from the journal. */
  records: number;
  /** Faults of the folder beyond those of single logs. */
  faults: Fault[];
  faultCount: number;
  /** What is not wrong, but worth knowing: a torn end that the next start will cut. */
  notes: string[];
};

export type InspectOptions = {
  files?: FilePort;
  onProgress?: (done: number, of: number, what: string) => void;
  /** As of `verifyLog`. */
  entriesMax?: number;
  /** A checkpoint that was kept from earlier, as of `verifyLog`; held against the log of its origin, if there is one. */
  older?: string;
  signal?: AbortSignal;
};

/**
 * Verifies a ledger's whole folder, running or not, and changes nothing: every log as `verifyLog` does, the
 * journal's checksums and order, that each entry and opening is the function of its record, that snapshots read,
 * and that sample receipts hold. @param dir the ledger's own folder
 * @throws the reason of `options.signal`, when it was stopped; NoteError if `older` is not signed by its log's key
 */
export async function verifyFolder(dir: string, options: InspectOptions = {}): Promise<FolderReport> {
  const files = options.files ?? realFiles();
  const faults = new Faults();
  const notes: string[] = [];
  const keys: KeyFile[] = [];
  for (const log of await listKeyFiles(files, dir)) {
    const key = await orFault(faults, dir, () => readKeyFile(files, dir, log));
    if (key !== undefined) keys.push(key);
  }
  // Heads before everything else: what a running server adds later is then beyond them, and not looked at.
  const content = await orFault(faults, dir, () => readHeads(files, dir));
  const heads = content?.heads ?? new Map<string, Head>();
  for (const log of heads.keys()) {
    if (keys.some((key) => key.log === log)) continue;
    const advice = 'Restore it from a backup: without it the log can neither be checked nor go on';
    faults.add({
      file: join(log, 'key.json'),
      what: `The key file of log ${log} is missing or damaged`,
      advice,
    });
  }
  const logs: FolderReport['logs'] = [];
  for (const key of keys) {
    options.signal?.throwIfAborted();
    const head = heads.get(key.log);
    await inspectCheckpoint(files, dir, key, head, faults, notes);
    if (head === undefined) continue;
    const report = await inspectLog(files, dir, key, head, options);
    logs.push(report);
    if (report.ok) await inspectReceipts(files, dir, key, head, faults);
  }
  const { onProgress, signal } = options;
  const records = await inspectJournal({ files, dir, heads, faults, notes, onProgress, signal });
  await inspectSnapshots(files, dir, faults);
  const ok = faults.count === 0 && logs.every((log) => log.ok);
  return { ok, logs, records, faults: faults.list, faultCount: faults.count, notes };
}

/** Undefined, and a fault, where damage is found. */
async function orFault<T>(faults: Faults, dir: string, read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof LedgerDamage)) throw error;
    faults.add({
      file: relative(dir, error.file),
      offset: error.offset,
      what: error.what,
      advice: error.advice,
    });
    return undefined;
  }
}

/** The log as of its signed head, whatever wider files a running server has put in place meanwhile. */
function folderSource(files: FilePort, logDir: string, head: Head): LogSource {
  return {
    async read(path) {
      if (path === 'checkpoint') return Buffer.from(head.note);
      return (await files.read(join(logDir, path))) ?? cutFromWider(files, logDir, path);
    },
  };
}

async function cutFromWider(files: FilePort, logDir: string, path: string): Promise<Buffer | undefined> {
  const parts = /^(tile\/.+\.p)\/([0-9]+)$/.exec(path);
  if (!parts) return undefined;
  const width = Number(parts[2]);
  const folder = join(logDir, parts[1]!);
  const wider = (await files.list(folder)).filter(
    (name) => /^[0-9]{1,3}$/.test(name) && Number(name) > width,
  );
  const bytes = wider[0] === undefined ? undefined : await files.read(join(folder, wider[0]));
  if (bytes === undefined) return undefined;
  return path.startsWith('tile/entries/')
    ? cutBundle(bytes, 2, width)
    : bytes.subarray(0, width * HASH_BYTES);
}

async function inspectLog(files: FilePort, dir: string, key: KeyFile, head: Head, options: InspectOptions) {
  const { log, vkey } = key;
  const { older } = options;
  const isOfThisLog = older !== undefined && readCheckpoint(older).origin === key.origin;
  const report = await verifyLog(folderSource(files, join(dir, log), head), {
    vkey,
    older: isOfThisLog ? older : undefined,
    entriesMax: options.entriesMax,
    signal: options.signal,
    onProgress: (done, of) => options.onProgress?.(done, of, `log ${log}`),
  });
  for (const fault of report.faults) {
    if (fault.file === 'checkpoint') fault.file = relative(dir, headsPath(dir));
    else {
      fault.file = join(log, fault.file);
      if (fault.advice !== EVIDENCE && fault.advice !== KEEP_OLDER) fault.advice = REMAKE;
    }
  }
  return { log, vkey, ...report };
}

async function inspectCheckpoint(
  files: FilePort,
  dir: string,
  { log, vkey }: KeyFile,
  head: Head | undefined,
  faults: Faults,
  notes: string[],
): Promise<void> {
  const file = join(log, 'checkpoint');
  const note = (await files.read(join(dir, file)))?.toString('utf8');
  if (note === head?.note) return;
  if (note === undefined) {
    if (head !== undefined) notes.push(`${file} is not there. ${RESHOW}.`);
    return;
  }
  try {
    const { size } = openCheckpoint(note, parseVerifierKey(vkey));
    if (head === undefined || size > head.size) await assertHeadKept(files, dir, log, size, faults);
    else if (size < head.size) notes.push(`${file} is older than the signed head. ${RESHOW}.`);
    else faults.add({ file, what: 'Two different checkpoints of one size are signed', advice: EVIDENCE });
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    faults.add({ file, what: `The checkpoint does not hold: ${error.message}`, advice: RESHOW });
  }
}

/** A running server may have signed since the heads were read; otherwise their file has lost what was published. */
async function assertHeadKept(files: FilePort, dir: string, log: string, size: number, faults: Faults) {
  const read = async () => (await readHeads(files, dir)) ?? { heads: new Map<string, Head>() };
  const heads = await orFault(faults, dir, read);
  if (heads === undefined || (heads.heads.get(log)?.size ?? -1) >= size) return;
  const what = `Log ${log} has published ${size} entries, but no signed head of that size is kept`;
  const advice = 'Restore the file from a backup; without it no log here may be signed again';
  faults.add({ file: relative(dir, headsPath(dir)), what, advice });
}

/** Receipts as clients get them, verified as clients verify them. */
async function inspectReceipts(files: FilePort, dir: string, key: KeyFile, head: Head, faults: Faults) {
  const reader = createReader(files, dir, new Map([[key.log, { size: head.size, note: head.note }]]));
  const last = head.size - 1;
  const sample = new Set(
    Array.from({ length: RECEIPTS_SAMPLED }, (_, i) => Math.floor((last * i) / (RECEIPTS_SAMPLED - 1))),
  );
  for (const index of sample) {
    if (head.size === 0) break;
    const file = `${key.log}/receipts/${index}`;
    const receipt = await reader.receipt(key.log, index);
    try {
      if (receipt === undefined)
        faults.add({ file, index, what: 'The receipt cannot be made', advice: REMAKE });
      else verifyReceipt(receipt, key.vkey);
    } catch (error) {
      if (!(error instanceof NoteError) && !(error instanceof CborError)) throw error;
      faults.add({ file, index, what: `The receipt does not hold: ${error.message}`, advice: REMAKE });
    }
  }
}

async function inspectSnapshots(files: FilePort, dir: string, faults: Faults): Promise<void> {
  const folder = join(dir, 'snapshots');
  for (const name of (await files.list(folder)).filter((one) => !isTemporary(one))) {
    const bytes = await files.read(join(folder, name));
    if (bytes !== undefined && unseal(bytes) === undefined) {
      const advice = 'Stop the server and delete the file: it is made anew from the journal';
      faults.add({ file: join('snapshots', name), what: 'A snapshot is damaged', advice });
    }
  }
}
