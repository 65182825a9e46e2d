import { isId } from '#kernel';

/** A JSON object whose fields nobody has checked yet. */
export type JsonValue = Record<string, unknown>;

/** A record that cannot be taken. The message names the field and says what would do; it goes to the rejected file. */
export class BadRecord extends Error {}

/** Names a value of the input in a reason: enough to find it, never a whole post. */
const QUOTED_LENGTH_MAX = 60;
/** Names, links, places. The longest links in use have some 2,000 characters. */
const FIELD_LENGTH_MAX = 8_192;
/** No post has more mentions, links or media than this; a longer list is not a post's. */
const LIST_LENGTH_MAX = 1_000;

export function isObject(value: unknown): value is JsonValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as it may stand in a reason. */
export function quote(value: unknown): string {
  // Never the inside of a list or object: it may nest deeper than the stack.
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = String(value);
  return text.length <= QUOTED_LENGTH_MAX ? text : `${text.slice(0, QUOTED_LENGTH_MAX)}…`;
}

function bad(name: string, value: unknown, wanted: string): BadRecord {
  return new BadRecord(`${name} is ${quote(value)}: ${wanted}`);
}

/**
 * An id as its decimal string. A JSON number is taken while it is exact: above 2^53 its last digits are gone, and
 * a wrong id is worse than none.
 */
export function idValue(value: unknown, name: string): string {
  if (typeof value === 'string') {
    if (isId(value)) return value.length > 1 && value.startsWith('0') ? BigInt(value).toString() : value;
    throw bad(name, value, 'an id is 1 to 19 digits');
  }
  if (value === undefined || value === null) throw new BadRecord(`${name} is missing`);
  if (typeof value === 'bigint' && value >= 0n && isId(value.toString())) return value.toString();
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0) return String(value);
    throw bad(name, value, 'as a number it has lost digits; write ids as strings');
  }
  throw bad(name, value, 'an id is a string of 1 to 19 digits');
}

export function optionalId(object: JsonValue, key: string): string | undefined {
  const value = object[key];
  return value === undefined || value === null || value === '' ? undefined : idValue(value, key);
}

/** Text with lone surrogates mended, for UTF-8 cannot hold them. */
export function textValue(value: unknown, name: string, lengthMax = FIELD_LENGTH_MAX): string {
  if (typeof value !== 'string') {
    if (value === undefined || value === null) throw new BadRecord(`${name} is missing`);
    throw bad(name, value, 'it must be a string');
  }
  if (value.length > lengthMax)
    throw new BadRecord(`${name} has ${value.length} characters: at most ${lengthMax} are taken`);
  return value.isWellFormed() ? value : value.toWellFormed();
}

export function optionalText(object: JsonValue, key: string): string | undefined {
  const value = object[key];
  return value === undefined || value === null || value === '' ? undefined : textValue(value, key);
}

/** A count or position: a whole number from 0, as a number or (in archives) as its digits. */
export function countValue(value: unknown, name: string): number {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= 0) return number;
  if (typeof value === 'bigint' && value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER))
    return Number(value);
  throw bad(name, value, 'it must be a whole number from 0');
}

export function optionalCount(object: JsonValue, key: string): number | undefined {
  const value = object[key];
  return value === undefined || value === null ? undefined : countValue(value, key);
}

export function optionalNumber(object: JsonValue, key: string): number | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw bad(key, value, 'it must be a number');
}

export function optionalBoolean(object: JsonValue, key: string): boolean | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw bad(key, value, 'it must be true or false');
}

export function optionalObject(object: JsonValue, key: string): JsonValue | undefined {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) return value;
  throw bad(key, value, 'it must be an object');
}

/** A list of objects; absent is empty. */
export function objects(object: JsonValue, key: string): JsonValue[] {
  const list = listOf(object, key);
  for (const item of list) if (!isObject(item)) throw bad(key, item, 'its items must be objects');
  return list as JsonValue[];
}

export function listOf(object: JsonValue, key: string): unknown[] {
  const value = object[key];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw bad(key, value, 'it must be a list');
  if (value.length > LIST_LENGTH_MAX)
    throw new BadRecord(`${key} has ${value.length} items: at most ${LIST_LENGTH_MAX} are taken`);
  return value;
}

export function optionalIds(object: JsonValue, key: string): string[] | undefined {
  const list = listOf(object, key);
  return list.length === 0 ? undefined : list.map((item) => idValue(item, key));
}

export function optionalTexts(object: JsonValue, key: string): string[] | undefined {
  const list = listOf(object, key);
  return list.length === 0 ? undefined : list.map((item) => textValue(item, key));
}

/** Runs what may refuse a record; a refusal goes to `refuse`, and our own mistakes go on as they are. */
export function attempt(take: () => void, refuse: (reason: string) => void): void {
  try {
    take();
  } catch (error) {
    if (!(error instanceof BadRecord)) throw error;
    refuse(error.message);
  }
}
