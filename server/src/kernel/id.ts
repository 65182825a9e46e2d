/**
 * Ids are X's snowflakes: `(ms − 1288834974657) << 22 | low`. Outside the stores an id is always its
 * decimal string; only stores, the index and the ledger's encoder turn it into a 64-bit integer.
 */

export const SNOWFLAKE_EPOCH_MS = 1_288_834_974_657;
/** Ids below this were given out in sequence before 2010-11-04 and carry no time. */
export const FIRST_SNOWFLAKE = 29_700_859_247n;
export const ID_MAX = (1n << 63n) - 1n;

const ID_PATTERN = /^[0-9]{1,19}$/;
const ID_MAX_TEXT = String(ID_MAX);

/** True if the text is an id on the wire: 1 to 19 decimal digits that fit a signed 64-bit integer. */
export function isId(text: string): boolean {
  return ID_PATTERN.test(text) && (text.length < ID_MAX_TEXT.length || text <= ID_MAX_TEXT);
}

/** True for the one way in which an id is written: no leading zeros. */
export function isCanonicalId(id: string): boolean {
  return isId(id) && (id.length === 1 || id.charCodeAt(0) !== 48);
}

/** The Unix ms in a snowflake. */
export function idTime(id: string | bigint): number {
  return Number(BigInt(id) >> 22n) + SNOWFLAKE_EPOCH_MS;
}

/**
 * The smallest snowflake of a millisecond: every post made at or after `ms` has an id ≥ it. 0 before the epoch, and the
 * largest id for what lies after the last of them (2080): a store that is asked for the year 9999 takes no more.
 */
export function firstIdAt(ms: number): bigint {
  const since = Math.ceil(ms) - SNOWFLAKE_EPOCH_MS;
  if (since <= 0) return 0n;
  const first = BigInt(since) << 22n;
  return first < ID_MAX ? first : ID_MAX;
}

/** A snowflake for a millisecond with the given low 22 bits. */
export function makeId(ms: number, low22: number): string {
  return (
    (BigInt(Math.max(0, Math.floor(ms) - SNOWFLAKE_EPOCH_MS)) << 22n) |
    BigInt(low22 & 0x3fffff)
  ).toString();
}

/** Numeric order of two ids as strings. */
export function compareIds(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
