import { eachRecord, SEGMENT_HEADER_BYTES, segmentHeader } from './block.ts';
import type { FilePort } from './file.ts';
import { TEMPORARY } from './file.ts';
import type { JournalPoint } from './journal.ts';
import type { JournalSegment, ReadBlock } from './segment.ts';
import {
  BrokenBlock,
  beginSegment,
  blockAfter,
  LedgerDamage,
  listSegments,
  readBlocks,
  segmentPath,
  segmentSalt,
} from './segment.ts';

const RESTORE =
  'Nothing was changed. Restore the file from a backup, or inspect the folder with `parley ledger verify`';

export type Recovered = {
  end: JournalPoint;
  /** The salt of the last segment. */
  salt: Buffer;
  /** What a crash left half-written, and was cut: nobody had been answered for it. */
  cut?: { file: string; offset: number; bytes: number };
};

export type RecoveryOptions = {
  files: FilePort;
  dir: string;
  /** Where to begin; everything before is in a snapshot. */
  from?: JournalPoint;
  /** Signed heads cover all positions below this: none of them may be missing. */
  signedThrough: number;
  /** Called for each record in order. May throw: then recovery stops. */
  visit: (bytes: Buffer, start: number, end: number, position: number) => void;
  /** Called after the records of each block. May reject: then recovery stops. */
  visited?: () => Promise<void>;
};

/**
 * Reads the journal to its end and makes it ready to be appended to. Cuts only a last, torn block with nothing
 * valid after it and beyond every signed head. @throws LedgerDamage for anything else.
 */
export async function recoverJournal(options: RecoveryOptions): Promise<Recovered> {
  const { files, dir } = options;
  await files.makeFolder(dir);
  const segments = await listSegments(files, dir);
  if (segments.length === 0) {
    if (options.signedThrough > 0 || options.from !== undefined) {
      throw new LedgerDamage(
        'The journal is gone, but heads or snapshots made from it exist',
        dir,
        undefined,
        RESTORE,
      );
    }
    const salt = await beginSegment(files, dir, 0);
    return { end: { position: 0, segment: 0, offset: SEGMENT_HEADER_BYTES }, salt };
  }
  const from = options.from ?? { position: 0, segment: 0, offset: SEGMENT_HEADER_BYTES };
  const live = withRecords(files, segments, from.segment);
  const first = live.findIndex((segment) => segment.firstPosition === from.segment);
  const isAtBeginning = from.offset === SEGMENT_HEADER_BYTES && from.position === from.segment;
  if (first < 0 && isAtBeginning && !live.some((segment) => segment.firstPosition > from.segment)) {
    // A crash came after that empty segment was moved aside and before this start's own took its place.
    return { end: from, salt: Buffer.alloc(0) };
  }
  if (first < 0) {
    throw new LedgerDamage(
      `The segment that begins at record ${from.segment} is missing`,
      dir,
      undefined,
      RESTORE,
    );
  }
  let recovered: Recovered = { end: from, salt: Buffer.alloc(0) };
  let cut: Recovered['cut'];
  for (let i = first; i < live.length; i++) {
    const place = {
      end: recovered.end,
      startOffset: i === first ? from.offset : undefined,
      next: live[i + 1]?.firstPosition,
    };
    recovered = await recoverSegment(options, live[i]!, place);
    cut = recovered.cut ?? cut;
  }
  const { end } = recovered;
  if (end.position < options.signedThrough) {
    const what = `The journal ends at record ${end.position}, but signed heads cover ${options.signedThrough}`;
    throw new LedgerDamage(what, live.at(-1)!.path, end.offset, RESTORE);
  }
  return cut === undefined ? recovered : { ...recovered, cut };
}

/**
 * Every start begins a segment; one that no record came into says nothing, and the next start takes its place. The
 * oldest, and the one where the snapshot ends, are kept.
 */
function withRecords(files: FilePort, segments: JournalSegment[], fromSegment: number): JournalSegment[] {
  return segments.filter(({ path, firstPosition }, i) => {
    if (i === 0 || firstPosition <= fromSegment) return true;
    return (files.identify(path)?.size ?? 0) > SEGMENT_HEADER_BYTES;
  });
}

/** `next`: where the segment after it begins; undefined for the last. */
type Place = { end: JournalPoint; startOffset: number | undefined; next: number | undefined };

async function recoverSegment(
  options: RecoveryOptions,
  segment: JournalSegment,
  { end, startOffset, next }: Place,
): Promise<Recovered> {
  const { files, dir } = options;
  const isLast = next === undefined;
  const { path } = segment;
  if (segment.firstPosition !== end.position && startOffset === undefined) {
    const what = `Records ${end.position} to ${segment.firstPosition - 1} of the journal are missing`;
    throw new LedgerDamage(what, path, 0, RESTORE);
  }
  const size = (await files.size(path)) ?? 0;
  const salt = await segmentSalt(files, segment);
  if (salt === undefined) {
    // The header is synced before the first block is written: a short file without one never held a record.
    if (
      !isLast ||
      size > SEGMENT_HEADER_BYTES ||
      (startOffset !== undefined && startOffset > SEGMENT_HEADER_BYTES)
    ) {
      throw new LedgerDamage("A segment's header is damaged", path, 0, RESTORE);
    }
    const fresh = await beginSegment(files, dir, segment.firstPosition);
    return {
      end: { position: segment.firstPosition, segment: segment.firstPosition, offset: SEGMENT_HEADER_BYTES },
      salt: fresh,
    };
  }
  const offset = startOffset ?? SEGMENT_HEADER_BYTES;
  if (offset > size) {
    throw new LedgerDamage(`The journal is shorter than at the last snapshot`, path, size, RESTORE);
  }
  let point: JournalPoint = { position: end.position, segment: segment.firstPosition, offset };
  let last: ReadBlock | undefined;
  try {
    const until = { from: point.position, position: next };
    for await (const read of readBlocks(files, path, salt, offset, size, until)) {
      point = visitBlock(options, path, point, read);
      await options.visited?.();
      last = read;
    }
  } catch (error) {
    if (!(error instanceof BrokenBlock)) throw error;
    // A block begins at a snapshot's place. Where none does, the snapshot may be wrong, and nothing is cut.
    if (last === undefined && options.from !== undefined && startOffset !== undefined) {
      throw new LedgerDamage('The journal does not read at the place of the snapshot', path, offset, RESTORE);
    }
    await assertTorn(options, path, salt, point, isLast);
    await files.truncate(path, point.offset);
    await files.sync(path);
    const cut = { file: path, offset: point.offset, bytes: size - point.offset };
    await writeAgain(options, segment, salt, last);
    return { end: point, salt, cut };
  }
  if (point.offset < size) {
    // Written by a process that had lost the folder to the one that began the next segment: it answered nobody.
    await files.truncate(path, point.offset);
    await files.sync(path);
    return { end: point, salt, cut: { file: path, offset: point.offset, bytes: size - point.offset } };
  }
  if (isLast) await writeAgain(options, segment, salt, last);
  return { end: point, salt };
}

/**
 * Begins this start's own segment at the end of the journal, so that two servers of one folder never append to one
 * file: whichever comes later makes the other one's next commit fail (`Journal`), or finds here that the other one is
 * at work. @throws LedgerDamage if the journal has grown since it was recovered
 */
export async function beginOwnSegment(files: FilePort, dir: string, { end }: Recovered): Promise<Recovered> {
  const { position, segment, offset } = end;
  const path = segmentPath(dir, position);
  const before = segmentPath(dir, segment);
  const advice = 'Another server is at work on this folder. Stop it first, then start one';
  const grown = (file: string) =>
    new LedgerDamage('The journal grew while it was opened', file, undefined, advice);
  for (const empty of await listSegments(files, dir)) {
    if (empty.firstPosition <= segment) continue;
    // Moved aside first: a server that still appends to it notices before it answers, or has made it longer already.
    const aside = empty.path + TEMPORARY;
    await files.rename(empty.path, aside);
    if ((files.identify(aside)?.size ?? 0) > SEGMENT_HEADER_BYTES) {
      await files.rename(aside, empty.path);
      throw grown(empty.path);
    }
    await files.remove(aside);
  }
  if (path === before && files.identify(path) !== undefined) {
    const aside = path + TEMPORARY;
    await files.rename(path, aside);
    if (files.identify(aside)?.size !== offset) {
      await files.rename(aside, path);
      throw grown(path);
    }
    const salt = await beginSegment(files, dir, position);
    await files.remove(aside);
    return { end, salt };
  }
  const salt = await beginSegment(files, dir, position);
  if (path !== before && files.identify(before)?.size !== offset) {
    await files.remove(path);
    throw grown(before);
  }
  return { end: { position, segment: position, offset: SEGMENT_HEADER_BYTES }, salt };
}

function visitBlock(
  options: RecoveryOptions,
  path: string,
  point: JournalPoint,
  read: ReadBlock,
): JournalPoint {
  const { bytes, block, base } = read;
  const offset = base + block.offset;
  if (block.firstPosition !== point.position) {
    const what = `Record ${point.position} was expected, ${block.firstPosition} found`;
    throw new LedgerDamage(what, path, offset, RESTORE);
  }
  let { position } = point;
  try {
    eachRecord(bytes, block, (start, stop) => {
      options.visit(bytes, start, stop, position);
      position += 1;
    });
  } catch (error) {
    throw new LedgerDamage(`Record ${position}: ${(error as Error).message}`, path, offset, RESTORE);
  }
  return { position, segment: point.segment, offset: base + block.end };
}

/** Only what nobody was answered for may go: a last block, torn, that no signed head covers. */
async function assertTorn(
  options: RecoveryOptions,
  path: string,
  salt: Buffer,
  point: JournalPoint,
  isLast: boolean,
): Promise<void> {
  const what = `Record ${point.position} of the journal is damaged`;
  if (!isLast) throw new LedgerDamage(`${what}: later segments follow it`, path, point.offset, RESTORE);
  if (point.position < options.signedThrough) {
    const covered = `${what}: signed heads cover records up to ${options.signedThrough}`;
    throw new LedgerDamage(covered, path, point.offset, RESTORE);
  }
  if (await blockAfter(options.files, path, salt, point.offset)) {
    throw new LedgerDamage(`${what}: whole records follow it`, path, point.offset, RESTORE);
  }
}

/**
 * The last block, or a new segment's header, may be in the page cache and not on the disk: the process was killed
 * before its sync, or the sync failed, after which the kernel takes the pages for clean. Writing the same bytes
 * again makes it sure.
 */
async function writeAgain(
  { files, dir }: RecoveryOptions,
  segment: JournalSegment,
  salt: Buffer,
  last: ReadBlock | undefined,
): Promise<void> {
  const header = await files.openAppend(segment.path, 0);
  await header.append(segmentHeader(salt, segment.firstPosition));
  await header.sync();
  await header.close();
  await files.sync(dir);
  if (last === undefined) return;
  const { bytes, block, base } = last;
  const file = await files.openAppend(segment.path, base + block.offset);
  await file.append(bytes.subarray(block.offset, block.end));
  await file.sync();
  await file.close();
}
