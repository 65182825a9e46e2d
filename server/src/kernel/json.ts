import { Problem } from './problem.ts';

/**
 * What a JSON text from outside may be. `JSON.parse` takes 150 ms for a mebibyte of `[` and 60 ms for one of distinct
 * names, so both are bounded before it runs.
 */
export type JsonLimits = {
  bytesMax: number;
  /** Lists and objects within each other; `[]` is 1 deep. */
  depthMax: number;
  /** Items of lists, members of objects, and the lists and objects themselves, together. */
  valuesMax: number;
};

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [LIST_OPENS, LIST_ENDS, OBJECT_OPENS, OBJECT_ENDS] = [0x5b, 0x5d, 0x7b, 0x7d];
/** A text that is longer is searched for its end by the C library, which costs more to call than a few bytes take. */
const SHORT_TEXT_BYTES = 64;

/**
 * Parses JSON in UTF-8 within limits, in a time that grows with its bytes alone.
 * @param reviver as for JSON.parse.
 * @throws Problem `body-too-large` above `bytesMax`; `body-invalid` for what is nested too deeply, holds too many values or
 *   is not JSON.
 */
export function parseJson(
  bytes: Uint8Array,
  limits: JsonLimits,
  reviver?: (key: string, value: unknown, context?: { source?: string }) => unknown,
): unknown {
  const excess = jsonExcess(bytes, limits);
  if (excess) throw excess;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), reviver);
  } catch {
    throw new Problem('body-invalid', { detail: 'The body is not JSON in UTF-8.' });
  }
}

/**
 * The limit that a JSON text exceeds, as the Problem that says so; undefined for one within its limits. Reads bytes and
 * stops at the first excess: whether the text is JSON at all is for the parser to say.
 */
export function jsonExcess(
  bytes: Uint8Array,
  { bytesMax, depthMax, valuesMax }: JsonLimits,
): Problem | undefined {
  if (bytes.length > bytesMax)
    return new Problem('body-too-large', {
      detail: `The JSON has ${bytes.length} bytes; at most ${bytesMax} are taken here.`,
    });
  let depth = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfText(bytes, at + 1);
    } else if (byte === LIST_OPENS || byte === OBJECT_OPENS) {
      depth += 1;
      values += 1;
      if (depth > depthMax)
        return new Problem('body-invalid', {
          detail: `The JSON is nested more than ${depthMax} deep, at byte ${at + 1}.`,
        });
    } else if (byte === LIST_ENDS || byte === OBJECT_ENDS) {
      depth -= 1;
    } else if (byte === COMMA) {
      values += 1;
    }
    if (values > valuesMax)
      return new Problem('body-invalid', {
        detail: `The JSON holds more than ${valuesMax} values. Send fewer in one request.`,
      });
  }
  return undefined;
}

/** Where the quote is that ends a text; the last byte for one that has no end. */
function endOfText(bytes: Uint8Array, from: number): number {
  let short = from + SHORT_TEXT_BYTES;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at += 1;
    else if (at >= short) {
      const quote = bytes.indexOf(QUOTE, at);
      if (quote < 0) return bytes.length;
      let backslashes = 0;
      while (bytes[quote - 1 - backslashes] === BACKSLASH && quote - backslashes > at) backslashes += 1;
      if (backslashes % 2 === 0) return quote;
      at = quote;
      short = at + SHORT_TEXT_BYTES;
    }
  }
  return bytes.length;
}
