import { type FileHandle, open } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetScan,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { FileError } from '../import/expand.ts';
import { isObject } from '../value.ts';
import { type ColumnMap, findColumns, rowOf, type Table } from './columns.ts';
import type { TableRow } from './table.ts';

/** The footer lists the columns of each row group; one of this size would describe millions. */
const FOOTER_BYTES_MAX = 64 << 20;
/** A row group's columns are held at once, so this bounds memory; writers make groups of some 100 MB. */
const GROUP_BYTES_MAX = 1 << 30;
const GROUP_ROWS_MAX = 10_000_000;
/** Pages are some 1 MB; a page that claims to be this large is an attack. */
const PAGE_BYTES_MAX = 256 << 20;
/** A page expands to some three times its bytes, one of equal values to hundreds. Checked once it is larger than most pages. */
const PAGE_RATIO_MAX = 500;
const PAGE_RATIO_ALLOWANCE_BYTES = 16 << 20;
/** Rows handed over at once. */
const ROWS_AT_ONCE = 1_000;

/**
 * Rows of a Parquet file, row group by row group, and of each only the columns that are needed.
 * @param onRead told how far into the file reading has come.
 * @throws FileError for a damaged file, row groups that are too large, and columns that cannot be told.
 */
export async function* parquetRows(
  path: string,
  map: ColumnMap,
  onTable: (table: Table) => void,
  onRead: (fileBytes: number) => void,
): AsyncGenerator<TableRow[]> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const magic = Buffer.alloc(4);
    await handle.read(magic, 0, 4, 0);
    if (magic.toString('latin1') !== 'PAR1')
      throw new FileError('a Parquet file is compressed inside; expand it first');
    const file = rangesOf(handle, size);
    const metadata = await orDamaged(FOOTER, () => readMetadata(file));
    const leaves = await orDamaged(FOOTER, async () => namedLeavesOf(metadata));
    const table = findColumns(
      leaves.map((path) => path.join('.')),
      map,
    );
    const { columns } = table;
    onTable(table);
    const needed = [...new Set(Object.values(columns).map((at) => leaves[at]![0]!))];
    const budget = { bytes: 0 };
    const scan = await orDamaged(FOOTER, () =>
      parquetScan({ file, metadata, columns: needed, compressors: boundedBy(budget) }),
    );
    let rowStart = 0;
    for (const [index, group] of metadata.row_groups.entries()) {
      const where = `row group ${index + 1} of ${metadata.row_groups.length}`;
      const rowEnd = rowStart + (await orDamaged(FOOTER, async () => groupRows(group, needed, where)));
      budget.bytes = GROUP_BYTES_MAX;
      const cells = new Map<string, ArrayLike<unknown>>();
      for (const column of rowEnd > rowStart ? needed : []) {
        const part = `${where}, column ${JSON.stringify(column)},`;
        cells.set(column, await orDamaged(part, () => scan.readColumn({ column, rowStart, rowEnd })));
      }
      onRead(Math.floor((size * (index + 1)) / metadata.row_groups.length));
      for (let at = rowStart; at < rowEnd; at += ROWS_AT_ONCE) {
        yield Array.from({ length: Math.min(ROWS_AT_ONCE, rowEnd - at) }, (_, offset) => ({
          line: at + offset + 1,
          row: rowOf((leaf) => cellAt(cells, leaves[leaf]!, at + offset - rowStart), columns),
        }));
      }
      rowStart = rowEnd;
    }
  } finally {
    await handle.close();
  }
}

/** Structures within structures; X's own objects need three levels. */
const LEVELS_MAX = 8;

/** Columns, and the members of columns that are structures: `['public_metrics', 'like_count']`. Lists stay whole. */
function leavesOf(tree: SchemaTree, path: readonly string[] = []): string[][] {
  return tree.children.flatMap((child) => {
    const { name, converted_type, logical_type, repetition_type } = child.element;
    const here = [...path, name];
    const isList =
      converted_type !== undefined || logical_type !== undefined || repetition_type === 'REPEATED';
    const isStructure = child.children.length > 0 && !isList && here.length < LEVELS_MAX;
    return isStructure ? leavesOf(child, here) : [here];
  });
}

function cellAt(
  cells: Map<string, ArrayLike<unknown>>,
  [column, ...members]: string[],
  row: number,
): unknown {
  return members.reduce<unknown>(
    (value, member) => (isObject(value) ? value[member] : undefined),
    cells.get(column!)?.[row],
  );
}

/**
 * The file as the library reads it. Ranges that a damaged footer made up are answered with nothing, for the library
 * prefetches and lets such a rejection loose before anybody waits for it.
 */
function rangesOf(handle: FileHandle, size: number): AsyncBuffer {
  return {
    byteLength: size,
    async slice(start, end = size) {
      const valid =
        Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end && end <= size;
      const buffer = new ArrayBuffer(valid ? end - start : 0);
      if (valid) await handle.read(new Uint8Array(buffer), 0, end - start, start);
      return buffer;
    },
  };
}

async function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  const tail = new DataView(await file.slice(Math.max(0, file.byteLength - 8), file.byteLength));
  if (tail.byteLength < 8 || tail.getUint32(4, false) !== 0x50415231)
    throw new FileError(
      'the Parquet file does not end with PAR1: it is cut off, or was changed; copy it again',
    );
  if (tail.getUint32(0, true) > FOOTER_BYTES_MAX)
    throw new FileError(`the Parquet file is damaged: its footer claims more than ${FOOTER_BYTES_MAX} bytes`);
  return parquetMetadataAsync(file);
}

/** @throws for a schema that is none. */
function namedLeavesOf(metadata: FileMetaData): string[][] {
  const leaves = leavesOf(parquetSchema(metadata));
  if (
    !leaves.flat().every((name: unknown) => typeof name === 'string') ||
    !Array.isArray(metadata.row_groups)
  )
    throw new Error('no schema');
  return leaves;
}

type Group = FileMetaData['row_groups'][number];

/** The number of rows of a group, if what reading it would hold is bounded. */
function groupRows(group: Group, needed: readonly string[], where: string): number {
  const rows = Number(group.num_rows);
  const bytes = group.columns
    .filter((column) => needed.includes(column.meta_data?.path_in_schema[0] ?? ''))
    .reduce((sum, column) => sum + Number(column.meta_data?.total_uncompressed_size ?? 0), 0);
  if (!Number.isSafeInteger(rows) || rows < 0 || Number.isNaN(bytes)) throw new Error('no row group');
  if (rows > GROUP_ROWS_MAX || bytes > GROUP_BYTES_MAX) {
    throw new FileError(
      `${where} holds ${rows} rows and ${bytes} bytes: write the file with smaller row groups (100,000 rows)`,
    );
  }
  return rows;
}

/**
 * Decompressors that make no more of a page than it says, and no more than is in proportion to its bytes or left of the row
 * group, before they make any of it.
 */
function boundedBy(budget: { bytes: number }): Compressors {
  const check = (input: Uint8Array, length: number) => {
    if (!(length >= 0)) throw new Error('no length');
    budget.bytes -= length;
    const tooMuch = length > PAGE_RATIO_ALLOWANCE_BYTES && length > input.length * PAGE_RATIO_MAX;
    if (length > PAGE_BYTES_MAX || tooMuch || budget.bytes < 0)
      throw new PartError(
        `claims to hold ${length} bytes in a page of ${input.length}: it is refused as a decompression bomb`,
      );
  };
  // The library's own makes whatever the data says.
  const own: Compressors = {
    ZSTD: (input, length) => zstdDecompressSync(input, { maxOutputLength: Math.max(1, length) }),
  };
  return Object.fromEntries(
    Object.entries({ ...compressors, ...own }).map(([name, decompress]) => [
      name,
      (input: Uint8Array, length: number) => {
        check(input, length);
        return decompress(input, length);
      },
    ]),
  );
}

const FOOTER = 'its footer, which lists columns and row groups,';
/** Our own words about a part of the file, whose name goes before them. */
class PartError extends Error {}

/** What the library says, in words that say what to do. Whatever else it stumbles over, the data is not what it should be. */
const REASONS: readonly [RegExp, (what: string) => string][] = [
  [
    /unsupported compression codec: ([A-Z]\w*)/,
    (what) =>
      `is compressed with ${what}, which is not read; write it with snappy, gzip, zstd, brotli or lz4`,
  ],
  [
    /unsupported encoding: ([A-Z]\w*)/,
    (what) => `is encoded as ${what}, which is not read; write it as plain or dictionary`,
  ],
  [
    /decompress|zstd|snappy|lz4|eof|block|huffman|brotli|premature end|maxOutputLength|larger than/i,
    () => 'holds a page that cannot be decompressed: the file was changed or cut after it was written',
  ],
];
const UNREADABLE = 'cannot be read: the file was changed or cut after it was written';

/** Whatever the library stumbles over, the file is to blame; what it was doing is no reader's business. */
async function orDamaged<Result>(where: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(`the Parquet file is damaged: ${where} ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PartError) return error.message;
  const message = error instanceof Error ? error.message : '';
  for (const [pattern, say] of REASONS) {
    const match = pattern.exec(message);
    if (match) return say(match[1] ?? '');
  }
  return UNREADABLE;
}
