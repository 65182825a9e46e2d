import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

/**
 * Prepared statements that return arrays, which SQLite's binding builds faster than objects. Ids go in as decimal
 * text (an INTEGER column converts it exactly) and come out through `CAST(… AS TEXT)`, so that no BigInt is made.
 */
export type One<Row extends unknown[]> = (...values: SQLInputValue[]) => Row | undefined;
export type All<Row extends unknown[]> = (...values: SQLInputValue[]) => Row[];
export type Run = (...values: SQLInputValue[]) => void;

export function one<Row extends unknown[]>(db: DatabaseSync, sql: string): One<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return (...values) => statement.get(...values) as Row | undefined;
}

export function all<Row extends unknown[]>(db: DatabaseSync, sql: string): All<Row> {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return (...values) => statement.all(...values) as unknown as Row[];
}

export function run(db: DatabaseSync, sql: string): Run {
  const statement = db.prepare(sql);
  statement.setReadBigInts(true); // `run` reports the last rowid, which is an id
  return (...values) => {
    statement.run(...values);
  };
}
