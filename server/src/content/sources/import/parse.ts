import { statSync } from 'node:fs';
import { activitiesOf, registerActivity, takeActivity } from '../mastodon/activity.ts';
import { actorBeside, emitActor } from '../mastodon/actor.ts';
import type { SourceIdMint } from '../mint.ts';
import type { SourceReading } from '../reading.ts';
import { takeRecord } from '../record.ts';
import { type ColumnMap, REFERENCE_FIELDS, type Table } from '../table/columns.ts';
import { csvRows } from '../table/csv.ts';
import { parquetRows } from '../table/parquet.ts';
import { createRowTaker, registerRow } from '../table/row.ts';
import type { TableRow } from '../table/table.ts';
import { attempt, BadRecord } from '../value.ts';
import { archivePart, archiveTake, postFilesBeside } from './archive.ts';
import { expandedBytes, FileError } from './expand.ts';
import { JsonSplitter, JsonStructureError } from './json-splitter.ts';
import { LineReader } from './lines.ts';
import { createGuard, createSink, type Output, RECORD_BYTES_MAX } from './records.ts';
import { type Format, HEAD_BYTES, sniff } from './sniff.ts';
import { withZipFiles } from './zip.ts';

/** What the parsers of all formats are handed. */
export type FileReading = SourceReading & { mint: SourceIdMint; columnMap: ColumnMap };

/**
 * Reads one file, whatever its format, and hands on what it says. Memory does not grow with the file.
 * @throws FileError when the file cannot be read, or not to its end; what came before has been handed on.
 */
export async function parseFile(path: string, reading: FileReading, output: Output): Promise<Format> {
  const start = await begin(path, output);
  switch (start.format) {
    case 'x-archive':
      await parseArchive(path, start, reading, output);
      break;
    case 'mastodon':
      await parseMastodon(path, start, reading, output);
      break;
    case 'zip':
      await parseZip(path, start, reading, output);
      break;
    case 'csv':
    case 'parquet':
      await parseTable(path, start, reading, output);
      break;
    default: {
      const sink = createSink(output, (value, emit, reject) => takeRecord(value, reading, emit, reject));
      const Reader = start.format === 'json' ? JsonSplitter : LineReader;
      await drain(start.rest, new Reader(sink, { recordBytesMax: RECORD_BYTES_MAX }), output);
    }
  }
  return start.format;
}

type Start = { format: Format; head: Buffer; rest: AsyncGenerator<Buffer> };

async function begin(path: string, output: Output): Promise<Start> {
  const { head, whole, rest } = await peek(expandedBytes(path, (bytes) => output.read(bytes)));
  return { format: sniff(head, whole), head, rest };
}

/** A file of an account archive: the list behind the assignment. The texts of long posts lie in a file of their own. */
async function parseArchive(path: string, { head, rest }: Start, reading: FileReading, output: Output) {
  const part = archivePart(head.toString('utf8'))!;
  if (part === 'notes') {
    await rest.return(undefined);
    for (const file of postFilesBeside(path)) await parseFile(file, reading, { ...output, read() {} });
    return;
  }
  const listAt = withoutBom(head).indexOf('[', head.indexOf('='));
  async function* list() {
    let first = true;
    for await (const chunk of rest) {
      yield first ? chunk.subarray(listAt) : chunk;
      first = false;
    }
  }
  const sink = createSink(output, archiveTake(path, part, reading, output));
  await drain(list(), new JsonSplitter(sink, { recordBytesMax: RECORD_BYTES_MAX }), output);
}

/** An archive as it was downloaded: the files in it that hold posts, one after the other. */
async function parseZip(path: string, { rest }: Start, reading: FileReading, output: Output) {
  await rest.return(undefined);
  await withZipFiles(path, async (files, size) => {
    for (const [index, { name, file }] of files.entries()) {
      await parseFile(file, reading, {
        ...output,
        reject: (one) => output.reject({ ...one, reason: `${name}: ${one.reason}` }),
        read: (bytes) =>
          output.read(Math.floor((size * (index + Math.min(1, bytes / statSync(file).size))) / files.length)),
      });
    }
  });
}

/** Twice: posts answer posts that may come later in the file, so each gets its id first. */
async function parseMastodon(path: string, { rest }: Start, reading: FileReading, output: Output) {
  const register = createSink(SILENT, (value) => {
    for (const one of activitiesOf(value)) registerActivity(one, reading.mint);
  });
  await drain(rest, new JsonSplitter(register, { recordBytesMax: RECORD_BYTES_MAX }), SILENT);
  const actorTold = new Set<string>();
  const actor = actorBeside(path);
  if (actor) emitActor(String(actor.id), actor, actorTold, (change) => output.change(change, 1));
  const sink = createSink(output, (value, emit, reject) => {
    for (const one of activitiesOf(value)) {
      attempt(() => takeActivity(one, { ...reading, actorTold }, emit), reject);
    }
  });
  const again = await begin(path, output);
  await drain(again.rest, new JsonSplitter(sink, { recordBytesMax: RECORD_BYTES_MAX }), output);
}

/** Rows of CSV or Parquet; twice as above, if rows can refer to rows. */
async function parseTable(path: string, start: Start, reading: FileReading, output: Output) {
  let refers = false;
  let holdsPosts = true;
  for await (const rows of tableRows(path, start, reading, SILENT, ({ columns, leftOut }) => {
    output.leftOut(leftOut);
    holdsPosts = columns.text !== undefined;
    refers = REFERENCE_FIELDS.some((field) => columns[field] !== undefined);
  })) {
    if (!refers) break;
    // What is wrong with a row is told when it is taken.
    for (const { row } of rows)
      if (row)
        attempt(
          () => registerRow(row, reading.mint),
          () => {},
        );
  }
  const take = createRowTaker({ ...reading, holdsPosts });
  const guard = createGuard(output);
  for await (const rows of tableRows(path, await begin(path, output), reading, output, () => {})) {
    for (const { line, row, problem, text } of rows) {
      guard(line, text, (emit) => {
        if (!row) throw new BadRecord(problem ?? 'unreadable');
        take(row, emit);
      });
    }
    const room = output.room();
    if (room) await room;
  }
}

async function* tableRows(
  path: string,
  start: Start,
  { columnMap }: FileReading,
  output: Output,
  onTable: (table: Table) => void,
): AsyncGenerator<TableRow[]> {
  if (start.format === 'csv') yield* csvRows(start.rest, start.head, columnMap, onTable);
  else {
    // It is read from its end, in ranges.
    await start.rest.return(undefined);
    yield* parquetRows(path, columnMap, onTable, output.read);
  }
}

/** Takes no part in the output: for looking through a file before it is taken. */
const SILENT: Output = { change() {}, reject() {}, leftOut() {}, read() {}, room: () => undefined };

type Reader = { push(chunk: Buffer): void; end(): void };

async function drain(chunks: AsyncIterable<Buffer>, reader: Reader, output: Output): Promise<void> {
  try {
    for await (const chunk of chunks) {
      reader.push(chunk);
      const room = output.room();
      if (room) await room;
    }
    reader.end();
  } catch (error) {
    throw error instanceof JsonStructureError ? new FileError(error.message) : error;
  }
}

/** Looks at the first bytes without losing them. */
async function peek(
  chunks: AsyncGenerator<Buffer>,
): Promise<{ head: Buffer; whole: boolean; rest: AsyncGenerator<Buffer> }> {
  const first: Buffer[] = [];
  let length = 0;
  let failure: unknown;
  try {
    while (length < HEAD_BYTES) {
      const next = await chunks.next();
      if (next.done) break;
      first.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    // A file cut off in its first bytes still hands over what it has; without any, the damage is all there is to tell.
    if (length === 0) throw error;
    failure = error;
  }
  const all = Buffer.concat(first);
  async function* rest() {
    yield withoutBom(all);
    if (failure) throw failure;
    yield* chunks;
  }
  return { head: all.subarray(0, HEAD_BYTES), whole: length < HEAD_BYTES, rest: rest() };
}

function withoutBom(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}
