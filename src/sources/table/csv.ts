import { parse } from 'csv-parse';
import { FileError } from '../import/expand.ts';
import { type ColumnMap, type Columns, findColumns, rowOf } from './columns.ts';
import type { TableRow } from './table.ts';

const DELIMITERS = [',', ';', '\t', '|'];
/** A quote that is never closed would swallow the rest of the file. */
const RECORD_BYTES_MAX = 1 << 20;

type Parsed = { record: string[]; info: { lines: number } };

/**
 * Rows of a CSV or TSV file as it is read. The first row names the columns; quotes within unquoted fields are
 * taken as they are, because most collections of posts were written by somebody's own code.
 * @throws FileError when the columns cannot be told.
 */
export async function* csvRows(
  chunks: AsyncIterable<Buffer>,
  head: Buffer,
  map: ColumnMap,
  onColumns: (columns: Columns) => void,
): AsyncGenerator<TableRow[]> {
  let ready: (Parsed | { line: number; problem: string })[] = [];
  let failure: Error | undefined;
  const parser = parse({
    delimiter: delimiterOf(head),
    bom: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: RECORD_BYTES_MAX,
    skip_records_with_error: true,
    on_skip(error) {
      const line = error && 'lines' in error ? Number(error.lines) : 0;
      ready.push({ line, problem: problemOf(error) });
      return undefined;
    },
  });
  parser.on('data', (parsed: Parsed) => ready.push(parsed));
  parser.on('error', (error) => {
    failure = new FileError(`the table cannot be read on: ${error.message}`);
  });
  let columns: Columns | undefined;
  const utf8 = createUtf8Check();
  const rows = function* (): Generator<TableRow[]> {
    const taken = ready;
    ready = [];
    const result: TableRow[] = [];
    for (const one of taken) {
      if ('problem' in one) result.push({ line: one.line, problem: one.problem });
      else if (!columns) {
        columns = findColumns(one.record, map);
        onColumns(columns);
      } else {
        const text = one.record.join(',');
        const broken = utf8.broken() && text.includes('\ufffd');
        result.push({
          line: one.info.lines,
          text,
          ...(broken
            ? { problem: 'the row is not valid UTF-8' }
            : { row: rowOf((at) => one.record[at], columns) }),
        });
      }
    }
    if (result.length > 0) yield result;
  };
  for await (const chunk of chunks) {
    utf8.look(chunk);
    await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
    if (failure) throw failure;
    yield* rows();
  }
  const ended = new Promise<void>((resolve) => parser.once('end', resolve).once('close', resolve));
  parser.end();
  await ended;
  if (failure) throw failure;
  yield* rows();
}

function problemOf(error: (Error & { code?: string }) | undefined): string {
  if (error?.code === 'CSV_MAX_RECORD_SIZE')
    return `the row is longer than ${RECORD_BYTES_MAX} bytes; is a quote not closed?`;
  return `not a row: ${(error?.message ?? 'unreadable').slice(0, 200)}`;
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
