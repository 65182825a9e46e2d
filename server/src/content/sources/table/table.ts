import type { JsonValue } from '../value.ts';

/** One row of a table: what it says by field, or why it cannot be read. */
export type TableRow = {
  /** Counted from 1; of a CSV file the line, of a Parquet file the row. */
  line: number;
  row?: JsonValue;
  problem?: string;
  /** For the rejected file. */
  text?: string;
};
