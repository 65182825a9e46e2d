import { LRUCache } from 'lru-cache';
import type { Dialect } from '#terms';
import type { Operation } from '../operation.ts';
import { type Invalid, invalidRequest } from '../params/invalid.ts';
import type { Parameters, Values } from '../params/parameter.ts';
import { parsePath, parseQuery } from '../params/parse.ts';
import { saidDialect } from '../params/said.ts';

/** Query strings whose meaning is remembered, for each operation: clients repeat few of them endlessly. */
const REMEMBERED_MAX = 300;
/** A query of a thousand words takes some 25 bytes a character once it is read, for each dialect; what it is made of counts, not how many. */
const REMEMBERED_BYTES_MAX = 4 << 20;
const BYTES_A_CHARACTER = 50;
const BYTES_EACH = 500;
/** All fields and expansions together are half of that; a longer one seldom comes twice. */
const REMEMBERED_LENGTH_MAX = 4_096;

/** The path's parameters as the router decoded them, by name. */
export type PathValues = Readonly<Record<string, string>>;

/** Decides the dialect of a call from what its words show, if they show one. */
export type Decide = (said: Dialect | undefined) => Dialect;

/** A query string as it was read, and what `prepare` made of it for each dialect in which it was asked. */
type Remembered<D extends Parameters, P> = {
  values: Values<D>;
  said: Dialect | undefined;
  prepared: Partial<Record<Dialect, { query: P }>>;
};

/**
 * Makes the reader of an operation's requests: a raw query string to what `prepare` made of it.
 * The reader throws `invalid-request` with every mistake in the query string and the path, once the dialect is decided.
 */
export function requestReader<D extends Parameters, P>(
  operation: Operation<D, P>,
): (rawQuery: string, path: PathValues, decide: Decide) => P {
  const { parameters } = operation;
  const inPath = Object.values(parameters).filter((one) => one.in === 'path');
  const remembered = new LRUCache<string, Remembered<D, P>>({
    max: REMEMBERED_MAX,
    maxSize: REMEMBERED_BYTES_MAX,
    sizeCalculation: (_entry, rawQuery) => BYTES_EACH + BYTES_A_CHARACTER * rawQuery.length,
  });

  function parse(rawQuery: string, decide: Decide, wrong: readonly Invalid[] = []): Remembered<D, P> {
    const { values, errors } = parseQuery(parameters, rawQuery);
    const said = saidDialect(parameters, values);
    if (errors.length > 0 || wrong.length > 0) {
      decide(said);
      throw invalidRequest([...wrong, ...errors]);
    }
    return { values: values as Values<D>, said, prepared: {} };
  }

  return (rawQuery, path, decide) => {
    let wrong: Invalid[] | undefined;
    for (const parameter of inPath) {
      const found = parsePath(parameter, path[parameter.name] ?? '');
      if (found) wrong = [...(wrong ?? []), found];
    }
    const known = wrong ? undefined : remembered.get(rawQuery);
    const entry = known ?? parse(rawQuery, decide, wrong);
    const dialect = decide(entry.said);
    const prepared = entry.prepared[dialect] ?? { query: operation.prepare({ ...entry.values, dialect }) };
    entry.prepared[dialect] = prepared;
    if (!known && rawQuery.length <= REMEMBERED_LENGTH_MAX) remembered.set(rawQuery, entry);
    return prepared.query;
  };
}

/** All after the first `?`, still encoded; empty without one. */
export function rawQueryOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? '' : target.slice(at + 1);
}
