import { parse } from 'csv-parse';
import { FileError } from '../import/expand.ts';
import { type ColumnMap, type Columns, findColumns, rowOf } from './columns.ts';
import type { TableRow } from './table.ts';

const DELIMITERS = [',', ';', '\t', '|'];
/** A quote that is never closed would swallow the rest of the file. */
const RECORD_BYTES_MAX = 1 << 20;
/** So often reading starts anew behind a row that swallowed others; each time a megabyte is read again. */
const RESTARTS_MAX = 50;
const NEWLINE = 0x0a;

/**
 * Rows of a CSV or TSV file as it is read. The first row names the columns; quotes within unquoted fields are
 * taken as they are, because most collections of posts were written by somebody's own code. A row whose quote is
 * never closed costs its first line: reading starts anew behind that.
 * @throws FileError when the columns cannot be told, or too many rows swallow others.
 */
export async function* csvRows(
  chunks: AsyncIterable<Buffer>,
  head: Buffer,
  map: ColumnMap,
  onColumns: (columns: Columns) => void,
): AsyncGenerator<TableRow[]> {
  const delimiter = delimiterOf(head);
  let columns: Columns | undefined;
  const utf8 = createUtf8Check();
  const rowsOf = (parsed: Parsed[]): TableRow[] => {
    const rows: TableRow[] = [];
    for (const one of parsed) {
      if (one.problem !== undefined) rows.push({ line: one.line, problem: one.problem });
      else if (!columns) {
        columns = findColumns(one.record, map);
        onColumns(columns);
      } else {
        const text = one.record.join(delimiter);
        const broken = utf8.broken() && text.includes('\ufffd');
        const said = broken
          ? { problem: 'the row is not valid UTF-8' }
          : { row: rowOf((at) => one.record[at], columns) };
        rows.push({ line: one.line, text, ...said });
      }
    }
    return rows;
  };
  let reader = createReader(delimiter, 0);
  let restarts = 0;
  async function* feed(chunk: Buffer | undefined): AsyncGenerator<TableRow[]> {
    let next = chunk;
    while (true) {
      const { parsed, swallowed } = next === undefined ? await reader.end() : await reader.write(next);
      if (parsed.length > 0) yield rowsOf(parsed);
      if (!swallowed) return;
      if (!columns)
        throw new FileError(`the first row is longer than ${RECORD_BYTES_MAX} bytes; is this a table?`);
      if (++restarts > RESTARTS_MAX)
        throw new FileError(
          `more than ${RESTARTS_MAX} rows are longer than ${RECORD_BYTES_MAX} bytes; are quotes not closed?`,
        );
      yield [
        {
          line: swallowed.line,
          problem: `the row is longer than ${RECORD_BYTES_MAX} bytes or goes on to the end; is a quote not closed?`,
        },
      ];
      reader = createReader(delimiter, swallowed.line);
      reader.skipLine();
      next = swallowed.bytes;
      if (chunk === undefined) {
        yield* feed(next);
        next = undefined;
      }
    }
  }
  for await (const chunk of chunks) {
    utf8.look(chunk);
    yield* feed(chunk);
  }
  yield* feed(undefined);
}

type Parsed = { line: number; record: string[]; problem?: undefined } | { line: number; problem: string };
/** What came of some bytes; `swallowed` when the last row has no end: where it begins, and the bytes from there on. */
type Step = { parsed: Parsed[]; swallowed?: { line: number; bytes: Buffer } };

/** csv-parse, with the bytes of the row that is being read kept in hand. @param lineBase lines before its first. */
function createReader(delimiter: string, lineBase: number) {
  let parsed: Parsed[] = [];
  let failure: Error | undefined;
  let tooLong = false;
  let skipping = false;
  /** The bytes since the last whole row, and where they begin. */
  let held: Buffer = Buffer.alloc(0);
  let heldFrom = 0;
  let lastLine = 0;
  /** Bytes until the end of the last row. */
  let rowEnd = 0;
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: RECORD_BYTES_MAX,
    skip_records_with_error: true,
    on_skip(error) {
      if (tooLong) return undefined;
      if (error?.code === 'CSV_MAX_RECORD_SIZE' || error?.code === 'CSV_QUOTE_NOT_CLOSED') tooLong = true;
      else {
        rowEnd = parser.info.bytes;
        parsed.push({
          line: lineBase + parser.info.lines,
          problem: `not a row: ${(error?.message ?? '').slice(0, 200)}`,
        });
      }
      return undefined;
    },
  });
  parser.on('data', ({ record, info }: { record: string[]; info: { lines: number; bytes: number } }) => {
    if (tooLong) return;
    lastLine = info.lines;
    rowEnd = info.bytes;
    parsed.push({ line: lineBase + info.lines, record });
  });
  parser.on('error', (error) => {
    failure = new FileError(`the table cannot be read on: ${error.message}`);
  });
  const step = (): Step => {
    if (failure) throw failure;
    const done = parsed;
    parsed = [];
    if (tooLong) return { parsed: done, swallowed: { line: lineBase + lastLine + 1, bytes: held } };
    return { parsed: done };
  };
  const letGo = () => {
    held = held.subarray(rowEnd - heldFrom);
    heldFrom = rowEnd;
  };
  return {
    /** The first line that is written is passed over: it begins a row that cannot be read. */
    skipLine() {
      skipping = true;
    },
    async write(chunk: Buffer): Promise<Step> {
      let bytes = chunk;
      if (skipping) {
        const end = bytes.indexOf(NEWLINE);
        if (end < 0) return { parsed: [] };
        skipping = false;
        bytes = bytes.subarray(end + 1);
      }
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      await new Promise<void>((resolve) => parser.write(bytes, () => resolve()));
      letGo();
      return step();
    },
    async end(): Promise<Step> {
      const ended = new Promise<void>((resolve) => parser.once('end', resolve).once('close', resolve));
      parser.end();
      await ended;
      return step();
    },
  };
}

/** The character that cuts the first line into the most columns. */
function delimiterOf(head: Buffer): string {
  const line = head.toString('utf8').trimStart().split('\n', 1)[0] ?? '';
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

/** Whether anything so far was not UTF-8: only then is U+FFFD in a row a broken character and not one that was written. */
function createUtf8Check() {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let broken = false;
  return {
    look(chunk: Buffer) {
      if (broken) return;
      try {
        decoder.decode(chunk, { stream: true });
      } catch {
        broken = true;
      }
    },
    broken: () => broken,
  };
}
