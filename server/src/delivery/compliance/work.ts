import { closeSync, constants, fdatasyncSync, openSync, readSync, writeSync } from 'node:fs';
import { isId } from '#kernel';
import type { Removal, RemovalReader } from '#posts';
import type { JobType } from './port.ts';

/** Bytes of an upload that are gone through between two marks of how far the work came: some 13,000 ids. */
export const SLICE_BYTES = 256 << 10;
/** An id has 19 digits; whoever sends much more without a line's end sends no ids. */
const LINE_BYTES_MAX = 64;
/** Of a line that is no id, for the failure's text. */
const SHOWN_MAX = 24;

/** A stretch of one job, from where the last one ended. */
export type Slice = {
  type: JobType;
  input: string;
  inputBytes: number;
  readBytes: number;
  readLines: number;
  output: string;
  outputBytes: number;
  /** Most that is read of it. */
  sliceBytes: number;
};

export type SliceDone = { readBytes: number; readLines: number; outputBytes: number; failure?: string };

/**
 * Goes through one stretch of ids and appends what became of them. What it wrote is on disk when it returns; done again
 * from the same place, it writes the same place again.
 */
export function runSlice(slice: Slice, fates: Pick<RemovalReader, 'posts' | 'people'>): SliceDone {
  const read = readLines(slice);
  const { ids, failure } = idsOf(read.lines, slice.readLines);
  if (failure) return { ...slice, failure };
  const found = slice.type === 'posts' ? fates.posts(ids) : fates.people(ids);
  const text = ids.map((id, at) => (found[at] ? resultLine(id, found[at]) : '')).join('');
  return {
    readBytes: read.end,
    readLines: slice.readLines + read.lines.length,
    outputBytes: append(slice.output, slice.outputBytes, text),
  };
}

/** Whole lines from the place on; the last one of a file needs no line's end. */
function readLines({ input, inputBytes, readBytes, sliceBytes }: Slice): { lines: string[]; end: number } {
  const bytes = Buffer.alloc(Math.min(sliceBytes, inputBytes - readBytes));
  const file = openSync(input, constants.O_RDONLY);
  try {
    let done = 0;
    while (done < bytes.length) {
      const got = readSync(file, bytes, done, bytes.length - done, readBytes + done);
      if (got === 0) throw new Error('an upload is shorter than it was');
      done += got;
    }
  } finally {
    closeSync(file);
  }
  const isLast = readBytes + bytes.length === inputBytes;
  const end = isLast ? bytes.length : bytes.lastIndexOf(0x0a) + 1 || bytes.length;
  const text = bytes.toString('latin1', 0, end);
  const lines = text.split('\n');
  if (text.endsWith('\n') || text === '') lines.pop();
  return { lines, end: readBytes + end };
}

/** UTF-8's byte order mark, read byte by byte; editors of one system put it there. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/** @param before lines of the upload before these. */
function idsOf(lines: readonly string[], before: number): { ids: string[]; failure?: string } {
  const ids: string[] = [];
  for (const [at, line] of lines.entries()) {
    const isFirst = before + at === 0;
    const raw = isFirst && line.startsWith(BYTE_ORDER_MARK) ? line.slice(BYTE_ORDER_MARK.length) : line;
    const text = raw.length > LINE_BYTES_MAX ? raw : raw.trim();
    if (text === '') continue;
    if (!isId(text) || /^0[0-9]/.test(text)) {
      const shown = JSON.stringify(Buffer.from(text.slice(0, SHOWN_MAX), 'latin1').toString('utf8'));
      return {
        ids,
        failure: `Line ${before + at + 1} is no id: ${shown}${text.length > SHOWN_MAX ? ' …' : ''}. An upload holds one id a line and nothing else; nothing of it was kept.`,
      };
    }
    ids.push(text);
  }
  return { ids };
}

/** X's words for why a post or a person must go. */
const REASONS: Readonly<Record<Removal['reason'], string>> = {
  deleted: 'deleted',
  deactivated: 'deactivated',
  suspended: 'suspended',
  protected: 'protected',
  'scrub-geo': 'scrub_geo',
};

/** One line of a result, as X writes it. A time that nobody knows is left out. */
export function resultLine(id: string, { reason, at, createdAt }: Removal): string {
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  const line = {
    id,
    action: 'delete',
    created_at: iso(createdAt),
    redacted_at: iso(at),
    reason: REASONS[reason],
  };
  return `${JSON.stringify(line)}\n`;
}

function append(file: string, from: number, text: string): number {
  const bytes = Buffer.from(text);
  const handle = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    let done = 0;
    while (done < bytes.length) done += writeSync(handle, bytes, done, bytes.length - done, from + done);
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return from + bytes.length;
}
