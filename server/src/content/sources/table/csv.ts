import { parse } from 'csv-parse';
import { FileError } from '../import/expand.ts';
import { COLUMNS_MAX, type ColumnMap, findColumns, rowOf, type Table, tooManyColumns } from './columns.ts';
import { dialectOf, isProse, swallowsRows, type TableDialect } from './dialect.ts';
import type { TableRow } from './table.ts';

/** A quote that is never closed would swallow the rest of the file. */
const RECORD_BYTES_MAX = 1 << 20;
/** Bytes that are read again behind rows that swallowed others, in one file. */
const REREAD_BYTES_MAX = 64 * RECORD_BYTES_MAX;
/** Until the first row is read, so much is parsed before its columns are counted. */
const FIRST_ROW_BYTES = 16 << 10;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
/** Empty lines before a row. */
const BLANK = /^[\r\n]*/;

/**
 * Rows of a CSV or TSV file as it is read. The first row names the columns, and every other has as many cells; quotes within
 * unquoted fields are taken as they are, because most collections of posts were written by somebody's own code. A row whose
 * quote is not closed costs its first line: reading starts anew behind that.
 * @throws FileError when the columns cannot be told, or too many rows swallow others.
 */
export async function* csvRows(
  chunks: AsyncIterable<Buffer>,
  head: Buffer,
  map: ColumnMap,
  onTable: (table: Table) => void,
): AsyncGenerator<TableRow[]> {
  const dialect = dialectOf(head);
  const utf8 = createUtf8Check();
  const shape = { width: 0 };
  let table: Table | undefined;
  const rowsOf = (parsed: Parsed[]): TableRow[] => {
    const rows: TableRow[] = [];
    for (const one of parsed) {
      if (one.problem !== undefined) rows.push({ line: one.line, problem: one.problem });
      else if (!table) {
        table = tableOf(one.record, map, head, dialect);
        onTable(table);
      } else {
        const text = one.record.join(dialect.delimiter);
        const problem = problemOf(one.record, shape.width, text, utf8.broken());
        const said = problem ? { problem } : { row: rowOf((at) => one.record[at], table.columns) };
        rows.push({ line: one.line, text, ...said });
      }
    }
    return rows;
  };

  let reader = createReader(dialect, dialect.hasSepLine ? 1 : 0, shape);
  if (dialect.hasSepLine) reader.skipLine();
  let rereadBytes = 0;
  async function* feed(chunk: Buffer | undefined): AsyncGenerator<TableRow[]> {
    let next = chunk;
    while (true) {
      const { parsed, swallowed } = next === undefined ? await reader.end() : await reader.write(next);
      if (parsed.length > 0) yield rowsOf(parsed);
      if (!swallowed) return;
      if (!table)
        throw new FileError(`the first row is longer than ${RECORD_BYTES_MAX} bytes; is this a table?`);
      rereadBytes += swallowed.bytes.length;
      if (rereadBytes > REREAD_BYTES_MAX)
        throw new FileError(
          `too many rows hold a quote that is not closed, the last on line ${swallowed.line}; is this a table?`,
        );
      yield [{ line: swallowed.line, problem: swallowed.problem }];
      reader = createReader(dialect, swallowed.line, shape);
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

function tableOf(header: readonly string[], map: ColumnMap, head: Buffer, dialect: TableDialect): Table {
  try {
    return findColumns(header, map);
  } catch (error) {
    if (!(error instanceof FileError) || !isProse(head, dialect)) throw error;
    throw new FileError(
      'the file is text and no table: its first line does not name the columns that the other lines fill',
    );
  }
}

/** What is wrong with a row, whatever its cells say. */
function problemOf(
  record: readonly string[],
  width: number,
  text: string,
  brokenUtf8: boolean,
): string | undefined {
  if (text.includes('\0')) return 'the row holds a NUL byte';
  if (brokenUtf8 && text.includes('\ufffd')) return 'the row is not valid UTF-8';
  // Delimiters at the end of a row are many writers' habit.
  const isWhole = record.length === width || (record.length > width && record.slice(width).join('') === '');
  return isWhole
    ? undefined
    : `the row has ${record.length} cells and the first row ${width}: a cell that holds a delimiter, a quote or a line break must be in quotes`;
}

type Parsed = { line: number; record: string[]; problem?: undefined } | { line: number; problem: string };
/** A row that took others in: where it begins, and the bytes from there on. */
type Swallowed = { line: number; bytes: Buffer; problem: string };
type Step = { parsed: Parsed[]; swallowed?: Swallowed };

/**
 * csv-parse, with the bytes of the row that is being read kept in hand. @param lineBase lines before its first. @param shape
 * the cells of the file's first row, 0 before it was read.
 */
function createReader(dialect: TableDialect, lineBase: number, shape: { width: number }) {
  let parsed: Parsed[] = [];
  let failure: Error | undefined;
  let swallowed: Omit<Swallowed, 'bytes'> | undefined;
  let skipping = false;
  /** The bytes since the last whole row, and where they begin. */
  let held: Buffer = Buffer.alloc(0);
  let heldFrom = 0;
  let lastLine = 0;
  /** Bytes until the end of the last row. */
  let rowEnd = 0;
  const parser = parse({
    delimiter: dialect.delimiter,
    escape: dialect.escapedBy,
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: RECORD_BYTES_MAX,
    skip_records_with_error: true,
    on_skip(error) {
      if (swallowed) return undefined;
      if (error?.code === 'CSV_MAX_RECORD_SIZE' || error?.code === 'CSV_QUOTE_NOT_CLOSED') {
        const problem = `the row is longer than ${RECORD_BYTES_MAX} bytes or goes on to the end; is a quote not closed?`;
        swallowed = {
          line: lineBase + lastLine + 1 + linesIn(BLANK.exec(held.toString('latin1'))![0]),
          problem,
        };
      } else {
        rowEnd = parser.info.bytes;
        parsed.push({
          line: lineBase + parser.info.lines,
          problem: `not a row: ${(error?.message ?? '').slice(0, 200)}`,
        });
      }
      return undefined;
    },
  });
  /** The line on which a row of several begins; the row as it lies in the file. */
  const beginning = (info: { lines: number; bytes: number }): { line: number; raw: string } => {
    const bytes = held.subarray(rowEnd - heldFrom, info.bytes - heldFrom);
    const raw = bytes.toString('utf8').replace(BLANK, '').trimEnd();
    return { line: info.lines - linesIn(raw), raw };
  };
  parser.on('data', ({ record, info }: { record: string[]; info: { lines: number; bytes: number } }) => {
    if (swallowed) return;
    let { lines: line } = info;
    if (info.lines > lastLine + 1) {
      const begun = beginning(info);
      line = begun.line;
      const spans = line < info.lines && shape.width > 0;
      if (spans && (record.length !== shape.width || swallowsRows(begun.raw, dialect, shape.width))) {
        const problem = `the row goes on to line ${lineBase + info.lines} and takes in what stands there; is a quote not closed?`;
        swallowed = { line: lineBase + line, problem };
        return;
      }
    }
    shape.width ||= record.length;
    lastLine = info.lines;
    rowEnd = info.bytes;
    parsed.push({ line: lineBase + line, record });
  });
  parser.on('error', (error) => {
    failure = new FileError(`the table cannot be read on: ${error.message}`);
  });
  const step = (): Step => {
    if (failure) throw failure;
    const done = parsed;
    parsed = [];
    if (!swallowed) return { parsed: done };
    const blank = BLANK.exec(held.toString('latin1'))![0].length;
    return { parsed: done, swallowed: { ...swallowed, bytes: held.subarray(blank) } };
  };
  const parseBytes = (bytes: Buffer) => new Promise<void>((resolve) => parser.write(bytes, () => resolve()));
  const countColumns = createColumnCount(dialect);
  /** The parser's own bound counts what cells hold, and millions of empty ones hold nothing. */
  const parseBounded = async (bytes: Buffer) => {
    let rest = bytes;
    while (shape.width === 0 && parser.info.records === 0 && rest.length > 0) {
      const piece = rest.subarray(0, FIRST_ROW_BYTES);
      await parseBytes(piece);
      rest = rest.subarray(piece.length);
      const isTooWide = countColumns(piece) > COLUMNS_MAX;
      if (parser.info.records === 0 && isTooWide && !failure && !swallowed) throw tooManyColumns();
    }
    if (rest.length > 0) await parseBytes(rest);
  };
  const letGo = () => {
    held = held.subarray(rowEnd - heldFrom);
    heldFrom = rowEnd;
  };
  return {
    /** The first line that is written is passed over: it begins a row that cannot be read, or is no row. */
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
      await parseBounded(bytes);
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

/** Columns so far of a first row that comes in pieces; a doubled quote may count what its cell holds too. */
function createColumnCount({ delimiter }: TableDialect): (piece: Buffer) => number {
  const end = Buffer.from(delimiter).at(-1);
  let columns = 1;
  let quoted = false;
  let cellStart = true;
  return (piece) => {
    for (const byte of piece) {
      if (byte === QUOTE) {
        quoted = !quoted && cellStart;
        cellStart = false;
      } else if (!quoted) {
        cellStart = byte === end || byte === NEWLINE;
        if (byte === end) columns += 1;
      }
    }
    return columns;
  };
}

function linesIn(text: string): number {
  return text.split('\n').length - 1;
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
