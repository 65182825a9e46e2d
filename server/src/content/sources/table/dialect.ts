import { parse } from 'csv-parse/sync';

/** How a CSV file is written. */
export type TableDialect = {
  delimiter: string;
  /** What makes a quote inside quotes a character: another quote (RFC 4180), or a backslash (MySQL, R, Hadoop). */
  escapedBy: '"' | '\\';
  /** Excel's `sep=;` in the first line. */
  hasSepLine: boolean;
};

const DELIMITERS = [',', ';', '\t', '|'];
const SEP_LINE = /^"?sep=([^"\r\n])"?\r?\n/i;
/** Rows of the file's beginning by which its dialect is told. */
const ROWS_LOOKED_AT = 200;

/** @param head the first bytes of the file, with or without a byte order mark. */
export function dialectOf(head: Buffer): TableDialect {
  const text = head.toString('utf8').replace('\ufeff', '');
  const sep = SEP_LINE.exec(text);
  const rest = sep ? text.slice(sep[0].length) : text;
  const delimiter = sep?.[1] ?? delimiterOf(rest);
  const escapedBy =
    rest.includes('\\"') && wholeRows(rest, delimiter, '\\') > wholeRows(rest, delimiter, '"') ? '\\' : '"';
  return { delimiter, escapedBy, hasSepLine: sep !== null };
}

/** The character that cuts the first line into the most columns. */
function delimiterOf(text: string): string {
  const line = text.trimStart().split('\n', 1)[0] ?? '';
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))]!;
}

/** How many rows have as many cells as the first one and no escape left in them. */
function wholeRows(text: string, delimiter: string, escapedBy: TableDialect['escapedBy']): number {
  const [header, ...rows] = rowsOf(text, delimiter, escapedBy);
  return rows.filter((row) => row.length === header?.length && !row.some((cell) => cell.includes('\\"')))
    .length;
}

function rowsOf(text: string, delimiter: string, escapedBy: TableDialect['escapedBy']): string[][] {
  return parse(text, {
    delimiter,
    escape: escapedBy,
    to: ROWS_LOOKED_AT,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
  });
}

/**
 * True for prose that was named as a table: one column, or lines that hold as many commas as they happen to. @param head
 * the first bytes of the file; its last line may be cut off.
 */
export function isProse(head: Buffer, { delimiter, escapedBy }: TableDialect): boolean {
  const [header = [], ...all] = rowsOf(head.toString('utf8'), delimiter, escapedBy);
  const rows = all.slice(0, -1);
  const alike = rows.filter((row) => row.length === header.length).length;
  return (
    header.length === 1 ||
    header.some((name) => name.trim().split(/\s+/).length > 6) ||
    alike * 2 < rows.length
  );
}

/**
 * True if a row of several lines seems to have swallowed others: its quotes are not closed where a cell ends, and one of its
 * lines alone would be a row. @param raw the row as it lies in the file.
 */
export function swallowsRows(raw: string, { delimiter, escapedBy }: TableDialect, width: number): boolean {
  const [, ...later] = raw.split('\n');
  return (
    later.some((line) => line.split(delimiter).length >= width) && hasBareQuote(raw, delimiter, escapedBy)
  );
}

/** A quote inside quotes that is neither escaped nor at the end of a cell. */
function hasBareQuote(raw: string, delimiter: string, escapedBy: TableDialect['escapedBy']): boolean {
  let quoted = false;
  let cellStart = true;
  for (let at = 0; at < raw.length; at += 1) {
    const character = raw[at]!;
    const next = raw[at + 1];
    if (!quoted) {
      quoted = cellStart && character === '"';
      cellStart = character === delimiter || character === '\n';
    } else if (character === escapedBy && (next === '"' || next === escapedBy)) at += 1;
    else if (character === '"') {
      if (next !== undefined && next !== delimiter && next !== '\n' && next !== '\r') return true;
      quoted = false;
    }
  }
  return false;
}
