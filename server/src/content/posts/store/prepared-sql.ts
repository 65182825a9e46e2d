import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/**
 * Prepared statements that return arrays, which SQLite's binding builds faster than objects. Ids go in as decimal
 * text (an INTEGER column converts it exactly) and come out through `CAST(… AS TEXT)`, so that no BigInt is made.
 */
export type PreparedRow<Row extends unknown[]> = (...values: SQLInputValue[]) => Row | undefined;
export type PreparedRows<Row extends unknown[]> = (...values: SQLInputValue[]) => Row[];
export type PreparedRun = (...values: SQLInputValue[]) => void;

export function prepareRow<Row extends unknown[]>(db: DatabaseSync, sql: string): PreparedRow<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return (...values) => statement.get(...values) as Row | undefined;
}

export function prepareAll<Row extends unknown[]>(db: DatabaseSync, sql: string): PreparedRows<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return (...values) => statement.all(...values) as unknown as Row[];
}

export function prepareRun(db: DatabaseSync, sql: string): PreparedRun {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true); // `run` reports the last rowid, which is an id
  return (...values) => {
    statement.run(...values);
  };
}
