import { LRUCache } from 'lru-cache';
import { type Invalid, invalidRequest } from '../ask/invalid.ts';
import type { Parameters, Values } from '../ask/parameter.ts';
import { parsePath, parseQuery } from '../ask/parse.ts';
import type { Operation } from '../operation.ts';

/** Query strings whose meaning is remembered, for each operation: clients repeat few of them endlessly. */
const REMEMBERED_MAX = 300;
/** A query of a thousand words takes some 25 bytes a character once it is read; what it is made of counts, not how many. */
const REMEMBERED_BYTES_MAX = 4 << 20;
const BYTES_A_CHARACTER = 25;
const BYTES_EACH = 500;
/** All fields and expansions together are half of that; a longer one seldom comes twice. */
const REMEMBERED_LENGTH_MAX = 4_096;

/** The path's parameters as the router decoded them, by name. */
export type PathValues = Readonly<Record<string, string>>;

/**
 * Makes the reader of an operation's requests: a raw query string to what `prepare` made of it.
 * The reader throws `invalid-request` with every mistake in the query string and the path.
 */
export function requestReader<D extends Parameters, P>(
  operation: Operation<D, P>,
): (rawQuery: string, path: PathValues) => P {
  const inPath = Object.values(operation.parameters).filter((one) => one.in === 'path');
  const remembered = new LRUCache<string, { prepared: P }>({
    max: REMEMBERED_MAX,
    maxSize: REMEMBERED_BYTES_MAX,
    sizeCalculation: (_entry, rawQuery) => BYTES_EACH + BYTES_A_CHARACTER * rawQuery.length,
  });

  function prepare(rawQuery: string): { prepared: P } {
    const { values, errors } = parseQuery(operation.parameters, rawQuery);
    if (errors.length > 0) throw invalidRequest(errors);
    const entry = { prepared: operation.prepare(values as Values<D>) };
    if (rawQuery.length <= REMEMBERED_LENGTH_MAX) remembered.set(rawQuery, entry);
    return entry;
  }

  return (rawQuery, path) => {
    let wrong: Invalid[] | undefined;
    for (const parameter of inPath) {
      const found = parsePath(parameter, path[parameter.name] ?? '');
      if (found) wrong = [...(wrong ?? []), found];
    }
    if (wrong) throw invalidRequest([...wrong, ...parseQuery(operation.parameters, rawQuery).errors]);
    return (remembered.get(rawQuery) ?? prepare(rawQuery)).prepared;
  };
}

/** All after the first `?`, still encoded; empty without one. */
export function rawQueryOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? '' : target.slice(at + 1);
}
